// Rows for open files.
import { FsError } from '../../base/errors.ts';
import type { HandleId, OpenFile } from '../../fs/file-system.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { noBody, operation, type Row } from './operation.ts';

/** FOPEN_KEEP_CACHE: what the kernel read from this node before is still right. */
const keepCache = 2;

export const openOut = (file: OpenFile, reply: ByteWriter): void => {
  reply
    .u64(file.handle)
    .u32(file.keepCache ? keepCache : 0)
    .u32(0);
};

export const handleIn = (body: ByteReader): HandleId => body.u64() as HandleId;

const readIn = (body: ByteReader) => ({ handle: handleIn(body), offset: body.u64(), size: body.u32() });

const dataOut = (data: Uint8Array, reply: ByteWriter): void => reply.attach(data);

const writeIn = (body: ByteReader) => {
  const [handle, offset, size] = [handleIn(body), body.u64(), body.u32()];
  body.skip(20);
  return { handle, offset, data: body.bytes(size) };
};

const countOut = (count: number, reply: ByteWriter): void => {
  reply.u32(count).u32(0);
};

const whences: ReadonlyMap<number, 'data' | 'hole'> = new Map([
  [3, 'data'],
  [4, 'hole'],
]);

const lseekIn = (body: ByteReader) => {
  const [handle, offset, code] = [handleIn(body), body.i64(), body.u32()];
  const whence = whences.get(code);
  if (!whence) throw new FsError('EINVAL', `lseek with whence ${code}`);
  return { handle, offset, whence };
};

const offsetOut = (offset: number, reply: ByteWriter): void => {
  reply.u64(offset);
};

const fallocateIn = (body: ByteReader) => ({
  handle: handleIn(body),
  offset: body.u64(),
  length: body.u64(),
  mode: body.u32(),
});

/** What one call of read(2) or write(2) moves at most; the reply has 32 bits for the count. */
const longestCopy = 0x7ffff000;

const copyIn = (body: ByteReader) => {
  const from = { handle: handleIn(body), offset: body.u64() };
  // The target's node: the handle says it too.
  body.skip(8);
  const to = { handle: handleIn(body), offset: body.u64() };
  return { from, to, length: Math.min(body.u64(), longestCopy) };
};

export const fileOperations: readonly Row[] = [
  [
    14,
    operation(
      'open',
      (b) => b.u32(),
      (c, flags) => c.fs.open(c.node, flags, c.signal),
      openOut,
    ),
  ],
  [15, operation('read', readIn, (c, r) => c.fs.read(r.handle, r.offset, r.size, c.signal), dataOut)],
  [
    16,
    operation('write', writeIn, (c, w) => c.fs.write(w.handle, w.offset, w.data, c.signal), countOut, {
      keepsRequest: true,
    }),
  ],
  [18, operation('release', handleIn, (c, handle) => c.fs.release(handle), noBody)],
  [20, operation('fsync', handleIn, (c, handle) => c.fs.fsync(handle, c.signal), noBody)],
  [25, operation('flush', handleIn, (c, handle) => c.fs.flush(handle, c.signal), noBody)],
  [
    43,
    operation(
      'fallocate',
      fallocateIn,
      (c, f) => c.fs.fallocate(f.handle, f.mode, f.offset, f.length, c.signal),
      noBody,
    ),
  ],
  [46, operation('lseek', lseekIn, (c, s) => c.fs.lseek(s.handle, s.offset, s.whence, c.signal), offsetOut)],
  [47, operation('copy_file_range', copyIn, (c, r) => c.fs.copyFileRange(r.from, r.to, r.length, c.signal), countOut)],
];
