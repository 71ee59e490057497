// A content that cannot be sent, of a file that is removed or saved over while that is tried: nobody would see it any more, and it
// keeps nobody waiting.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DriveError } from '../../src/drive/drive-error.ts';
import { Bench } from '../support/opened.ts';
import { breakDrive, hold, until } from '../support/queue-steps.ts';

const theirs = 'theirs, and longer than what was here';

const act: Readonly<Record<string, readonly [(bench: Bench) => Promise<unknown>, (host: string) => object]>> = {
  'is saved over': [
    async (b) => {
      await b.write('/t', 'saved');
      await b.calls.rename('/t', '/c');
    },
    (copy) => ({ c: theirs, [copy]: 'saved' }),
  ],
  'is saved over twice': [
    async (b) => {
      for (const text of ['first', 'saved']) {
        await b.write('/t', text);
        await b.calls.rename('/t', '/c');
      }
    },
    (copy) => ({ c: theirs, [copy]: 'saved' }),
  ],
  'is removed': [(b) => b.calls.unlink('/c'), () => ({ c: theirs })],
  'is removed, and made anew': [
    async (b) => {
      await b.calls.unlink('/c');
      await b.write('/c', 'anew');
    },
    (copy) => ({ c: theirs, [copy]: 'anew' }),
  ],
};

describe('a file that was appended to, whose former bytes are gone from the drive by now', () => {
  for (const [title, [then, expected]] of Object.entries(act))
    test(`and which ${title} while that is found out`, async () => {
      await using bench = await Bench.open();
      bench.memory.store.put('c', 'as it was');
      await bench.list();
      bench.memory.store.put('c', theirs);
      const { arrived, letGo } = hold(bench, 'read');
      const fd = await bench.calls.open('/c', 0o2001);
      await bench.calls.write(fd, Buffer.from(' and more'), 0);
      await bench.calls.close(fd);
      await arrived;
      await until(() => bench.opened.unsent()[0]?.running === true);
      await then(bench);
      letGo();
      assert.deepEqual(await bench.sync(), []);
      const names = Object.keys(bench.tree());
      assert.deepEqual(bench.tree(), expected(names.find((name) => name !== 'c') ?? ''));
      await bench.reopen({ listingAgeMs: 0 });
      assert.deepEqual(await bench.shown(), bench.tree());
    });
});

for (const [what, fault] of [
  ['that the drive refuses', 'refused'],
  ['whose sending was cut off', 'offline'],
] as const)
  test(`a content ${what}, of a file that was saved over meanwhile, is not sent again, nor does it keep the save waiting`, async () => {
    await using bench = await Bench.open();
    const { id } = bench.memory.store.put('c', 'as it was');
    await bench.list();
    const { arrived, letGo } = hold(bench, 'upload');
    const held = bench.memory.before;
    bench.memory.before = async (call) => {
      await held?.(call);
      if (call.intent === 'upload') throw new DriveError(fault, 'not this one');
    };
    await bench.write('/c', 'the first');
    await arrived;
    bench.memory.before = undefined;
    await bench.write('/t', 'saved');
    await bench.calls.rename('/t', '/c');
    const before = bench.memory.calls.length;
    letGo();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { c: 'saved' });
    assert.equal(bench.memory.store.at('c').id, id);
    const uploads = bench.memory.calls.slice(before).filter(({ intent }) => intent === 'upload');
    assert.equal(uploads.length, 1);
  });

test('what was put aside for a save, and cannot be sent, is kept', async () => {
  await using bench = await Bench.open();
  bench.memory.store.put('doc', 'old');
  assert.equal(await bench.read('/doc'), 'old');
  const { mend } = breakDrive(bench, 'refused', ({ intent, name }) => intent === 'upload' && name === 'doc~');
  await bench.calls.rename('/doc', '/doc~');
  await bench.write('/doc', 'new');
  const parked = await bench.sync();
  assert.deepEqual(
    parked.map(({ path }) => path),
    ['/doc~', '/doc'],
  );
  mend();
  bench.opened.upkeep.retry();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { doc: 'new', 'doc~': 'old' });
});
