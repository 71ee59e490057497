// with-retry, with-limits and with-trace around a drive in memory that fails on command.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { makeLog } from '../../src/base/log.ts';
import type { Drive } from '../../src/drive/drive.ts';
import { DriveError, type Fault } from '../../src/drive/drive-error.ts';
import { withLimits } from '../../src/drive/with-limits.ts';
import { withRetry } from '../../src/drive/with-retry.ts';
import { withTrace } from '../../src/drive/with-trace.ts';
import { fails, list, names, put, textOf } from '../suites/drive-steps.ts';
import { driveSuite } from '../suites/drive-suite.ts';
import { type Failure, failingDrive, failNth } from '../support/failing-drive.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { liveLike, MemoryDrive } from '../support/memory-drive.ts';
import { MemoryStore } from '../support/memory-store.ts';

const failure = (fault: Fault, options: ConstructorParameters<typeof DriveError>[2] = {}): DriveError =>
  new DriveError(fault, fault, options);

/** Fails the first `count` calls of every method. */
const failFirst =
  (count: number, error: Failure) =>
  (_method: string, nth: number): Failure =>
    nth <= count ? error : undefined;

describe('withRetry', () => {
  const retried = (memory: MemoryDrive, plan: Parameters<typeof failingDrive>[1]) => {
    const clock = new ManualClock();
    return { clock, drive: withRetry(failingDrive(memory, plan), { clock, random: () => 1 }) };
  };

  it('repeats what failed for a passing reason, with growing pauses', async () => {
    for (const fault of ['busy', 'offline', 'broken'] as const) {
      const { clock, drive } = retried(new MemoryDrive(), failFirst(4, failure(fault)));
      assert.equal((await clock.until(drive.root())).id, 'root');
      assert.deepEqual(clock.slept, [250, 500, 1000, 2000]);
    }
  });

  it('repeats nothing else', async () => {
    for (const fault of ['missing', 'exists', 'changed', 'denied', 'signed-out', 'full', 'refused'] as const) {
      const { clock, drive } = retried(new MemoryDrive(), failFirst(1, failure(fault)));
      await fails(drive.root(), fault);
      assert.deepEqual(clock.slept, []);
    }
  });

  it('waits as long as the service asks, but for a bounded time in all', async () => {
    const asked = retried(new MemoryDrive(), failFirst(1, failure('busy', { retryAfterMs: 7000 })));
    await asked.clock.until(asked.drive.root());
    assert.deepEqual(asked.clock.slept, [7000]);
    const endless = retried(new MemoryDrive(), failFirst(Number.POSITIVE_INFINITY, failure('offline')));
    await fails(endless.clock.until(endless.drive.root()), 'offline');
    assert.ok(endless.clock.monotonic() <= 60_000 && endless.clock.monotonic() > 45_000);
    const tooLong = retried(new MemoryDrive(), failFirst(1, failure('busy', { retryAfterMs: 61_000 })));
    await fails(tooLong.drive.root(), 'busy');
  });

  it('does not repeat uploads, nor what may have taken effect and would do so twice', async () => {
    const memory = new MemoryDrive();
    const lost = retried(memory, failFirst(1, 'lose-reply'));
    const root = await lost.clock.until(lost.drive.root());
    await fails(put(lost.drive, root, 'file', 'x'), 'offline');
    await fails(lost.drive.makeFolder('root', 'folder'), 'offline');
    assert.deepEqual(await names(memory, 'root'), ['file', 'folder']);
    await lost.clock.until(lost.drive.setDescription(memory.store.at('file').id, 'done twice'));
    const refused = retried(memory, failFirst(1, failure('offline')));
    await refused.clock.until(refused.drive.makeFolder('root', 'other'));
    const moving = retried(memory, failNth('move', 1, 'lose-reply'));
    await moving.clock.until(moving.drive.move(memory.store.itemAt('other'), { parentId: root.id, name: 'moved' }));
    assert.deepEqual(await names(memory, 'root'), ['file', 'folder', 'moved']);
    await fails(put(refused.drive, root, 'upload', 'x'), 'offline');
  });

  it('says that what it repeated may be done, however the last attempt failed', async () => {
    const memory = new MemoryDrive();
    const root = await memory.root();
    memory.store.makeFolder('folder');
    const { clock, drive } = retried(memory, (_method, nth) =>
      nth === 1 ? 'lose-reply' : failure('offline', { awaited: true, retryAfterMs: 10 }),
    );
    const moved = clock.until(drive.move(memory.store.itemAt('folder'), { parentId: root.id, name: 'moved' }));
    const error = await fails(moved, 'offline');
    assert.deepEqual(await names(memory, 'root'), ['moved']);
    assert.deepEqual([error.ambiguous, error.awaited, error.retryAfterMs], [true, true, 10]);
  });

  it('goes on reading where it broke, and lists anew', async () => {
    const memory = new MemoryDrive({ pageSize: 2, fragmentSize: 4 });
    memory.store.put('file', '0123456789abcdef');
    for (const name of ['a', 'b', 'c', 'd']) memory.store.makeFolder(name);
    const { clock, drive } = retried(memory, (_method, count) => (count <= 3 ? 'lose-reply' : undefined));
    const file = memory.store.itemAt('file');
    assert.equal(await clock.until(textOf(drive, file, 1, 15)), '123456789abcde');
    assert.equal(memory.count('read'), 4);
    assert.equal((await clock.until(list(drive, 'root'))).length, 5);
  });

  it('stops waiting when it is told to', async () => {
    const { clock, drive } = retried(new MemoryDrive(), failFirst(9, failure('offline')));
    const stop = new AbortController();
    const reason = new Error('enough');
    const waiting = drive.root(stop.signal);
    while (clock.sleeping === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(reason);
    await assert.rejects(waiting, reason);
  });
});

describe('withLimits', () => {
  /** A drive whose calls wait for `release`. */
  const held = () => {
    const memory = new MemoryDrive();
    const waiting: (() => void)[] = [];
    memory.before = () => new Promise((resolve) => waiting.push(resolve));
    return { memory, waiting };
  };
  const turns = async (): Promise<void> => {
    for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
  };

  it('lets so many through in each lane, and the others in their order', async () => {
    const { memory, waiting } = held();
    const drive = withLimits(memory, { looks: 2, reads: 1, writes: 1 });
    const done: string[] = [];
    const letters = ['a', 'b', 'c', 'd'];
    const looks = letters.map((name) => drive.root().then(() => done.push(name)));
    const write = drive.makeFolder('root', 'new').then(() => done.push('write'));
    await turns();
    assert.equal(waiting.length, 3);
    while (done.length < 5) {
      waiting.shift()?.();
      await turns();
    }
    await Promise.all([...looks, write]);
    assert.deepEqual(
      done.filter((name) => name !== 'write'),
      letters,
    );
  });

  it('frees the place of a call that fails, and of one that gives up waiting', async () => {
    const { memory, waiting } = held();
    const drive = withLimits(memory, { looks: 1, reads: 1, writes: 1 });
    const first = drive.get('nothing');
    const stop = new AbortController();
    const second = drive.root(stop.signal);
    const third = drive.root();
    stop.abort(new Error('enough'));
    await assert.rejects(second, /enough/);
    await turns();
    waiting.shift()?.();
    await fails(first, 'missing');
    await turns();
    waiting.shift()?.();
    assert.equal((await third).id, 'root');
  });

  it('holds no place while a stream is not asked for more, and lets an upload read what it sends', async () => {
    const memory = new MemoryDrive({ pageSize: 1, fragmentSize: 4 });
    memory.store.put('file', '0123456789');
    memory.store.makeFolder('folder');
    const drive = withLimits(memory, { looks: 1, reads: 1, writes: 1 });
    const seen: string[] = [];
    for await (const page of drive.children('root')) {
      for (const item of page) seen.push((await drive.get(item.id)).name);
    }
    assert.deepEqual(seen, ['file', 'folder']);
    const file = memory.store.itemAt('file');
    const copy = { target: { parentId: 'root', name: 'copy' }, size: 10, modified: 0 };
    await drive.upload({ ...copy, body: (start) => drive.read(file, { start, end: 10 }) });
    assert.equal(memory.store.tree()['copy'], '0123456789');
  });

  it('closes one gate for all when the service asks for it', async () => {
    const clock = new ManualClock();
    const memory = new MemoryDrive();
    let answer: DriveError | undefined = failure('busy', { retryAfterMs: 5000, status: 429 });
    memory.before = () => {
      if (answer !== undefined) throw answer;
    };
    const drive = withLimits(memory, undefined, clock);
    await fails(drive.root(), 'busy');
    const calls = memory.count();
    assert.equal((await fails(drive.makeFolder('root', 'x'), 'busy')).retryAfterMs, 5000);
    assert.equal(memory.count(), calls);
    await clock.advance(5000);
    answer = failure('busy', { status: 420 });
    for (const pause of [1000, 2000, 4000]) {
      await fails(drive.root(), 'busy');
      assert.equal((await fails(drive.quota(), 'busy')).retryAfterMs, pause);
      await clock.advance(pause);
    }
    answer = failure('busy', { status: 503 });
    await fails(drive.root(), 'busy');
    answer = undefined;
    await drive.root();
  });
});

describe('withTrace', () => {
  it('writes one line an intent, with how it ended, and nothing that is nobody’s business', async () => {
    const lines: string[] = [];
    const log = makeLog('debug', (line) => lines.push(line.replace(/^\S+ /, '')));
    const memory = new MemoryDrive({ pageSize: 1 });
    memory.store.put('file', 'secret text');
    const drive = withTrace(memory, log, new ManualClock());
    const { id } = memory.store.at('file');
    await drive.root();
    await drive.addComment(id, 'secret comment');
    await drive.setDescription(id, 'secret description');
    await list(drive, 'root');
    await textOf(drive, memory.store.itemAt('file'), 0, 6);
    await fails(drive.get('nothing'), 'missing');
    await put(drive, await drive.root(), 'new', 'secret');
    assert.deepEqual(lines, [
      'debug drive: root: done, 0 ms',
      `debug drive: addComment ${id}: done, 0 ms`,
      `debug drive: setDescription ${id}: done, 0 ms`,
      'debug drive: children root: done after 1, 0 ms',
      `debug drive: read ${id} 0-6: done after 6, 0 ms`,
      'debug drive: get nothing: missing (404), 0 ms',
      'debug drive: root: done, 0 ms',
      "debug drive: upload root 'new' 6 bytes: done, 0 ms",
    ]);
  });
});

const hasty: Clock = { ...systemClock, sleep: async () => {} };

const seventh = (memory: Drive): Drive =>
  failingDrive(memory, (method, _count, total) =>
    total % 7 === 0 && method !== 'upload' ? failure('offline') : undefined,
  );

driveSuite('a drive in all its wrappers, failing now and then', async () => {
  const store = new MemoryStore();
  const options = { store, pageSize: 10, features: { ...liveLike, simpleUploadLimit: 2 ** 18 } };
  const log = makeLog('error', () => {});
  const open = (): Drive => withTrace(withRetry(withLimits(seventh(new MemoryDrive(options))), { clock: hasty }), log);
  return { drive: open(), another: open() };
});
