// Attributes and entries in the kernel's layout (struct fuse_attr, fuse_attr_out, fuse_entry_out).
import type { Attributes, Entry, NodeKind } from '../../fs/file-system.ts';
import type { ByteWriter } from './byte-writer.ts';

const typeBits: Readonly<Record<NodeKind, number>> = { file: 0o100000, folder: 0o040000, symlink: 0o120000 };

/** What programs are advised to read and write at once (st_blksize). */
const preferredSize = 4096;

/** DT_REG, DT_DIR or DT_LNK. */
export const direntType = (kind: NodeKind): number => typeBits[kind] >> 12;

export const entrySize = 128;

const writeAttributes = (attributes: Attributes, reply: ByteWriter): void => {
  const { atime, mtime, ctime } = attributes;
  reply.u64(attributes.node).u64(attributes.size).u64(attributes.blocks);
  reply.u64(atime.seconds).u64(mtime.seconds).u64(ctime.seconds);
  reply.u32(atime.nanoseconds).u32(mtime.nanoseconds).u32(ctime.nanoseconds);
  reply.u32(typeBits[attributes.kind] | attributes.mode).u32(attributes.links);
  reply.u32(attributes.uid).u32(attributes.gid).u32(0).u32(preferredSize).u32(0);
};

/** Far enough: what lies behind would only overflow the kernel's own clock. */
const longestValidMs = 2 ** 31 * 1000;

const validity = (validMs: number): { readonly seconds: number; readonly nanoseconds: number } => {
  const ms = Math.min(validMs, longestValidMs);
  return { seconds: Math.floor(ms / 1000), nanoseconds: Math.floor((ms % 1000) * 1e6) };
};

export const attributesOut = ({ attributes, validMs }: Entry, reply: ByteWriter): void => {
  const valid = validity(validMs);
  reply.u64(valid.seconds).u32(valid.nanoseconds).u32(0);
  writeAttributes(attributes, reply);
};

/** The generation stays 0: a node's number is never given to another. */
export const entryOut = ({ attributes, validMs }: Entry, reply: ByteWriter): void => {
  const valid = validity(validMs);
  reply.u64(attributes.node).u64(0).u64(valid.seconds).u64(valid.seconds);
  reply.u32(valid.nanoseconds).u32(valid.nanoseconds);
  writeAttributes(attributes, reply);
};
