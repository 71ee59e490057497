// Open files over a drive that changes underneath.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DriveError } from '../../src/drive/drive-error.ts';
import { failureOf } from '../../src/fs/errno.ts';
import type { HandleId } from '../../src/fs/file-system.ts';
import { nodeAt } from '../../src/fs/node-at.ts';
import type { NodeId } from '../../src/metadata/node.ts';
import { O_APPEND, O_RDWR, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';
import { failingDrive, type Plan } from '../support/failing-drive.ts';
import { Bench } from '../support/opened.ts';

/** Lists the folder again now. */
const refresh = async (bench: Bench): Promise<void> => {
  await bench.list();
};

test('what is written through a handle after the drive replaced the file is not lost', async () => {
  await using bench = await Bench.open({ fs: { listingAgeMs: 0 } });
  bench.memory.store.put('a', 'first version');
  const fd = await bench.calls.open('/a', O_RDWR);
  assert.equal((await bench.calls.read(fd, 0, 100)).toString(), 'first version');
  bench.memory.store.put('a', 'second version, longer');
  await refresh(bench);
  await bench.calls.write(fd, Buffer.from('OUR'), 0);
  assert.equal((await bench.calls.read(fd, 0, 100)).toString(), 'OURond version, longer');
  await bench.calls.close(fd);
  await bench.sync();
  assert.deepEqual(bench.tree(), { a: 'OURond version, longer' });
});

test('appending through an old handle goes behind what the drive has now', async () => {
  await using bench = await Bench.open({ fs: { listingAgeMs: 0 } });
  bench.memory.store.put('a', 'one ');
  const fd = await bench.calls.open('/a', O_WRONLY | O_APPEND);
  bench.memory.store.put('a', 'one two ');
  await refresh(bench);
  await bench.calls.write(fd, Buffer.from('three'), 0);
  await bench.calls.close(fd);
  await bench.sync();
  assert.deepEqual(bench.tree(), { a: 'one two three' });
});

test('a page that comes back through a handle that appends stays where it belongs', async () => {
  await using bench = await Bench.open();
  bench.memory.store.put('a', 'one two');
  const { fs } = bench.opened;
  const signal = new AbortController().signal;
  const node = await nodeAt(fs, 'a', signal);
  const { handle } = await fs.open(node, O_RDWR | O_APPEND, signal);
  assert.equal(await fs.write(handle, 0, Buffer.from('ONE'), signal, 'page'), 3);
  assert.equal(await fs.write(handle, 0, Buffer.from(' three'), signal), 6);
  await fs.flush(handle, signal);
  await fs.release(handle);
  assert.equal(await bench.read('/a'), 'ONE two three');
});

test('a handle goes on reading its version once it has it, a new one reads the new', async () => {
  await using bench = await Bench.open({ fs: { listingAgeMs: 0 } });
  bench.memory.store.put('a', 'first');
  const fd = await bench.calls.open('/a', 0);
  await bench.calls.read(fd, 0, 100);
  bench.memory.store.put('a', 'second');
  await refresh(bench);
  assert.equal((await bench.calls.read(fd, 0, 100)).toString(), 'first');
  assert.equal(await bench.read('/a'), 'second');
  await bench.calls.close(fd);
  assert.equal(bench.opened.cachedBytes(), 6);
});

test('a file that is being read when it is replaced goes on without a name, and another has the name', async () => {
  await using bench = await Bench.open({ fs: { listingAgeMs: 0 } });
  bench.memory.store.put('a', 'first');
  await bench.calls.setxattr('/a', 'user.note', Buffer.from('mine'));
  await bench.calls.chmod('/a', 0o640);
  const { ino } = await bench.calls.stat('/a');
  const fd = await bench.calls.open('/a', 0);
  await bench.calls.read(fd, 0, 100);
  bench.memory.store.put('a', 'second');
  await refresh(bench);
  const [old, now] = [await bench.calls.fstat(fd), await bench.calls.stat('/a')];
  assert.deepEqual([old.ino, old.size, old.links], [ino, 5, 0]);
  assert.deepEqual([now.ino === ino, now.size, now.links, now.mode & 0o777], [false, 6, 1, 0o640]);
  assert.equal((await bench.calls.getxattr('/a', 'user.note')).toString(), 'mine');
  assert.equal((await bench.calls.read(fd, 0, 100)).toString(), 'first');
  // A kernel that has not heard of it yet comes by the old number: it has to look again before anything is changed there.
  const { fs } = bench.opened;
  const signal = AbortSignal.timeout(10_000);
  const node = ino as NodeId;
  for (const change of [
    () => fs.open(node, O_WRONLY, signal),
    () => fs.open(node, O_TRUNC, signal),
    () => fs.setattr(node, { size: 0 }, signal),
    () => fs.setxattr(node, 'user.note', Buffer.from('lost'), 0, signal),
    () => fs.removexattr(node, 'user.note', signal),
  ])
    await assert.rejects(change(), { code: 'ESTALE' });
  await fs.release((await fs.open(node, 0, signal)).handle);
  bench.memory.store.move('a', 'b');
  await refresh(bench);
  assert.deepEqual(await bench.shown(), { b: 'second' });
  await bench.calls.close(fd);
  await bench.reopen();
  assert.deepEqual(await bench.shown(), { b: 'second' });
  assert.equal(bench.opened.cachedBytes(), 6);
});

test('a handle that reads an older version, and may write, knows the size of that, and the kernel asks for it', async () => {
  await using bench = await Bench.open({ fs: { listingAgeMs: 0 } });
  bench.memory.store.put('a', 'first');
  const { fs } = bench.opened;
  const signal = AbortSignal.timeout(10_000);
  const node = await nodeAt(fs, 'a', signal);
  const sizeBy = async (handle?: HandleId) => (await fs.getattr(node, signal, handle)).attributes.size;
  const old = await fs.open(node, O_RDWR, signal);
  await fs.read(old.handle, 0, 100, signal);
  const another = await fs.open(node, 0, signal);
  assert.deepEqual([another.keepCache, another.direct], [true, undefined]);
  bench.memory.store.put('a', 'second');
  await refresh(bench);
  assert.deepEqual([await sizeBy(old.handle), await sizeBy()], [5, 6]);
  const fresh = await fs.open(node, 0, signal);
  assert.deepEqual([fresh.direct, await sizeBy(fresh.handle)], [true, 6]);
  assert.equal((await fs.getattr(node, signal)).validMs, 0);
  for (const { handle } of [old, another]) await fs.release(handle);
  const last = await fs.open(node, 0, signal);
  assert.deepEqual([last.direct, last.keepCache], [undefined, false], 'the page cache has the older one yet');
  for (const { handle } of [fresh, last]) await fs.release(handle);
});

test('a handle that has read nothing yet moves on with the drive, and so do those who wait with it', async () => {
  await using bench = await Bench.open();
  bench.memory.store.put('a', 'first');
  bench.memory.store.at('a').modified = 1_000_000;
  assert.equal((await bench.calls.stat('/a')).mtime, 1_000_000_000_000n);
  const fd = await bench.calls.open('/a', 0);
  bench.memory.store.put('a', 'second, longer');
  bench.memory.store.at('a').modified = 2_000_000;
  const all = await Promise.all([0, 1, 2].map((offset) => bench.calls.read(fd, offset, 4)));
  assert.deepEqual(all.map(String), ['seco', 'econ', 'cond']);
  const { size, mtime } = await bench.calls.fstat(fd);
  assert.deepEqual([size, mtime], [14, 2_000_000_000_000n]);
  await bench.calls.close(fd);
});

test('a read never mixes two versions', async () => {
  await using bench = await Bench.open({ memory: { fragmentSize: 1000 } });
  bench.memory.store.put('a', Buffer.alloc(10_000, 'a'));
  const fd = await bench.calls.open('/a', 0);
  let pieces = 0;
  bench.memory.before = ({ intent }) => {
    if (intent === 'piece' && ++pieces === 4) bench.memory.store.put('a', Buffer.alloc(10_000, 'b'));
  };
  const got = await bench.calls.read(fd, 0, 10_000).catch((error: unknown) => error);
  if (Buffer.isBuffer(got)) assert.equal(new Set(got).size, 1);
  else assert.ok(got instanceof DriveError && got.fault === 'changed', String(got));
  await bench.calls.close(fd);
  assert.equal(await bench.read('/a'), 'b'.repeat(10_000), 'opened again, it is the new one');
});

test('a service that gives out other bytes than those of the version it names is EIO, and mends', async () => {
  let lies = true;
  const isLie: Plan = (method) => (method === 'read' && lies ? new DriveError('changed', '1234 bytes') : undefined);
  await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, isLie) });
  bench.memory.store.put('a', 'text');
  const fd = await bench.calls.open('/a', 0);
  const failures = await Promise.allSettled([0, 1].map((offset) => bench.calls.read(fd, offset, 2)));
  assert.deepEqual(
    failures.map((failure) => 'reason' in failure && failureOf(failure.reason).code),
    ['EIO', 'EIO'],
  );
  lies = false;
  assert.equal((await bench.calls.read(fd, 0, 100)).toString(), 'text');
  await bench.calls.close(fd);
});

test('reading a parked file does not send it', async () => {
  let deny = true;
  await using bench = await Bench.open();
  bench.memory.before = ({ intent }) => {
    if (deny && intent === 'upload') throw new DriveError('denied', 'not you');
  };
  await bench.write('/a', 'text');
  assert.equal((await bench.sync())[0]?.parked, 'not you');
  deny = false;
  assert.equal(await bench.read('/a'), 'text');
  assert.equal((await bench.sync())[0]?.parked, 'not you');
  await bench.write('/a', 'more');
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { a: 'more' });
});

test('an open that fails leaves no handle behind', async () => {
  await using bench = await Bench.open({ memory: {} });
  bench.memory.store.put('a', 'text');
  await bench.calls.stat('/a');
  const { fs } = bench.opened;
  const never = new AbortController().signal;
  const node = await nodeAt(fs, 'a', never);
  // The content's place is taken by a folder: it cannot be opened for writing.
  mkdirSync(`${bench.folder}/content/00/256`, { recursive: true });
  await assert.rejects(fs.open(node, O_RDWR | O_TRUNC, never));
  await assert.rejects(fs.open(node, O_RDWR, never));
  fs.forget(node, 1);
  await fs.unlink({ parent: 1 as never, name: 'a' }, never);
  await bench.sync();
  assert.equal(bench.opened.nodes(), 1, 'nothing refers to the node any more');
});

test('a file that cannot be made is not there', async () => {
  await using bench = await Bench.open();
  await bench.list();
  const content = join(bench.folder, 'content');
  rmSync(content, { recursive: true, force: true });
  writeFileSync(content, 'in the way');
  await assert.rejects(bench.write('/new', 'text'), (error) => failureOf(error).code === 'EIO');
  assert.deepEqual(await bench.list(), []);
  assert.deepEqual(bench.opened.unsent(), []);
  rmSync(content);
  await bench.write('/new', 'text');
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { new: 'text' });
  assert.deepEqual(await bench.opened.check({ remote: true }, AbortSignal.timeout(5_000)), []);
});

test('what is made in a folder with the set-group-ID bit is of its group, and a folder gets the bit', async () => {
  await using bench = await Bench.open();
  const { calls } = bench;
  await calls.mkdir('/shared');
  await calls.chown('/shared', 0, 1234);
  await calls.chmod('/shared', 0o2775);
  await bench.write('/shared/file', 'text');
  await calls.mkdir('/shared/folder');
  await bench.write('/shared/folder/deep', 'text');
  const [file, folder, deep] = [
    await calls.lstat('/shared/file'),
    await calls.lstat('/shared/folder'),
    await calls.lstat('/shared/folder/deep'),
  ];
  assert.deepEqual([file.gid, folder.gid, deep.gid], [1234, 1234, 1234]);
  assert.equal(folder.mode & 0o2000, 0o2000);
  assert.equal(file.mode & 0o2000, 0);
  await bench.write('/elsewhere', 'text');
  assert.notEqual((await calls.lstat('/elsewhere')).gid, 1234);
});
