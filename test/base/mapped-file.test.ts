import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { open } from 'lmdb';
import { MappedFile, mappingsOf } from '../../src/base/mapped-file.ts';
import { tempDir } from '../support/temp-dir.ts';

test('finds where a file is mapped, shared, and nothing else', () => {
  const maps = [
    '7f0000000000-7f0000003000 r--s 00000000 fe:00 42                         /cache/metadata.mdb',
    '7f0000010000-7f0000011000 rw-s 00003000 fe:00 42                         /cache/metadata.mdb',
    '7f0000020000-7f0000021000 r--p 00000000 fe:00 42                         /cache/metadata.mdb',
    '7f0000030000-7f0000031000 r--s 00000000 fe:00 43                         /cache/metadata.mdb-lock',
    '7f0000040000-7f0000041000 rw-p 00000000 00:00 0 ',
  ].join('\n');
  assert.deepEqual(mappingsOf('/cache/metadata.mdb', maps), [
    { start: 0x7f0000000000, length: 0x3000 },
    { start: 0x7f0000010000, length: 0x1000 },
  ]);
});

/** Bytes of the file that are resident in this process. */
const resident = (path: string): number => {
  const parts = readFileSync('/proc/self/smaps', 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  const own = parts.filter((part) => part.split('\n')[0]?.endsWith(path));
  return own.reduce((sum, part) => sum + 1024 * Number(/^Rss:\s+(\d+) kB/m.exec(part)?.[1]), 0);
};

test('memory that is given back comes again, with what the file holds', {
  skip: process.platform === 'linux' ? false : 'only Linux tells a process what it has mapped',
}, async () => {
  await using folder = await tempDir();
  const path = join(folder.path, 'rows.mdb');
  const database = open<string, number>({ path, noSubdir: true });
  database.transactionSync(() => {
    for (let key = 0; key < 5_000; key += 1) void database.put(key, `${key} `.repeat(200));
  });
  const sum = (): number => [...database.getRange()].reduce((all, { value }) => all + value.length, 0);
  const whole = sum();
  const file = new MappedFile(path);
  const before = resident(path);
  assert.ok(before > 1_000_000, `${before} bytes resident`);
  assert.ok(file.giveBack() >= before);
  assert.equal(resident(path), 0);
  assert.equal(sum(), whole);
  await database.close();
  assert.equal(file.giveBack(), 0);
});
