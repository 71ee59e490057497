import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RecordLog } from '../../src/emulator/record-log.ts';

const withFolder = (work: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'record-log-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const reopened = (folder: string): [string, number][] => {
  const log = new RecordLog(folder);
  const entries = [...log.table<string, number>('t').entries()];
  log.close();
  return entries;
};

test('records are there again, removed ones are not, numbers stay numbers', () => {
  withFolder((folder) => {
    const log = new RecordLog(folder);
    const table = log.table<string, number>('t');
    table.set('a', 1);
    table.set('b', 2);
    table.delete('a');
    log.table<number, string>('u').set(7, 'seven');
    log.close();
    assert.deepEqual(reopened(folder), [['b', 2]]);
    const again = new RecordLog(folder);
    assert.equal(again.table<number, string>('u').get(7), 'seven');
    again.close();
  });
});

test('a commit is one line with the last state of each record', () => {
  withFolder((folder) => {
    const log = new RecordLog(folder);
    const table = log.table<string, number>('t');
    log.commit(() => {
      table.set('a', 1);
      log.commit(() => table.set('a', 2));
      table.set('b', 1);
    });
    log.close();
    assert.equal(readFileSync(join(folder, 'records.jsonl'), 'utf8'), '[["t","a",2],["t","b",1]]\n');
  });
});

test('a commit that a kill cut off is gone as a whole, and the file goes on behind the last whole one', () => {
  withFolder((folder) => {
    const log = new RecordLog(folder);
    log.table<string, number>('t').set('a', 1);
    log.close();
    appendFileSync(join(folder, 'records.jsonl'), '[["t","a",2],["t","b"');
    const again = new RecordLog(folder);
    again.table<string, number>('t').set('c', 3);
    again.close();
    assert.deepEqual(reopened(folder), [
      ['a', 1],
      ['c', 3],
    ]);
  });
});

test('a long history is rewritten as what it came to', () => {
  withFolder((folder) => {
    const path = join(folder, 'records.jsonl');
    const lines = Array.from({ length: 60_000 }, (_, index) => `[["t","k${index % 10}",${index}]]\n`);
    writeFileSync(path, lines.join(''));
    const log = new RecordLog(folder);
    const entries = [...log.table<string, number>('t').entries()];
    log.table<string, number>('t').set('new', 1);
    log.close();
    assert.equal(readFileSync(path, 'utf8').trim().split('\n').length, 11);
    assert.deepEqual(reopened(folder), [...entries, ['new', 1]]);
  });
});

test('without a folder nothing is written', () => {
  const log = new RecordLog();
  log.table<string, number>('t').set('a', 1);
  assert.equal(log.table<string, number>('t').get('a'), 1);
  log.close();
});
