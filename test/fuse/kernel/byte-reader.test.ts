import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteReader } from '../../../src/fuse/kernel/byte-reader.ts';
import { hex } from './support/golden.ts';

describe('ByteReader', () => {
  it('reads numbers of every width, little-endian', () => {
    const reader = new ByteReader(hex('0201 04030201 0807060504030200 feffffffffffffff 0000000000000080'));
    assert.equal(reader.u16(), 0x0102);
    assert.equal(reader.u32(), 0x01020304);
    assert.equal(reader.u64(), 0x0002030405060708);
    assert.equal(reader.i64(), -2);
    assert.equal(reader.i64(), -(2 ** 63));
    assert.equal(reader.left, 0);
  });

  it('reads text up to its NUL', () => {
    const reader = new ByteReader(hex('61 00 f09f9880 00 00 efbbbf 00 7a'));
    assert.deepEqual([reader.text(), reader.text(), reader.text(), reader.text()], ['a', '😀', '', '\ufeff']);
    assert.throws(() => reader.text(), { code: 'EIO' });
  });

  it('takes no text that is not UTF-8', () => {
    for (const text of ['ff', 'c3', 'c0af', 'eda080', 'f4908080', '61ff62'])
      assert.throws(() => new ByteReader(hex(`${text}00`)).text(), { code: 'EILSEQ' }, text);
  });

  it('keeps to its part of the bytes', () => {
    const reader = new ByteReader(hex('ff 6162 00 ff'), 1, 3);
    assert.throws(() => reader.text(), { code: 'EIO' });
    assert.throws(() => reader.u32(), { code: 'EIO' });
    assert.equal(reader.bytes(2).toString(), 'ab');
    assert.throws(() => reader.skip(1), { code: 'EIO' });
  });
});
