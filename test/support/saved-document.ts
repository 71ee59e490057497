// A document on a drive in memory that others point at, and what must be left of it once it is saved.
import assert from 'node:assert/strict';
import type { Call } from './memory-drive.ts';
import { Bench, type BenchOptions } from './opened.ts';

/** Nothing is sent before somebody waits for it. */
export const patient = { fs: { settleMs: 60_000 } };
const changing: readonly Call['intent'][] = ['upload', 'makeFolder', 'move', 'remove', 'copy', 'setDescription'];

export const changes = (bench: Bench, from = 0): string[] =>
  bench.memory.calls
    .slice(from)
    .filter(({ intent }) => changing.includes(intent))
    .map(({ intent, name }) => (name === undefined ? intent : `${intent} ${name}`));

/** A drive with a document that others point at. */
export const withDocument = async (options: BenchOptions = patient): Promise<Bench> => {
  const bench = await Bench.open(options);
  const doc = bench.memory.store.put('doc', 'old');
  doc.description = 'described';
  doc.comments.push({ id: 'comment!1', author: 'They', created: 1, text: 'good' });
  doc.links.set('view', 'https://drive.example/view');
  await bench.list();
  return bench;
};

/** Somebody else saves the document before ours is sent: both contents are there. */
export const meetsTheirs = async (save: (bench: Bench, text: string) => Promise<unknown>): Promise<void> => {
  await using bench = await Bench.open(patient);
  const { id } = bench.memory.store.put('doc', 'old');
  await bench.list();
  await save(bench, 'ours');
  bench.memory.store.put('doc', 'theirs');
  assert.deepEqual(await bench.sync(), []);
  const [copy] = bench.opened.conflicts();
  assert.deepEqual(bench.tree(), { doc: 'theirs', [copy?.path.slice(1) ?? '']: 'ours' });
  assert.equal(bench.memory.store.at('doc').id, id);
  assert.deepEqual(await bench.shown(), bench.tree());
};

/** All is sent; the item of the document is the one that it was. */
export const sameItem = async (bench: Bench, id: string, tree: Record<string, string>): Promise<void> => {
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), tree);
  assert.deepEqual(await bench.shown(), tree);
  const doc = bench.memory.store.at('doc');
  assert.equal(doc.id, id);
  assert.equal(doc.comments.length, 1);
  assert.equal(doc.description, 'described');
  assert.equal((await bench.calls.getxattr('/doc', 'user.skydrive.id')).toString(), id);
  assert.deepEqual(bench.troubles, []);
  await bench.reopen({ listingAgeMs: 0 });
  assert.deepEqual(await bench.shown(), tree);
  assert.equal(bench.opened.nodes(), bench.memory.store.items.size, 'no node is left over');
};
