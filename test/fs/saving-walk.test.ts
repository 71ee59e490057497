// Random walks of programs that save, in all the ways that there are, to few documents that were never read here: one save meets
// another, in any state of what is sent (model-walk.ts).
import '../support/hasty-time.ts';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Step, walkOptions, walkOver } from './model-walk.ts';

const documents = ['/doc', '/tmp', '/d/doc', '/e/doc'] as const;
const paths = fc.constantFrom(...documents, '/d/tmp', '/doc~', '/d/doc~');

interface Dice {
  readonly how: keyof typeof ways;
  readonly doc: string;
  readonly other: string;
  readonly letter: 'x' | 'y' | 'z';
  readonly length: number;
  /** Between two steps. */
  readonly naps: readonly number[];
}

const move = (path: string, to: string): Step => ({ kind: 'rename', path, to });
const gone = (path: string): Step => ({ kind: 'unlink', path });

/** `write`: the new content, to a path. */
const ways = {
  'a temporary file': (doc, other, write) => [write(other), move(other, doc)],
  'a removal': (doc, other, write) => [write(other), gone(doc), move(other, doc)],
  'a backup': (doc, _, write) => [move(doc, `${doc}~`), write(doc)],
  'a backup that goes': (doc, _, write) => [move(doc, `${doc}~`), write(doc), gone(`${doc}~`)],
  'a backup, and a file written before': (doc, other, write) => [write(other), move(doc, `${doc}~`), move(other, doc)],
  'a backup, taken back': (doc, _, write) => [move(doc, `${doc}~`), write(doc), move(`${doc}~`, doc)],
  'a backup, after which the new one goes': (doc, _, write) => [move(doc, `${doc}~`), write(doc), gone(doc)],
  'a backup, after which the new one goes and the old returns': (doc, _, write) => [
    ...[move(doc, `${doc}~`), write(doc), gone(doc), move(`${doc}~`, doc)],
  ],
  rotation: (doc, other, write) => [move(doc, other), write('/new'), move('/new', doc)],
  'an exchange': (path, to) => [{ kind: 'exchange', path, to }],
  'a name': (doc, other) => [move(doc, other)],
  'nothing but writing': (doc, _, write) => [write(doc)],
  removal: (doc) => [gone(doc)],
} as const satisfies Record<string, (doc: string, other: string, write: (path: string) => Step) => readonly Step[]>;

const stepsOf = ({ how, doc, other, letter, length, naps }: Dice): Step[] => {
  const write = (path: string): Step => ({ kind: 'write', path, letter, length });
  const way: (doc: string, other: string, write: (path: string) => Step) => readonly Step[] = ways[how];
  return way(doc, other, write).flatMap((step, at): Step[] => [step, { kind: 'pause', ms: naps[at] ?? 0 }]);
};

const save: fc.Arbitrary<readonly Step[]> = fc
  .record({
    how: fc.constantFrom(...(Object.keys(ways) as (keyof typeof ways)[])),
    doc: paths,
    other: paths,
    letter: fc.constantFrom('x', 'y', 'z'),
    length: fc.constantFrom(0, 7, 3000, 9000),
    naps: fc.array(fc.constantFrom(0, 0, 0, 1, 6, 12), { minLength: 4, maxLength: 4 }),
  })
  .map(stepsOf);

const event: fc.Arbitrary<readonly Step[]> = fc
  .oneof(
    fc.constantFrom<Step>({ kind: 'sync' }, { kind: 'kill' }, { kind: 'reopen' }, { kind: 'back' }),
    fc.record({ kind: fc.constant('away' as const), isLost: fc.boolean() }),
    fc.record({
      kind: fc.constant('fault' as const),
      mutation: fc.constantFrom('upload', 'move', 'remove'),
      isLost: fc.boolean(),
    }),
  )
  .map((step) => [step]);

const ground = fc.record({
  settleMs: fc.constantFrom(1, 5, 5, 15, 60, 3000),
  latencyMs: fc.constantFrom(0, 0, 2, 6),
});

for (const likeness of ['live', 'graph'] as const)
  test(`walks of programs that save, ${likeness}`, async () => {
    const walks = fc.array(fc.oneof({ weight: 3, arbitrary: save }, { weight: 1, arbitrary: event }), {
      minLength: 2,
      maxLength: 14,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(walks, ground, (taken, on) => walkOver(likeness, taken.flat(), { ...on, documents })),
      walkOptions,
    );
  });

/** Walks that once failed. */
const kept: readonly (readonly Step[])[] = [
  // The new content of a document becomes that of another, while the backup of the first waits for what it is to be filled from.
  [
    ...[move('/doc', '/doc~'), { kind: 'write', path: '/doc', letter: 'y', length: 0 } as const, move('/doc', '/tmp')],
    { kind: 'away', isLost: true },
    ...[move('/tmp', '/tmp~'), { kind: 'write', path: '/tmp', letter: 'z', length: 3000 } as const, gone('/tmp~')],
    { kind: 'pause', ms: 12 },
    { kind: 'kill' },
  ],
];

for (const likeness of ['live', 'graph'] as const)
  test(`walks of programs that save, and that once failed, ${likeness}`, async () => {
    for (const taken of kept) await walkOver(likeness, taken, { documents });
  });
