import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/base/quantity.ts';

test('sizes are read with and without units, in powers of 1024', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['10G', 10 * 2 ** 30],
    ['500M', 500 * 2 ** 20],
    ['1.5k', 1536],
    ['64 KiB', 65_536],
    ['4096', 4096],
    ['7B', 7],
    ['0', 0],
    ['', undefined],
    ['-1G', undefined],
    ['10X', undefined],
    ['G', undefined],
    ['1e3', undefined],
    ['999999999T', undefined],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});

test('durations are read with units; a bare number is seconds', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['1s', 1000],
    ['250ms', 250],
    ['2m', 120_000],
    ['2 min', 120_000],
    ['1.5h', 5_400_000],
    ['30', 30_000],
    ['0', 0],
    ['soon', undefined],
    ['-1s', undefined],
    ['1 week', undefined],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

test('sizes are printed as the ancestor prints them', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0.0B'],
    [1024, '1024.0B'],
    [1025, '1.0K'],
    [25 * 2 ** 30, '25.0G'],
    [2 ** 40 + 1, '1.0T'],
  ];
  for (const [bytes, text] of cases) assert.equal(formatSize(bytes), text);
});

test('durations are printed with their two largest units', () => {
  assert.equal(formatDuration(0), '0s');
  assert.equal(formatDuration(12_300), '12s');
  assert.equal(formatDuration(7_500_000), '2h 5m');
  assert.equal(formatDuration(86_400_000), '1d');
});
