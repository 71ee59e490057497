// A sample of the walks on real mounts over both dialects, with processes that are killed for real. `MODEL_RUNS` and
// `MODEL_SEED` as in history.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mountObstacle } from '../support/mounted.ts';
import { walk } from './history-walk.ts';
import { MountedWorld } from './mounted-world.ts';
import { anyStep } from './world.ts';

const runs = Number(process.env['MODEL_RUNS'] ?? 2);
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

for (const dialect of ['live', 'graph'] as const) {
  test(`walks on a mount of the ${dialect} dialect`, { skip: mountObstacle() }, async (t) => {
    t.diagnostic(`seed ${seed}`);
    // Kill -9 at least once in each.
    const steps = fc.array(anyStep, { minLength: 30, maxLength: 50, size: 'max' });
    const samples = fc.sample(steps, { numRuns: runs, seed });
    let done = 0;
    for (const taken of samples) {
      await using world = await MountedWorld.open(dialect);
      done += await walk(world, [...taken.slice(0, 20), { kind: 'kill' }, ...taken.slice(20)]);
    }
    t.diagnostic(`${done} contents acknowledged`);
    assert.ok(done > 0);
  });
}
