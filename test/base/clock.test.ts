import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';

test('whoever sleeps for longer than a timer can last goes on sleeping', async () => {
  for (const ms of [2 ** 31, 9_999_999_000, Number.MAX_SAFE_INTEGER]) {
    const controller = new AbortController();
    const slept = systemClock.sleep(ms, controller.signal);
    const first = await Promise.race([slept.then(() => 'awake'), systemClock.sleep(20).then(() => 'asleep')]);
    assert.equal(first, 'asleep');
    controller.abort(new Error('gone'));
    await assert.rejects(slept, /gone/);
  }
});
