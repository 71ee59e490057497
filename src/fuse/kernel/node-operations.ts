// Rows for one node as a whole: finding, counting, attributes.
import { constants } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import { type Soon, whenThere } from '../../base/soon.ts';
import { type Timestamp, timestampNow } from '../../base/timestamp.ts';
import type { AttributeChanges, Entry, FileSystemStatus, HandleId, NodeId } from '../../fs/file-system.ts';
import { attributesOut, entryOut } from './attribute-wire.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Call } from './call.ts';
import { handleIn, nameIn, u32In, u64In } from './field-decoding.ts';
import { noBody, nothing, operation, type Row, search } from './operation.ts';
import { withSetIdDropped } from './set-id-bits.ts';

interface Forgotten {
  readonly node: NodeId;
  readonly count: number;
}

const batchForgetIn = (body: ByteReader): readonly Forgotten[] => {
  const count = body.u32();
  body.skip(4);
  const forgotten: Forgotten[] = [];
  for (let index = 0; index < count; index += 1) forgotten.push({ node: body.u64() as NodeId, count: body.u64() });
  return forgotten;
};

const forgetAll = (call: Call, all: readonly Forgotten[]): void => {
  for (const { node, count } of all) call.fs.forget(node, count);
};

/** FUSE_GETATTR_FH of fuse.h: asked while an open file is read. */
const withHandle = 1;

const getattrIn = (body: ByteReader): HandleId | undefined => {
  const flags = body.u32();
  body.skip(4);
  const handle = handleIn(body);
  return (flags & withHandle) === 0 ? undefined : handle;
};

/** FATTR_* of fuse.h. */
const changed = {
  mode: 1,
  uid: 2,
  gid: 4,
  size: 8,
  atime: 16,
  mtime: 32,
  atimeNow: 128,
  mtimeNow: 256,
  dropSetId: 2048,
} as const;

/** "Now" is our clock, not the kernel's coarse one: a touch after a write is later than the write. */
const timeIn = (sent: Timestamp, isNow: boolean): Timestamp => (isNow ? timestampNow(systemClock.now()) : sent);

interface Setattr {
  readonly changes: AttributeChanges;
  readonly dropsSetId: boolean;
}

const setattrIn = (body: ByteReader): Setattr => {
  const valid = body.u32();
  body.skip(12);
  const size = body.u64();
  body.skip(8);
  const seconds = [body.i64(), body.i64()] as const;
  body.skip(8);
  const atime = { seconds: seconds[0], nanoseconds: body.u32() };
  const mtime = { seconds: seconds[1], nanoseconds: body.u32() };
  body.skip(4);
  const mode = body.u32() & 0o7777;
  body.skip(4);
  const [uid, gid] = [body.u32(), body.u32()];
  const has = (bit: number): boolean => (valid & bit) !== 0;
  const changes = {
    ...(has(changed.mode) && { mode }),
    ...(has(changed.uid) && { uid }),
    ...(has(changed.gid) && { gid }),
    ...(has(changed.size) && { size }),
    ...(has(changed.atime) && { atime: timeIn(atime, has(changed.atimeNow)) }),
    ...(has(changed.mtime) && { mtime: timeIn(mtime, has(changed.mtimeNow)) }),
  };
  return { changes, dropsSetId: has(changed.dropSetId | changed.uid | changed.gid) };
};

const setattr = (call: Call, { changes, dropsSetId }: Setattr): Soon<Entry> =>
  whenThere(dropsSetId ? withSetIdDropped(call, changes) : changes, (all) =>
    call.fs.setattr(call.node, all, call.signal),
  );

const statusOut = (status: FileSystemStatus, reply: ByteWriter): void => {
  reply.u64(status.blocks).u64(status.blocksFree).u64(status.blocksFree);
  reply.u64(status.nodes).u64(status.nodesFree);
  reply.u32(status.blockSize).u32(status.nameLength).u32(status.blockSize).zeros(28);
};

const textOut = (text: string, reply: ByteWriter): void => {
  reply.bytes(Buffer.from(text));
};

const unanswered = { answered: false };

export const nodeOperations: readonly Row[] = [
  [1, search('lookup', nameIn, (c, name) => c.fs.lookup(c.node, name, c.signal), entryOut, constants.errno.ENOENT)],
  [2, operation('forget', u64In, (c, count) => c.fs.forget(c.node, count), noBody, unanswered)],
  [3, operation('getattr', getattrIn, (c, handle) => c.fs.getattr(c.node, c.signal, handle), attributesOut)],
  [4, operation('setattr', setattrIn, setattr, attributesOut)],
  [5, operation('readlink', nothing, (c) => c.fs.readlink(c.node, c.signal), textOut)],
  [17, operation('statfs', nothing, (c) => c.fs.statfs(c.signal), statusOut)],
  [34, operation('access', u32In, (c, mask) => c.fs.access(c.node, mask, c.caller), noBody)],
  [42, operation('batch_forget', batchForgetIn, forgetAll, noBody, unanswered)],
];
