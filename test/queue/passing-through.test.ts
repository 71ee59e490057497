// Folders that are gone from the tree before the drive hears of them, while others passed through them; and walks over a
// tree during which changes are sent: one client alone never meets a conflict.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Calls } from '../suites/posix/calls.ts';
import { Ground } from '../suites/posix/ground.ts';
import { treeWalk } from '../suites/posix/walk-cases.ts';
import { Bench } from '../support/opened.ts';
import { hold } from '../support/queue-steps.ts';

describe('a folder that others pass through', () => {
  test('is made, and removed when they have left it', async () => {
    await using bench = await Bench.open();
    await bench.calls.mkdir('/a');
    assert.deepEqual(await bench.sync(), []);
    const { arrived, letGo } = hold(bench, 'makeFolder');
    await bench.calls.mkdir('/first');
    await arrived;
    await bench.calls.mkdir('/passage');
    await bench.calls.rename('/a', '/passage/a');
    await bench.calls.mkdir('/a');
    await bench.calls.rename('/passage/a', '/b');
    await bench.calls.rmdir('/passage');
    letGo();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(Object.keys(bench.tree()).sort(), ['a/', 'b/', 'first/']);
    assert.deepEqual(await bench.list(), ['a', 'b', 'first']);
    assert.deepEqual(bench.troubles, []);
  });

  test('keeps its place on the drive until they have left it', async () => {
    await using bench = await Bench.open();
    await bench.calls.mkdir('/passage');
    await bench.write('/passage/file', 'kept');
    assert.deepEqual(await bench.sync(), []);
    const { arrived, letGo } = hold(bench, 'makeFolder');
    await bench.calls.mkdir('/first');
    await arrived;
    await bench.calls.rename('/passage', '/moved');
    await bench.calls.rename('/moved/file', '/file');
    await bench.calls.rmdir('/moved');
    letGo();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { file: 'kept', 'first/': '' });
    assert.deepEqual(await bench.list(), ['file', 'first']);
    assert.deepEqual(bench.troubles, []);
  });
});

/** Calls with small pauses before half of them, so that the queue gets ahead by turns. */
const paced = (calls: Calls, seed: number): Calls => {
  let state = seed;
  return new Proxy(calls, {
    get: (target, name) => {
      const call = (Reflect.get(target, name) as (...parameters: unknown[]) => unknown).bind(target);
      if (name === 'scan') return call;
      return async (...parameters: unknown[]) => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        if (state >>> 31 === 1) await delay((state >>> 24) % 3);
        return call(...parameters);
      };
    },
  });
};

describe('walks while changes are sent', () => {
  for (const seed of [5004, 5006, 5009, 5013])
    test(`seed ${seed}`, async () => {
      await using bench = await Bench.open();
      await bench.calls.mkdir('/walk');
      await treeWalk(seed, 400).run(new Ground(paced(bench.calls, seed), '/walk'));
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(bench.tree(), await bench.shown());
      assert.deepEqual(bench.troubles, []);
    });
});
