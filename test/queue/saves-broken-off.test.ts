// A temporary file begins to be sent, gets the name of the document meanwhile, and does not arrive: nothing is left of it on the
// drive, whatever happens to the document then.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DriveError } from '../../src/drive/drive-error.ts';
import { failingDrive, type Plan } from '../support/failing-drive.ts';
import { Bench } from '../support/opened.ts';
import { hold, until } from '../support/queue-steps.ts';

describe('a save whose temporary file was on its way to the drive when it got the name, and did not get there', () => {
  const saveAgain = async (bench: Bench, name = '/doc'): Promise<void> => {
    await bench.write('/t', 'second');
    await bench.calls.rename('/t', name);
  };
  const cases: Record<string, readonly [(bench: Bench) => Promise<unknown>, Record<string, string>]> = {
    'nothing more': [async () => undefined, { doc: 'first' }],
    'another save': [(b) => saveAgain(b), { doc: 'second' }],
    'another name': [(b) => b.calls.rename('/doc', '/x'), { x: 'first' }],
    'another name, and another save': [
      async (b) => {
        await b.calls.rename('/doc', '/x');
        await saveAgain(b, '/x');
      },
      { x: 'second' },
    ],
    'a description, and another save': [
      async (b) => {
        await b.calls.setxattr('/doc', 'user.skydrive.description', Buffer.from('about it'));
        await saveAgain(b);
      },
      { doc: 'second' },
    ],
    'its removal': [(b) => b.calls.unlink('/doc'), {}],
    'its removal, and another one': [
      async (b) => {
        await b.calls.unlink('/doc');
        await b.write('/doc', 'anew');
      },
      { doc: 'anew' },
    ],
  };
  for (const [name, [act, expected]] of Object.entries(cases))
    test(`then ${name}`, async () => {
      let isOut = false;
      const offline = (): DriveError | undefined => (isOut ? new DriveError('offline', 'no network') : undefined);
      await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, offline) });
      const { id } = bench.memory.store.put('doc', 'old');
      await bench.list();
      const { arrived, letGo } = hold(bench, 'upload');
      await bench.write('/t', 'first');
      await arrived;
      await bench.calls.rename('/t', '/doc');
      bench.memory.before = undefined;
      isOut = true;
      letGo();
      await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
      await act(bench);
      isOut = false;
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(bench.tree(), expected);
      assert.deepEqual(await bench.shown(), expected);
      assert.deepEqual(bench.troubles, []);
      const [left] = name.includes('removal') ? [] : Object.keys(expected);
      if (left !== undefined) assert.equal(bench.memory.store.at(left).id, id);
      if (name.includes('description')) assert.equal(bench.memory.store.at('doc').description, 'about it');
    });
});

test('a save out of a folder that is removed then, and the removal of what was saved: all of it goes', async () => {
  let isOut = false;
  const plan: Plan = (method, count) => {
    if (isOut) return new DriveError('offline', 'no network');
    return method === 'upload' && count === 1 ? 'lose-reply' : undefined;
  };
  await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, plan) });
  bench.memory.store.put('doc', 'old');
  bench.memory.store.put('f/in', 'it');
  await bench.shown();
  await bench.write('/f/t', 'first');
  await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
  isOut = true;
  await bench.calls.rename('/f/t', '/doc');
  await bench.calls.unlink('/f/in');
  await bench.calls.rmdir('/f');
  await bench.calls.unlink('/doc');
  isOut = false;
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), {});
  assert.deepEqual(bench.troubles, []);
});

test('a file steps aside for another, which is given a new name: the new one is the other', async () => {
  await using bench = await Bench.open({ fs: { settleMs: 60_000 } });
  const { store } = bench.memory;
  store.put('a', 'first');
  store.put('b', 'second');
  store.makeFolder('f');
  await bench.shown();
  await bench.write('/f/b', 'third');
  await bench.calls.rename('/f/b', '/b', 'exchange');
  await bench.calls.rename('/f/b', '/a', 'exchange');
  await bench.calls.unlink('/a');
  const expected = { b: 'third', 'f/': '', 'f/b': 'first' };
  assert.deepEqual(await bench.shown(), expected);
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), expected);
  assert.deepEqual(await bench.shown(), expected);
});
