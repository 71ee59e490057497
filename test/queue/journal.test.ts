import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeId } from '../../src/metadata/node.ts';
import { Journal } from '../../src/queue/journal.ts';
import { openStore } from '../../src/store/store.ts';
import { tempDir } from '../support/temp-dir.ts';

const node = (id: number): NodeId => id as NodeId;
const place = { parent: node(1), name: 'Name' };

test('entries survive a restart, in order, and numbers are never used again', async () => {
  await using folder = await tempDir();
  const store = await openStore(folder.path);
  const journal = new Journal(store);
  const first = journal.add({ kind: 'create-folder', node: node(2), at: place }, 1);
  const second = journal.add({ kind: 'put-content', node: node(3) }, 2);
  journal.remove(second);
  await store.close();
  const again = await openStore(folder.path);
  const found = new Journal(again);
  assert.deepEqual(found.all(), [first]);
  assert.ok(found.add({ kind: 'put-content', node: node(3) }, 3).seq > second.seq);
  await again.close();
});

test('what a transaction that was undone added or removed is as before', async () => {
  await using folder = await tempDir();
  const store = await openStore(folder.path);
  const journal = new Journal(store);
  const kept = journal.add({ kind: 'put-content', node: node(2), at: place }, 1);
  const work = (): void =>
    store.transact(() => {
      journal.remove(kept);
      journal.add({ kind: 'put-content', node: node(3) }, 2);
      throw new Error('no');
    });
  assert.throws(work);
  assert.deepEqual(journal.all(), [kept]);
  assert.deepEqual(journal.of(node(3)), []);
  assert.ok(journal.isMaking(place));
  await store.close();
});

test('knows what is being made where, whatever the case, until it is made or goes elsewhere', async () => {
  await using folder = await tempDir();
  const store = await openStore(folder.path);
  const journal = new Journal(store);
  const entry = journal.add({ kind: 'put-content', node: node(2), at: place }, 1);
  assert.ok(journal.isMaking({ parent: node(1), name: 'nAME' }));
  assert.ok(!journal.isMaking({ parent: node(2), name: 'Name' }));
  journal.put({ ...entry, intent: { kind: 'put-content', node: node(2) } });
  assert.ok(!journal.isMaking(place));
  assert.deepEqual(
    journal.of(node(2)).map(({ seq }) => seq),
    [entry.seq],
  );
  journal.put(entry);
  journal.remove(entry);
  assert.ok(!journal.isMaking(place));
  assert.equal(journal.size, 0);
  await store.close();
});

test('entries of a node come in the order of the changes, changed or not', async () => {
  await using folder = await tempDir();
  const store = await openStore(folder.path);
  const journal = new Journal(store);
  const entries = [1, 2, 3].map((since) => journal.add({ kind: 'describe', node: node(2), text: `${since}` }, since));
  journal.put({ ...(entries[0] as (typeof entries)[number]), attempts: 1 });
  assert.deepEqual(
    journal.of(node(2)).map(({ since }) => since),
    [1, 2, 3],
  );
  await store.close();
});
