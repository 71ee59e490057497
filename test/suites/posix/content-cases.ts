// Bytes: reading, writing, appending, truncating, several descriptors of one file.
import assert from 'node:assert/strict';
import { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from './calls.ts';
import type { Case, Ground } from './ground.ts';

const mebibyte = 2 ** 20;

/** Bytes that tell their own position: what is moved or repeated shows. */
export const patterned = (length: number, seed = 1): Buffer => {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at + 4 <= length; at += 4) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
};

const sizes = [1, 511, 4095, 4096, 4097, 65_535, 131_072, 131_073, mebibyte, mebibyte + 1, 5 * mebibyte + 7];

const sizeCases = sizes.map(
  (size): Case => ({
    title: `${size} bytes come back`,
    run: async (ground) => {
      const bytes = patterned(size);
      await ground.put('file', bytes);
      assert.equal((await ground.stat('file')).size, size);
      assert.ok((await ground.get('file')).equals(bytes));
    },
  }),
);

const resize = (ground: Ground, how: 'truncate' | 'ftruncate', size: number): Promise<void> =>
  how === 'truncate'
    ? ground.calls.truncate(ground.path('file'), size)
    : ground.opened('file', O_WRONLY, (fd) => ground.calls.ftruncate(fd, size));

const truncateCases = (['truncate', 'ftruncate'] as const).flatMap((how): readonly Case[] => [
  {
    title: `${how} cuts, and what grows again is zeros`,
    run: async (ground) => {
      const bytes = patterned(20_000);
      await ground.put('file', bytes);
      await resize(ground, how, 5000);
      assert.equal((await ground.stat('file')).size, 5000);
      assert.ok((await ground.get('file')).equals(bytes.subarray(0, 5000)));
      await resize(ground, how, 12_000);
      assert.ok((await ground.get('file')).equals(Buffer.concat([bytes.subarray(0, 5000), Buffer.alloc(7000)])));
    },
  },
  {
    title: `${how} to nothing, to the same size and far up`,
    run: async (ground) => {
      await ground.put('file', 'abc');
      await resize(ground, how, 3);
      assert.equal(await ground.text('file'), 'abc');
      await resize(ground, how, 0);
      assert.equal(await ground.text('file'), '');
      await resize(ground, how, 3 * mebibyte);
      assert.ok((await ground.get('file')).equals(Buffer.alloc(3 * mebibyte)));
    },
  },
  {
    title: `${how} shows in a descriptor that was open before`,
    run: async (ground) => {
      await ground.put('file', 'abcdef');
      await ground.opened('file', O_RDWR, async (fd) => {
        await resize(ground, how, 2);
        assert.equal((await ground.calls.read(fd, 0, 10)).toString(), 'ab');
        assert.equal((await ground.calls.fstat(fd)).size, 2);
        await ground.write(fd, 'Z', 4);
      });
      assert.deepEqual(await ground.get('file'), Buffer.from('ab\0\0Z'));
    },
  },
]);

const readCases: readonly Case[] = [
  {
    title: 'an empty file has no bytes',
    run: async (ground) => {
      await ground.put('file');
      assert.equal((await ground.get('file')).length, 0);
      assert.equal((await ground.stat('file')).size, 0);
    },
  },
  {
    title: 'reading at and behind the end gives nothing',
    run: async (ground) => {
      await ground.put('file', 'abc');
      await ground.opened('file', O_RDONLY, async (fd) => {
        assert.equal((await ground.calls.read(fd, 3, 10)).length, 0);
        assert.equal((await ground.calls.read(fd, 1_000_000, 10)).length, 0);
        assert.equal((await ground.calls.read(fd, 2, 10)).toString(), 'c');
        assert.equal((await ground.calls.read(fd, 0, 0)).length, 0);
      });
    },
  },
  {
    title: 'reads at any offset and length',
    run: async (ground) => {
      const bytes = patterned(300_000);
      await ground.put('file', bytes);
      await ground.opened('file', O_RDONLY, async (fd) => {
        for (const offset of [0, 1, 4095, 4096, 4097, 65_535, 131_071, 299_999])
          for (const length of [1, 2, 4096, 8191, 131_072, 300_000])
            assert.ok((await ground.calls.read(fd, offset, length)).equals(bytes.subarray(offset, offset + length)));
      });
    },
  },
  {
    title: 'sixteen readers of one file at once',
    run: async (ground) => {
      const bytes = patterned(2 * mebibyte);
      await ground.put('file', bytes);
      const readers = Array.from({ length: 16 }, (_, index) =>
        ground.opened('file', O_RDONLY, (fd) => ground.calls.read(fd, index * 100_000, 500_000)),
      );
      for (const [index, read] of (await Promise.all(readers)).entries())
        assert.ok(read.equals(bytes.subarray(index * 100_000, index * 100_000 + 500_000)));
    },
  },
];

const writeCases: readonly Case[] = [
  {
    title: 'writing in the middle leaves the rest',
    run: async (ground) => {
      const bytes = patterned(100_000);
      await ground.put('file', bytes);
      const part = patterned(9000, 7);
      await ground.opened('file', O_WRONLY, (fd) => ground.write(fd, part, 50_001));
      part.copy(bytes, 50_001);
      assert.ok((await ground.get('file')).equals(bytes));
    },
  },
  {
    title: 'writing over the end makes the file longer',
    run: async (ground) => {
      await ground.put('file', 'abcdef');
      await ground.opened('file', O_RDWR, (fd) => ground.write(fd, '123456', 4));
      assert.equal(await ground.text('file'), 'abcd123456');
    },
  },
  {
    title: 'what lies between the old end and a write behind it is zeros',
    run: async (ground) => {
      await ground.put('file', 'abc');
      await ground.opened('file', O_WRONLY, (fd) => ground.write(fd, 'end', 10_000));
      const expected = Buffer.concat([Buffer.from('abc'), Buffer.alloc(9997), Buffer.from('end')]);
      assert.ok((await ground.get('file')).equals(expected));
    },
  },
  {
    title: 'a byte at 9 GB in a new file',
    run: async (ground) => {
      const far = 9 * 2 ** 30 + 123;
      await ground.opened('file', O_RDWR | O_CREAT, async (fd) => {
        await ground.write(fd, 'x', far);
        assert.equal((await ground.calls.fstat(fd)).size, far + 1);
        assert.deepEqual(await ground.calls.read(fd, far - 3, 10), Buffer.from('\0\0\0x'));
        assert.deepEqual(await ground.calls.read(fd, 2 ** 32 - 2, 4), Buffer.alloc(4));
        await ground.calls.ftruncate(fd, 1);
      });
      assert.deepEqual(await ground.get('file'), Buffer.alloc(1));
    },
  },
  {
    title: 'writing backwards',
    run: async (ground) => {
      const bytes = patterned(40_000);
      await ground.opened('file', O_WRONLY | O_CREAT, async (fd) => {
        for (let at = 36_000; at >= 0; at -= 4000) await ground.write(fd, bytes.subarray(at, at + 4000), at);
      });
      assert.ok((await ground.get('file')).equals(bytes));
    },
  },
  {
    title: 'a thousand writes of one byte',
    run: async (ground) => {
      await ground.opened('file', O_WRONLY | O_CREAT, async (fd) => {
        for (let at = 0; at < 1000; at += 1) await ground.write(fd, String(at % 10), at);
      });
      assert.equal(await ground.text('file'), '0123456789'.repeat(100));
    },
  },
  {
    title: 'sixteen writers of one file, each its own part',
    run: async (ground) => {
      const bytes = patterned(16 * 70_001);
      await ground.put('file');
      await ground.opened('file', O_WRONLY, async (fd) => {
        const parts = Array.from({ length: 16 }, (_, index) => index * 70_001);
        await Promise.all(parts.map((at) => ground.write(fd, bytes.subarray(at, at + 70_001), at)));
      });
      assert.ok((await ground.get('file')).equals(bytes));
    },
  },
  {
    title: 'writing nothing changes nothing',
    run: async (ground) => {
      await ground.put('file', 'abc');
      await ground.opened('file', O_WRONLY, async (fd) => {
        assert.equal(await ground.calls.write(fd, Buffer.alloc(0), 100), 0);
      });
      assert.equal(await ground.text('file'), 'abc');
    },
  },
  {
    title: 'what one descriptor wrote another reads at once, before and after fsync',
    run: async (ground) => {
      await ground.put('file', 'old');
      await ground.opened('file', O_RDONLY, (reader) =>
        ground.opened('file', O_WRONLY, async (writer) => {
          assert.equal((await ground.calls.read(reader, 0, 10)).toString(), 'old');
          await ground.write(writer, 'new!', 0);
          assert.equal((await ground.calls.read(reader, 0, 10)).toString(), 'new!');
          await ground.calls.fsync(writer);
          assert.equal((await ground.calls.read(reader, 0, 10)).toString(), 'new!');
          assert.equal((await ground.stat('file')).size, 4);
        }),
      );
    },
  },
  {
    title: 'fsync of a file that was only read, and twice',
    run: async (ground) => {
      await ground.put('file', 'abc');
      await ground.opened('file', O_RDONLY, (fd) => ground.calls.fsync(fd));
      await ground.opened('file', O_RDWR, async (fd) => {
        await ground.write(fd, 'X', 0);
        await ground.calls.fsync(fd);
        await ground.calls.fsync(fd);
      });
      assert.equal(await ground.text('file'), 'Xbc');
    },
  },
  {
    title: 'overwriting with O_TRUNC ten times',
    run: async (ground) => {
      const { ino } = await ground.put('file').then(() => ground.stat('file'));
      for (let round = 0; round < 10; round += 1) {
        await ground.put('file', 'x'.repeat(10_000 - round * 1000));
        assert.equal((await ground.get('file')).length, 10_000 - round * 1000);
      }
      assert.equal((await ground.stat('file')).ino, ino);
    },
  },
  {
    title: 'O_TRUNC by one descriptor shows in the other',
    run: async (ground) => {
      await ground.put('file', 'long content');
      await ground.opened('file', O_RDWR, async (fd) => {
        await ground.opened('file', O_WRONLY | O_TRUNC, (other) => ground.write(other, 'AB', 0));
        assert.equal((await ground.calls.read(fd, 0, 100)).toString(), 'AB');
      });
    },
  },
];

const appendCases: readonly Case[] = [
  {
    title: 'two descriptors append by turns',
    run: async (ground) => {
      await ground.put('log', 'start ');
      await ground.opened('log', O_WRONLY | O_APPEND, (one) =>
        ground.opened('log', O_WRONLY | O_APPEND, async (two) => {
          for (let round = 0; round < 10; round += 1) {
            await ground.write(one, `a${round} `, 0);
            await ground.write(two, `b${round} `, 0);
          }
        }),
      );
      const rounds = Array.from({ length: 10 }, (_, round) => `a${round} b${round} `).join('');
      assert.equal(await ground.text('log'), `start ${rounds}`);
    },
  },
  {
    title: 'forty appends at once: none is lost',
    run: async (ground) => {
      await ground.put('log');
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          ground.opened('log', O_WRONLY | O_APPEND, (fd) =>
            ground.write(fd, `line ${String(index).padStart(2, '0')}\n`, 0),
          ),
        ),
      );
      const lines = (await ground.text('log')).split('\n').filter(Boolean).sort();
      assert.deepEqual(
        lines,
        Array.from({ length: 40 }, (_, index) => `line ${String(index).padStart(2, '0')}`),
      );
    },
  },
  {
    title: 'appending after a truncation starts at the new end',
    run: async (ground) => {
      await ground.put('log', '1234567890');
      await ground.opened('log', O_WRONLY | O_APPEND, async (fd) => {
        await ground.write(fd, 'a', 0);
        await ground.calls.truncate(ground.path('log'), 2);
        await ground.write(fd, 'b', 0);
      });
      assert.equal(await ground.text('log'), '12b');
    },
  },
  {
    title: 'appending large pieces',
    run: async (ground) => {
      const bytes = patterned(3 * mebibyte);
      await ground.put('log', bytes.subarray(0, 5));
      await ground.opened('log', O_WRONLY | O_APPEND, async (fd) => {
        await ground.write(fd, bytes.subarray(5, mebibyte), 0);
        await ground.write(fd, bytes.subarray(mebibyte), 0);
      });
      assert.ok((await ground.get('log')).equals(bytes));
    },
  },
];

const wrongCases: readonly Case[] = [
  {
    title: 'truncating a folder: EISDIR',
    run: async (ground) => {
      await ground.mkdir('folder');
      await ground.fails('EISDIR', ground.calls.truncate(ground.path('folder'), 0));
    },
  },
  {
    title: 'a negative size: EINVAL',
    run: async (ground) => {
      await ground.put('file', 'abc');
      await ground.fails('EINVAL', ground.calls.truncate(ground.path('file'), -1));
      assert.equal(await ground.text('file'), 'abc');
    },
  },
  {
    title: 'a mapping reads and writes',
    needs: ['mapping'],
    run: async (ground) => {
      const bytes = patterned(20_000);
      await ground.put('file', bytes);
      await ground.opened('file', O_RDWR, async (fd) => {
        await ground.calls.mapped?.(fd, 20_000, (seen) => {
          assert.ok(seen.equals(bytes));
          return Buffer.from(seen.map((byte) => byte ^ 255));
        });
      });
      assert.ok((await ground.get('file')).equals(Buffer.from(bytes.map((byte) => byte ^ 255))));
    },
  },
  ...['the descriptor that is mapped', 'another descriptor'].map(
    (title, other): Case => ({
      title: `what a mapping changes stays in its place where ${title} appends`,
      needs: ['append-mapping'],
      run: async (ground) => {
        const bytes = patterned(5000);
        await ground.put('file', bytes);
        const changed = Buffer.from(bytes.map((byte) => byte ^ 255));
        await ground.opened('file', O_RDWR | (other ? 0 : O_APPEND), (mapped) =>
          ground.opened('file', O_RDWR | O_APPEND, async (appending) => {
            await ground.calls.mapped?.(mapped, 5000, () => changed);
            await ground.calls.fsync(mapped);
            await ground.write(appending, 'the end', 0);
          }),
        );
        assert.ok((await ground.get('file')).equals(Buffer.concat([changed, Buffer.from('the end')])));
      },
    }),
  ),
];

export const contentCases: readonly Case[] = [
  ...sizeCases,
  ...readCases,
  ...writeCases,
  ...truncateCases,
  ...appendCases,
  ...wrongCases,
];
