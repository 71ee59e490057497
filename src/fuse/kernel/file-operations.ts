// Rows for open files.
import { constants } from 'node:fs';
import { FsError } from '../../base/errors.ts';
import { type Soon, whenThere } from '../../base/soon.ts';
import type { HandleId, NodeId, OpenFile, WriteSource } from '../../fs/file-system.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Call } from './call.ts';
import { handleIn } from './field-decoding.ts';
import { noBody, operation, type Row } from './operation.ts';
import type { IoMode } from './passthrough.ts';
import { dropSetId } from './set-id-bits.ts';

/** FOPEN_KEEP_CACHE: what the kernel read from this node before is still right. */
const keepCache = 2;

/** FOPEN_DIRECT_IO */
const directIo = 1;

/** FOPEN_DIRECT_IO and FOPEN_PASSTHROUGH: 1 and 128. */
const modeFlags = { beside: 129, backed: 128 } as const;

/** An open file, and how the kernel reads it. */
export interface KernelFile {
  readonly file: OpenFile;
  readonly mode: IoMode;
}

export const kernelFile = (call: Call, node: NodeId, file: OpenFile): KernelFile => ({
  file,
  mode: call.connection.passthrough?.opened(node, file) ?? { kind: 'cached' },
});

const openFlags = ({ file, mode }: KernelFile): number => {
  // The kernel refuses both together: it has no cache of its own of what it reads elsewhere.
  if (mode.kind !== 'cached') return modeFlags[mode.kind];
  if (file.direct) return directIo;
  return file.keepCache ? keepCache : 0;
};

export const openOut = ({ file, mode }: KernelFile, reply: ByteWriter): void => {
  reply
    .u64(file.handle)
    .u32(openFlags({ file, mode }))
    .u32(mode.kind === 'cached' ? 0 : mode.backing);
};

const readIn = (body: ByteReader) => ({ handle: handleIn(body), offset: body.u64(), size: body.u32() });

const dataOut = (data: Uint8Array, reply: ByteWriter): void => reply.attach(data);

interface Written {
  readonly handle: HandleId;
  readonly offset: number;
  readonly data: Uint8Array;
  readonly from: WriteSource;
  readonly dropsSetId: boolean;
}

/** FUSE_WRITE_CACHE: not a program's write(2). The handle may be one that the program never had. */
const pageWrite = 1;
/** FUSE_WRITE_KILL_SUIDGID. */
const dropSetIdAtWrite = 4;

const writeIn = (body: ByteReader): Written => {
  const [handle, offset, size] = [handleIn(body), body.u64(), body.u32()];
  const flags = body.u32();
  body.skip(16);
  const from = (flags & pageWrite) !== 0 ? 'page' : 'program';
  return { handle, offset, data: body.bytes(size), from, dropsSetId: (flags & dropSetIdAtWrite) !== 0 };
};

const write = (call: Call, { handle, offset, data, from, dropsSetId }: Written): Soon<number> =>
  whenThere(dropsSetId ? dropSetId(call) : undefined, () => call.fs.write(handle, offset, data, call.signal, from));

interface Opened {
  readonly flags: number;
  readonly dropsSetId: boolean;
}

/** FUSE_OPEN_KILL_SUIDGID. */
const dropSetIdAtOpen = 1;

const openIn = (body: ByteReader): Opened => {
  const flags = body.u32();
  return { flags, dropsSetId: (flags & constants.O_TRUNC) !== 0 && (body.u32() & dropSetIdAtOpen) !== 0 };
};

const open = (call: Call, { flags, dropsSetId }: Opened): Soon<KernelFile> => {
  const opened = whenThere(dropsSetId ? dropSetId(call) : undefined, () => call.fs.open(call.node, flags, call.signal));
  return whenThere(opened, (file) => kernelFile(call, call.node, file));
};

const release = (call: Call, handle: HandleId): Soon<void> => {
  // First the kernel's hold on the file, then ours: the descriptor must not be closed under it.
  call.connection.passthrough?.released(handle);
  return call.fs.release(handle);
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

const fallocate = (call: Call, { handle, mode, offset, length }: ReturnType<typeof fallocateIn>): Promise<void> =>
  call.fs.fallocate(handle, mode, offset, length, call.signal);

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
  [14, operation('open', openIn, open, openOut)],
  [15, operation('read', readIn, (c, r) => c.fs.read(r.handle, r.offset, r.size, c.signal), dataOut)],
  [16, operation('write', writeIn, write, countOut, { keepsRequest: true })],
  [18, operation('release', handleIn, release, noBody)],
  [20, operation('fsync', handleIn, (c, handle) => c.fs.fsync(handle, c.signal), noBody)],
  [25, operation('flush', handleIn, (c, handle) => c.fs.flush(handle, c.signal), noBody)],
  [43, operation('fallocate', fallocateIn, fallocate, noBody)],
  [46, operation('lseek', lseekIn, (c, s) => c.fs.lseek(s.handle, s.offset, s.whence, c.signal), offsetOut)],
  [47, operation('copy_file_range', copyIn, (c, r) => c.fs.copyFileRange(r.from, r.to, r.length, c.signal), countOut)],
];
