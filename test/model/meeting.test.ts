// Random walks on which two clients do things to the same few items, chosen among what is there, while the network comes and goes:
// no content that was acknowledged vanishes, and in the end the mount shows what the drive holds. `MODEL_RUNS` and `MODEL_SEED` as in history.test.ts.
import '../support/hasty-time.ts';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { liveLike } from '../support/memory-drive.ts';
import { type Chosen, walk } from './history-walk.ts';
import { MemoryWorld } from './memory-world.ts';
import type { Step } from './world.ts';

// What is on the disk matters here, not when it gets there.
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

const numRuns = Number(process.env['MODEL_RUNS'] ?? 60);
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const isFolder = (path: string): boolean => path.endsWith('/');
const bare = (path: string): string => path.replace(/\/$/, '');

interface Dice {
  readonly kind:
    | 'write'
    | 'append'
    | 'unlink'
    | 'rmdir'
    | 'rename'
    | 'mkdir'
    | 'theirs'
    | 'theirs moves'
    | 'theirs goes';
  readonly one: number;
  readonly other: number;
  readonly length: number;
  /** Something new instead of something known. */
  readonly isFresh: boolean;
}

const stepOf = ({ kind, one, other, length, isFresh }: Dice, paths: readonly string[]): Step | undefined => {
  const folders = ['/', ...paths.filter(isFolder)].filter((path) => path.split('/').length < 4);
  const candidates = folders.flatMap((folder) => ['a', 'b', 'c'].map((name) => `${folder}${name}`));
  const free = candidates.filter((path) => !paths.includes(path) && !paths.includes(`${path}/`));
  const files = paths.filter((path) => !isFolder(path));
  const fresh = free[other % free.length];
  const file = files[one % files.length];
  const any = paths[one % paths.length];
  switch (kind) {
    case 'mkdir':
      return fresh === undefined ? undefined : { kind, path: fresh };
    case 'rmdir':
    case 'unlink':
      return any === undefined ? undefined : { kind: isFolder(any) ? 'rmdir' : 'unlink', path: bare(any) };
    case 'theirs goes':
      return any === undefined ? undefined : { kind, path: bare(any) };
    case 'rename':
    case 'theirs moves': {
      const to = isFresh ? fresh : files[other % files.length];
      return any === undefined || to === undefined ? undefined : { kind, path: bare(any), to };
    }
    default: {
      const path = isFresh ? fresh : file;
      if (path === undefined) return undefined;
      return kind === 'write' ? { kind, path, length, isSynced: false } : { kind, path, length };
    }
  }
};

const kinds = ['write', 'write', 'append', 'unlink', 'rmdir', 'rename', 'rename', 'mkdir'] as const;
const theirs = ['theirs', 'theirs', 'theirs moves', 'theirs goes'] as const;

const chosen: fc.Arbitrary<Chosen> = fc
  .record({
    kind: fc.constantFrom(...kinds, ...theirs),
    ...{ one: fc.nat(50), other: fc.nat(50), isFresh: fc.boolean() },
    length: fc.constantFrom(0, 20, 3000, 9000),
  })
  .map((dice): Chosen => {
    const choose: Chosen = (paths) => [stepOf(dice, paths) ?? []].flat();
    return Object.assign(choose, { toString: () => JSON.stringify(dice) });
  });

const trouble = fc.record({
  kind: fc.constant('trouble' as const),
  what: fc.constantFrom('cut', 'lost', 'slow', 'away', 'busy'),
  count: fc.nat(3),
});

const between = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.nat(12) }) },
  { weight: 4, arbitrary: trouble },
  { weight: 1, arbitrary: fc.constant({ kind: 'kill' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'settle' } as const) },
);

const steps = fc.array(
  fc.oneof({ weight: 2, arbitrary: chosen }, { weight: 1, arbitrary: between as fc.Arbitrary<Step> }),
  { minLength: 15, maxLength: 50, size: 'max' },
);

for (const [title, features] of [
  ['without conditional writes and without a feed', liveLike],
  ['with both', {}],
] as const)
  test(`two clients meet on a drive ${title}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    let done = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        await using world = await MemoryWorld.open(features);
        done += await walk(world, taken);
        // What waits for somebody to decide is not on the drive.
        if ((await world.settle()).length === 0) await world.agrees();
      }),
      { numRuns, seed, endOnFailure: process.env['MODEL_SHRINK'] === undefined },
    );
    t.diagnostic(`${done} contents acknowledged`);
    assert.ok(done > numRuns, 'most walks acknowledge something');
  });
