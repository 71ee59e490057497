// The 40 bytes in front of every request (struct fuse_in_header) and the 16 in front of every reply (fuse_out_header).
import type { NodeId } from '../../metadata/node.ts';
import type { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

export const requestHeaderSize = 40;
export const replyHeaderSize = 16;

export interface RequestHeader {
  /** Of the whole request, this header and the extensions at its end included. */
  readonly length: number;
  readonly opcode: number;
  /** Names the request in its reply and in an INTERRUPT. Never used twice on one connection. */
  readonly unique: number;
  readonly node: NodeId;
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  /** Bytes at the end that belong to extensions. We ask for none, so none are read. */
  readonly extensions: number;
}

export const readRequestHeader = (bytes: ByteReader): RequestHeader => {
  const header = {
    length: bytes.u32(),
    opcode: bytes.u32(),
    unique: bytes.u64(),
    node: bytes.u64() as NodeId,
    uid: bytes.u32(),
    gid: bytes.u32(),
    pid: bytes.u32(),
    extensions: bytes.u16() * 8,
  };
  bytes.skip(2);
  return header;
};

/** A writer with room for the header at its start; `finishReply` fills it in. */
export const startReply = (capacity: number): ByteWriter =>
  new ByteWriter(replyHeaderSize + capacity).zeros(replyHeaderSize);

/** `errno` as a positive number, 0 for success. */
export const finishReply = (reply: ByteWriter, unique: number, errno: number): Buffer => {
  const bytes = reply.written();
  bytes.writeUInt32LE(bytes.length + (reply.tail?.length ?? 0), 0);
  bytes.writeInt32LE(-errno, 4);
  bytes.writeBigUInt64LE(BigInt(unique), 8);
  return bytes;
};
