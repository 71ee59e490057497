// INIT: what the kernel offers and what we take of it (fuse.h: struct fuse_init_in, fuse_init_out). A flag is taken only if
// it was offered; whatever is not taken stays the kernel's to do.
import { FsError } from '../../base/errors.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

const protocolMajor = 7;
const protocolMinor = 39;
/** Linux 4.20: the first whose reply to INIT has every field that we fill in. */
const oldestMinor = 28;

export const maxWrite = 1 << 20;
const maxReadahead = 1 << 20;
const pageSize = 4096;
const maxBackground = 64;
const congestionThreshold = 48;
/** Contents that the kernel reads by itself may not lie on a disk that is stacked on others. */
const maxStackDepth = 1;

const flag = {
  asyncRead: 1 << 0,
  atomicTruncate: 1 << 3,
  bigWrites: 1 << 5,
  readdirplus: 1 << 13,
  asyncDirectIo: 1 << 15,
  parallelFolders: 1 << 18,
  maxPages: 1 << 22,
  cacheSymlinks: 1 << 23,
  explicitInvalidation: 1 << 25,
  dropSetId: 1 << 28,
  longSetxattr: 1 << 29,
} as const;
/** FUSE_INIT_EXT: there are further flags, those from bit 32 on. */
const extended = 1 << 30;
/** FUSE_DIRECT_IO_ALLOW_MMAP and FUSE_PASSTHROUGH. */
const furtherFlag = { mapDirectIo: 1 << 4, passthrough: 1 << 5 } as const;

/**
 * Left out on purpose: WRITEBACK_CACHE (the kernel would ignore sizes and times that change remotely), AUTO_INVAL_DATA (it
 * drops a file's pages after our own writes, because they change mtime; we tell the kernel about every other change),
 * READDIRPLUS_AUTO (with it, `du` and `find -newer` of 6,000 files in 300 folders take twice as long, a bare `ls` of 5,000
 * names a quarter: 7 ms instead of 27), POSIX_LOCKS and FLOCK_LOCKS (the kernel locks by itself), NO_OPEN and NO_OPENDIR (open and close mean something here).
 */
const wanted = Object.values(flag).reduce((all, one) => all | one, 0);

export interface InitIn {
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
  /** Bits 32 and up. */
  readonly furtherFlags: number;
}

/** What both sides agreed on. */
export interface Session {
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
  /** SETXATTR comes with 16 bytes in front of the name instead of 8. */
  readonly longSetxattr: boolean;
  /** Bits 32 and up. */
  readonly furtherFlags: number;
  /** Complete contents can be handed to the kernel (passthrough.ts). */
  readonly passthrough: boolean;
}

export const initIn = (body: ByteReader): InitIn => {
  const [major, minor] = [body.u32(), body.u32()];
  // A kernel of another major version may have laid out the rest differently; it asks again with ours.
  if (major !== protocolMajor) return { major, minor, maxReadahead: 0, flags: 0, furtherFlags: 0 };
  const [readahead, flags] = [body.u32(), body.u32()];
  return { major, minor, maxReadahead: readahead, flags, furtherFlags: (flags & extended) !== 0 ? body.u32() : 0 };
};

export const agree = (offer: InitIn, wantsPassthrough: boolean): Session => {
  if (offer.major < protocolMajor || (offer.major === protocolMajor && offer.minor < oldestMinor)) {
    throw new FsError('EPROTO', `the kernel speaks FUSE ${offer.major}.${offer.minor}; 7.${oldestMinor} is needed`);
  }
  const wantedFurther = furtherFlag.mapDirectIo | (wantsPassthrough ? furtherFlag.passthrough : 0);
  const furtherFlags = offer.furtherFlags & wantedFurther;
  const flags = (offer.flags & wanted) | (furtherFlags === 0 ? 0 : extended);
  return {
    major: protocolMajor,
    minor: offer.major === protocolMajor ? Math.min(offer.minor, protocolMinor) : protocolMinor,
    maxReadahead: Math.min(offer.maxReadahead, maxReadahead),
    flags,
    longSetxattr: (flags & flag.longSetxattr) !== 0,
    furtherFlags,
    passthrough: (furtherFlags & furtherFlag.passthrough) !== 0,
  };
};

export const initOut = (session: Session, reply: ByteWriter): void => {
  reply.u32(session.major).u32(session.minor).u32(session.maxReadahead).u32(session.flags);
  reply.u16(maxBackground).u16(congestionThreshold).u32(maxWrite);
  // Times are kept to the nanosecond.
  reply.u32(1);
  reply.u16(maxWrite / pageSize).u16(0);
  reply.u32(session.furtherFlags).u32(session.passthrough ? maxStackDepth : 0);
  reply.zeros(24);
};
