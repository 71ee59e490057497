// Folders: making, removing, listing, link counts, many entries, listing while others write.
import assert from 'node:assert/strict';
import type { Case, Ground } from './ground.ts';

/** More than the kernel asks for at once, several times over. */
const many = 800;

const numbered = (index: number): string => `entry-${String(index).padStart(5, '0')}`;

const putMany = async (ground: Ground, folder: string, count: number): Promise<string[]> => {
  await ground.mkdir(folder);
  const names = Array.from({ length: count }, (_, index) => numbered(index));
  for (const name of names) await ground.put(`${folder}/${name}`);
  return names;
};

/** As `rm -r`: removes what it lists while it lists. */
const removeTree = async (ground: Ground, folder: string): Promise<void> => {
  for await (const entry of ground.calls.scan(ground.path(folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.kind === 'folder') await removeTree(ground, path);
    else await ground.unlink(path);
  }
  await ground.calls.rmdir(ground.path(folder));
};

const makingCases: readonly Case[] = [
  {
    title: 'a new folder is empty, has two links and the mode that was asked for',
    run: async (ground) => {
      await ground.calls.mkdir(ground.path('folder'), 0o705);
      const { kind, links, mode } = await ground.stat('folder');
      assert.deepEqual({ kind, links, mode }, { kind: 'folder', links: 2, mode: 0o705 });
      assert.deepEqual(await ground.names('folder'), []);
    },
  },
  {
    title: 'mkdir over what is there: EEXIST',
    run: async (ground) => {
      await ground.put('file');
      await ground.mkdir('folder');
      for (const name of ['file', 'folder']) await ground.fails('EEXIST', ground.mkdir(name));
    },
  },
  {
    title: 'a subfolder adds a link to its parent, a file does not',
    run: async (ground) => {
      await ground.mkdir('parent');
      await ground.mkdir('parent/one');
      await ground.mkdir('parent/two');
      await ground.put('parent/file');
      assert.equal((await ground.stat('parent')).links, 4);
      await ground.calls.rmdir(ground.path('parent/one'));
      assert.equal((await ground.stat('parent')).links, 3);
      await ground.rename('parent/two', 'two');
      assert.equal((await ground.stat('parent')).links, 2);
    },
  },
  {
    title: 'twenty mkdirs of one name: one wins',
    run: async (ground) => {
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => ground.mkdir('folder')));
      const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'ok')).sort();
      assert.deepEqual(codes, [...Array(19).fill('EEXIST'), 'ok']);
    },
  },
  {
    title: 'fsync of a folder',
    needs: ['folder-sync'],
    run: async (ground) => {
      await ground.fullFolder('folder');
      await ground.calls.fsyncFolder(ground.path('folder'));
      await ground.calls.fsyncFolder(ground.folder);
    },
  },
];

const removingCases: readonly Case[] = [
  {
    title: 'rmdir of an empty folder, and its name is free again',
    run: async (ground) => {
      await ground.mkdir('folder');
      const { ino } = await ground.stat('folder');
      await ground.calls.rmdir(ground.path('folder'));
      await ground.absent('folder');
      await ground.put('folder', 'a file now');
      const now = await ground.stat('folder');
      assert.equal(now.kind, 'file');
      assert.notEqual(now.ino, ino);
    },
  },
  {
    title: 'rmdir of a folder that holds something: ENOTEMPTY',
    run: async (ground) => {
      await ground.fullFolder('with-file');
      await ground.mkdir('with-folder');
      await ground.mkdir('with-folder/inner');
      for (const name of ['with-file', 'with-folder'])
        await ground.fails('ENOTEMPTY', ground.calls.rmdir(ground.path(name)));
      assert.equal(await ground.text('with-file/f'), 'in folder');
    },
  },
  {
    title: 'rmdir of a file: ENOTDIR',
    run: async (ground) => {
      await ground.put('file', 'stays');
      await ground.fails('ENOTDIR', ground.calls.rmdir(ground.path('file')));
      assert.equal(await ground.text('file'), 'stays');
    },
  },
  {
    title: 'rmdir of a symbolic link to a folder: ENOTDIR',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.mkdir('folder');
      await ground.calls.symlink('folder', ground.path('link'));
      await ground.fails('ENOTDIR', ground.calls.rmdir(ground.path('link')));
      assert.deepEqual(await ground.names(), ['folder', 'link']);
    },
  },
  {
    title: 'a tree is removed while it is listed',
    run: async (ground) => {
      await ground.mkdir('tree');
      for (const folder of ['tree/a', 'tree/b', 'tree/b/c']) {
        await putMany(ground, `${folder}-many`, 5);
        await ground.mkdir(folder);
        for (let index = 0; index < 40; index += 1) await ground.put(`${folder}/f${index}`);
      }
      await removeTree(ground, 'tree');
      await ground.absent('tree');
    },
  },
];

const listingCases: readonly Case[] = [
  {
    title: 'every entry is listed once, with its kind',
    run: async (ground) => {
      await ground.put('file');
      await ground.mkdir('folder');
      await ground.put('folder/inner');
      const kinds = Object.fromEntries((await ground.entries()).map(({ name, kind }) => [name, kind]));
      assert.deepEqual(kinds, { file: 'file', folder: 'folder' });
    },
  },
  {
    title: 'symbolic links are listed as such',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.calls.symlink('nowhere', ground.path('link'));
      assert.deepEqual(await ground.entries(), [{ name: 'link', kind: 'symlink' }]);
    },
  },
  {
    title: 'listing a file: ENOTDIR',
    run: async (ground) => {
      await ground.put('file');
      await ground.fails('ENOTDIR', ground.names('file'));
    },
  },
  {
    title: `${many} entries: listed once each, then removed while they are listed`,
    run: async (ground) => {
      const names = await putMany(ground, 'folder', many);
      assert.deepEqual(await ground.names('folder'), names);
      await removeTree(ground, 'folder');
      await ground.absent('folder');
    },
  },
  {
    title: 'entries that come and go during a listing do not hide or double the others',
    run: async (ground) => {
      const names = await putMany(ground, 'folder', 400);
      const seen: string[] = [];
      for await (const { name } of ground.calls.scan(ground.path('folder'))) {
        seen.push(name);
        if (!name.startsWith('entry-')) continue;
        await ground.put(`folder/new-${name}`);
        if (seen.length % 2 === 0) await ground.rename(`folder/${name}`, `folder/old-${name}`);
        if (seen.length % 3 === 0) await ground.unlink(`folder/new-${name}`);
      }
      const old = seen.filter((name) => name.startsWith('entry-'));
      assert.deepEqual(old.sort(), names);
      assert.equal(new Set(seen).size, seen.length);
    },
  },
  {
    title: 'two listings of one folder at once',
    run: async (ground) => {
      const names = await putMany(ground, 'folder', 300);
      const [one, two] = await Promise.all([ground.names('folder'), ground.names('folder')]);
      assert.deepEqual(one, names);
      assert.deepEqual(two, names);
    },
  },
  {
    title: 'what was just made is listed, what was just removed is not',
    run: async (ground) => {
      for (let round = 0; round < 20; round += 1) {
        await ground.put(`f${round}`);
        assert.equal((await ground.names()).length, round + 1);
      }
      for (let round = 19; round >= 0; round -= 1) {
        await ground.unlink(`f${round}`);
        assert.equal((await ground.names()).length, round);
      }
    },
  },
  {
    title: 'inode numbers are all different',
    run: async (ground) => {
      const names = await putMany(ground, 'folder', 100);
      const inodes = new Set<number>();
      for (const name of names) inodes.add((await ground.stat(`folder/${name}`)).ino);
      assert.equal(inodes.size, names.length);
    },
  },
];

const symlinkCases: readonly Case[] = [
  {
    title: 'a symbolic link keeps its target, and leads to it',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.put('target', 'found');
      for (const target of ['target', './target', '../missing/你好 %', '/absolute/path', 'x'.repeat(1000)]) {
        await ground.calls.symlink(target, ground.path('link'));
        assert.equal(await ground.calls.readlink(ground.path('link')), target);
        const { kind, size } = await ground.lstat('link');
        assert.deepEqual({ kind, size }, { kind: 'symlink', size: Buffer.byteLength(target) });
        await ground.unlink('link');
      }
      await ground.calls.symlink('target', ground.path('link'));
      assert.equal(await ground.text('link'), 'found');
      assert.equal((await ground.stat('link')).kind, 'file');
    },
  },
  {
    title: 'a symbolic link on the way',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.fullFolder('folder');
      await ground.calls.symlink('folder', ground.path('link'));
      assert.equal(await ground.text('link/f'), 'in folder');
      assert.deepEqual(await ground.names('link/'), ['f']);
    },
  },
  {
    title: 'a ring of symbolic links: ELOOP',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.calls.symlink('b', ground.path('a'));
      await ground.calls.symlink('a', ground.path('b'));
      await ground.fails('ELOOP', ground.stat('a'));
      assert.equal((await ground.lstat('a')).kind, 'symlink');
    },
  },
  {
    title: 'symlink over what is there: EEXIST; readlink of a file: EINVAL',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.put('file');
      await ground.fails('EEXIST', ground.calls.symlink('x', ground.path('file')));
      await ground.fails('EINVAL', ground.calls.readlink(ground.path('file')));
    },
  },
  {
    title: 'removing and renaming a symbolic link leaves its target alone',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.put('target', 'stays');
      await ground.calls.symlink('target', ground.path('link'));
      await ground.rename('link', 'moved');
      assert.equal(await ground.calls.readlink(ground.path('moved')), 'target');
      await ground.unlink('moved');
      assert.equal(await ground.text('target'), 'stays');
    },
  },
];

export const folderCases: readonly Case[] = [...makingCases, ...removingCases, ...listingCases, ...symlinkCases];
