import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteReader } from '../../../src/fuse/kernel/byte-reader.ts';
import { ByteWriter } from '../../../src/fuse/kernel/byte-writer.ts';

describe('ByteWriter', () => {
  it('writes numbers of every width, little-endian', () => {
    const writer = new ByteWriter(64);
    writer
      .u16(0x0102)
      .u32(0xfffefdfc)
      .i32(-2)
      .u64(0x0002030405060708)
      .u64(-1)
      .u64(-(2 ** 40));
    assert.equal(
      writer.written().toString('hex'),
      '0201fcfdfefffeffffff0807060504030200ffffffffffffffff0000000000ffffff',
    );
  });

  it('grows with what is written, whatever is written first', () => {
    const write: readonly ((writer: ByteWriter) => ByteWriter)[] = [
      (writer) => writer.u16(1),
      (writer) => writer.u32(1),
      (writer) => writer.i32(1),
      (writer) => writer.u64(1),
      (writer) => writer.zeros(3),
      (writer) => writer.bytes(Buffer.from([1, 2, 3])),
    ];
    for (const one of write) {
      const small = new ByteWriter(1);
      const large = new ByteWriter(1000);
      for (let count = 0; count < 20; count += 1) {
        one(small);
        one(large);
      }
      assert.deepEqual(small.written(), large.written());
    }
  });

  it('fills up to 8 with zeros, never with old memory', () => {
    for (let length = 0; length <= 8; length += 1) {
      const writer = new ByteWriter(4).bytes(Buffer.alloc(length, 0xff)).align();
      assert.equal(writer.length, length === 0 ? 0 : 8);
      assert.ok(
        writer
          .written()
          .subarray(length)
          .equals(Buffer.alloc(writer.length - length)),
      );
    }
  });

  it('agrees with ByteReader on every safe integer', () => {
    for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      assert.equal(new ByteReader(new ByteWriter(8).u64(value).written()).u64(), value);
      assert.equal(new ByteReader(new ByteWriter(8).u64(-value).written()).i64(), value === 0 ? 0 : -value);
    }
  });
});
