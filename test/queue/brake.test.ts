// How many removals and rewrites the brake lets pass, of how much, in which time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeId } from '../../src/metadata/node.ts';
import { Brake, type BrakeOptions, defaultBrake } from '../../src/queue/brake.ts';
import type { Intent } from '../../src/queue/intent.ts';
import { ManualClock } from '../support/manual-clock.ts';

const intents = {
  remove: { kind: 'remove', node: 2 as NodeId, from: { parent: 1 as NodeId, name: 'a' } },
  'put-content': { kind: 'put-content', node: 2 as NodeId },
} as const satisfies Record<string, Intent>;

const braking = (options: Partial<BrakeOptions>, known: number) => {
  const clock = new ManualClock();
  const reasons: string[] = [];
  const drive = { known };
  const brake = new Brake(
    { ...defaultBrake, ...options },
    { clock, known: () => drive.known, replaces: () => true, braked: (reason) => void reasons.push(reason) },
  );
  /** One every `everyMs`. Returns how many it took, if the brake held. */
  const add = async (count: number, { kind = 'remove' as keyof typeof intents, everyMs = 0 } = {}) => {
    for (let n = 1; n <= count; n++) {
      brake.add(intents[kind]);
      if (reasons.length > 0) return n;
      if (everyMs > 0) await clock.advance(everyMs);
    }
    return undefined;
  };
  return { brake, clock, reasons, drive, add };
};

test('it holds as soon as there are enough of them and they are more than the share of all, however much there is', async () => {
  const large = braking({}, 5_268);
  assert.equal(await large.add(5_000), 1_318);
  assert.match(large.reasons[0] ?? '', /^1318 of 5268 files and folders were removed within 60 s: /);
  assert.equal(await braking({ count: 20 }, 202).add(200, { kind: 'put-content' }), 51);
  assert.equal(await braking({ count: 20, share: 10 }, 216).add(60), 22);
  assert.equal(await braking({ count: 20, share: 10 }, 100).add(60), 20, 'not before there are enough');
  assert.equal(await braking({}, 5_268).add(1_317), undefined);
  assert.equal(await braking({ count: 0 }, 10).add(10), undefined, 'never');
});

test('removals and rewrites are counted apart', async () => {
  const { add } = braking({ count: 10 }, 20);
  assert.equal(await add(9), undefined);
  assert.equal(await add(9, { kind: 'put-content' }), undefined);
  assert.equal(await add(1), 1);
});

test('what was removed and sent within the time still belongs to all that there was', async () => {
  const { add, drive } = braking({ count: 10 }, 100);
  assert.equal(await add(24), undefined);
  drive.known -= 24;
  assert.equal(await add(1), undefined);
  assert.equal(await add(1), 1);
});

test('what is longer ago than the window does not count', async () => {
  const spread = braking({ count: 100, windowMs: 10_000 }, 200);
  assert.equal(await spread.add(2_000, { everyMs: 110 }), undefined);
  const dense = braking({ count: 100, windowMs: 10_000 }, 200);
  assert.equal(await dense.add(2_000, { everyMs: 90 }), 100);
  const early = braking({ count: 100 }, 200);
  await early.add(99);
  await early.clock.advance(60_001);
  assert.equal(await early.add(99), undefined);
});

test('what follows a release at once is meant; what comes after a pause is not', async () => {
  const { brake, clock, reasons, add } = braking({ count: 10 }, 20);
  assert.equal(await add(10), 10);
  brake.released();
  reasons.length = 0;
  assert.equal(await add(100, { everyMs: 1_000 }), undefined);
  await clock.advance(60_001);
  assert.equal(await add(10), 10);
});
