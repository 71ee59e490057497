// Whose drive it is, while the service answers, while it does not, and when it says another name than the one that is known.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../src/base/log.ts';
import { resolveSettings, type Settings } from '../src/config.ts';
import { DriveError } from '../src/drive/drive-error.ts';
import type { Outage } from '../src/drive/reach.ts';
import { Confirmation, findAccount } from '../src/mount-account.ts';
import { ManualClock } from './support/manual-clock.ts';
import { MemoryDrive } from './support/memory-drive.ts';

const settings = (account?: string): Settings =>
  resolveSettings({
    ...{ configFile: '/f', section: undefined, environment: { HOME: '/h' }, workingFolder: '/' },
    options: account === undefined ? [] : [`account=${account}`],
  });

const reachable = () => {
  const listeners = new Set<(outage: Outage | undefined) => void>();
  const lost: string[] = [];
  return {
    lost,
    tell: (outage?: Outage) => {
      for (const listener of listeners) listener(outage);
    },
    reach: {
      outage: undefined,
      watch: (listener: (outage: Outage | undefined) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      lost: (reason: string) => void lost.push(reason),
      askNow: () => {},
      wanted: () => {},
    },
  };
};

const turns = async (): Promise<void> => {
  for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
};

const holding = () => {
  const holds = new Map<string, string>();
  return {
    holds,
    opened: {
      hold: (kind: string, reason: string) => void holds.set(kind, reason),
      release: (kind: string) => void holds.delete(kind),
    },
  };
};

test('the service says whose drive it is, whatever is known', async () => {
  const { reach } = reachable();
  const drive = new MemoryDrive();
  assert.deepEqual(await findAccount({ drive, reach }, settings(), silentLog), { id: 'memory', confirmed: true });
  assert.deepEqual(await findAccount({ drive, reach }, settings('other'), silentLog), {
    id: 'memory',
    confirmed: true,
  });
});

test('a service that says nothing is given up soon where the account is known, and others are told', async () => {
  const { reach, lost } = reachable();
  const drive = new MemoryDrive();
  drive.before = (_, signal) =>
    new Promise((__, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  // Nothing else keeps the process from ending while a signal's timer runs.
  const waiting = setTimeout(() => {}, 10_000);
  const start = performance.now();
  assert.deepEqual(await findAccount({ drive, reach }, settings('known'), silentLog), {
    id: 'known',
    confirmed: false,
  });
  assert.ok(performance.now() - start < 5_000);
  clearTimeout(waiting);
  assert.equal(lost.length, 1);
});

test('nothing is sent before the service has said that the sign-in is that account’s', async () => {
  const { reach, tell } = reachable();
  const { holds, opened } = holding();
  const clock = new ManualClock();
  const drive = new MemoryDrive();
  let failure: DriveError | undefined = new DriveError('offline', 'not there');
  drive.before = () => {
    if (failure !== undefined) throw failure;
  };
  const stop = new AbortController();
  const parts = { drive, reach, opened, clock, log: silentLog };
  const done = new Confirmation('memory', parts, stop.signal).doubt();
  await turns();
  assert.deepEqual([...holds.keys()], ['unconfirmed']);
  failure = undefined;
  tell(undefined);
  await done;
  assert.deepEqual([...holds.keys()], []);
});

test('changes of one account are not sent with the sign-in of another', async () => {
  const { reach } = reachable();
  const { holds, opened } = holding();
  const clock = new ManualClock();
  const stop = new AbortController();
  const parts = { drive: new MemoryDrive(), reach, opened, clock, log: silentLog };
  const done = new Confirmation('ann', parts, stop.signal).doubt();
  await turns();
  assert.match(holds.get('account') ?? '', /the sign-in is for account memory now, not for ann/);
  await clock.advance(30_000);
  await turns();
  assert.ok(holds.has('account'), 'asked again, and still another');
  stop.abort();
  await done;
});

test('who ends while the service is being asked does not wait for the next time', async () => {
  const { reach } = reachable();
  const { opened } = holding();
  const drive = new MemoryDrive();
  let answer = (): void => {};
  drive.before = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const clock = new ManualClock();
  const stop = new AbortController();
  const parts = { drive, reach, opened, clock, log: silentLog };
  const done = new Confirmation('ann', parts, stop.signal).doubt();
  await turns();
  stop.abort();
  answer();
  await done;
  assert.equal(clock.sleeping, 0);
});

test('that nobody is signed in is told as such, and whoever wants to know has it asked again at once', async () => {
  const { reach } = reachable();
  const { holds, opened } = holding();
  const drive = new MemoryDrive();
  let isSignedIn = false;
  drive.before = () => {
    if (!isSignedIn) throw new DriveError('signed-out', 'sign in');
  };
  const stop = new AbortController();
  const confirmation = new Confirmation(
    'memory',
    { drive, reach, opened, clock: new ManualClock(), log: silentLog },
    stop.signal,
  );
  const done = confirmation.doubt();
  await turns();
  assert.deepEqual([...holds], [['signed-out', 'sign in']]);
  await confirmation.askNow(stop.signal);
  assert.deepEqual([...holds], [['signed-out', 'sign in']]);
  isSignedIn = true;
  await confirmation.askNow(stop.signal);
  assert.deepEqual([...holds], []);
  await done;
});
