// Attributes and sizes as fuse-native hands them to libfuse: arrays of 32-bit words. Times are whole milliseconds there, and
// unsigned: what lies before 1970 is shown as 1970.
import { constants } from 'node:fs';
import { milliseconds, type Timestamp, timestamp } from '../../base/timestamp.ts';
import type { Attributes, FileSystemStatus, NodeId, NodeKind } from '../../fs/file-system.ts';

const word = 2 ** 32;
const preferredIo = 131_072;

const kindBits: Readonly<Record<NodeKind, number>> = {
  file: constants.S_IFREG,
  folder: constants.S_IFDIR,
  symlink: constants.S_IFLNK,
};

const words = (value: number): [number, number] => [value % word, Math.floor(value / word)];

const timeWords = (time: Timestamp): [number, number] => words(Math.max(0, milliseconds(time)));

/** struct stat, in the order of `populate_stat`. */
export const statArray = (attributes: Attributes): Uint32Array => {
  const { node, kind, size, blocks, mode, links, uid, gid, atime, mtime, ctime } = attributes;
  const [device, specialDevice] = [0, 0];
  return Uint32Array.from([
    ...[kindBits[kind] | mode, uid, gid, ...words(size), device, links, node, specialDevice, preferredIo],
    ...[...words(blocks), ...timeWords(atime), ...timeWords(mtime), ...timeWords(ctime)],
  ]);
};

/** As much of struct stat as a listing shows: inode number and kind. */
export const listingArray = (node: NodeId, kind: NodeKind): Uint32Array => {
  const array = new Uint32Array(18);
  array[0] = kindBits[kind];
  array[7] = node;
  return array;
};

/** struct statvfs, in the order of `populate_statvfs`. Large drives are counted in larger blocks, so that 32 bits do. */
export const statvfsArray = (status: FileSystemStatus): Uint32Array => {
  let { blockSize, blocks, blocksFree } = status;
  while (blocks >= word) [blockSize, blocks, blocksFree] = [blockSize * 2, Math.floor(blocks / 2), blocksFree / 2];
  const [nodes, nodesFree] = [status.nodes, status.nodesFree].map((count) => Math.min(count, word - 1));
  const [free, identity, flags] = [Math.floor(blocksFree), 0, 0];
  return Uint32Array.from([
    ...[blockSize, blockSize, blocks, free, free, nodes ?? 0, nodesFree ?? 0, nodesFree ?? 0],
    ...[identity, flags, status.nameLength],
  ]);
};

const atimeOffset = 104;
const mtimeOffset = 112;

export interface GivenTimes {
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
}

/**
 * What `utimens` was called with. fuse-native 2.2.6 passes the atime twice and never the mtime; both lie in the memory of
 * the calling thread (`fuse_thread_locals_t`, 64 bits), as signed milliseconds. Where the atime does not lie there, the
 * memory is laid out otherwise, and the passed one has to do for both.
 */
export const givenTimes = (thread: Buffer, low: number, high: number): GivenTimes => {
  const passed = BigInt.asIntN(64, BigInt(high) * BigInt(word) + BigInt(low));
  const isKnown = thread.length >= mtimeOffset + 8 && thread.readBigInt64LE(atimeOffset) === passed;
  const mtime = isKnown ? thread.readBigInt64LE(mtimeOffset) : passed;
  return { atime: timestamp(Number(passed)), mtime: timestamp(Number(mtime)) };
};
