import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ContentHash } from '../../src/emulator/content-hash.ts';

const quickXorOf = (base64: string): string => {
  const hash = new ContentHash();
  hash.update(Buffer.from(base64, 'base64'));
  return hash.digest().quickXor;
};

test('quickXorHash, by the vectors of docs/graph-drive.md, 16', () => {
  assert.equal(quickXorOf(''), 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=');
  assert.equal(quickXorOf('Sg=='), 'SgAAAAAAAAAAAAAAAQAAAAAAAAA=');
  assert.equal(quickXorOf('tbQ='), 'taAFAAAAAAAAAAAAAgAAAAAAAAA=');
  assert.equal(quickXorOf('XJZSOiNO2bmfKnTKD7fztcQX'), '/6ZArHQwAidkIxefQgEdlPGAW8w=');
});

test('pieces of any size give the same, and a copy goes its own way', () => {
  const bytes = randomBytes(5000);
  const whole = new ContentHash();
  whole.update(bytes);
  const pieces = new ContentHash();
  pieces.update(bytes.subarray(0, 333));
  const aside = pieces.copy();
  aside.update(Buffer.from('something else'));
  for (let at = 333; at < bytes.length; at += 777) pieces.update(bytes.subarray(at, at + 777));
  const digest = pieces.digest();
  assert.deepEqual(digest, whole.digest());
  assert.equal(digest.sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.notEqual(aside.digest().sha1, digest.sha1);
});
