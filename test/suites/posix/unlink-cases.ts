// unlink(2) and link(2): names that go while what they named is still in use.
import assert from 'node:assert/strict';
import { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_RDWR } from './calls.ts';
import { patterned } from './content-cases.ts';
import type { Case } from './ground.ts';

export const unlinkCases: readonly Case[] = [
  {
    title: 'a removed file is gone, and its name is free for another one',
    run: async (ground) => {
      await ground.put('file', 'first');
      const { ino } = await ground.stat('file');
      await ground.unlink('file');
      await ground.absent('file');
      await ground.put('file', 'second');
      assert.equal(await ground.text('file'), 'second');
      assert.notEqual((await ground.stat('file')).ino, ino);
    },
  },
  {
    title: 'unlink of a folder: EISDIR',
    run: async (ground) => {
      await ground.mkdir('folder');
      await ground.fails('EISDIR', ground.unlink('folder'));
      assert.deepEqual(await ground.names(), ['folder']);
    },
  },
  {
    title: 'an open file stays readable and writable without a name',
    run: async (ground) => {
      const bytes = patterned(300_000);
      await ground.put('file', bytes);
      await ground.opened('file', O_RDWR, async (fd) => {
        await ground.unlink('file');
        await ground.absent('file');
        assert.ok((await ground.calls.read(fd, 0, 400_000)).equals(bytes));
        await ground.write(fd, 'new', 300_000);
        assert.equal((await ground.calls.read(fd, 300_000, 10)).toString(), 'new');
        await ground.calls.ftruncate(fd, 10);
        const { size, links } = await ground.calls.fstat(fd);
        assert.deepEqual({ size, links }, { size: 10, links: 0 });
        await ground.calls.fsync(fd);
      });
      assert.deepEqual(await ground.names(), []);
    },
  },
  {
    title: 'a temporary file that nobody ever sees',
    run: async (ground) => {
      await ground.opened('temporary', O_RDWR | O_CREAT | O_EXCL, async (fd) => {
        await ground.unlink('temporary');
        await ground.write(fd, 'scratch', 0);
        assert.equal((await ground.calls.read(fd, 0, 10)).toString(), 'scratch');
      });
      assert.deepEqual(await ground.names(), []);
    },
  },
  {
    title: 'the name of an open file can be given to another',
    run: async (ground) => {
      await ground.put('file', 'old');
      await ground.opened('file', O_RDWR, async (old) => {
        await ground.unlink('file');
        await ground.put('file', 'new');
        assert.equal((await ground.calls.read(old, 0, 10)).toString(), 'old');
        assert.equal(await ground.text('file'), 'new');
        await ground.write(old, 'OLD', 0);
        assert.equal(await ground.text('file'), 'new');
      });
      assert.equal(await ground.text('file'), 'new');
    },
  },
  {
    title: 'two descriptors of a file without a name share it',
    run: async (ground) => {
      await ground.put('file', 'shared');
      await ground.opened('file', O_RDWR, (one) =>
        ground.opened('file', O_RDONLY, async (two) => {
          await ground.unlink('file');
          await ground.write(one, 'S', 0);
          assert.equal((await ground.calls.read(two, 0, 10)).toString(), 'Shared');
        }),
      );
    },
  },
  {
    title: 'a folder is empty once its open file lost its name',
    run: async (ground) => {
      await ground.fullFolder('folder');
      await ground.opened('folder/f', O_RDONLY, async () => {
        await ground.unlink('folder/f');
        assert.deepEqual(await ground.names('folder'), []);
      });
      await ground.calls.rmdir(ground.path('folder'));
      await ground.absent('folder');
    },
  },
  {
    title: 'a folder whose open file lost its name can be removed',
    needs: ['orphans'],
    run: async (ground) => {
      await ground.fullFolder('folder');
      await ground.opened('folder/f', O_RDONLY, async () => {
        await ground.unlink('folder/f');
        await ground.calls.rmdir(ground.path('folder'));
        await ground.absent('folder');
      });
    },
  },
  {
    title: 'an open file outlives its folder',
    needs: ['orphans'],
    run: async (ground) => {
      await ground.fullFolder('folder');
      await ground.opened('folder/f', O_RDWR, async (fd) => {
        await ground.unlink('folder/f');
        await ground.calls.rmdir(ground.path('folder'));
        assert.equal((await ground.calls.read(fd, 0, 100)).toString(), 'in folder');
        await ground.write(fd, 'IN', 0);
        assert.equal((await ground.calls.read(fd, 0, 100)).toString(), 'IN folder');
      });
    },
  },
  {
    title: 'a folder that is open has no link once it is removed',
    needs: ['orphans'],
    run: async (ground) => {
      await ground.mkdir('folder');
      await ground.opened('folder', O_RDONLY | O_DIRECTORY, async (fd) => {
        await ground.calls.rmdir(ground.path('folder'));
        assert.equal((await ground.calls.fstat(fd)).links, 0);
      });
    },
  },
  {
    title: 'removing moves the mtime of the folder',
    run: async (ground) => {
      await ground.fullFolder('folder');
      const before = await ground.stat('folder');
      await ground.pause();
      await ground.unlink('folder/f');
      assert.ok((await ground.stat('folder')).mtime > before.mtime);
    },
  },
  {
    title: 'twenty unlinks of one name: one wins',
    run: async (ground) => {
      await ground.put('file');
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => ground.unlink('file')));
      const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'ok')).sort();
      assert.deepEqual(codes, [...Array(19).fill('ENOENT'), 'ok']);
    },
  },
  {
    title: 'a hard link: EPERM',
    run: async (ground) => {
      await ground.put('file', 'one name');
      await ground.fails('EPERM', ground.calls.link(ground.path('file'), ground.path('other')));
      assert.deepEqual(await ground.names(), ['file']);
      assert.equal((await ground.stat('file')).links, 1);
    },
  },
];
