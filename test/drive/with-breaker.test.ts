// The breaker around a drive in memory that goes out of reach, in both ways: refusing, and saying nothing.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Drive } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { withBreaker } from '../../src/drive/with-breaker.ts';
import { withRetry } from '../../src/drive/with-retry.ts';
import { fails, list, put, textOf } from '../suites/drive-steps.ts';
import { driveSuite } from '../suites/drive-suite.ts';
import { type Failure, failingDrive } from '../support/failing-drive.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { liveLike, MemoryDrive } from '../support/memory-drive.ts';
import { MemoryStore } from '../support/memory-store.ts';

const offline = (): DriveError => new DriveError('offline', 'connection refused');

/** A drive that does as `state.failure` says, and counts the calls that reach it. */
const breaking = () => {
  const clock = new ManualClock();
  const memory = new MemoryDrive();
  const state: { failure: Failure; asked: number } = { failure: undefined, asked: 0 };
  const asked = failingDrive(memory, () => {
    state.asked += 1;
    return state.failure;
  });
  const { drive, reach, close } = withBreaker(asked, { clock });
  return { clock, memory, state, drive, reach, close };
};

const turns = async (): Promise<void> => {
  for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
};

describe('withBreaker', () => {
  it('after three failures in succession fails at once, and asks nobody', async () => {
    const { drive, state, reach, close } = breaking();
    state.failure = offline();
    for (let n = 0; n < 3; n++) assert.equal((await fails(drive.root(), 'offline')).awaited, false);
    assert.equal(reach.outage?.reason, 'connection refused');
    const { asked } = state;
    const failed = await fails(drive.root(), 'offline');
    assert.equal(failed.awaited, true);
    assert.match(failed.message, /out of reach: connection refused/);
    await fails(list(drive, 'root'), 'offline');
    await fails(drive.makeFolder('root', 'x'), 'offline');
    assert.equal(state.asked, asked);
    close();
  });

  it('takes failures of calls that were under way together for one', async () => {
    const { drive, state, reach } = breaking();
    state.failure = offline();
    await Promise.all(Array.from({ length: 10 }, () => fails(drive.root(), 'offline')));
    assert.equal(reach.outage, undefined);
    state.failure = undefined;
    await drive.root();
    state.failure = offline();
    await fails(drive.root(), 'offline');
    await fails(drive.root(), 'offline');
    assert.equal(reach.outage, undefined, 'a success starts the count anew');
  });

  it('takes refusals for signs of life', async () => {
    const { drive, state, reach } = breaking();
    for (const failure of [offline(), offline(), new DriveError('busy', 'later'), offline(), offline()]) {
      state.failure = failure;
      await fails(drive.root(), failure.fault);
    }
    assert.equal(reach.outage, undefined);
  });

  const page = (): DriveError => new DriveError('broken', '200 with a web page in it', { status: 200, page: true });

  it('asks for the service when a web page comes in place of an answer: another page is an outage', async () => {
    const { drive, state, reach, clock, close } = breaking();
    state.failure = page();
    await fails(drive.root(), 'broken');
    await turns();
    assert.match(reach.outage?.reason ?? '', /web page/);
    assert.equal((await fails(drive.root(), 'offline')).awaited, true);
    await clock.advance(1000);
    await turns();
    assert.ok(reach.outage, 'a page is no answer to a probe either');
    state.failure = undefined;
    await clock.advance(2000);
    await turns();
    assert.equal(reach.outage, undefined);
    close();
  });

  it('goes on where a web page comes for one thing only', async () => {
    const clock = new ManualClock();
    const memory = new MemoryDrive();
    const asked = failingDrive(memory, (method) => (method === 'root' ? page() : undefined));
    const { drive, reach } = withBreaker(asked, { clock });
    for (let n = 0; n < 5; n++) {
      await fails(drive.root(), 'broken');
      await turns();
    }
    assert.equal(reach.outage, undefined);
  });

  it('asks sooner where somebody wants something and the last question is a while ago', async () => {
    const { drive, state, reach, clock, close } = breaking();
    state.failure = offline();
    for (let n = 0; n < 3; n++) await fails(drive.root(), 'offline');
    for (const ms of [1000, 2000, 4000]) {
      await clock.advance(ms);
      await turns();
    }
    state.failure = undefined;
    await clock.advance(4900);
    reach.wanted();
    await turns();
    assert.ok(reach.outage, 'it was asked just before');
    await clock.advance(100);
    reach.wanted();
    await turns();
    assert.equal(reach.outage, undefined);
    close();
  });

  it('asks after 1, 2, 4 … 30 seconds, one question at a time, and closes with the first answer', async () => {
    const { drive, state, reach, clock, close } = breaking();
    const seen: (string | undefined)[] = [];
    reach.watch((outage) => seen.push(outage?.reason));
    state.failure = offline();
    for (let n = 0; n < 3; n++) await fails(drive.root(), 'offline');
    for (const pause of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const { asked } = state;
      await clock.advance(pause - 1);
      await turns();
      assert.equal(state.asked, asked);
      await clock.advance(1);
      await turns();
      assert.equal(state.asked, asked + 1, `asked after ${pause} ms`);
    }
    state.failure = new DriveError('signed-out', 'sign in');
    await clock.advance(30_000);
    await turns();
    assert.equal(reach.outage, undefined);
    state.failure = undefined;
    assert.equal((await drive.root()).id, 'root');
    assert.deepEqual(seen, ['connection refused', undefined]);
    close();
  });

  it('asks sooner when somebody wants something', async () => {
    const { drive, state, reach, clock, close } = breaking();
    state.failure = offline();
    for (let n = 0; n < 3; n++) await fails(drive.root(), 'offline');
    for (const pause of [1000, 2000, 4000, 8000]) {
      await clock.advance(pause);
      await turns();
    }
    state.failure = undefined;
    await clock.advance(4999);
    await fails(drive.root(), 'offline');
    assert.ok(reach.outage, 'the last question is not long ago');
    await clock.advance(1);
    await fails(drive.root(), 'offline');
    await turns();
    assert.equal(reach.outage, undefined);
    close();
  });

  it('breaks calls off when the service says nothing: who looks or reads does not wait for the time limits', async () => {
    const { drive, state, reach, clock, memory, close } = breaking();
    memory.store.put('file', 'text');
    const reasons: (string | undefined)[] = [];
    reach.watch((outage) => reasons.push(outage?.reason));
    state.failure = 'stall';
    const waiting = [
      fails(drive.root(), 'offline'),
      fails(list(drive, 'root'), 'offline'),
      fails(textOf(drive, memory.store.itemAt('file')), 'offline'),
    ];
    await turns();
    await clock.advance(3000);
    await turns();
    assert.equal(reach.outage, undefined, 'the probe is waited for');
    await clock.advance(4000);
    for (const error of await Promise.all(waiting)) assert.equal(error.awaited, true);
    assert.deepEqual(reasons, ['it does not answer']);
    close();
  });

  it('lets a slow call be while the service answers others', async () => {
    const clock = new ManualClock();
    const memory = new MemoryDrive();
    const { drive, reach } = withBreaker(
      failingDrive(memory, (method) => (method === 'root' ? 'stall' : undefined)),
      { clock },
    );
    const stop = new AbortController();
    const slow = drive.root(stop.signal);
    for (let n = 0; n < 20; n++) {
      await clock.advance(3000);
      await turns();
    }
    assert.equal(reach.outage, undefined);
    stop.abort(new Error('enough'));
    await assert.rejects(slow, /enough/);
    await turns();
    assert.equal(clock.sleeping, 0, 'nobody watches when nobody waits');
  });

  it('gets used to a service that is slow', async () => {
    const clock = new ManualClock();
    const memory = new MemoryDrive();
    memory.before = async (_, signal) => clock.sleep(9_000, signal);
    const { drive, reach, close } = withBreaker(memory, { clock });
    const first = await clock.until(drive.root().catch((error: unknown) => error));
    assert.ok(first instanceof DriveError, 'nobody knows better at first');
    for (let n = 0; n < 100 && reach.outage !== undefined; n++) {
      await clock.advance(500);
      await turns();
    }
    assert.equal(reach.outage, undefined, 'a probe was given the time');
    for (let n = 0; n < 10; n++) assert.equal((await clock.until(drive.root())).id, 'root');
    assert.equal(reach.outage, undefined);
    close();
  });

  it('does not break off what may have been carried out', async () => {
    const { drive, state, reach, close } = breaking();
    state.failure = 'stall';
    const stop = new AbortController();
    const making = drive.makeFolder('root', 'x', stop.signal);
    reach.lost('the mount found that it does not answer');
    await fails(drive.root(), 'offline');
    let ended = false;
    making.catch(() => {
      ended = true;
    });
    await turns();
    assert.equal(ended, false);
    stop.abort(new Error('enough'));
    await assert.rejects(making, /enough/);
    close();
  });

  it('is not repeated by withRetry once it is open', async () => {
    const { drive, state, clock, close } = breaking();
    state.failure = offline();
    const retried = withRetry(drive, { clock, random: () => 1 });
    const failed = await fails(clock.until(retried.root()), 'offline');
    assert.equal(failed.awaited, true);
    assert.ok(state.asked <= 4, 'three attempts, and perhaps a probe');
    const { slept } = clock;
    slept.length = 0;
    await fails(retried.root(), 'offline');
    await fails(list(retried, 'root'), 'offline');
    assert.deepEqual(slept, []);
    close();
  });

  it('lets a reader who was under way get over a short outage, and fails a new one at once', async () => {
    const clock = new ManualClock();
    const memory = new MemoryDrive({ fragmentSize: 2 });
    memory.store.put('file', 'text');
    const item = memory.store.itemAt('file');
    let isDown = false;
    let wasRead = false;
    const asked = failingDrive(memory, (method) => {
      if (isDown) return offline();
      if (method !== 'read' || wasRead) return undefined;
      wasRead = true;
      isDown = true;
      return 'lose-reply';
    });
    const { drive, reach, close } = withBreaker(asked, { clock });
    const retried = withRetry(drive, { clock, random: () => 1 });
    const reading = textOf(retried, item);
    while (reach.outage === undefined) {
      await turns();
      await clock.advance(50);
    }
    clock.slept.length = 0;
    await fails(textOf(retried, item), 'offline');
    assert.deepEqual(clock.slept, [], 'a new one does not wait');
    isDown = false;
    assert.equal(await clock.until(reading), 'text');
    close();
  });

  it('hears an upload that moves', async () => {
    const { drive, memory } = breaking();
    const root = await drive.root();
    await put(drive, root, 'file', 'text');
    assert.equal(memory.store.tree()['file'], 'text');
  });
});

driveSuite('a drive in a breaker', async () => {
  const store = new MemoryStore();
  const options = { store, pageSize: 10, features: { ...liveLike, simpleUploadLimit: 2 ** 18 } };
  const open = (): Drive => withBreaker(new MemoryDrive(options)).drive;
  return { drive: open(), another: open() };
});
