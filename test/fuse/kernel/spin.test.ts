import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Spin } from '../../../src/fuse/kernel/spin.ts';

/** Milliseconds awake after a reply at `now`, looked at every microsecond. */
const awake = (spin: Spin, now: number): number => {
  spin.replied(now);
  let at = now;
  while (spin.again(at)) at += 0.001;
  return at - now;
};

describe('Spin', () => {
  it('does nothing before there was a reply', () => {
    assert.equal(new Spin().again(1), false);
  });

  it('stays awake for tens of microseconds after a reply', () => {
    const length = awake(new Spin(), 1000);
    assert.ok(length > 0.02 && length < 0.1, `${length} ms`);
  });

  it('waits less and less where nothing comes, and at last not at all', () => {
    const spin = new Spin();
    const lengths = Array.from({ length: 12 }, (_, index) => awake(spin, index * 1000));
    assert.deepEqual(
      lengths,
      lengths.toSorted((a, b) => b - a),
    );
    assert.equal(lengths.at(-1), 0);
  });

  it('wakes up again when requests follow replies closely', () => {
    const spin = new Spin();
    const first = awake(spin, 0);
    for (let count = 1; count < 20; count += 1) awake(spin, count * 1000);
    spin.replied(50_000);
    spin.requested(50_000.1);
    assert.ok(Math.abs(awake(spin, 50_001) - first) < 0.002);
  });

  it('sleeps on when they are far apart', () => {
    const spin = new Spin();
    for (let count = 1; count < 20; count += 1) awake(spin, count * 1000);
    spin.requested(50_000);
    assert.equal(awake(spin, 50_001), 0);
  });
});
