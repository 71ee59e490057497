import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Packr } from 'msgpackr';
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

test('gives bytes back as bytes, and any text as it was', async () => {
  await using folder = await tempDir();
  const log = new WriteAheadLog(join(folder.path, 'log'));
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const changes = [
    { table: 'xattrs', key: [1, 'user.bytes'] as [number, string], value: bytes },
    { table: 'xattrs', key: [1, 'user.none'] as [number, string], value: Buffer.alloc(0) },
    { table: 'nodes', key: 1, value: { name: 'lone \ud800 and \u0000', size: 2 ** 53 - 1, times: [0.25, -1] } },
    { table: 'orphans', key: 2, value: true },
    { table: 'holds', key: 'offline', value: 'base64' },
  ];
  log.append({ number: 1, changes });
  assert.deepEqual(log.read(), [{ number: 1, changes }]);
  log.close();
});

test('reads what an earlier version left', async () => {
  await using folder = await tempDir();
  const path = join(folder.path, 'log');
  const rows = [
    ['nodes', 1, { name: 'node 1' }],
    ['xattrs', [1, 'user.a'], Buffer.from('value')],
    ['children', [1, 'gone']],
  ];
  const body = new Packr({ useRecords: false }).pack([7, rows]);
  const header = Buffer.alloc(8);
  header.writeUInt32LE(body.length, 0);
  header.writeUInt32LE(body.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5) >>> 0, 4);
  writeFileSync(path, Buffer.concat([header, body]));
  const log = new WriteAheadLog(path);
  const changes = [
    { table: 'nodes', key: 1, value: { name: 'node 1' } },
    { table: 'xattrs', key: [1, 'user.a'], value: Buffer.from('value') },
    { table: 'children', key: [1, 'gone'] },
  ];
  assert.deepEqual(log.read(), [{ number: 7, changes }]);
  log.close();
});
