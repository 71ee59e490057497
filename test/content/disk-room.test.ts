// A full disk of the cache, on a small file system of its own: contents leave room for the metadata.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskRoom } from '../../src/content/disk-room.ts';
import { tempDir } from '../support/temp-dir.ts';

const isRoot = process.getuid?.() === 0;
const megabyte = 1 << 20;

test('contents get all but a sixteenth of a small disk', {
  skip: isRoot ? false : 'only root may mount a small file system',
}, async () => {
  await using folder = await tempDir();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder.path]);
  try {
    const room = new DiskRoom(folder.path);
    assert.equal(room.take(14 * megabyte), true);
    assert.equal(room.take(16 * megabyte), false);
    writeFileSync(join(folder.path, 'other'), Buffer.alloc(10 * megabyte));
    room.freed();
    assert.equal(room.take(6 * megabyte), false, 'what others wrote counts');
    assert.equal(room.take(4 * megabyte), true);
  } finally {
    execFileSync('umount', ['-l', folder.path]);
  }
});
