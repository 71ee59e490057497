// A drive that is full, or about to be: writers hear of it in time, nothing half gets there, and what waits goes when it can.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { FsError } from '../../src/base/errors.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { O_CREAT, O_RDWR, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';
import { liveLike } from '../support/memory-drive.ts';
import { Bench } from '../support/opened.ts';
import { until } from '../support/queue-steps.ts';

const mega = 1_000_000;
const isFull = (error: unknown): boolean => error instanceof FsError && error.code === 'ENOSPC';

/** A drive with so many bytes free, beside a file of 2 MB. */
const open = async (free: number): Promise<Bench> => {
  const bench = await Bench.open({ memory: { features: { ...liveLike, simpleUploadLimit: 2 ** 18 } } });
  bench.memory.store.put('there', Buffer.alloc(2 * mega));
  bench.memory.store.total = 2 * mega + free;
  await bench.list();
  return bench;
};

/** As cp does: pieces of 128 KiB until one is refused. Closes in any case. */
const copy = async (bench: Bench, path: string, size: number, flags = O_WRONLY | O_CREAT | O_TRUNC): Promise<void> => {
  const piece = Buffer.alloc(1 << 17, 'x');
  const fd = await bench.calls.open(path, flags, 0o644);
  try {
    for (let at = 0; at < size; at += piece.length)
      await bench.calls.write(fd, piece.subarray(0, Math.min(piece.length, size - at)), at);
  } finally {
    await bench.calls.close(fd);
  }
};

/** Requests of one kind get no answer. */
const stall = (bench: Bench, kind: 'upload' | 'remove' | 'quota'): void => {
  bench.memory.before = ({ intent }, signal) => {
    if (intent !== kind) return undefined;
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  };
};

const freeBytes = async (bench: Bench): Promise<number> => {
  const { blockSize, blocksFree } = await bench.opened.fs.statfs(new AbortController().signal);
  return blockSize * blocksFree;
};

test('more than the drive takes in one file: EFBIG at once, for every way to grow, and nothing half on the drive', async () => {
  const features = { ...liveLike, simpleUploadLimit: 2 ** 18, maxFileSize: mega };
  await using bench = await Bench.open({ memory: { features } });
  const isTooLarge = (error: unknown): boolean => error instanceof FsError && error.code === 'EFBIG';
  await assert.rejects(copy(bench, '/large', 2 * mega), isTooLarge);
  const [left] = await bench.sync();
  assert.match(left?.parked ?? '', /only part of it/);
  assert.equal(bench.memory.count('upload'), 0);
  await assert.rejects(bench.calls.truncate('/large', mega + 1), isTooLarge);
  const fd = await bench.calls.open('/large', O_WRONLY);
  await assert.rejects(bench.calls.fallocate(fd, 0, 0, mega + 1), isTooLarge);
  await bench.calls.close(fd);
  await bench.calls.truncate('/large', 0);
  await copy(bench, '/large', mega);
  assert.deepEqual(await bench.sync(), []);
  assert.equal(bench.tree()['large']?.length, mega);
});

test('9 MB where 5 MB are free: ENOSPC at the write, and nothing half on the drive', async () => {
  await using bench = await open(5 * mega);
  await assert.rejects(copy(bench, '/large', 9 * mega), isFull);
  const [left] = await bench.sync();
  assert.match(left?.parked ?? '', /only part of it/);
  assert.deepEqual(Object.keys(bench.tree()), ['there']);
  assert.equal(bench.memory.count('upload'), 0);
  await bench.calls.unlink('/large');
  assert.deepEqual(await bench.sync(), []);
  await copy(bench, '/fits', 4 * mega);
  assert.deepEqual(await bench.sync(), []);
  assert.equal(bench.tree()['fits']?.length, 4 * mega);
});

for (const isThere of [true, false])
  test(`no room for the first byte of ${isThere ? 'what was there: it' : 'a new file: nothing'} stays on the drive`, async () => {
    await using bench = await open(3);
    if (isThere) bench.memory.store.put('doc', 'old');
    await bench.reopen({ listingAgeMs: 0 });
    await bench.list();
    await freeBytes(bench);
    const fd = await bench.calls.open('/doc', isThere ? O_WRONLY | O_TRUNC : O_WRONLY | O_CREAT, 0o644);
    await assert.rejects(bench.calls.write(fd, Buffer.alloc(mega), 0), isFull);
    await bench.calls.close(fd);
    const [left] = await bench.sync();
    assert.match(left?.parked ?? '', /only part of it/);
    assert.equal(bench.memory.count('upload'), 0);
    assert.equal(bench.tree()['doc'], isThere ? 'old' : undefined);
  });

test('64 KiB ask how much is free, so that those behind the first MiB find the answer there', async () => {
  await using bench = await open(5 * mega);
  const before = bench.memory.count('quota');
  const fd = await bench.calls.open('/file', O_WRONLY | O_CREAT, 0o644);
  await bench.calls.write(fd, Buffer.alloc(1000), 0);
  assert.equal(bench.memory.count('quota'), before);
  await bench.calls.write(fd, Buffer.alloc(1 << 16), 1000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(bench.memory.count('quota'), before + 1);
  stall(bench, 'quota');
  await bench.calls.write(fd, Buffer.alloc(2 * mega), 1000);
  await bench.calls.close(fd);
  assert.equal(bench.memory.count('quota'), before + 1);
});

test('what was refused is sent once the program has written all of it', async () => {
  await using bench = await open(mega);
  await assert.rejects(copy(bench, '/file', 2 * mega), isFull);
  bench.memory.store.total += 5 * mega;
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await copy(bench, '/file', 2 * mega, O_RDWR | O_TRUNC);
  assert.deepEqual(await bench.sync(), []);
  assert.equal(bench.tree()['file']?.length, 2 * mega);
});

test('statfs tells what can still be written', async () => {
  await using bench = await open(5 * mega);
  const { fs } = bench.opened;
  await fs.statfs(new AbortController().signal);
  stall(bench, 'upload');
  await copy(bench, '/file', 3 * mega);
  const left = await freeBytes(bench);
  assert.ok(Math.abs(left - 2 * mega) <= 4096, `${left} bytes`);
  await copy(bench, '/rest', left);
  await assert.rejects(copy(bench, '/more', 8192), isFull);
  assert.equal(await freeBytes(bench), 0);
});

test('new content takes the place of the old', async () => {
  await using bench = await open(10_000);
  await freeBytes(bench);
  await copy(bench, '/there', 2 * mega);
  await assert.rejects(copy(bench, '/other', 2 * mega), isFull);
});

test('what is removed here makes room at once', async () => {
  await using bench = await open(10_000);
  await freeBytes(bench);
  stall(bench, 'remove');
  await bench.calls.unlink('/there');
  await copy(bench, '/other', mega);
});

test('reserved bytes are counted again after a restart', async () => {
  await using bench = await open(5 * mega);
  await freeBytes(bench);
  stall(bench, 'upload');
  await copy(bench, '/file', 3 * mega);
  await bench.reopen();
  assert.ok(Math.abs((await freeBytes(bench)) - 2 * mega) <= 4096);
});

test('a drive that does not say how large it is refuses nothing here', async () => {
  await using bench = await Bench.open();
  bench.memory.store.total = 0;
  await bench.list();
  await copy(bench, '/file', 3 * mega);
  assert.ok((await freeBytes(bench)) > 2 ** 40);
});

test('a drive that turns out to be full parks what has no room, and takes it when there is some', async () => {
  await using bench = await open(3 * mega);
  await freeBytes(bench);
  bench.memory.store.put('theirs', Buffer.alloc(3 * mega));
  await copy(bench, '/ours', mega);
  const [left] = await bench.sync();
  assert.equal(left?.path, '/ours');
  assert.match(left?.parked ?? '', /full/);
  const asked = bench.memory.count('upload');
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(bench.memory.count('upload'), asked, 'it is not tried again and again');
  await bench.calls.unlink('/there');
  await until(() => bench.tree()['ours'] !== undefined);
  assert.deepEqual(await bench.sync(), []);
});

test('what is parked is tried again, too, if the drive was out of reach until it had room', async () => {
  let late = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + late };
  await using bench = await Bench.open({ memory: { features: { ...liveLike } }, fs: { clock } });
  bench.memory.store.put('there', Buffer.alloc(2 * mega));
  bench.memory.store.total = 5 * mega;
  await bench.list();
  await freeBytes(bench);
  bench.memory.store.put('theirs', Buffer.alloc(3 * mega));
  bench.memory.before = ({ intent }) => {
    if (intent === 'quota') throw new DriveError('offline', 'no network');
  };
  await copy(bench, '/ours', mega);
  assert.equal((await bench.sync())[0]?.path, '/ours');
  bench.memory.store.remove('theirs');
  bench.memory.before = undefined;
  late = 70_000;
  await freeBytes(bench);
  await until(() => bench.tree()['ours'] !== undefined);
  assert.deepEqual(await bench.sync(), []);
});

test('what others put on the drive is reckoned in before long', async () => {
  let late = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + late };
  await using bench = await Bench.open({ memory: { features: { ...liveLike } }, fs: { clock } });
  bench.memory.store.total = 5 * mega;
  await bench.list();
  await freeBytes(bench);
  bench.memory.store.put('theirs', Buffer.alloc(4 * mega));
  late = 11_000;
  await assert.rejects(copy(bench, '/ours', 4 * mega), isFull);
  assert.equal(bench.memory.count('upload'), 0);
  assert.ok(bench.memory.count('quota') <= 4, 'asked now and then, not with every write');
});
