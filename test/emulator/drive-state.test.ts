import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContentHistory } from '../../src/emulator/content-history.ts';
import { ContentStore } from '../../src/emulator/content-store.ts';
import type { DriveFault } from '../../src/emulator/drive-item.ts';
import { DriveState } from '../../src/emulator/drive-state.ts';
import { RecordLog } from '../../src/emulator/record-log.ts';

interface Bench {
  readonly drive: DriveState;
  /** A drive made anew from the same records. */
  readonly again: () => DriveState;
  readonly put: (parent: number, name: string, text: string, conflict?: 'fail' | 'replace' | 'rename') => number;
  readonly tick: () => void;
}

const withDrive = (work: (bench: Bench) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'drive-state-'));
  try {
    const log = new RecordLog();
    const store = new ContentStore(folder);
    let now = 1_000_000;
    const open = () =>
      new DriveState({
        uid: 'a6b2a7e8f2515e5e',
        log,
        history: new ContentHistory(log, store, 1e9),
        rules: () => ({ quota: 1000, allowDuplicates: false }),
        now: () => now,
      });
    const drive = open();
    const put: Bench['put'] = (parent, name, text, conflict) =>
      drive.putFile(parent, name, { hashes: store.putSync(Buffer.from(text)) }, conflict).item.number;
    work({
      drive,
      again: open,
      put,
      tick: () => {
        now += 1000;
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const refuses = (reason: DriveFault['reason'], work: () => unknown): void => {
  assert.throws(work, (error: DriveFault) => error.reason === reason);
};

test('numbers start at the root and are never given twice', () => {
  withDrive(({ drive, put }) => {
    assert.equal(drive.root.number, 103);
    const first = put(103, 'a', '1');
    drive.remove(first);
    assert.equal(put(103, 'a', '1'), first + 1);
  });
});

test('tags count what changed: content both, properties the first, a folder nothing of what is below', () => {
  withDrive(({ drive, put, tick }) => {
    const folder = drive.createFolder(103, 'f').number;
    const file = put(folder, 'a', '1');
    const before = drive.get(folder);
    tick();
    put(folder, 'a', '2');
    assert.deepEqual([drive.get(file)?.etag, drive.get(file)?.ctag], [2, 2]);
    drive.update(file, { description: 'd' });
    assert.deepEqual([drive.get(file)?.etag, drive.get(file)?.ctag], [3, 2]);
    assert.deepEqual(drive.get(folder), before);
    assert.equal(drive.mark(drive.root).sequence, drive.sequence);
    assert.equal(drive.mark(drive.root).atMs, 1_001_000);
  });
});

test('sizes follow every change, and are the same when computed anew', () => {
  withDrive(({ drive, again, put }) => {
    const one = drive.createFolder(103, 'one').number;
    const two = drive.createFolder(one, 'two').number;
    const file = put(two, 'a', '12345');
    put(one, 'b', '1');
    const sizes = (of: DriveState) => [103, one, two].map((number) => of.size(of.get(number) ?? of.root));
    assert.deepEqual(sizes(drive), [6, 6, 5]);
    put(two, 'a', '123');
    drive.move(file, { parent: one });
    assert.deepEqual(sizes(drive), [4, 4, 0]);
    drive.move(two, { parent: 103, name: 'three' });
    drive.copy(file, two);
    assert.deepEqual(sizes(drive), [7, 4, 3]);
    drive.remove(one);
    assert.deepEqual([drive.used, again().used], [3, 3]);
    drive.restore(one);
    assert.deepEqual(sizes(drive), [7, 4, 3]);
    assert.deepEqual(sizes(again()), [7, 4, 3]);
  });
});

test('a folder cannot go into itself, a file has nothing below it, the root stays', () => {
  withDrive(({ drive, put }) => {
    const one = drive.createFolder(103, 'one').number;
    const two = drive.createFolder(one, 'two').number;
    const file = put(two, 'a', '1');
    refuses('into-itself', () => drive.move(one, { parent: two }));
    refuses('into-itself', () => drive.move(one, { parent: one }));
    refuses('not-a-folder', () => drive.createFolder(file, 'x'));
    refuses('not-a-file', () => drive.copy(one, 103));
    refuses('is-root', () => drive.move(103, { parent: one }));
    refuses('is-root', () => drive.remove(103));
    refuses('missing', () => drive.remove(9999));
    refuses('full', () => put(103, 'big', 'x'.repeat(1001)));
  });
});

test('a rename and move in one step; replacing takes the other away, renaming picks a number', () => {
  withDrive(({ drive, put }) => {
    const folder = drive.createFolder(103, 'f').number;
    const file = put(103, 'a.txt', 'mine');
    const other = put(folder, 'b.txt', 'theirs');
    refuses('name-taken', () => drive.move(file, { parent: folder, name: 'B.TXT' }));
    const renamed = drive.move(file, { parent: folder, name: 'b.txt' }, 'rename');
    assert.deepEqual([renamed.name, renamed.number], ['b 1.txt', file]);
    const replaced = drive.move(file, { name: 'b.txt' }, 'replace');
    assert.deepEqual([replaced.name, drive.get(other)], ['b.txt', undefined]);
    assert.equal(drive.childCount(folder), 1);
  });
});

test('what went with a removed folder comes back with it, what was removed before does not', () => {
  withDrive(({ drive, put }) => {
    const folder = drive.createFolder(103, 'f').number;
    const early = put(folder, 'early', '1');
    const late = put(folder, 'late', '2');
    drive.remove(early);
    drive.remove(folder);
    assert.equal(drive.get(late), undefined);
    drive.restore(folder);
    assert.deepEqual([drive.get(late)?.name, drive.get(early)], ['late', undefined]);
    assert.equal(drive.restore(early).parent, folder);
    refuses('missing', () => drive.restore(late));
  });
});
