// The drive has acted, and nobody has heard of it: the answer got lost, or the process ended before. Whatever is done here
// afterwards, while the drive is out of reach, the drive ends up with what is shown, and with nothing else.
import '../support/hasty-time.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DriveError } from '../../src/drive/drive-error.ts';
import { failingDrive, type Method, type Plan } from '../support/failing-drive.ts';
import { Bench } from '../support/opened.ts';
import { until } from '../support/queue-steps.ts';

/** What was under way; it leads to `/f/new`. */
interface Change {
  readonly by: Method;
  readonly act: (bench: Bench) => Promise<unknown>;
  readonly isFolder: boolean;
  readonly text: string;
}

const changes: Readonly<Record<string, Change>> = {
  'a new file': { by: 'upload', act: (b) => b.write('/f/new', 'text'), isFolder: false, text: 'text' },
  'a new empty file': { by: 'upload', act: (b) => b.write('/f/new', ''), isFolder: false, text: '' },
  'a new folder': { by: 'makeFolder', act: (b) => b.calls.mkdir('/f/new'), isFolder: true, text: '' },
  'a file renamed': { by: 'move', act: (b) => b.calls.rename('/f/file', '/f/new'), isFolder: false, text: 'known' },
  'a file renamed that was made a moment ago': {
    ...{ by: 'move', act: (b) => b.calls.rename('/f/fresh', '/f/new') },
    ...{ isFolder: false, text: 'fresh' },
  },
  'a folder renamed': { by: 'move', act: (b) => b.calls.rename('/f/folder', '/f/new'), isFolder: true, text: '' },
  'a file moved': { by: 'move', act: (b) => b.calls.rename('/file', '/f/new'), isFolder: false, text: 'at the top' },
};

const remove = (bench: Bench, isFolder: boolean): Promise<unknown> =>
  isFolder ? bench.calls.rmdir('/f/new') : bench.calls.unlink('/f/new');

const clear = async (bench: Bench): Promise<void> => {
  for (const name of await bench.list('/f'))
    await (name.startsWith('folder') ? bench.calls.rmdir(`/f/${name}`) : bench.calls.unlink(`/f/${name}`));
  await bench.calls.rmdir('/f');
};

/** What is done then. */
const thens: Readonly<Record<string, (bench: Bench, isFolder: boolean) => Promise<unknown>>> = {
  nothing: async () => undefined,
  'it is removed': remove,
  'it is written to and removed': async (bench, isFolder) => {
    if (!isFolder) await bench.write('/f/new', 'more');
    await remove(bench, isFolder);
  },
  'it is removed with its folder': async (bench, isFolder) => {
    await remove(bench, isFolder);
    await clear(bench);
  },
  'it gets another name': (bench) => bench.calls.rename('/f/new', '/f/named'),
  'it gets the name that it had, or another': (bench, isFolder) =>
    bench.calls.rename('/f/new', isFolder ? '/f/folder' : '/f/file'),
  'it is moved away and its folder removed': async (bench) => {
    await bench.calls.rename('/f/new', '/named');
    await clear(bench);
  },
  'it is made anew': async (bench, isFolder) => {
    await remove(bench, isFolder);
    await bench.write('/f/new', 'another');
  },
  'another takes its name': async (bench, isFolder) => {
    if (isFolder) await bench.calls.mkdir('/fresh');
    else await bench.write('/fresh', 'another');
    await bench.calls.rename('/fresh', '/f/new');
  },
  'its name goes to a third': async (bench, isFolder) => {
    await bench.calls.rename('/f/new', '/f/named');
    if (isFolder) await bench.calls.mkdir('/f/new');
    else await bench.write('/f/new', 'another');
  },
  'it takes the name of another, and its own goes to a third': async (bench, isFolder) => {
    await bench.calls.rename('/f/new', isFolder ? '/f/folder' : '/other');
    if (isFolder) await bench.calls.mkdir('/f/new');
    else await bench.write('/f/new', 'another');
  },
  'it changes places': async (bench) => {
    await bench.calls.rename('/f/new', '/other', 'exchange');
  },
};

const ends = ['its answer got lost', 'the process was killed', 'the process was told to end'] as const;

describe('the drive had acted unheard', () => {
  for (const [what, { by, act, isFolder }] of Object.entries(changes))
    for (const end of ends)
      for (const [then, go] of Object.entries(thens))
        test(`${what}; ${end}; then ${then}`, async () => {
          let network: 'works' | 'no-reply' | 'lose-reply' | 'none' = 'works';
          const plan = (method: Method) => {
            if (network === 'none') return new DriveError('offline', 'no network');
            return method === by && network !== 'works' ? network : undefined;
          };
          await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, plan) });
          const { store } = bench.memory;
          for (const [path, text] of [
            ['f/file', 'known'],
            ['file', 'at the top'],
            ['other', 'the other'],
          ] as const)
            store.put(path, text);
          store.makeFolder('f/folder');
          await bench.shown();
          await bench.write('/f/fresh', 'fresh');
          await bench.sync();
          const before = bench.tree();
          network = end === ends[0] ? 'lose-reply' : 'no-reply';
          await act(bench);
          await until(() => JSON.stringify(bench.tree()) !== JSON.stringify(before));
          if (end === ends[0]) await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
          network = 'none';
          if (end === ends[1]) await bench.kill({ kill: () => failingDrive(bench.memory, plan) });
          if (end === ends[2]) await bench.reopen();
          await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
          await go(bench, isFolder);
          const shown = await bench.shown();
          network = 'works';
          assert.deepEqual(await bench.sync(), []);
          assert.deepEqual(bench.tree(), shown);
          assert.deepEqual(await bench.shown(), shown);
          assert.deepEqual(bench.troubles, []);
        });
});

describe('the drive had acted unheard, and is locked then', () => {
  // Whether an item was moved can be seen.
  const made = Object.entries(changes).filter(([, { by }]) => by !== 'move');
  for (const [what, { by, act, isFolder }] of made)
    for (const then of ['it is removed', 'it gets another name'])
      test(`${what}; then ${then}`, async () => {
        let answer: 'lose-reply' | DriveError | undefined;
        const plan: Plan = (method) => (method === by ? answer : undefined);
        await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, plan) });
        const { store } = bench.memory;
        for (const path of ['f/file', 'file']) store.put(path, path);
        store.makeFolder('f/folder');
        await bench.shown();
        await bench.write('/f/fresh', 'fresh');
        await bench.sync();
        answer = 'lose-reply';
        await act(bench);
        await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
        answer = new DriveError('locked', 'somebody has it open');
        await until(() => bench.opened.unsent()[0]?.parked !== undefined);
        await thens[then]?.(bench, isFolder);
        answer = undefined;
        bench.opened.upkeep.retry();
        const shown = await bench.shown();
        assert.deepEqual(await bench.sync(), []);
        assert.deepEqual(bench.tree(), shown);
      });
});

test('what is refused in the end after an answer that got lost can be removed, and gets another name', async () => {
  let full = false;
  const plan: Plan = (method, count) => {
    if (method !== 'upload') return undefined;
    return full ? new DriveError('full', 'no room') : count <= 2 ? 'lose-reply' : undefined;
  };
  await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, plan) });
  await bench.list();
  await bench.write('/a', 'one');
  await bench.write('/b', 'two');
  await until(() => bench.opened.unsent().every(({ trouble }) => trouble !== undefined));
  for (const name of ['a', 'b']) bench.memory.store.remove(name);
  full = true;
  await until(() => bench.opened.unsent().every(({ parked }) => parked !== undefined));
  await bench.calls.unlink('/a');
  await bench.calls.rename('/b', '/c');
  full = false;
  bench.opened.upkeep.retry();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { c: 'two' });
  assert.deepEqual(await bench.shown(), { c: 'two' });
});
