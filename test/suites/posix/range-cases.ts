// Ranges: holes, preallocation, copying inside the file system.
import assert from 'node:assert/strict';
import { O_CREAT, O_RDONLY, O_RDWR } from './calls.ts';
import { patterned } from './content-cases.ts';
import type { Case, Ground } from './ground.ts';

const mebibyte = 2 ** 20;
const keepSize = 1;
const punchHole = 2;

/** Data at 4 to 5 MiB, a hole before it, one behind it up to 8 MiB. */
const putSparse = (ground: Ground): Promise<void> =>
  ground.opened('file', O_RDWR | O_CREAT, async (fd) => {
    await ground.write(fd, patterned(mebibyte), 4 * mebibyte);
    await ground.calls.ftruncate(fd, 8 * mebibyte);
  });

const seekCases: readonly Case[] = [
  {
    title: 'SEEK_DATA and SEEK_HOLE in a file that is all data',
    run: async (ground) => {
      await ground.put('file', patterned(100_000));
      await ground.opened('file', O_RDONLY, async (fd) => {
        assert.equal(await ground.calls.seek(fd, 0, 'data'), 0);
        assert.equal(await ground.calls.seek(fd, 5000, 'data'), 5000);
        assert.equal(await ground.calls.seek(fd, 0, 'hole'), 100_000);
        assert.equal(await ground.calls.seek(fd, 99_999, 'hole'), 100_000);
      });
    },
  },
  {
    title: 'SEEK_DATA and SEEK_HOLE at and behind the end: ENXIO',
    run: async (ground) => {
      await ground.put('file', 'abc');
      await ground.opened('file', O_RDONLY, async (fd) => {
        for (const offset of [3, 4, 1_000_000])
          for (const whence of ['data', 'hole'] as const)
            await ground.fails('ENXIO', ground.calls.seek(fd, offset, whence));
      });
    },
  },
  {
    title: 'SEEK_DATA and SEEK_HOLE find the holes',
    needs: ['holes'],
    run: async (ground) => {
      await putSparse(ground);
      await ground.opened('file', O_RDONLY, async (fd) => {
        assert.equal(await ground.calls.seek(fd, 0, 'hole'), 0);
        assert.equal(await ground.calls.seek(fd, 0, 'data'), 4 * mebibyte);
        assert.equal(await ground.calls.seek(fd, 4 * mebibyte, 'hole'), 5 * mebibyte);
        await ground.fails('ENXIO', ground.calls.seek(fd, 6 * mebibyte, 'data'));
      });
    },
  },
  {
    title: 'holes take no space, and read as zeros',
    needs: ['holes'],
    run: async (ground) => {
      await putSparse(ground);
      const { blocks, size } = await ground.stat('file');
      assert.equal(size, 8 * mebibyte);
      assert.ok(blocks * 512 < 3 * mebibyte, `${blocks} blocks`);
      const content = await ground.get('file');
      assert.ok(content.subarray(0, 4 * mebibyte).equals(Buffer.alloc(4 * mebibyte)));
      assert.ok(content.subarray(4 * mebibyte, 5 * mebibyte).equals(patterned(mebibyte)));
      assert.ok(content.subarray(5 * mebibyte).equals(Buffer.alloc(3 * mebibyte)));
    },
  },
];

const allocateCases: readonly Case[] = [
  {
    title: 'fallocate makes a file longer, with zeros',
    needs: ['fallocate'],
    run: async (ground) => {
      await ground.put('file', 'abc');
      await ground.opened('file', O_RDWR, async (fd) => {
        await ground.calls.fallocate(fd, 0, 0, 10);
        assert.equal((await ground.calls.fstat(fd)).size, 10);
      });
      assert.deepEqual(await ground.get('file'), Buffer.from('abc\0\0\0\0\0\0\0'));
    },
  },
  {
    title: 'fallocate within a file changes nothing',
    needs: ['fallocate'],
    run: async (ground) => {
      await ground.put('file', 'abcdef');
      await ground.opened('file', O_RDWR, (fd) => ground.calls.fallocate(fd, 0, 1, 3));
      assert.equal(await ground.text('file'), 'abcdef');
    },
  },
  {
    title: 'fallocate with FALLOC_FL_PUNCH_HOLE: zeros, or EOPNOTSUPP and nothing',
    needs: ['punch'],
    run: async (ground) => {
      const bytes = patterned(mebibyte);
      await ground.put('file', bytes);
      await ground.opened('file', O_RDWR, (fd) => ground.calls.fallocate(fd, punchHole | keepSize, 100_000, 500_000));
      bytes.fill(0, 100_000, 600_000);
      assert.ok((await ground.get('file')).equals(bytes));
    },
  },
  {
    title: 'fallocate with a mode that nobody knows: EOPNOTSUPP, and nothing happens',
    needs: ['fallocate'],
    run: async (ground) => {
      await ground.put('file', 'abcdef');
      await ground.opened('file', O_RDWR, async (fd) => {
        // FALLOC_FL_COLLAPSE_RANGE, which a drive could never do in place.
        await ground.fails('EOPNOTSUPP', ground.calls.fallocate(fd, 8, 0, 4096));
      });
      assert.equal(await ground.text('file'), 'abcdef');
    },
  },
];

const copyCases: readonly Case[] = [
  {
    title: 'copy_file_range copies a part, and 0 bytes at the end of the source',
    run: async (ground) => {
      const bytes = patterned(300_000);
      await ground.put('from', bytes);
      await ground.put('to', 'start');
      await ground.opened('from', O_RDONLY, (from) =>
        ground.opened('to', O_RDWR, async (to) => {
          let done = 0;
          while (done < 200_000) {
            const copied = await ground.calls.copyRange(from, 50_000 + done, to, 5 + done, 200_000 - done);
            assert.ok(copied > 0);
            done += copied;
          }
          assert.equal(await ground.calls.copyRange(from, 300_000, to, 0, 100), 0);
        }),
      );
      const expected = Buffer.concat([Buffer.from('start'), bytes.subarray(50_000, 250_000)]);
      assert.ok((await ground.get('to')).equals(expected));
    },
  },
  {
    title: 'copy_file_range within one file',
    run: async (ground) => {
      await ground.put('file', 'abcdefgh');
      await ground.opened('file', O_RDWR, async (fd) => {
        assert.equal(await ground.calls.copyRange(fd, 0, fd, 8, 4), 4);
      });
      assert.equal(await ground.text('file'), 'abcdefghabcd');
    },
  },
];

export const rangeCases: readonly Case[] = [...seekCases, ...allocateCases, ...copyCases];
