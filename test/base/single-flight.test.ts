import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SingleFlight } from '../../src/base/single-flight.ts';

test('who comes while it runs shares the run; who comes later starts another', async () => {
  const flights = new SingleFlight<string, number>();
  let runs = 0;
  let land = (): void => {};
  const work = (): Promise<number> =>
    new Promise((resolve) => {
      runs += 1;
      land = () => resolve(runs);
    });
  const first = flights.run('a', work);
  const second = flights.run('a', work);
  const other = flights.run('b', async () => 7);
  assert.ok(flights.isRunning('a'));
  land();
  assert.deepEqual(await Promise.all([first, second, other]), [1, 1, 7]);
  assert.ok(!flights.isRunning('a'));
  const third = flights.run('a', work);
  land();
  assert.equal(await third, 2);
});

test('a failure is shared and forgotten', async () => {
  const flights = new SingleFlight<string, number>();
  const fail = async (): Promise<number> => {
    throw new Error('no');
  };
  const both = await Promise.allSettled([flights.run('a', fail), flights.run('a', fail)]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(await flights.run('a', async () => 1), 1);
});
