// Notifications that something changed, on the emulator, and what the file system makes of them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import { GraphAddresses } from '../../../src/drive/graph/graph-ids.ts';
import { GraphPush } from '../../../src/drive/graph/graph-push.ts';
import { GraphRequests } from '../../../src/drive/graph/graph-requests.ts';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { HttpClient } from '../../../src/http/http-client.ts';
import { GraphBench } from '../../support/graph-bench.ts';

const listening = async (quirks: Readonly<Record<string, number | string | boolean>> = {}) => {
  const emulator = await startEmulator({ strict: true, quirks });
  const { accessToken } = emulator.admin.token();
  const tokens = { token: async () => accessToken, renew: async () => accessToken };
  const http = new HttpClient({ base: `${emulator.url}/v1.0/`, tokens });
  const push = new GraphPush(new GraphRequests(http, systemClock), new GraphAddresses(http.base, undefined));
  const end = new AbortController();
  const heard = { count: 0 };
  const ended = push.listen(() => {
    heard.count += 1;
  }, end.signal);
  return {
    emulator,
    heard: () => heard.count,
    asked: (): number => emulator.admin.counters().byKind['push-endpoint'] ?? 0,
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await ended;
      http.close();
      await emulator.close();
    },
  };
};

const until = async (test: () => boolean): Promise<void> => {
  const start = performance.now();
  while (!test()) {
    if (performance.now() - start > 15_000) throw new Error('it does not happen');
    await delay(10);
  }
};

describe('notifications', () => {
  for (const quirks of [{}, { 'push-url': 'callback' }, { 'push-object': true }, { 'push-no-expiry': true }])
    it(`tell of a change, ${JSON.stringify(quirks)}`, async () => {
      await using place = await listening(quirks);
      await until(() => place.heard() === 1);
      await place.emulator.admin.put({ path: '/a' }, 'a');
      await until(() => place.heard() === 2);
      assert.equal(place.asked(), 1);
      assert.deepEqual(place.emulator.requests.violations, []);
    });

  it('go on after the socket broke off, and after its address ended', async () => {
    for (const quirks of [{ 'push-drop': 300 }, { 'push-ttl': 2 }]) {
      await using place = await listening(quirks);
      await until(() => place.asked() >= 2 && place.heard() >= 2);
      const before = place.heard();
      await place.emulator.admin.put({ path: '/a' }, 'a');
      await until(() => place.heard() > before);
    }
  });

  it('stay at an address that is valid for longer than a timer can last', async () => {
    await using place = await listening({ 'push-ttl': 9_999_999 });
    await until(() => place.heard() === 1);
    await delay(300);
    assert.equal(place.asked(), 1);
    await place.emulator.admin.put({ path: '/a' }, 'a');
    await until(() => place.heard() === 2);
  });

  it('are asked for again when there are none for a while, and end at once', async () => {
    await using place = await listening({ 'push-no-open': true });
    await until(() => place.asked() === 1);
    await delay(100);
    assert.equal(place.heard(), 0);
  });

  it('make the file system look', async () => {
    await using bench = await GraphBench.open({ fs: { feedIntervalMs: 60_000 }, push: true });
    await bench.following();
    await until(() => (bench.emulator.admin.counters().byKind['push-endpoint'] ?? 0) === 1);
    await delay(300);
    await bench.emulator.admin.put({ path: '/told' }, 'told');
    const start = performance.now();
    while (!Object.hasOwn(await bench.find(), '/told')) {
      assert.ok(performance.now() - start < 10_000);
      await delay(10);
    }
  });
});
