import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { milliseconds, timestamp, timestampNow } from '../../src/base/timestamp.ts';

test('whole milliseconds go there and back, before 1970 too', () => {
  fc.assert(
    fc.property(fc.integer({ min: -8.64e12, max: 8.64e12 }), (ms) => {
      const time = timestamp(ms);
      assert.ok(Number.isInteger(time.seconds));
      assert.ok(time.nanoseconds >= 0 && time.nanoseconds <= 999_999_999);
      assert.equal(milliseconds(time), ms);
    }),
  );
  assert.deepEqual(timestamp(-1), { seconds: -1, nanoseconds: 999_000_000 });
});

test('a fraction never makes a full second of nanoseconds', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), (ms) => {
      const { nanoseconds } = timestamp(ms);
      assert.ok(nanoseconds >= 0 && nanoseconds <= 999_999_999);
    }),
  );
});

test('the present never stands still nor goes back a little, but follows a clock that was set back', () => {
  const order = (ms: number): bigint => {
    const { seconds, nanoseconds } = timestampNow(ms);
    return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  };
  const start = 2_000_000_000_000;
  const moments = [start, start, start, start - 500, start + 1, start].map(order);
  assert.deepEqual(
    moments,
    [...new Set(moments)].sort((a, b) => (a < b ? -1 : 1)),
  );
  assert.deepEqual(timestampNow(start - 60_000), timestamp(start - 60_000));
});
