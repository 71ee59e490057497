// rename(2): everything over everything, into everything, while open, and with the flags of renameat2(2).
import assert from 'node:assert/strict';
import { O_RDWR } from './calls.ts';
import type { Case, Ground } from './ground.ts';

type Thing = 'nothing' | 'file' | 'empty folder' | 'full folder' | 'symlink';

const things: readonly Thing[] = ['nothing', 'file', 'empty folder', 'full folder', 'symlink'];

const makers: Readonly<Record<Thing, (ground: Ground, name: string) => Promise<void>>> = {
  nothing: async () => {},
  file: (ground, name) => ground.put(name, `content of ${name}`),
  'empty folder': (ground, name) => ground.mkdir(name),
  'full folder': (ground, name) => ground.fullFolder(name),
  symlink: (ground, name) => ground.calls.symlink(`target of ${name}`, ground.path(name)),
};

const isFolder = (thing: Thing): boolean => thing.endsWith('folder');

const expectedCode = (from: Thing, to: Thing): string | undefined => {
  if (from === 'nothing') return 'ENOENT';
  if (to === 'nothing') return undefined;
  if (isFolder(from) && !isFolder(to)) return 'ENOTDIR';
  if (!isFolder(from) && isFolder(to)) return 'EISDIR';
  return to === 'full folder' ? 'ENOTEMPTY' : undefined;
};

/** What a name leads to, as text that two names can be compared by. */
const portrait = async (ground: Ground, name: string): Promise<string> => {
  const { kind, ino } = await ground.lstat(name);
  if (kind === 'file') return `file ${ino} ${await ground.text(name)}`;
  if (kind === 'symlink') return `symlink ${ino} ${await ground.calls.readlink(ground.path(name))}`;
  return `folder ${ino} ${(await ground.names(name)).join()}`;
};

const portraitOf = async (ground: Ground, thing: Thing, name: string): Promise<string | undefined> =>
  thing === 'nothing' ? undefined : portrait(ground, name);

const matrixCase = (from: Thing, to: Thing, place: string): Case => ({
  title: `${from} over ${to}${place === '' ? '' : ' in another folder'}: ${expectedCode(from, to) ?? 'done'}`,
  needs: from === 'symlink' || to === 'symlink' ? ['symlinks'] : [],
  run: async (ground) => {
    await ground.mkdir('place');
    const target = `${place}to`;
    await makers[from](ground, 'from');
    await makers[to](ground, target);
    const fromBefore = await portraitOf(ground, from, 'from');
    const toBefore = await portraitOf(ground, to, target);
    const code = expectedCode(from, to);
    if (code !== undefined) {
      await ground.fails(code, ground.rename('from', target));
      assert.equal(await portraitOf(ground, from, 'from'), fromBefore);
      assert.equal(await portraitOf(ground, to, target), toBefore);
      return;
    }
    await ground.rename('from', target);
    await ground.absent('from');
    assert.equal(await portrait(ground, target), fromBefore);
    assert.deepEqual(await ground.names('place'), place === '' ? [] : ['to']);
  },
});

const matrixCases = ['', 'place/'].flatMap((place) =>
  things.flatMap((from) => things.map((to) => matrixCase(from, to, place))),
);

const selfCases: readonly Case[] = [
  {
    title: 'to itself: nothing happens',
    run: async (ground) => {
      await ground.put('file', 'same');
      await ground.fullFolder('folder');
      const before = await portrait(ground, 'file');
      await ground.rename('file', 'file');
      await ground.rename('folder', 'folder');
      assert.equal(await portrait(ground, 'file'), before);
      assert.deepEqual(await ground.names('folder'), ['f']);
    },
  },
  {
    title: 'a folder into itself or below itself: EINVAL',
    run: async (ground) => {
      await ground.mkdir('a');
      await ground.mkdir('a/b');
      await ground.fails('EINVAL', ground.rename('a', 'a/c'));
      await ground.fails('EINVAL', ground.rename('a', 'a/b/c'));
      await ground.fails('EINVAL', ground.rename('a', 'a/b'));
      assert.deepEqual(await ground.names('a'), ['b']);
    },
  },
  {
    title: 'over a folder on the way to it: ENOTEMPTY',
    run: async (ground) => {
      await ground.mkdir('a');
      await ground.mkdir('a/b');
      await ground.fails('ENOTEMPTY', ground.rename('a/b', 'a'));
      assert.deepEqual(await ground.names('a'), ['b']);
    },
  },
];

const contentCases: readonly Case[] = [
  {
    title: 'a folder with a tree in it',
    run: async (ground) => {
      await ground.mkdir('old');
      await ground.mkdir('old/inner');
      await ground.put('old/inner/leaf', 'deep');
      const { ino } = await ground.stat('old/inner/leaf');
      await ground.rename('old', 'new');
      assert.equal(await ground.text('new/inner/leaf'), 'deep');
      assert.equal((await ground.stat('new/inner/leaf')).ino, ino);
      await ground.fails('ENOENT', ground.stat('old/inner/leaf'));
      await ground.put('old', 'free');
      assert.deepEqual(await ground.names(), ['new', 'old']);
    },
  },
  {
    title: 'a save by a temporary file, twenty times',
    run: async (ground) => {
      await ground.put('document', 'version 0');
      for (let version = 1; version <= 20; version += 1) {
        await ground.put('document.tmp', `version ${version}`);
        await ground.rename('document.tmp', 'document');
        assert.equal(await ground.text('document'), `version ${version}`);
      }
      assert.deepEqual(await ground.names(), ['document']);
    },
  },
  {
    title: 'a save that keeps a backup',
    run: async (ground) => {
      await ground.put('document', 'first');
      await ground.rename('document', 'document~');
      await ground.put('document', 'second');
      assert.equal(await ground.text('document~'), 'first');
      await ground.unlink('document~');
      assert.deepEqual(await ground.names(), ['document']);
      assert.equal(await ground.text('document'), 'second');
    },
  },
  {
    title: 'names go round in a ring',
    run: async (ground) => {
      for (const name of ['a', 'b', 'c']) await ground.put(name, name);
      await ground.rename('a', 'spare');
      await ground.rename('b', 'a');
      await ground.rename('c', 'b');
      await ground.rename('spare', 'c');
      assert.equal(await ground.text('a'), 'b');
      assert.equal(await ground.text('b'), 'c');
      assert.equal(await ground.text('c'), 'a');
    },
  },
];

const openCases: readonly Case[] = [
  {
    title: 'while open: the descriptor follows the file',
    run: async (ground) => {
      await ground.put('file', 'content');
      await ground.opened('file', O_RDWR, async (fd) => {
        await ground.rename('file', 'moved');
        await ground.put('file', 'another');
        await ground.write(fd, 'CON', 0);
        assert.equal((await ground.calls.read(fd, 0, 100)).toString(), 'CONtent');
        await ground.calls.ftruncate(fd, 5);
        assert.equal((await ground.calls.fstat(fd)).size, 5);
      });
      assert.equal(await ground.text('moved'), 'CONte');
      assert.equal(await ground.text('file'), 'another');
    },
  },
  {
    title: 'a folder above an open file',
    run: async (ground) => {
      await ground.fullFolder('old');
      await ground.opened('old/f', O_RDWR, async (fd) => {
        await ground.rename('old', 'new');
        await ground.write(fd, 'IN', 0);
      });
      assert.equal(await ground.text('new/f'), 'IN folder');
    },
  },
  {
    title: 'over an open file: the descriptor keeps the old content',
    run: async (ground) => {
      await ground.put('target', 'old content');
      await ground.put('new', 'new content');
      await ground.opened('target', O_RDWR, async (fd) => {
        await ground.rename('new', 'target');
        assert.equal((await ground.calls.read(fd, 0, 100)).toString(), 'old content');
        await ground.write(fd, 'OLD', 0);
        assert.equal((await ground.calls.read(fd, 0, 100)).toString(), 'OLD content');
        assert.equal((await ground.calls.fstat(fd)).links, 0);
        assert.equal(await ground.text('target'), 'new content');
      });
      assert.equal(await ground.text('target'), 'new content');
      assert.deepEqual(await ground.names(), ['target']);
    },
  },
];

const timeCases: readonly Case[] = [
  {
    title: 'moves the times of both folders, and the ctime but not the mtime of what moves',
    run: async (ground) => {
      await ground.mkdir('a');
      await ground.mkdir('b');
      await ground.put('a/file');
      const before = await Promise.all(['a', 'b', 'a/file'].map((name) => ground.stat(name)));
      await ground.pause();
      await ground.rename('a/file', 'b/file');
      const after = await Promise.all(['a', 'b', 'b/file'].map((name) => ground.stat(name)));
      for (const index of [0, 1]) assert.ok((after[index]?.mtime ?? 0n) > (before[index]?.mtime ?? 0n));
      assert.equal(after[2]?.mtime, before[2]?.mtime);
    },
  },
];

const flagCases: readonly Case[] = [
  {
    title: 'RENAME_NOREPLACE: moves to a free name, EEXIST over anything',
    needs: ['noreplace'],
    run: async (ground) => {
      await ground.put('a', 'a');
      await ground.put('b', 'b');
      await ground.mkdir('folder');
      for (const name of ['b', 'folder', 'a'])
        await ground.fails('EEXIST', ground.calls.rename(ground.path('a'), ground.path(name), 'noreplace'));
      assert.equal(await ground.text('b'), 'b');
      await ground.calls.rename(ground.path('a'), ground.path('c'), 'noreplace');
      assert.deepEqual(await ground.names(), ['b', 'c', 'folder']);
    },
  },
  {
    title: 'RENAME_EXCHANGE: two files',
    needs: ['exchange'],
    run: async (ground) => {
      await ground.put('a', 'content a');
      await ground.put('b', 'content b');
      const [one, two] = [await ground.stat('a'), await ground.stat('b')];
      await ground.calls.rename(ground.path('a'), ground.path('b'), 'exchange');
      assert.equal(await ground.text('a'), 'content b');
      assert.equal(await ground.text('b'), 'content a');
      assert.deepEqual([(await ground.stat('a')).ino, (await ground.stat('b')).ino], [two.ino, one.ino]);
    },
  },
  {
    title: 'RENAME_EXCHANGE: a file and a full folder, in two folders',
    needs: ['exchange'],
    run: async (ground) => {
      await ground.mkdir('place');
      await ground.put('place/file', 'content');
      await ground.fullFolder('folder');
      await ground.calls.rename(ground.path('place/file'), ground.path('folder'), 'exchange');
      assert.equal(await ground.text('folder'), 'content');
      assert.equal(await ground.text('place/file/f'), 'in folder');
      assert.equal((await ground.stat('place')).links, 3);
    },
  },
  {
    title: 'RENAME_EXCHANGE: ENOENT without the other, EINVAL with its own folder',
    needs: ['exchange'],
    run: async (ground) => {
      await ground.fullFolder('folder');
      const exchange = (from: string, to: string): Promise<void> =>
        ground.calls.rename(ground.path(from), ground.path(to), 'exchange');
      await ground.fails('ENOENT', exchange('folder', 'missing'));
      await ground.fails('EINVAL', exchange('folder', 'folder/f'));
      assert.equal(await ground.text('folder/f'), 'in folder');
    },
  },
];

export const renameCases: readonly Case[] = [
  ...matrixCases,
  ...selfCases,
  ...contentCases,
  ...openCases,
  ...timeCases,
  ...flagCases,
];
