import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { WriteAheadLog } from '../../src/store/write-ahead-log.ts';
import { tempDir } from '../support/temp-dir.ts';

const transaction = (number: number) => ({
  number,
  changes: [
    { table: 'nodes', key: number, value: { name: `node ${number}` } },
    { table: 'children', key: [1, `gone ${number}`] as [number, string] },
  ],
});

test('gives back what was appended, and a log that was cut or damaged anywhere gives a whole beginning', async () => {
  await using folder = await tempDir();
  const path = join(folder.path, 'log');
  const log = new WriteAheadLog(path);
  for (let number = 1; number <= 5; number += 1) log.append(transaction(number));
  const all = [1, 2, 3, 4, 5].map(transaction);
  assert.deepEqual(log.read(), all);
  log.close();
  const bytes = readFileSync(path);
  for (let length = 0; length < bytes.length; length += 1) {
    const damaged = Buffer.from(bytes);
    damaged[length] = (damaged[length] ?? 0) ^ 0x40;
    for (const content of [bytes.subarray(0, length), damaged]) {
      writeFileSync(path, content);
      const cut = new WriteAheadLog(path);
      const found = cut.read();
      cut.close();
      assert.ok(found.length < all.length);
      assert.deepEqual(found, all.slice(0, found.length));
    }
  }
});

test('is empty once it is cleared, and goes on', async () => {
  await using folder = await tempDir();
  const log = new WriteAheadLog(join(folder.path, 'log'));
  log.append(transaction(1));
  const flushing = log.sync();
  log.clear();
  log.append(transaction(2));
  await flushing;
  await log.sync();
  assert.deepEqual(log.read(), [transaction(2)]);
  log.close();
});
