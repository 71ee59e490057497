// Random walks on which something is done of which nothing is heard, since the drive is away from then on, and more is done
// while it is (model-walk.ts). What is done is chosen among what there is, so that most of it is possible.
import '../support/hasty-time.ts';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Chosen, type Step, walkOptions, walkOver } from './model-walk.ts';

const names = ['a', 'b', 'c'];

const isFolder = (path: string): boolean => path.endsWith('/');
const nameOf = (path: string): string => `/${path.replace(/\/$/, '')}`;
const at = (list: readonly string[], index: number): string | undefined => list[index % Math.max(1, list.length)];

/** Names that nothing has; not deeper than two folders. */
const freeIn = (paths: readonly string[], within?: string): string[] => {
  const folders = ['', ...paths.filter((path) => isFolder(path) && path.split('/').length < 4)];
  const free = folders.flatMap((folder) => names.map((name) => `${folder}${name}`));
  return free.filter(
    (path) =>
      !paths.includes(path) && !paths.includes(`${path}/`) && !(within !== undefined && path.startsWith(within)),
  );
};

const treeRemoval = (paths: readonly string[], path: string): Step[] =>
  paths
    .filter((other) => other === path || (isFolder(path) && other.startsWith(path)))
    .sort((a, b) => b.length - a.length)
    .map((other) => ({ kind: isFolder(other) ? 'rmdir' : 'unlink', path: nameOf(other) }));

interface Dice {
  readonly what: 'write' | 'overwrite' | 'mkdir' | 'remove' | 'rename' | 'replace' | 'exchange' | 'truncate';
  readonly one: number;
  readonly other: number;
  readonly letter: 'x' | 'y' | 'z';
  readonly length: number;
}

const steps = ({ what, one, other, letter, length }: Dice, paths: readonly string[]): readonly Step[] => {
  const files = paths.filter((path) => !isFolder(path));
  const [file, second, any] = [at(files, one), at(files, other), at(paths, one)];
  const free = at(freeIn(paths, what === 'rename' ? any : undefined), other);
  const made = (path: string | undefined): Step[] =>
    path === undefined ? [] : [{ kind: 'write', path: nameOf(path), letter, length }];
  switch (what) {
    case 'write':
      return made(free);
    case 'overwrite':
      return made(file);
    case 'truncate':
      return file === undefined ? [] : [{ kind: 'truncate', path: nameOf(file), size: length }];
    case 'mkdir':
      return free === undefined ? [] : [{ kind: 'mkdir', path: nameOf(free) }];
    case 'remove':
      return any === undefined ? [] : treeRemoval(paths, any);
    case 'rename':
      return any === undefined || free === undefined ? [] : [{ kind: 'rename', path: nameOf(any), to: nameOf(free) }];
    default:
      if (file === undefined || second === undefined || file === second) return [];
      return [{ kind: what === 'exchange' ? what : 'rename', path: nameOf(file), to: nameOf(second) }];
  }
};

const thrown = (dice: Dice): Chosen => {
  const choose: Chosen = (paths) => steps(dice, paths);
  return Object.assign(choose, { toString: () => JSON.stringify(dice) });
};

const likely = [
  'write',
  'write',
  'overwrite',
  'mkdir',
  'remove',
  'remove',
  'rename',
  'rename',
  'replace',
  'exchange',
  'truncate',
] as const;
const chosen: fc.Arbitrary<Chosen> = fc
  .record({
    what: fc.constantFrom(...likely),
    one: fc.nat(50),
    other: fc.nat(50),
    letter: fc.constantFrom('x', 'y', 'z'),
    length: fc.constantFrom(0, 7, 3000, 9000),
  })
  .map((dice) => thrown(dice));

const some = (minLength: number, maxLength: number): fc.Arbitrary<Chosen[]> =>
  fc.array(chosen, { minLength, maxLength, size: 'max' });

const round = fc
  .record({
    before: some(0, 4),
    isSent: fc.boolean(),
    unheard: some(1, 2),
    ms: fc.constantFrom(0, 8, 15),
    end: fc.constantFrom('none', 'kill', 'reopen'),
    after: some(0, 4),
  })
  .map(({ before, isSent, unheard, ms, end, after }): (Step | Chosen)[] => [
    ...before,
    ...(isSent ? [{ kind: 'sync' } as const] : []),
    { kind: 'away', isLost: true },
    ...unheard,
    { kind: 'pause', ms },
    ...(end === 'none' ? [] : [{ kind: end as 'kill' | 'reopen' }]),
    ...after,
    { kind: 'back' },
  ]);

/** Walks that once failed. */
const kept: (Step | Chosen)[][] = [
  // What is renamed over a file that is being made gets its name back and is removed, while its own content is under way.
  [
    { kind: 'write', path: '/b', letter: 'y', length: 0 },
    { kind: 'sync' },
    { kind: 'away', isLost: true },
    { kind: 'write', path: '/a', letter: 'y', length: 9000 },
    { kind: 'truncate', path: '/b', size: 7 },
    { kind: 'pause', ms: 15 },
    { kind: 'kill' },
    { kind: 'write', path: '/b', letter: 'y', length: 9000 },
    { kind: 'back' },
    { kind: 'rename', path: '/b', to: '/a' },
    { kind: 'rename', path: '/a', to: '/b' },
    { kind: 'away', isLost: true },
    { kind: 'unlink', path: '/b' },
    { kind: 'pause', ms: 15 },
    { kind: 'kill' },
    { kind: 'back' },
  ],
];

for (const likeness of ['live', 'graph'] as const)
  test(`walks on which nothing is heard of what was done, ${likeness}`, async () => {
    const rounds = fc.array(round, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rounds, (taken) => walkOver(likeness, taken.flat())),
      walkOptions,
    );
  });

for (const likeness of ['live', 'graph'] as const)
  test(`walks that once failed, ${likeness}`, async () => {
    for (const taken of kept) await walkOver(likeness, taken);
  });
