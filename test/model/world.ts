// What a walk goes through: a file system that may die at any time, the drive behind it, which another client changes too, and
// the network between them.
import fc from 'fast-check';
import type { Calls } from '../suites/posix/calls.ts';

/**
 * - `cut`: the next requests do not arrive
 * - `busy`: they are turned away with 429 and a pause
 * - `broken`: they fail with a 5xx
 * - `lost`: the next change takes effect, but its answer does not arrive
 * - `expired`: the token is no longer valid
 * - `slow`: each takes a while
 * - `away`: nothing gets there any more, except for one last change whose answer does not arrive; or everything does again
 * - `resync`: the change feed starts over
 */
export const troubles = ['cut', 'busy', 'broken', 'lost', 'expired', 'slow', 'away', 'resync'] as const;
export type Trouble = (typeof troubles)[number];

export interface World {
  /** Of the life that is on now. */
  readonly calls: Calls;
  /** Where the drive is; empty for the root. */
  readonly root: string;
  /** The other client, by paths from the root of the drive. False if it could not, because of what is there. */
  put(path: string, text: string): Promise<boolean>;
  move(from: string, to: string): Promise<boolean>;
  remove(path: string): Promise<boolean>;
  /** Brings back what it removed last. */
  restore(): Promise<boolean>;
  trouble(kind: Trouble, count: number): Promise<void>;
  jump(ms: number): void;
  /** kill -9, and a new life on what is left. */
  kill(): Promise<void>;
  /** Ends in order, and a new life. */
  reopen(): Promise<void>;
  /** Without any more trouble, until everything is on the drive; gives what cannot get there. */
  settle(): Promise<readonly unknown[]>;
  /** What the drive holds, or a mount of it shows: in the form of `Chosen`. */
  paths(): Promise<readonly string[]>;
  /** Every content that the drive ever took. */
  history(): Promise<ReadonlySet<string>>;
}

const name = fc.constantFrom('a', 'b', 'c', 'a~');
const path = fc.array(name, { minLength: 1, maxLength: 2 }).map((parts) => `/${parts.join('/')}`);
const length = fc.integer({ min: 0, max: 9000 });

/** Every kind of step, with its weight. */
const kinds = [
  [8, fc.record({ kind: fc.constant('write' as const), path, length, isSynced: fc.boolean() })],
  [3, fc.record({ kind: fc.constant('append' as const), path, length })],
  [2, fc.record({ kind: fc.constant('truncate' as const), path, length })],
  [3, fc.record({ kind: fc.constant('mkdir' as const), path })],
  [2, fc.record({ kind: fc.constant('rmdir' as const), path })],
  [3, fc.record({ kind: fc.constant('unlink' as const), path })],
  [5, fc.record({ kind: fc.constant('rename' as const), path, to: path })],
  [2, fc.record({ kind: fc.constant('exchange' as const), path, to: path })],
  [2, fc.record({ kind: fc.constant('replace' as const), path, length })],
  [2, fc.record({ kind: fc.constant('copy' as const), path, to: path })],
  [1, fc.record({ kind: fc.constant('symlink' as const), path })],
  [1, fc.record({ kind: fc.constant('attribute' as const), path })],
  [2, fc.record({ kind: fc.constant('hold' as const), path })],
  [3, fc.record({ kind: fc.constant('poke' as const), length })],
  [2, fc.record({ kind: fc.constant('map' as const), path })],
  [2, fc.record({ kind: fc.constant('flush' as const) })],
  [2, fc.record({ kind: fc.constant('drop' as const) })],
  [4, fc.record({ kind: fc.constant('pause' as const), ms: fc.nat(12) })],
  [2, fc.record({ kind: fc.constant('look' as const) })],
  [4, fc.record({ kind: fc.constant('theirs' as const), path, length })],
  [2, fc.record({ kind: fc.constant('theirs moves' as const), path, to: path })],
  [2, fc.record({ kind: fc.constant('theirs goes' as const), path })],
  [1, fc.record({ kind: fc.constant('theirs returns' as const) })],
  [3, fc.record({ kind: fc.constant('trouble' as const), what: fc.constantFrom(...troubles), count: fc.nat(3) })],
  [1, fc.record({ kind: fc.constant('jump' as const), hours: fc.integer({ min: -48, max: 48 }) })],
  [1, fc.record({ kind: fc.constant('settle' as const) })],
  [1, fc.record({ kind: fc.constant('reopen' as const) })],
  [2, fc.record({ kind: fc.constant('kill' as const) })],
] as const;

type Weighted<T> = T extends readonly [number, fc.Arbitrary<infer S>] ? S : never;
export type Step = Weighted<(typeof kinds)[number]>;

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  ...kinds.map(([weight, arbitrary]) => ({ weight, arbitrary: arbitrary as fc.Arbitrary<Step> })),
);
