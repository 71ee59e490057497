// open(2) and creat(2): every combination of flags, on what is there and on what is not.
import assert from 'node:assert/strict';
import { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from './calls.ts';
import type { Case } from './ground.ts';

const modes = { O_RDONLY, O_WRONLY, O_RDWR };
const extras = { O_CREAT, O_EXCL, O_TRUNC, O_APPEND };

interface Flags {
  readonly title: string;
  readonly flags: number;
  has(name: keyof typeof extras): boolean;
}

/** O_EXCL without O_CREAT and O_TRUNC with O_RDONLY are undefined in POSIX. */
const isDefined = (mode: string, names: readonly string[]): boolean =>
  (!names.includes('O_EXCL') || names.includes('O_CREAT')) && (mode !== 'O_RDONLY' || !names.includes('O_TRUNC'));

const combinations: readonly Flags[] = Object.entries(modes).flatMap(([mode, value]) =>
  Array.from({ length: 2 ** Object.keys(extras).length }, (_, bits) => {
    const chosen = Object.entries(extras).filter((_entry, index) => bits & (1 << index));
    const names = chosen.map(([name]) => name);
    return {
      title: [mode, ...names].join('|'),
      defined: isDefined(mode, names),
      flags: chosen.reduce((sum, [, bit]) => sum | bit, value),
      has: (name: keyof typeof extras) => names.includes(name),
    };
  }).filter((flags) => flags.defined),
);

const tryReadWrite = (title: string, flags: number, appends: boolean, before: string): Case['run'] => {
  const canRead = !title.startsWith('O_WRONLY');
  const canWrite = !title.startsWith('O_RDONLY');
  return async (ground) => {
    await ground.opened('file', flags, async (fd) => {
      if (canRead) assert.equal((await ground.calls.read(fd, 0, 100)).toString(), before);
      else await ground.fails('EBADF', ground.calls.read(fd, 0, 100));
      if (canWrite) await ground.write(fd, 'XY', 0);
      else await ground.fails('EBADF', ground.calls.write(fd, Buffer.from('XY'), 0));
    });
    const after = appends ? `${before}XY` : `XY${before.slice(2)}`;
    assert.equal(await ground.text('file'), canWrite ? after : before);
  };
};

const existingCases = combinations.map(
  ({ title, flags, has }): Case => ({
    title: `${title} on a file that is there`,
    run: async (ground) => {
      await ground.put('file', 'old content');
      const { ino } = await ground.stat('file');
      if (has('O_EXCL')) {
        await ground.fails(
          'EEXIST',
          ground.opened('file', flags, async () => {}),
        );
        assert.equal(await ground.text('file'), 'old content');
        return;
      }
      await tryReadWrite(title, flags, has('O_APPEND'), has('O_TRUNC') ? '' : 'old content')(ground);
      assert.equal((await ground.stat('file')).ino, ino);
    },
  }),
);

const absentCases = combinations.map(
  ({ title, flags, has }): Case => ({
    title: `${title} on nothing`,
    run: async (ground) => {
      if (has('O_CREAT')) await tryReadWrite(title, flags, has('O_APPEND'), '')(ground);
      else
        await ground.fails(
          'ENOENT',
          ground.opened('file', flags, async () => {}),
        );
      assert.deepEqual(await ground.names(), has('O_CREAT') ? ['file'] : []);
    },
  }),
);

const folderCases: readonly Case[] = [
  {
    title: 'a folder opens for reading alone',
    run: async (ground) => {
      await ground.mkdir('folder');
      await ground.opened('folder', O_RDONLY | O_DIRECTORY, async (fd) => {
        assert.equal((await ground.calls.fstat(fd)).kind, 'folder');
      });
      for (const flags of [O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_RDONLY | O_CREAT])
        await ground.fails(
          'EISDIR',
          ground.opened('folder', flags, async () => {}),
        );
    },
  },
  {
    title: 'O_DIRECTORY on a file: ENOTDIR',
    run: async (ground) => {
      await ground.put('file');
      await ground.fails(
        'ENOTDIR',
        ground.opened('file', O_RDONLY | O_DIRECTORY, async () => {}),
      );
    },
  },
  {
    title: 'O_CREAT|O_EXCL on a folder: EEXIST',
    run: async (ground) => {
      await ground.mkdir('folder');
      await ground.fails(
        'EEXIST',
        ground.opened('folder', O_WRONLY | O_CREAT | O_EXCL, async () => {}),
      );
    },
  },
];

const linkCases: readonly Case[] = [
  {
    title: 'O_CREAT|O_EXCL on a symbolic link that leads nowhere: EEXIST',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.calls.symlink('nowhere', ground.path('link'));
      await ground.fails(
        'EEXIST',
        ground.opened('link', O_WRONLY | O_CREAT | O_EXCL, async () => {}),
      );
      assert.deepEqual(await ground.names(), ['link']);
    },
  },
  {
    title: 'O_CREAT through a symbolic link creates its target',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.calls.symlink('target', ground.path('link'));
      await ground.put('link', 'through');
      assert.deepEqual(await ground.names(), ['link', 'target']);
      assert.equal(await ground.text('target'), 'through');
    },
  },
  {
    title: 'O_NOFOLLOW on a symbolic link: ELOOP',
    needs: ['symlinks'],
    run: async (ground) => {
      await ground.put('target');
      await ground.calls.symlink('target', ground.path('link'));
      await ground.fails(
        'ELOOP',
        ground.opened('link', O_RDONLY | O_NOFOLLOW, async () => {}),
      );
    },
  },
];

const creationCases: readonly Case[] = [
  {
    title: 'a new file is empty, has one name and the mode that was asked for',
    run: async (ground) => {
      const fd = await ground.calls.open(ground.path('file'), O_RDWR | O_CREAT, 0o604);
      await ground.calls.close(fd);
      const { kind, size, links, mode } = await ground.stat('file');
      assert.deepEqual({ kind, size, links, mode }, { kind: 'file', size: 0, links: 1, mode: 0o604 });
    },
  },
  {
    title: 'a file created without the right to read is read through the descriptor that created it',
    run: async (ground) => {
      const fd = await ground.calls.open(ground.path('file'), O_RDWR | O_CREAT, 0o000);
      await ground.write(fd, 'secret', 0);
      assert.equal((await ground.calls.read(fd, 0, 10)).toString(), 'secret');
      await ground.calls.close(fd);
    },
  },
  {
    title: 'opening a file again does not change its mode',
    run: async (ground) => {
      await ground.put('file');
      await ground.calls.chmod(ground.path('file'), 0o640);
      const fd = await ground.calls.open(ground.path('file'), O_RDWR | O_CREAT, 0o777);
      await ground.calls.close(fd);
      assert.equal((await ground.stat('file')).mode, 0o640);
    },
  },
  {
    title: 'twenty opens of one new name with O_EXCL: one wins',
    run: async (ground) => {
      const path = ground.path('lock');
      const tries = Array.from({ length: 20 }, () => ground.calls.open(path, O_WRONLY | O_CREAT | O_EXCL, 0o644));
      const results = await Promise.allSettled(tries);
      for (const result of results) if (result.status === 'fulfilled') await ground.calls.close(result.value);
      const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'ok')).sort();
      assert.deepEqual(codes, [...Array(19).fill('EEXIST'), 'ok']);
    },
  },
  {
    title: 'twenty opens of one new name without O_EXCL: all get the same file',
    run: async (ground) => {
      const path = ground.path('shared');
      const fds = await Promise.all(Array.from({ length: 20 }, () => ground.calls.open(path, O_RDWR | O_CREAT, 0o644)));
      const inodes = new Set<number>();
      for (const fd of fds) inodes.add((await ground.calls.fstat(fd)).ino);
      for (const fd of fds) await ground.calls.close(fd);
      assert.equal(inodes.size, 1);
      assert.deepEqual(await ground.names(), ['shared']);
    },
  },
];

const nodeCases: readonly Case[] = [
  {
    title: 'mknod of a regular file, and EEXIST over what is there',
    run: async (ground) => {
      await ground.calls.mknod(ground.path('file'), 'file', 0o640);
      const { kind, size, mode } = await ground.stat('file');
      assert.deepEqual({ kind, size, mode }, { kind: 'file', size: 0, mode: 0o640 });
      await ground.fails('EEXIST', ground.calls.mknod(ground.path('file'), 'file', 0o640));
      await ground.put('file', 'usable');
      assert.equal(await ground.text('file'), 'usable');
    },
  },
  {
    title: 'mknod of a FIFO: EPERM',
    run: async (ground) => {
      await ground.fails('EPERM', ground.calls.mknod(ground.path('fifo'), 'fifo', 0o640));
      assert.deepEqual(await ground.names(), []);
    },
  },
];

export const openCases: readonly Case[] = [
  ...existingCases,
  ...absentCases,
  ...folderCases,
  ...linkCases,
  ...creationCases,
  ...nodeCases,
];
