import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentHash } from '../../../src/emulator/content-hash.ts';

/** Base64 of the bytes, and of their hash, as published with the algorithm and by those who implement it. */
const vectors: readonly (readonly [string, string])[] = [
  ['', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
  ['Sg==', 'SgAAAAAAAAAAAAAAAQAAAAAAAAA='],
  ['tbQ=', 'taAFAAAAAAAAAAAAAgAAAAAAAAA='],
  ['XJZSOiNO2bmfKnTKD7fztcQX', '/6ZArHQwAidkIxefQgEdlPGAW8w='],
];

const hashOf = (pieces: readonly Uint8Array[]): string => {
  const hash = new ContentHash();
  for (const piece of pieces) hash.update(piece);
  return hash.digest().quickXor;
};

test('quickXorHash gives what is published', () => {
  for (const [bytes, expected] of vectors) assert.equal(hashOf([Buffer.from(bytes, 'base64')]), expected);
});

/** The definition, bit by bit. */
const byBits = (bytes: Uint8Array): string => {
  const bits = new Uint8Array(160);
  bytes.forEach((byte, index) => {
    for (let bit = 0; bit < 8; bit += 1) {
      const at = (11 * index + bit) % 160;
      bits[at] = (bits[at] ?? 0) ^ ((byte >> bit) & 1);
    }
  });
  const out = Buffer.from(
    Array.from({ length: 20 }, (_, at) =>
      bits.subarray(8 * at, 8 * at + 8).reduce((sum, bit, place) => sum + (bit << place), 0),
    ),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  for (let index = 0; index < 8; index += 1) out[12 + index] = (out[12 + index] ?? 0) ^ (length[index] ?? 0);
  return out.toString('base64');
};

test('quickXorHash agrees with its definition, in whatever pieces the bytes come', () => {
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 31 + (index >> 3)) & 0xff));
  for (const length of [1, 19, 20, 159, 160, 161, 320, 999]) {
    const some = bytes.subarray(0, length);
    assert.equal(hashOf([some]), byBits(some), `${length}`);
    assert.equal(hashOf([some.subarray(0, 7), some.subarray(7)]), byBits(some), `${length} in pieces`);
  }
});
