// Attributes: mode, owner, times, and what moves them.
import assert from 'node:assert/strict';
import { O_CREAT, O_RDWR, O_WRONLY, type Status } from './calls.ts';
import type { Case, Ground } from './ground.ts';

const second = 1_000_000_000n;
const summer = 1_120_000_000n * second;

const modeCases: readonly Case[] = [
  {
    title: 'chmod of a file and of a folder',
    run: async (ground) => {
      await ground.put('file', 'x');
      await ground.mkdir('folder');
      for (const name of ['file', 'folder'])
        for (const mode of [0o600, 0o755, 0o444, 0o777, 0o000, 0o700]) {
          await ground.calls.chmod(ground.path(name), mode);
          const status = await ground.stat(name);
          assert.equal(status.mode, mode);
          assert.equal(status.kind, name);
        }
      assert.equal(await ground.text('file'), 'x');
    },
  },
  {
    title: 'the sticky bit of a folder',
    run: async (ground) => {
      await ground.mkdir('folder');
      await ground.calls.chmod(ground.path('folder'), 0o1777);
      assert.equal((await ground.stat('folder')).mode, 0o1777);
    },
  },
  {
    title: 'chmod moves the ctime alone, and keeps the size',
    run: async (ground) => {
      await ground.put('file', 'content');
      const before = await ground.stat('file');
      await ground.pause();
      await ground.calls.chmod(ground.path('file'), 0o600);
      const after = await ground.stat('file');
      assert.ok(after.ctime > before.ctime);
      assert.equal(after.mtime, before.mtime);
      assert.equal(after.size, before.size);
    },
  },
  {
    title: 'chmod through a symbolic link changes the target',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.put('target');
      await ground.calls.symlink('target', ground.path('link'));
      await ground.calls.chmod(ground.path('link'), 0o612);
      assert.equal((await ground.stat('target')).mode, 0o612);
    },
  },
  {
    title: 'the mode survives a rename and an overwrite',
    run: async (ground) => {
      await ground.put('file');
      await ground.calls.chmod(ground.path('file'), 0o751);
      await ground.rename('file', 'moved');
      assert.equal((await ground.stat('moved')).mode, 0o751);
      await ground.put('moved', 'new content');
      assert.equal((await ground.stat('moved')).mode, 0o751);
    },
  },
];

const ownerCases: readonly Case[] = [
  {
    title: 'what is made belongs to the caller',
    needs: ['owner'],
    run: async (ground) => {
      await ground.put('file');
      await ground.mkdir('folder');
      for (const name of ['file', 'folder']) {
        const { uid, gid } = await ground.stat(name);
        assert.deepEqual({ uid, gid }, { uid: process.getuid?.(), gid: process.getgid?.() });
      }
    },
  },
  {
    title: 'chown to oneself',
    run: async (ground) => {
      await ground.put('file', 'x');
      const { uid, gid } = await ground.stat('file');
      await ground.calls.chown(ground.path('file'), uid, gid);
      const after = await ground.stat('file');
      assert.deepEqual({ uid: after.uid, gid: after.gid }, { uid, gid });
    },
  },
  {
    title: 'chown to -1, -1 moves the ctime alone',
    needs: ['chown-nobody'],
    run: async (ground) => {
      await ground.put('file', 'content');
      const before = await ground.stat('file');
      await ground.pause();
      await ground.calls.chown(ground.path('file'), -1, -1);
      const after = await ground.stat('file');
      assert.ok(after.ctime > before.ctime);
      assert.deepEqual(after, { ...before, ctime: after.ctime });
    },
  },
];

const timesKept = (atime: bigint, mtime: bigint): Case['run'] => {
  return async (ground) => {
    await ground.put('file', 'content');
    await ground.mkdir('folder');
    for (const name of ['file', 'folder']) {
      await ground.calls.utimes(ground.path(name), atime, mtime);
      const status = await ground.stat(name);
      assert.deepEqual([status.atime, status.mtime], [atime, mtime]);
    }
    assert.equal(await ground.text('file'), 'content');
    assert.equal((await ground.stat('file')).mtime, mtime);
  };
};

const settingCases: readonly Case[] = [
  { title: 'two different times, to the second', run: timesKept(summer, summer + 86_400n * second) },
  { title: 'times to the millisecond', run: timesKept(summer + 123_000_000n, summer + 987_000_000n) },
  { title: 'times to the nanosecond', needs: ['nanoseconds'], run: timesKept(summer + 1n, summer + 999_999_999n) },
  { title: 'the first second of all', run: timesKept(0n, 0n) },
  { title: 'times before 1970', needs: ['early-times'], run: timesKept(-2n * second, -86_400n * second) },
  { title: 'times after 2038', run: timesKept(2n ** 32n * second, (2n ** 32n + 5n) * second) },
  {
    title: 'the mtime alone, then the atime alone',
    needs: ['single-time'],
    run: async (ground) => {
      await ground.put('file');
      await ground.calls.utimes(ground.path('file'), summer, summer);
      await ground.calls.utimes(ground.path('file'), undefined, summer + second);
      assert.deepEqual(await timesOf(ground, 'file'), [summer, summer + second]);
      await ground.calls.utimes(ground.path('file'), summer + 2n * second, undefined);
      assert.deepEqual(await timesOf(ground, 'file'), [summer + 2n * second, summer + second]);
    },
  },
  {
    title: 'times that were set stay when the descriptor that wrote is closed afterwards',
    run: async (ground) => {
      await ground.opened('file', O_RDWR | O_CREAT, async (fd) => {
        await ground.write(fd, 'content', 0);
        await ground.calls.utimes(ground.path('file'), summer, summer);
      });
      await ground.pause();
      assert.equal((await ground.stat('file')).mtime, summer);
      assert.equal(await ground.text('file'), 'content');
    },
  },
  {
    title: 'times survive a rename',
    run: async (ground) => {
      await ground.put('file');
      await ground.calls.utimes(ground.path('file'), summer, summer);
      await ground.rename('file', 'moved');
      assert.equal((await ground.stat('moved')).mtime, summer);
    },
  },
];

const timesOf = async (ground: Ground, name: string): Promise<[bigint, bigint]> => {
  const { atime, mtime } = await ground.stat(name);
  return [atime, mtime];
};

type Change = (ground: Ground) => Promise<unknown>;

/** What moves mtime and ctime of `file`. */
const contentChanges: Readonly<Record<string, Change>> = {
  'a write': (ground) => ground.opened('file', O_WRONLY, (fd) => ground.write(fd, 'X', 0)),
  'a write behind the end': (ground) => ground.opened('file', O_WRONLY, (fd) => ground.write(fd, 'X', 100)),
  'an overwrite with O_TRUNC': (ground) => ground.put('file', 'other'),
  'a truncation': (ground) => ground.calls.truncate(ground.path('file'), 2),
  'an extension': (ground) => ground.calls.truncate(ground.path('file'), 200),
};

/** What moves mtime and ctime of `folder`. */
const folderChanges: Readonly<Record<string, Change>> = {
  'a file created': (ground) => ground.put('folder/new'),
  'a folder made': (ground) => ground.mkdir('folder/new'),
  'a file removed': (ground) => ground.unlink('folder/f'),
  'a rename within': (ground) => ground.rename('folder/f', 'folder/g'),
  'a file moved in': (ground) => ground.rename('file', 'folder/file'),
  'a file moved out': (ground) => ground.rename('folder/f', 'out'),
};

const moved = async (ground: Ground, name: string, change: Change): Promise<[Status, Status]> => {
  await ground.put('file', 'content');
  await ground.fullFolder('folder');
  const before = await ground.stat(name);
  await ground.pause();
  await change(ground);
  return [before, await ground.stat(name)];
};

const movingCases = Object.entries({ file: contentChanges, folder: folderChanges }).flatMap(([name, changes]) =>
  Object.entries(changes).map(
    ([title, change]): Case => ({
      title: `mtime and ctime of a ${name} move with ${title}`,
      run: async (ground) => {
        const [before, after] = await moved(ground, name, change);
        assert.ok(after.mtime > before.mtime, `mtime ${before.mtime} -> ${after.mtime}`);
        assert.ok(after.ctime > before.ctime, `ctime ${before.ctime} -> ${after.ctime}`);
      },
    }),
  ),
);

const stillCases = Object.entries({
  reading: (ground: Ground) => ground.text('file'),
  'opening for writing': (ground: Ground) => ground.opened('file', O_WRONLY, async () => {}),
  'a failed removal': (ground: Ground) => ground.fails('ENOTDIR', ground.calls.rmdir(ground.path('file'))),
}).map(
  ([title, change]): Case => ({
    title: `${title} leaves mtime and ctime alone`,
    run: async (ground) => {
      const [before, after] = await moved(ground, 'file', change);
      assert.deepEqual([after.mtime, after.ctime], [before.mtime, before.ctime]);
    },
  }),
);

const presentCases: readonly Case[] = [
  {
    title: 'new nodes carry the present time',
    run: async (ground) => {
      const before = BigInt(Date.now() - 5) * 1_000_000n;
      await ground.put('file', 'x');
      await ground.mkdir('folder');
      const after = BigInt(Date.now() + 5) * 1_000_000n;
      for (const name of ['file', 'folder']) {
        const { mtime, ctime } = await ground.stat(name);
        for (const time of [mtime, ctime]) assert.ok(time >= before && time <= after, `${time} of ${name}`);
      }
    },
  },
  {
    title: 'the inode number stays with the file',
    run: async (ground) => {
      await ground.put('file', 'a');
      const { ino } = await ground.stat('file');
      await ground.put('file', 'bb');
      await ground.calls.chmod(ground.path('file'), 0o600);
      await ground.rename('file', 'moved');
      await ground.opened('moved', O_RDWR, async (fd) => assert.equal((await ground.calls.fstat(fd)).ino, ino));
      assert.equal((await ground.stat('moved')).ino, ino);
    },
  },
  {
    title: 'statfs gives sensible numbers, and free space does not grow by writing',
    run: async (ground) => {
      const before = await ground.calls.statfs(ground.folder);
      assert.ok(before.blockSize >= 512 && Number.isInteger(Math.log2(before.blockSize)));
      assert.ok(before.blocks > 0 && before.blocksFree >= 0 && before.blocksFree <= before.blocks);
      assert.ok(before.nameLength >= 100);
      await ground.put('file', Buffer.alloc(3 * 2 ** 20, 1));
      const after = await ground.calls.statfs(ground.folder);
      assert.equal(after.blocks, before.blocks);
      assert.ok(after.blocksFree <= before.blocksFree);
    },
  },
  {
    title: 'a written file takes space',
    run: async (ground) => {
      await ground.put('file', Buffer.alloc(100_000, 1));
      const { blocks } = await ground.stat('file');
      assert.ok(blocks * 512 >= 100_000, `${blocks} blocks`);
    },
  },
];

export const attributeCases: readonly Case[] = [
  ...modeCases,
  ...ownerCases,
  ...settingCases,
  ...movingCases,
  ...stillCases,
  ...presentCases,
];
