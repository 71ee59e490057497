import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadWindow } from '../../src/content/read-window.ts';

const KiB = 1024;

test('doubles while reading on, up to a bound', () => {
  const window = new ReadWindow();
  let at = 0;
  const sizes = Array.from({ length: 10 }, () => {
    const size = window.take(at, 128 * KiB);
    at += 128 * KiB;
    return size / KiB;
  });
  assert.deepEqual(sizes, [256, 512, 1024, 2048, 4096, 8192, 16_384, 16_384, 16_384, 16_384]);
});

test('collapses on a jump, forwards and back', () => {
  const window = new ReadWindow();
  for (let at = 0; at < 1024 * KiB; at += 128 * KiB) window.take(at, 128 * KiB);
  assert.equal(window.take(900_000 * KiB, 4 * KiB), 128 * KiB);
  assert.equal(window.take(900_004 * KiB, 4 * KiB), 256 * KiB);
  assert.equal(window.take(0, 4 * KiB), 128 * KiB);
});

test('never less than was asked for, and out of order within the read-ahead is reading on', () => {
  const window = new ReadWindow();
  assert.equal(window.take(0, 1024 * KiB), 1024 * KiB);
  const size = window.take(1024 * KiB, 128 * KiB);
  assert.ok(window.take(1024 * KiB - 64 * KiB, 64 * KiB) > size, 'a late piece of the read-ahead');
});
