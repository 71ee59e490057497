// Saves of documents whose bytes are not here, while somebody else changes them too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Bench, type BenchOptions } from '../support/opened.ts';
import { breakDrive, until } from '../support/queue-steps.ts';

const withDocument = async (fs: BenchOptions['fs'] & object): Promise<Bench> => {
  const bench = await Bench.open({ fs });
  bench.memory.store.put('doc', 'old');
  await bench.list();
  return bench;
};

describe('a save whose old bytes others change before they are here', () => {
  /** `/doc`, never read, is put aside and written anew; `act` is what somebody else does before its old bytes can be fetched. */
  const putAside = async (act: (bench: Bench) => unknown): Promise<Bench> => {
    const bench = await withDocument({ settleMs: 60_000 });
    const { mend } = breakDrive(bench, 'offline', ({ intent }) => intent === 'read');
    await bench.write('/doc.new', 'ours');
    await bench.calls.rename('/doc', '/doc~');
    await bench.calls.rename('/doc.new', '/doc');
    act(bench);
    mend();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.opened.unsent(), []);
    return bench;
  };

  test('changed: the backup is what the document is by now, and ours is kept beside theirs', async () => {
    await using bench = await putAside((b) => b.memory.store.put('doc', 'theirs'));
    const tree = bench.tree();
    const copy = Object.keys(tree).find((name) => name.startsWith('doc (conflict '));
    assert.deepEqual(tree, { doc: 'theirs', 'doc~': 'theirs', [copy ?? '']: 'ours' });
    assert.deepEqual(await bench.shown(), tree);
  });

  test('removed: the backup is gone with it, and the document is made anew', async () => {
    await using bench = await putAside((b) => b.memory.store.remove('doc'));
    assert.deepEqual(bench.tree(), { doc: 'ours' });
    assert.deepEqual(await bench.shown(), { doc: 'ours' });
  });

  test('a young file that others have changed meanwhile is renamed, not read', async () => {
    await using bench = await withDocument({ settleMs: 5, listingAgeMs: 0 });
    await bench.write('/young', 'ours');
    assert.deepEqual(await bench.sync(), []);
    const { id } = bench.memory.store.put('young', 'theirs');
    await until(async () => (await bench.calls.stat('/young')).size === 6 && (await bench.list()).length > 0);
    const before = bench.memory.calls.length;
    await bench.calls.rename('/young', '/doc');
    assert.deepEqual(await bench.sync(), []);
    assert.equal(bench.memory.calls.slice(before).filter(({ intent }) => intent === 'upload').length, 0);
    assert.equal(bench.memory.store.at('doc').id, id);
    assert.deepEqual(await bench.shown(), { doc: 'theirs' });
  });
});

describe('a save by backup, of a document that was never read, which is taken back', () => {
  const cases: Readonly<
    Record<string, readonly [(bench: Bench) => Promise<unknown>, Readonly<Record<string, string>>]>
  > = {
    'by renaming the backup over the new one': [(b) => b.calls.rename('/doc~', '/doc'), { doc: 'old' }],
    'by removing the new one, and renaming the backup': [
      async (b) => {
        await b.calls.unlink('/doc');
        await b.calls.rename('/doc~', '/doc');
      },
      { doc: 'old' },
    ],
    'by removing the new one': [(b) => b.calls.unlink('/doc'), { 'doc~': 'old' }],
    'by removing the new one, and giving the backup another name': [
      async (b) => {
        await b.calls.unlink('/doc');
        await b.calls.rename('/doc~', '/other');
      },
      { other: 'old' },
    ],
    'after a further save, by removing that': [
      async (b) => {
        await b.write('/t', 'newer');
        await b.calls.rename('/t', '/doc');
        await b.calls.unlink('/doc');
      },
      { 'doc~': 'old' },
    ],
  };
  for (const settleMs of [5, 60_000])
    for (const [name, [act, tree]] of Object.entries(cases))
      test(`${name}, with ${settleMs} ms to settle`, async () => {
        await using bench = await withDocument({ settleMs });
        await bench.calls.rename('/doc', '/doc~');
        await bench.write('/doc', 'new');
        await act(bench);
        assert.deepEqual(await bench.sync(), []);
        assert.deepEqual(bench.tree(), tree);
        assert.deepEqual(await bench.shown(), tree);
        assert.deepEqual(bench.troubles, []);
      });
});

test('a backup of a document that was never read is itself a new content of another, and the new one goes', async () => {
  await using bench = await Bench.open({ fs: { settleMs: 60_000 } });
  for (const name of ['doc', 'other']) bench.memory.store.put(name, `old ${name}`);
  await bench.list();
  await bench.calls.rename('/doc', '/doc~');
  await bench.write('/doc', 'new');
  await bench.calls.rename('/other', '/other~');
  await bench.calls.rename('/doc~', '/other');
  await bench.calls.unlink('/doc');
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { other: 'old doc', 'other~': 'old other' });
  assert.deepEqual(await bench.shown(), bench.tree());
});
