// Programs that remove the document before they give its name to what they have written: the item of the drive stays, too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failingDrive, flakyNetwork } from '../support/failing-drive.ts';
import { Bench } from '../support/opened.ts';
import { breakDrive, hold, until } from '../support/queue-steps.ts';
import { changes, meetsTheirs, sameItem, withDocument } from '../support/saved-document.ts';

const saveBy = async (bench: Bench, text: string, temporary = '/doc.tmp'): Promise<void> => {
  await bench.write(temporary, text);
  await bench.calls.unlink('/doc');
  await bench.calls.rename(temporary, '/doc');
};

describe('a save by removal keeps the item', () => {
  const cases: Record<string, readonly [(bench: Bench) => Promise<unknown>, readonly string[]]> = {
    once: [(b) => saveBy(b, 'new'), ['upload']],
    'five times': [
      async (b) => {
        for (const text of ['one', 'two', 'three', 'four', 'new']) await saveBy(b, text);
      },
      ['upload'],
    ],
    'each of two that reach the drive': [
      async (b) => {
        await saveBy(b, 'one');
        assert.deepEqual(await b.sync(), []);
        await saveBy(b, 'new');
      },
      ['upload', 'upload'],
    ],
    'of a document that was written to before': [
      async (b) => {
        await b.write('/doc', 'changed');
        await saveBy(b, 'new');
      },
      ['upload'],
    ],
    'with a temporary file that was on the drive already': [
      async (b) => {
        await b.write('/doc.tmp', 'new');
        assert.deepEqual(await b.sync(), []);
        await b.calls.unlink('/doc');
        await b.calls.rename('/doc.tmp', '/doc');
      },
      ['upload doc.tmp', 'upload', 'remove'],
    ],
    'from another folder': [
      async (b) => {
        await b.calls.mkdir('/folder');
        await saveBy(b, 'new', '/folder/doc');
        await b.calls.rmdir('/folder');
      },
      ['upload'],
    ],
  };
  for (const [name, [save, sent]] of Object.entries(cases))
    test(name, async () => {
      await using bench = await withDocument();
      const { id } = bench.memory.store.at('doc');
      const before = bench.memory.calls.length;
      await save(bench);
      await sameItem(bench, id, { doc: 'new' });
      assert.deepEqual(changes(bench, before), sent);
    });

  test('when something else had the name for a moment', async () => {
    await using bench = await withDocument();
    const { id } = bench.memory.store.at('doc');
    await bench.calls.unlink('/doc');
    await bench.write('/doc', 'between');
    await bench.calls.rename('/doc', '/other');
    await bench.write('/doc.tmp', 'new');
    await bench.calls.rename('/doc.tmp', '/doc');
    await sameItem(bench, id, { doc: 'new', other: 'between' });
  });

  test('with what was said of it, and is not on the drive yet', async () => {
    await using bench = await withDocument();
    const { id } = bench.memory.store.at('doc');
    const { mend } = breakDrive(bench);
    await bench.calls.setxattr('/doc', 'user.skydrive.description', Buffer.from('described'));
    bench.memory.store.at('doc').description = 'before';
    await bench.calls.setxattr('/doc', 'user.skydrive.comment.add', Buffer.from('mine'));
    await saveBy(bench, 'new');
    mend();
    assert.deepEqual(await bench.sync(), []);
    const doc = bench.memory.store.at('doc');
    assert.deepEqual(
      [doc.id, doc.description, doc.comments.map(({ text }) => text)],
      [id, 'described', ['good', 'mine']],
    );
  });

  test('while the former content is being sent', async () => {
    await using bench = await withDocument({ fs: { settleMs: 5 } });
    const { id } = bench.memory.store.at('doc');
    const { arrived, letGo } = hold(bench, 'upload');
    await bench.write('/doc', 'first');
    await arrived;
    await saveBy(bench, 'new');
    bench.memory.before = undefined;
    letGo();
    await sameItem(bench, id, { doc: 'new' });
  });
});

describe('it is another item', () => {
  test('if the removal has been sent', async () => {
    await using bench = await withDocument();
    const { id } = bench.memory.store.at('doc');
    await bench.write('/doc.tmp', 'new');
    await bench.calls.unlink('/doc');
    assert.deepEqual(await bench.sync(), []);
    await bench.calls.rename('/doc.tmp', '/doc');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { doc: 'new' });
    assert.notEqual(bench.memory.store.at('doc').id, id);
  });

  test('if the document gets the name of a backup that was removed', async () => {
    await using bench = await withDocument();
    await bench.write('/doc~', 'older');
    assert.deepEqual(await bench.sync(), []);
    const { id } = bench.memory.store.at('doc');
    const backup = bench.memory.store.at('doc~');
    await bench.calls.unlink('/doc~');
    await bench.calls.rename('/doc', '/doc~');
    await bench.write('/doc', 'new');
    await sameItem(bench, id, { doc: 'new', 'doc~': 'old' });
    assert.notEqual(bench.memory.store.at('doc~').id, backup.id);
  });
});

test('what arrived of the former content unheard is not taken for somebody else’s', async () => {
  const network = flakyNetwork();
  await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, network.plan) });
  bench.memory.store.put('doc', 'old');
  await bench.list();
  network.state = 'lose-reply';
  await bench.write('/doc', 'first');
  await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
  network.state = 'none';
  await saveBy(bench, 'new');
  network.state = 'works';
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { doc: 'new' });
  assert.deepEqual(await bench.shown(), { doc: 'new' });
  assert.deepEqual(bench.troubles, []);
});

describe('somebody else, before a save by removal is sent,', () => {
  test('saves the document, too: both are there', () => meetsTheirs(saveBy));

  test('gives the document another name, which is seen after the removal: theirs stays, ours is new', async () => {
    await using bench = await Bench.open({ fs: { settleMs: 60_000, listingAgeMs: 0 } });
    const { id } = bench.memory.store.put('doc', 'old');
    await bench.list();
    await bench.write('/doc.tmp', 'ours');
    await bench.calls.unlink('/doc');
    bench.memory.store.move('doc', 'theirs');
    await bench.list();
    await bench.calls.rename('/doc.tmp', '/doc');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { doc: 'ours', theirs: 'old' });
    assert.equal(bench.memory.store.at('theirs').id, id);
    assert.deepEqual(await bench.shown(), bench.tree());
  });
});
