// The process ends at every point that there is, once each: before each change of its disk, before each request, and after
// each answer before anything is made of it. What was acknowledged is there afterwards, and on the drive, and nothing twice.
import '../support/disk-seam.ts';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FileSystemCalls } from '../support/file-system-calls.ts';
import { MemoryFileSystem } from '../support/memory-file-system.ts';
import { type End, MortalBench } from './points.ts';
import { type Program, type Scenario, scenarios } from './scenarios.ts';
import { type Shown, statesOf } from './states.ts';

// What is on the disk matters here, not when it gets there.
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

/** Comments and descriptions are the drive's; the model takes them as attributes that nobody knows. */
const modelled = (): Program => ({ calls: new FileSystemCalls(new MemoryFileSystem()), fd: 0 });

const fill = async (mortal: MortalBench, { before }: Scenario): Promise<void> => {
  for (const [path, text] of Object.entries(before)) {
    if (path.endsWith('/')) mortal.bench.memory.store.makeFolder(path.slice(0, -1));
    else mortal.bench.memory.store.put(path, text);
  }
  await mortal.bench.shown();
};

/** Returns how many steps had been answered when the life ended, or when the disk was full. */
const play = async (mortal: MortalBench, scenario: Scenario): Promise<number> => {
  const program: Program = { calls: mortal.bench.calls, fd: 0 };
  let answered = 0;
  const run = async (): Promise<void> => {
    for (const step of scenario.steps) {
      await step.run(program);
      if (mortal.isDead) return;
      answered += 1;
    }
    const isUnderWay = (): boolean => mortal.bench.opened.unsent().length > 0;
    while (!mortal.isDead && !mortal.isDiskFull && isUnderWay()) await delay(1);
  };
  await mortal.outlives(run).catch((error: unknown) => {
    if (!(mortal.isDiskFull && (error as { readonly code?: unknown }).code === 'ENOSPC')) throw error;
  });
  return answered;
};

const isPossible = (shown: Shown, { names, contents }: Awaited<ReturnType<typeof statesOf>>): boolean =>
  names.some((state) => state.length === Object.keys(shown).length && state.every((name) => name in shown)) &&
  Object.entries(shown).every(([name, text]) => contents.get(name)?.has(text) === true);

const check = async (mortal: MortalBench, scenario: Scenario, answered: number): Promise<void> => {
  const { bench } = mortal;
  const shown = await bench.shown();
  const possible = await statesOf(scenario, modelled, answered);
  if (!isPossible(shown, possible)) assert.deepEqual(shown, possible, 'neither what was before the step nor after it');
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), shown, 'the drive and the mount are the same');
  assert.equal(bench.memory.store.items.size, Object.keys(bench.tree()).length + 1, 'no name is there twice');
  assert.equal(bench.opened.nodes(), bench.memory.store.items.size, 'no node is left over');
  assert.deepEqual(bench.troubles, []);
  if (scenario.comments !== undefined) checkComments(mortal, scenario, answered);
};

const checkComments = ({ bench }: MortalBench, { steps }: Scenario, answered: number): void => {
  const item = bench.memory.store.find('doc') ?? bench.memory.store.at('dac');
  const texts = item.comments.map(({ text }) => text);
  assert.equal(new Set(texts).size, texts.length, 'no comment is there twice');
  const asked = (count: number): string[] =>
    steps.slice(0, count).flatMap(({ title }) => (title.startsWith('comment ') ? [title.slice(8)] : []));
  for (const text of asked(answered)) assert.ok(texts.includes(text), `comment '${text}' is there`);
  for (const text of texts) assert.ok(asked(answered + 1).includes(text), `comment '${text}' was asked for`);
};

interface Lives {
  /** How the first life ends; with `full`, the disk is full from that point to its end. */
  readonly first: End | { readonly point: number; readonly ending: 'full' };
  /** Where the second one ends, if it gets as far. */
  readonly second?: number;
}

const describeEnd = (mortal: MortalBench, { first, second }: Lives, answered: number): string =>
  `${mortal.lastPoint} (point ${first.point}, ${first.ending}${second === undefined ? '' : `, then ${second}`}), ${answered} steps answered`;

const firstLife = async (mortal: MortalBench, scenario: Scenario, { first }: Lives): Promise<number> => {
  if (first.ending === 'full') mortal.fillDiskAt(first.point);
  mortal.live(first.ending === 'full' ? undefined : first);
  const answered = await play(mortal, scenario);
  if (first.ending === 'full' && mortal.isDiskFull) mortal.die();
  return answered;
};

const nextLives = async (mortal: MortalBench, second: number | undefined): Promise<void> => {
  await mortal.rise(second === undefined ? undefined : { point: second, ending: 'clean' });
  if (second === undefined) return;
  await mortal.outlives(() => mortal.bench.sync());
  if (mortal.isDead) await mortal.rise();
};

/** What was about to happen when the life ended; undefined if it went on to the end. */
const once = async (scenario: Scenario, lives: Lives): Promise<string | undefined> => {
  await using mortal = await MortalBench.open();
  await fill(mortal, scenario);
  const answered = await firstLife(mortal, scenario, lives);
  if (!mortal.isDead) return undefined;
  const what = mortal.lastPoint;
  try {
    await nextLives(mortal, lives.second);
    mortal.rest();
    await check(mortal, scenario, answered);
  } catch (error) {
    throw new Error(`${scenario.title}, ended ${describeEnd(mortal, lives, answered)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return what;
};

/** Every point of a life of the scenario, in order. */
const everywhere = async (scenario: Scenario): Promise<string[]> => {
  const points: string[] = [];
  for (;;) {
    const what = await once(scenario, { first: { point: points.length + 1, ending: 'clean' } });
    if (what === undefined) return points;
    points.push(what);
  }
};

for (const scenario of scenarios) {
  test(scenario.title, async (t) => {
    const points = await everywhere(scenario);
    t.diagnostic(`${points.length} points`);
    assert.ok(points.length > scenario.steps.length, `only ${points.length} points`);
    assert.ok(points.some((what) => what.includes('changes.log')));
    const all = points.map((_, index) => index + 1);
    await t.test('torn in the middle of a write to the log', async () => {
      const writes = all.filter((point) => points[point - 1]?.startsWith('before writeSync of /changes.log'));
      for (const point of writes) await once(scenario, { first: { point, ending: 'torn' } });
    });
    await t.test('and again while it recovers', async () => {
      // Every third point, with every distance of the second end.
      for (const point of all.filter((one) => one % 3 === 1))
        await once(scenario, { first: { point, ending: 'clean' }, second: 1 + (Math.floor(point / 3) % 12) });
    });
    await t.test('with the disk full before', async () => {
      for (const point of all.filter((one) => one % 3 === 1))
        await once(scenario, { first: { point, ending: 'full' } });
    });
  });
}
