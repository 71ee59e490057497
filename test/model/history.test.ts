// Random walks in which another client changes the same files, the network fails, clocks jump and the process is killed:
// no content that was acknowledged vanishes. `MODEL_RUNS`, `MODEL_SEED` and `MODEL_SHRINK` are for longer walks, and for one
// that failed.
import '../support/hasty-time.ts';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { liveLike } from '../support/memory-drive.ts';
import { walk } from './history-walk.ts';
import { MemoryWorld } from './memory-world.ts';
import { anyStep } from './world.ts';

// What is on the disk matters here, not when it gets there.
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

const numRuns = Number(process.env['MODEL_RUNS'] ?? 60);
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

for (const [title, features] of [
  ['without conditional writes and without a feed', liveLike],
  ['with both', {}],
] as const) {
  test(`walks on a drive ${title}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    let [steps, done] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 20, maxLength: 60, size: 'max' }), async (taken) => {
        await using world = await MemoryWorld.open(features);
        done += await walk(world, taken);
        steps += taken.length;
      }),
      { numRuns, seed, endOnFailure: process.env['MODEL_SHRINK'] === undefined },
    );
    t.diagnostic(`${steps} steps, ${done} contents acknowledged`);
    assert.ok(done > numRuns, 'most walks acknowledge something');
  });
}
