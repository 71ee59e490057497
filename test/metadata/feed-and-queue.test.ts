// What the change feed tells, and what is unsent here: each waits for the other, and nothing is left of either.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Drive } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { failingDrive } from '../support/failing-drive.ts';
import { Bench, type BenchOptions } from '../support/opened.ts';
import { breakDrive, hold, until } from '../support/queue-steps.ts';

const withFeed: BenchOptions = {
  memory: { features: {}, treeVersions: true },
  fs: { feedIntervalMs: 20, settleMs: 5 },
};

const seen = (bench: Bench, wanted: Record<string, string>): Promise<void> =>
  until(async () => JSON.stringify(await bench.shown()) === JSON.stringify(wanted));

test('a folder that others removed goes once the unsent move in it has come to nothing', async () => {
  let isStuck = true;
  const plan = (method: string): DriveError | undefined =>
    isStuck && method === 'move' ? new DriveError('offline', 'no network') : undefined;
  await using bench = await Bench.open({ ...withFeed, wrap: (drive) => failingDrive(drive, plan) });
  const { store } = bench.memory;
  store.put('f/x', 'x');
  store.put('other', 'o');
  await seen(bench, { 'f/': '', 'f/x': 'x', other: 'o' });
  await bench.calls.rename('/f/x', '/f/y');
  await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
  store.remove('f');
  store.put('other', 'told');
  // What is told later has been heard: so was the removal.
  await until(async () => (await bench.read('/other')) === 'told');
  assert.deepEqual(await bench.list('/f'), ['y']);
  isStuck = false;
  assert.deepEqual(await bench.sync(), []);
  await seen(bench, { other: 'told' });
});

test('what others made under a name that we were making is shown once ours has come to nothing', async () => {
  await using bench = await Bench.open(withFeed);
  const { store } = bench.memory;
  store.makeFolder('f');
  await seen(bench, { 'f/': '' });
  const { arrived, letGo } = hold(bench, 'upload');
  await bench.write('/f/a', 'ours');
  await arrived;
  store.put('f/a', 'theirs');
  await bench.opened.check({ remote: false }, AbortSignal.timeout(5_000));
  await bench.calls.unlink('/f/a');
  letGo();
  assert.deepEqual(await bench.sync(), []);
  await seen(bench, { 'f/': '', 'f/a': 'theirs' });
});

test('what had to wait for a name does not undo what a listing told of it meanwhile', async () => {
  let answered: (() => Promise<void>) | undefined;
  const lateAnswers = (drive: Drive): Drive =>
    new Proxy(drive, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        if (key !== 'changes') return value.bind(target);
        return async (...args: Parameters<Drive['changes']>) => {
          const page = await target.changes(...args);
          await answered?.();
          return page;
        };
      },
    });
  await using bench = await Bench.open({ ...withFeed, wrap: lateAnswers });
  const { store } = bench.memory;
  store.put('other', 'o');
  await seen(bench, { other: 'o' });
  const { mend } = breakDrive(bench, 'offline', ({ intent }) => intent === 'upload');
  await bench.write('/b', 'ours');
  store.put('b', 'theirs');
  store.put('other', 'told');
  await until(async () => (await bench.read('/other')) === 'told');
  // It waits now, because we are making that name. Here and there that is given up, and another taken; a listing tells it while
  // an answer of the feed, which does not, is on its way.
  let letGo = (): void => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let isOnItsWay = false;
  answered = () => {
    isOnItsWay = true;
    return gate;
  };
  await until(() => isOnItsWay);
  await bench.calls.unlink('/b');
  mend();
  store.move('b', 'a');
  await bench.write('/a', 'ours');
  assert.deepEqual(await bench.sync(), []);
  await until(async () => /^a,a \(conflict .*\),other$/.test((await bench.list()).join()));
  answered = undefined;
  letGo();
  await seen(bench, bench.tree());
  assert.equal(bench.tree()['a'], 'theirs');
});
