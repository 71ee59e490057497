// durability: remote, by setting and by attribute: close and fsync return when the drive has it, with the true reason if not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DriveError, type Fault } from '../../src/drive/drive-error.ts';
import { failureOf } from '../../src/fs/errno.ts';
import { nodeAt } from '../../src/fs/node-at.ts';
import { Bench, type BenchOptions } from '../support/opened.ts';
import { breakDrive, hold } from '../support/queue-steps.ts';

const settings = { uid: 0, gid: 0, umask: 0o022, readOnly: false, durability: 'local' as const };
const patient = (remotePatienceMs: number, durability: 'local' | 'remote' = 'local'): BenchOptions => ({
  fs: { settings: { ...settings, durability, remotePatienceMs }, settleMs: 50 },
});
const own = (name: string): string => `user.skydrive.${name}`;
const set = (bench: Bench, path: string, name: string, value: string): Promise<void> =>
  bench.calls.setxattr(path, own(name), Buffer.from(value));
const get = async (bench: Bench, path: string, name: string): Promise<string> =>
  (await bench.calls.getxattr(path, own(name))).toString();

/** What the program hears. */
const errno = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return 'done';
  } catch (error) {
    return failureOf(error).code;
  }
};

test('close returns when the drive has it, where the mount is remote', async () => {
  await using bench = await Bench.open(patient(5000, 'remote'));
  await bench.write('/a', 'text');
  assert.deepEqual(bench.tree(), { a: 'text' });
});

test('the nearest attribute above counts, and can be taken away', async () => {
  await using bench = await Bench.open(patient(5000));
  await bench.calls.mkdir('/far');
  await bench.calls.mkdir('/far/near');
  await set(bench, '/far', 'durability', 'remote');
  await bench.write('/far/a', 'text');
  assert.equal(bench.tree()['far/a'], 'text');
  await set(bench, '/far/near', 'durability', 'local');
  await bench.write('/far/near/b', 'text');
  assert.equal(bench.tree()['far/near/b'], undefined);
  await bench.sync();
  await set(bench, '/far/near/b', 'durability', 'remote');
  await bench.write('/far/near/b', 'more');
  assert.equal(bench.tree()['far/near/b'], 'more');
  assert.equal(await get(bench, '/far/a', 'durability'), 'remote');
  assert.ok(!(await bench.calls.listxattr('/far/a')).includes(own('durability')), 'only where it was set');
  assert.ok((await bench.calls.listxattr('/far')).includes(own('durability')));
  await bench.calls.removexattr('/far', own('durability'));
  await bench.write('/far/a', 'other');
  assert.equal(bench.tree()['far/a'], 'text');
});

test('only what has a meaning can be set', async () => {
  await using bench = await Bench.open(patient(5000));
  await bench.write('/a', 'text');
  assert.equal(await errno(set(bench, '/a', 'durability', 'both')), 'EINVAL');
  assert.equal(await errno(set(bench, '/a', 'pin', 'yes')), 'EINVAL');
  assert.equal(await errno(bench.calls.removexattr('/a', own('pin'))), 'ENODATA');
});

test('close tells why the drive does not have it', async () => {
  const told: Readonly<Partial<Record<Fault, string>>> = {
    full: 'ENOSPC',
    denied: 'EACCES',
    'signed-out': 'EACCES',
    'too-large': 'EFBIG',
    locked: 'EBUSY',
  };
  for (const [fault, code] of Object.entries(told)) {
    await using bench = await Bench.open(patient(5000, 'remote'));
    bench.memory.before = ({ intent }) => {
      if (intent === 'upload') throw new DriveError(fault as Fault, 'not now');
    };
    assert.equal(await errno(bench.write('/a', 'text')), code, fault);
    assert.equal(await bench.read('/a'), 'text', 'it is kept all the same');
    assert.equal((await bench.opened.unsent()).length, 1);
  }
});

test('what kept it from the drive before does not count once it is gone', async () => {
  await using bench = await Bench.open(patient(5000, 'remote'));
  await bench.list();
  const { mend } = breakDrive(bench, 'signed-out');
  assert.equal(await errno(bench.write('/a', 'text')), 'EACCES');
  mend();
  await bench.write('/a', 'more');
  assert.deepEqual(bench.tree(), { a: 'more' });
});

test('close gives up after a while in which nothing moves, and only then', async () => {
  await using bench = await Bench.open(patient(700, 'remote'));
  await bench.list();
  const { mend } = breakDrive(bench);
  const start = performance.now();
  assert.equal(await errno(bench.write('/a', 'text')), 'ETIMEDOUT');
  assert.ok(performance.now() - start >= 700);
  mend();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { a: 'text' });
});

test('whoever waits has a service that is out of reach asked again', async () => {
  let wanted = 0;
  const outage = { since: 0, reason: 'no network' };
  const count = (): void => {
    wanted += 1;
  };
  const reach = { outage, watch: () => () => {}, lost: () => {}, askNow: () => {}, wanted: count };
  const { fs } = patient(700, 'remote');
  await using bench = await Bench.open({ fs: { ...fs, reach } });
  assert.equal(await errno(bench.write('/a', 'text')), 'ETIMEDOUT');
  assert.ok(wanted > 0);
});

test('attempts that begin again and again are nothing that moves', async () => {
  await using bench = await Bench.open(patient(700, 'remote'));
  await bench.list();
  let attempts = 0;
  bench.memory.before = async ({ intent }) => {
    if (intent !== 'upload') return;
    attempts += 1;
    await new Promise((resolve) => setTimeout(resolve, 300));
    throw new DriveError('busy', 'not now', { retryAfterMs: 100 });
  };
  const start = performance.now();
  assert.equal(await errno(bench.write('/a', 'text')), 'ETIMEDOUT');
  assert.ok(performance.now() - start < 5_000);
  assert.ok(attempts > 0);
  bench.memory.before = undefined;
  assert.deepEqual(await bench.sync(), []);
});

test('close tells that somebody else was faster', async () => {
  await using bench = await Bench.open(patient(5000, 'remote'));
  bench.memory.store.put('a', 'old');
  await bench.list();
  bench.memory.store.put('a', 'theirs');
  assert.equal(await errno(bench.write('/a', 'ours')), 'EBUSY');
  assert.deepEqual(Object.values(bench.tree()).sort(), ['ours', 'theirs']);
});

test('an interrupted close returns at once', async () => {
  await using bench = await Bench.open(patient(60_000, 'remote'));
  await bench.list();
  const { arrived, letGo } = hold(bench, 'upload');
  const stop = new AbortController();
  const { fs } = bench.opened;
  const caller = { uid: 0, gid: 0, pid: 1 };
  const never = new AbortController().signal;
  const { file } = await fs.create({ parent: 1 as never, name: 'a' }, 0o644, 1, caller as never, never);
  await fs.write(file.handle, 0, Buffer.from('text'), never);
  const closing = Promise.resolve(fs.flush(file.handle, stop.signal));
  await arrived;
  stop.abort(new DOMException('interrupted', 'AbortError'));
  assert.equal(await errno(closing), 'EINTR');
  letGo();
  await fs.release(file.handle);
  assert.deepEqual(await bench.sync(), []);
});

test('fsync of a folder returns when the drive has its names', async () => {
  await using bench = await Bench.open(patient(5000, 'remote'));
  await bench.calls.mkdir('/folder');
  await bench.calls.mkdir('/folder/inside');
  const folder = await nodeAt(bench.opened.fs, '/folder', new AbortController().signal);
  const handle = await bench.opened.fs.opendir(folder, new AbortController().signal);
  await bench.opened.fs.fsyncdir(handle, new AbortController().signal);
  assert.deepEqual(Object.keys(bench.tree()).sort(), ['folder/', 'folder/inside/']);
  bench.opened.fs.releasedir(handle);
});

test('reading a file that somebody writes does not wait for the drive', async () => {
  await using bench = await Bench.open(patient(60_000));
  await bench.write('/a', 'text');
  await set(bench, '/a', 'durability', 'remote');
  breakDrive(bench);
  assert.equal(await bench.read('/a'), 'text');
});
