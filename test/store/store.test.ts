import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore, StoreError } from '../../src/store/store.ts';
import { tempDir } from '../support/temp-dir.ts';

test('a transaction is kept as a whole, also over a restart', async () => {
  await using folder = await tempDir();
  const store = openStore(folder.path);
  const table = store.table<number, string>('words');
  store.transact(() => {
    table.put(1, 'one');
    store.transact(() => table.put(2, 'two'));
    assert.equal(table.get(2), 'two', 'what was put is seen within the transaction');
  });
  await store.close();
  const again = openStore(folder.path);
  assert.deepEqual(
    [...again.table<number, string>('words').all()],
    [
      { key: 1, value: 'one' },
      { key: 2, value: 'two' },
    ],
  );
  await again.close();
});

test('a transaction that throws leaves nothing behind, and tells those who keep copies', async () => {
  await using folder = await tempDir();
  const store = openStore(folder.path);
  const table = store.table<number, string>('words');
  const told: string[] = [];
  store.onUndone(() => told.push('listener'));
  const work = (): void => {
    table.put(1, 'one');
    store.afterCommit(() => told.push('committed'));
    store.ifUndone(() => told.push('first'));
    store.ifUndone(() => told.push('second'));
    throw new Error('no');
  };
  assert.throws(() => store.transact(work), /no/);
  assert.equal(table.get(1), undefined);
  assert.deepEqual(told, ['second', 'first', 'listener']);
  store.transact(() => {
    table.put(1, 'other');
    store.ifUndone(() => told.push('undone'));
    store.afterCommit(() => told.push('committed'));
  });
  assert.deepEqual(told.slice(3), ['committed'], 'nothing of the failed one comes with the next');
  await store.close();
});

test('what follows a commit runs to the last, though one of them fails', async () => {
  await using folder = await tempDir();
  const store = openStore(folder.path);
  const told: number[] = [];
  const fail = (): void =>
    store.transact(() => {
      store.afterCommit(() => {
        throw new Error('first');
      });
      store.afterCommit(() => told.push(2));
    });
  assert.throws(fail, /first/);
  assert.deepEqual(told, [2]);
  store.afterCommit(() => told.push(3));
  assert.deepEqual(told, [2, 3], 'without a transaction it runs at once');
  await store.close();
});

test('rows are found below their first part, moved to the tree on the disk or not, changed or not', async () => {
  await using folder = await tempDir();
  let store = openStore(folder.path);
  let table = store.table<[number, string], number>('pairs');
  const keys = (first: number): string[] => [...table.below(first)].map(({ key }) => key[1]).sort();
  for (const key of [
    [2, 'b'],
    [1, 'z'],
    [2, ''],
    [2, 'gone'],
    [3, 'a'],
    [10, 'a'],
  ] as [number, string][])
    table.put(key, key[0]);
  assert.deepEqual(keys(2), ['', 'b', 'gone']);
  await store.close();
  store = openStore(folder.path);
  table = store.table('pairs');
  table.remove([2, 'gone']);
  table.put([2, 'b'], 7);
  table.put([2, 'new'], 8);
  assert.deepEqual(keys(2), ['', 'b', 'new']);
  assert.equal(table.get([2, 'b']), 7);
  assert.equal(table.get([2, 'gone']), undefined);
  assert.equal([...table.all()].length, 6);
  await store.close();
});

test('a store of another format is refused with a sentence', async () => {
  await using folder = await tempDir();
  const store = openStore(folder.path);
  store.table<string, number>('about').put('schema', 99);
  await store.close();
  assert.throws(
    () => openStore(folder.path),
    (error) => error instanceof StoreError && /format 99/.test(error.message),
  );
});
