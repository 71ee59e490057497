// The words that libfuse is given, and the times that fuse-native leaves in the memory of its threads.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attributes } from '../../../src/fs/file-system.ts';
import { givenTimes, listingArray, statArray, statvfsArray } from '../../../src/fuse/native/attribute-arrays.ts';
import type { NodeId } from '../../../src/metadata/node.ts';

const attributes: Attributes = {
  node: 77 as NodeId,
  kind: 'file',
  size: 5 * 2 ** 32 + 9,
  blocks: 2 ** 33 + 1,
  mode: 0o640,
  links: 1,
  uid: 1000,
  gid: 100,
  atime: { seconds: 1, nanoseconds: 2_999_999 },
  mtime: { seconds: 1_700_000_000, nanoseconds: 500_000_000 },
  ctime: { seconds: -5, nanoseconds: 0 },
};

const join = (array: Uint32Array, index: number): number => (array[index] ?? 0) + (array[index + 1] ?? 0) * 2 ** 32;

describe('statArray', () => {
  it('puts every field where populate_stat reads it', () => {
    const array = statArray(attributes);
    assert.equal(array.length, 18);
    assert.deepEqual([...array.slice(0, 3)], [0o100640, 1000, 100]);
    assert.equal(join(array, 3), attributes.size);
    assert.deepEqual([...array.slice(5, 9)], [0, 1, 77, 0]);
    assert.equal(join(array, 10), attributes.blocks);
    assert.deepEqual([join(array, 12), join(array, 14)], [1002, 1_700_000_000_500]);
  });

  it('shows what lies before 1970 as 1970', () => {
    assert.equal(join(statArray(attributes), 16), 0);
  });

  it('knows folders and symbolic links', () => {
    assert.equal(statArray({ ...attributes, kind: 'folder' })[0], 0o040640);
    assert.equal(listingArray(5 as NodeId, 'symlink')[0], 0o120000);
    assert.equal(listingArray(5 as NodeId, 'symlink')[7], 5);
  });
});

describe('statvfsArray', () => {
  const status = { blockSize: 4096, blocks: 1000, blocksFree: 10, nodes: 2 ** 40, nodesFree: 7, nameLength: 255 };

  it('puts every field where populate_statvfs reads it', () => {
    const array = statvfsArray(status);
    assert.deepEqual([...array], [4096, 4096, 1000, 10, 10, 2 ** 32 - 1, 7, 7, 0, 0, 255]);
  });

  it('counts a large drive in larger blocks', () => {
    const [blockSize = 0, , blocks = 0, free = 0] = statvfsArray({ ...status, blocks: 2 ** 34, blocksFree: 2 ** 33 });
    assert.equal(blockSize * blocks, 4096 * 2 ** 34);
    assert.equal(blockSize * free, 4096 * 2 ** 33);
  });
});

describe('givenTimes', () => {
  const thread = (atimeMs: bigint, mtimeMs: bigint): Buffer => {
    const memory = Buffer.alloc(400, 7);
    memory.writeBigInt64LE(atimeMs, 104);
    memory.writeBigInt64LE(mtimeMs, 112);
    return memory;
  };
  const halves = (ms: bigint): [number, number] => {
    const unsigned = BigInt.asUintN(64, ms);
    return [Number(unsigned % 2n ** 32n), Number(unsigned / 2n ** 32n)];
  };

  it('reads the mtime that is not passed', () => {
    assert.deepEqual(givenTimes(thread(1_500n, 1_700_000_000_250n), ...halves(1_500n)), {
      atime: { seconds: 1, nanoseconds: 500_000_000 },
      mtime: { seconds: 1_700_000_000, nanoseconds: 250_000_000 },
    });
  });

  it('reads times before 1970', () => {
    const { atime, mtime } = givenTimes(thread(-2_000n, -1n), ...halves(-2_000n));
    assert.deepEqual(atime, { seconds: -2, nanoseconds: 0 });
    assert.deepEqual(mtime, { seconds: -1, nanoseconds: 999_000_000 });
  });

  it('takes the atime for both where the memory is laid out otherwise', () => {
    const { mtime } = givenTimes(thread(1n, 2n), ...halves(9_000n));
    assert.deepEqual(mtime, { seconds: 9, nanoseconds: 0 });
    assert.deepEqual(givenTimes(Buffer.alloc(50), ...halves(9_000n)).mtime, { seconds: 9, nanoseconds: 0 });
  });
});
