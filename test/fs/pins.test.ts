// Pinned files and folders: brought here by themselves, kept here, and given free.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from '../support/opened.ts';
import { breakDrive, until } from '../support/queue-steps.ts';

const pin = 'user.skydrive.pin';
const set = (bench: Bench, path: string): Promise<void> => bench.calls.setxattr(path, pin, Buffer.from('1'));
const cached = async (bench: Bench, path: string): Promise<number> =>
  Number(await bench.calls.getxattr(path, 'user.skydrive.cached'));
const comes = (bench: Bench, path: string, bytes: number): Promise<void> =>
  until(async () => (await cached(bench, path)) === bytes);

const size = 1000;

/** A drive with a folder of two files, and others beside it. */
const open = async (fs: { cacheSize?: number; listingAgeMs?: number } = {}): Promise<Bench> => {
  const bench = await Bench.open({ fs });
  const { store } = bench.memory;
  store.makeFolder('kept');
  store.makeFolder('kept/deep');
  for (const path of ['kept/a', 'kept/deep/b', 'c', 'd', 'e']) store.put(path, Buffer.alloc(size, path));
  return bench;
};

test('a pinned file is brought, a pinned folder with all that is below it', async () => {
  await using bench = await open();
  await set(bench, '/c');
  await comes(bench, '/c', size);
  assert.equal(await cached(bench, '/d'), 0);
  await set(bench, '/kept');
  await comes(bench, '/kept/a', size);
  await comes(bench, '/kept/deep/b', size);
  assert.equal((await bench.calls.getxattr('/kept/deep/b', pin)).toString(), '1', 'it says so below the folder, too');
});

test('what is pinned is not given up, what is not is, and removing the pin gives it free', async () => {
  await using bench = await open({ cacheSize: 1.5 * size });
  await set(bench, '/kept');
  await comes(bench, '/kept/a', size);
  await comes(bench, '/kept/deep/b', size);
  for (const path of ['/c', '/d', '/e']) await bench.read(path);
  assert.equal(await cached(bench, '/kept/a'), size);
  assert.equal(await cached(bench, '/kept/deep/b'), size);
  assert.equal(await cached(bench, '/c'), 0);
  assert.equal(await cached(bench, '/e'), size, 'there is room for what is not pinned beside it');
  await bench.reopen();
  for (const path of ['/c', '/d']) await bench.read(path);
  assert.equal(await cached(bench, '/kept/a'), size, 'also after a restart');
  await bench.calls.removexattr('/kept', pin);
  assert.ok(bench.opened.cachedBytes() <= 1.5 * size, `${bench.opened.cachedBytes()} bytes`);
});

test('a newer version on the drive, and what is new there, is brought by itself', async () => {
  await using bench = await open({ listingAgeMs: 0 });
  await set(bench, '/kept');
  await comes(bench, '/kept/a', size);
  bench.memory.store.put('kept/a', Buffer.alloc(2 * size, 'x'));
  bench.memory.store.put('kept/new', 'new');
  await bench.list('/kept');
  await comes(bench, '/kept/a', 2 * size);
  await comes(bench, '/kept/new', 3);
});

test('what is moved into a pinned folder is brought', async () => {
  await using bench = await open();
  await set(bench, '/kept');
  await comes(bench, '/kept/a', size);
  await bench.calls.rename('/c', '/kept/c');
  await comes(bench, '/kept/c', size);
});

test('pins that could not be followed are followed after a restart', async () => {
  await using bench = await open();
  await bench.list('/kept');
  const { mend } = breakDrive(bench);
  await set(bench, '/kept');
  mend();
  await bench.reopen();
  await comes(bench, '/kept/a', size);
});
