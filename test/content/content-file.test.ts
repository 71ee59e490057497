// One content at a time, through Contents: what is read, what is fetched, what is counted.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { FsError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import type { ContentFile } from '../../src/content/content-file.ts';
import { Contents, type ContentsOptions } from '../../src/content/contents.ts';
import { ReadWindow } from '../../src/content/read-window.ts';
import type { ByteRange, Drive, Item } from '../../src/drive/drive.ts';
import { openStore } from '../../src/store/store.ts';
import { MemoryDrive } from '../support/memory-drive.ts';
import { tempDir } from '../support/temp-dir.ts';

const never = new AbortController().signal;
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

const bench = async (options: Partial<ContentsOptions> & { readonly fragmentSize?: number } = {}) => {
  const folder = await tempDir();
  const memory = new MemoryDrive({ fragmentSize: options.fragmentSize ?? 4096 });
  const store = openStore(folder.path);
  const dirtied: number[] = [];
  const contents = new Contents(store, {
    ...{ folder: `${folder.path}/content`, budget: 1e9, drive: memory, clock: systemClock, log: silentLog },
    becameDirty: (node) => void dirtied.push(node),
    isPinned: () => false,
    versionGone: async () => false,
    damaged: () => {},
    ...options,
  });
  return {
    ...{ memory, store, contents, dirtied, folder: folder.path },
    fetched: (bytes: Uint8Array): ContentFile => {
      memory.store.put('file', bytes);
      return contents.open(contents.create(7, memory.store.itemAt('file')));
    },
    fresh: (): ContentFile => contents.open(contents.create(7)),
    [Symbol.asyncDispose]: async () => {
      await contents.closeAll();
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
};

const pattern = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251));
const read = async (file: ContentFile, start: number, length: number): Promise<Buffer> =>
  Buffer.from(await file.read(start, length, never));

describe('reading', () => {
  test('here and there, behind the end and nothing', async () => {
    await using b = await bench();
    const bytes = pattern(100_000);
    const file = b.fetched(bytes);
    assert.deepEqual(await read(file, 50_000, 10), bytes.subarray(50_000, 50_010));
    assert.deepEqual(await read(file, 99_990, 100), bytes.subarray(99_990));
    assert.equal((await read(file, 100_000, 10)).length, 0);
    assert.deepEqual(await read(file, 0, 100_000), bytes);
    const before = b.memory.count('read');
    await read(file, 0, 100_000);
    assert.equal(b.memory.count('read'), before, 'what is here is not fetched again');
    b.contents.close(file);
  });

  test('one after the other with a window that doubles: few requests', async () => {
    await using b = await bench();
    const file = b.fetched(Buffer.alloc(16 << 20, 7));
    const window = new ReadWindow();
    for (let at = 0; at < file.size; at += 131_072) await file.read(at, 131_072, never, window);
    assert.ok(b.memory.count('read') <= 9, `${b.memory.count('read')} requests for 16 MiB`);
    b.contents.close(file);
  });

  test('reading on, several ranges are under way, ahead of the reader; a jump asks for little', async () => {
    await using b = await bench({ fragmentSize: 1 << 20 });
    const file = b.fetched(Buffer.alloc(64 << 20, 7));
    let [now, most, last] = [0, 0, 0];
    const fromDrive = b.memory.read.bind(b.memory);
    b.memory.read = async function* (item: Item, range: ByteRange, signal?: AbortSignal) {
      now += 1;
      most = Math.max(most, now);
      last = range.end - range.start;
      try {
        for await (const piece of fromDrive(item, range, signal)) {
          await soon();
          yield piece;
        }
      } finally {
        now -= 1;
      }
    };
    const window = new ReadWindow();
    for (let at = 0; at < 24 << 20; at += 1 << 20) await file.read(at, 1 << 20, never, window);
    assert.equal(most, 4);
    assert.ok(file.heldBytes > 24 << 20, 'more than was asked for is here already');
    await file.read(60 << 20, 4096, never, window);
    assert.equal(last, 128 << 10);
    b.contents.close(file);
  });

  test('readers of the same bytes share one request', async () => {
    await using b = await bench();
    const bytes = pattern(20_000);
    const file = b.fetched(bytes);
    const all = await Promise.all([0, 1, 2, 3].map((index) => read(file, index * 10, 20_000)));
    assert.equal(b.memory.count('read'), 1);
    for (const [index, got] of all.entries()) assert.deepEqual(got, bytes.subarray(index * 10));
    b.contents.close(file);
  });

  test('who leaves does not end the transfer for the others', async () => {
    await using b = await bench();
    const file = b.fetched(pattern(20_000));
    const controller = new AbortController();
    const leaving = file.read(0, 20_000, controller.signal);
    const staying = read(file, 0, 20_000);
    controller.abort(new Error('gone'));
    await assert.rejects(leaving, /gone/);
    assert.deepEqual(await staying, pattern(20_000));
    assert.equal(b.memory.count('read'), 1);
    b.contents.close(file);
  });

  test('a drive that cuts the answer is an error, never short or wrong bytes', async () => {
    const cut: Pick<Drive, 'read'> = {
      read: async function* () {
        yield Buffer.alloc(10, 1);
      },
    };
    const memory = new MemoryDrive();
    const drive = Object.assign(Object.create(memory) as MemoryDrive, cut);
    await using b = await bench({ drive });
    const file = b.fetched(pattern(1000));
    await assert.rejects(read(file, 0, 1000), /did not arrive/);
    assert.deepEqual(await read(file, 0, 10), Buffer.alloc(10, 1), 'what did arrive is kept');
    b.contents.close(file);
  });
});

describe('writing', () => {
  test('into a file that is not here: what is written wins, the rest comes from the drive', async () => {
    await using b = await bench();
    const bytes = pattern(50_000);
    const file = b.fetched(bytes);
    file.write(1000, Buffer.from('ours'));
    file.write(49_998, Buffer.from('end'));
    const expected = Buffer.concat([bytes.subarray(0, 49_998), Buffer.from('end')]);
    expected.set(Buffer.from('ours'), 1000);
    assert.deepEqual(await read(file, 0, 60_000), expected);
    assert.deepEqual(b.dirtied, [7]);
    b.contents.close(file);
  });

  test('while the same bytes are on their way: ours are kept', async () => {
    await using b = await bench();
    const file = b.fetched(pattern(40_000));
    const reading = read(file, 0, 40_000);
    await new Promise((resolve) => setImmediate(resolve));
    file.write(30_000, Buffer.from('ours'));
    await reading;
    assert.equal((await read(file, 30_000, 4)).toString(), 'ours');
    b.contents.close(file);
  });

  test('cut and grown again: zeros, never old bytes', async () => {
    await using b = await bench();
    const file = b.fetched(pattern(30_000));
    file.truncate(100);
    file.truncate(20_000);
    const got = await read(file, 0, 30_000);
    assert.deepEqual(got.subarray(0, 100), pattern(100));
    assert.deepEqual(got.subarray(100), Buffer.alloc(19_900));
    file.write(25_000, Buffer.from('x'));
    assert.deepEqual(await read(file, 20_000, 5_000), Buffer.alloc(5_000));
    b.contents.close(file);
  });

  test('emptied while bytes are on their way: who waits gets what the file is now', async () => {
    await using b = await bench();
    b.memory.before = async ({ intent }) => {
      if (intent === 'piece') await soon();
    };
    const file = b.fetched(pattern(40_000));
    const reading = read(file, 0, 40_000);
    await soon();
    file.truncate(0);
    assert.equal((await reading).length, 0);
    file.write(0, Buffer.from('new'));
    await soon();
    await soon();
    assert.equal((await read(file, 0, 100)).toString(), 'new');
    b.contents.close(file);
  });

  test('holes: SEEK_DATA and SEEK_HOLE, and none are counted as bytes on this disk', async () => {
    await using b = await bench();
    const file = b.fresh();
    file.write(0, Buffer.from('data'));
    file.truncate(10 * 2 ** 30);
    file.write(2 ** 30, Buffer.from('more'));
    assert.equal(file.seek(0, 'data'), 0);
    assert.equal(file.seek(0, 'hole'), 4);
    assert.equal(file.seek(4, 'data'), 2 ** 30);
    assert.equal(file.seek(2 ** 30, 'hole'), 2 ** 30 + 4);
    assert.throws(
      () => file.seek(2 ** 30 + 4, 'data'),
      (error) => error instanceof FsError && error.code === 'ENXIO',
    );
    assert.equal(b.contents.bytes, 8);
    assert.deepEqual(await read(file, 2 ** 30 - 2, 8), Buffer.from('\0\0more\0\0'));
    b.contents.close(file);
  });
});

describe('after the end', () => {
  /** Takes no notice of being aborted: gives all its pieces whatever happens. */
  const stubborn = () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const memory = new MemoryDrive();
    const drive = Object.assign(Object.create(memory) as MemoryDrive, {
      read: async function* (_: Item, { start, end }: ByteRange) {
        yield Buffer.alloc(1, 0xee);
        await gate;
        yield Buffer.alloc(end - start - 1, 0xee);
      },
    });
    return { memory, drive, release: () => release() };
  };

  test('pieces that come after a content was closed are dropped', async () => {
    const { drive, release } = stubborn();
    await using b = await bench({ drive });
    const file = b.fetched(pattern(1000));
    const reading = read(file, 0, 1000).catch((error: unknown) => error);
    await soon();
    b.contents.close(file);
    // Takes the number of the closed descriptor.
    const other = b.fresh();
    other.write(0, pattern(1000));
    release();
    await soon();
    assert.ok((await reading) instanceof Error);
    assert.deepEqual(await read(other, 0, 1000), pattern(1000), 'no byte of another file');
    b.contents.close(other);
  });

  test('pieces of a version that is gone never become part of the next one', async () => {
    const { drive, release } = stubborn();
    await using b = await bench({ drive });
    const file = b.fetched(pattern(1000));
    const reading = read(file, 500, 500).catch((error: unknown) => error);
    await soon();
    file.truncate(0);
    file.write(0, Buffer.from('v2'));
    const item = { ...b.memory.store.itemAt('file'), size: 2, contentVersion: 'v2' };
    file.confirm(item);
    release();
    await reading;
    await soon();
    assert.equal((await read(file, 0, 1000)).toString(), 'v2');
    b.contents.close(file);
  });

  test('a closed content answers EBADF, whatever its descriptor is by now', async () => {
    await using b = await bench();
    const file = b.fetched(pattern(1000));
    b.contents.close(file);
    const isClosed = (error: unknown): boolean => error instanceof FsError && error.code === 'EBADF';
    await assert.rejects(file.read(0, 10, never), isClosed);
    assert.throws(() => file.write(0, Buffer.from('x')), isClosed);
    assert.throws(() => file.truncate(0), isClosed);
  });
});
