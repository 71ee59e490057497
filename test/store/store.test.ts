import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FsError } from '../../src/base/errors.ts';
import { damageOf, putAside } from '../../src/store/damage.ts';
import { openStore, type Store, StoreError } from '../../src/store/store.ts';
import { damagePages } from '../support/damage-pages.ts';
import { tempDir } from '../support/temp-dir.ts';

const filled = (folder: string): Store => {
  const store = openStore(folder);
  const table = store.table<number, string>('words');
  for (let key = 0; key < 200; key += 1) table.put(key, 'x'.repeat(100));
  return store;
};

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

test('changes that belong to metadata which are gone are put aside, not taken for the whole', async () => {
  await using folder = await tempDir();
  await using fresh = await tempDir();
  await filled(folder.path).close();
  const store = filled(folder.path);
  copyFileSync(join(folder.path, 'changes.log'), join(fresh.path, 'changes.log'));
  await store.close();
  const begun = openStore(fresh.path);
  assert.deepEqual([...begun.table('words').all()], []);
  begun.table<number, string>('words').put(1, 'new');
  await begun.close();
  const again = openStore(fresh.path);
  assert.equal(again.table('words').get(1), 'new');
  await again.close();
  assert.ok(readdirSync(fresh.path).some((name) => name.startsWith('changes.log.of-others-')));
});

test('what cannot be read is told without being read here, and gets another name', async () => {
  await using folder = await tempDir();
  assert.equal(damageOf(folder.path), undefined, 'there is none');
  await filled(folder.path).close();
  assert.equal(damageOf(folder.path), undefined);
  const path = join(folder.path, 'metadata.mdb');
  const whole = readFileSync(path);
  for (const damaged of [
    Buffer.alloc(0),
    Buffer.from('hello'),
    whole.subarray(0, 8192),
    Buffer.concat([Buffer.alloc(8192), whole.subarray(8192)]),
    Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(whole.length - 8192, 'x')]),
  ]) {
    writeFileSync(path, damaged);
    assert.match(damageOf(folder.path) ?? '', /./, `${damaged.length} bytes`);
  }
  putAside(folder.path, 'damaged');
  assert.equal(damageOf(folder.path), undefined);
  assert.deepEqual(
    readdirSync(folder.path).filter((name) => !name.endsWith('.damaged')),
    [],
  );
});

test('rows that lmdb leaves out without a word are missed', async () => {
  await using folder = await tempDir();
  const path = join(folder.path, 'metadata.mdb');
  const store = openStore(folder.path);
  const table = store.table<number, string>('words');
  for (let key = 0; key < 3000; key += 1) table.put(key, `word ${key} ${'x'.repeat(50)}`);
  await store.close();
  damagePages(path, 'word 1500 ');
  assert.match(damageOf(folder.path) ?? '', /^of 3000 rows, \d+ can be read$/);
  const damaged = openStore(folder.path);
  const told: string[] = [];
  damaged.onDamage((message) => told.push(message));
  const words = damaged.table<number, string>('words');
  const isTold = (error: unknown): boolean =>
    error instanceof FsError && error.message.includes(path) && error.message.includes('skydrive check --repair');
  assert.throws(() => [...words.all()], isTold);
  assert.throws(() => [...words.keys()], isTold);
  assert.throws(() => words.get(1500), isTold);
  assert.match(words.get(1) ?? '', /^word 1 /);
  assert.equal(told.length, 1);
  await damaged.close();
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
