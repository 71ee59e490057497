// PORT: the file system, in inode terms. Complete without FUSE: tests call it with `await`; the drivers in fuse/ translate
// their callers' questions into these. Every method may throw (or reject with) an FsError; anything else is a fault that
// fs/errno.ts knows, or a bug of ours. Where a call may wait for the network it takes a signal, and ends with EINTR soon
// after the signal is aborted.
//
// Names arrive as valid strings: not empty, no slash, no NUL, never `.` or `..`. Whether the caller may do a thing (owner,
// mode bits, sticky bit) is the kernel's to check (mount option default_permissions); the type checks below are ours.

import type { Soon } from '../base/soon.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { NodeId, NodeKind } from '../metadata/node.ts';

export type { NodeId, NodeKind, Timestamp };

/** An open file or an open folder. Never used again while the process lives. */
export type HandleId = number & { readonly __handle: true };

export interface Attributes {
  readonly node: NodeId;
  readonly kind: NodeKind;
  readonly size: number;
  /** Space taken, in units of 512 bytes: what `du` adds up. */
  readonly blocks: number;
  /** Permission bits only (07777). */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
}

export interface Entry {
  readonly attributes: Attributes;
  /** How long the kernel may believe the name and the attributes without asking, unless it is told otherwise. */
  readonly validMs: number;
}

/** Who calls. New nodes belong to `uid` and `gid`. `mode` arguments come with the umask applied already. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
}

export interface OpenFile {
  readonly handle: HandleId;
  /** The content is what it was at the last open of this node: the kernel may keep its page cache. */
  readonly keepCache: boolean;
  /**
   * Somebody has another version of the file open, which he goes on reading: what this handle reads and writes must not go through
   * the page cache, which has his.
   */
  readonly direct?: true;
  /**
   * Descriptor of a file on this disk that holds exactly the content, now and while the handle is open, whoever changes it.
   * A driver may read there instead of asking `read`. Only for handles that cannot write, and where it pays.
   */
  readonly whole?: number;
}

/**
 * Where bytes come from: a program's write(2), or a page of the kernel's cache that a program changed through a mapping. The
 * kernel sends pages through any handle that can write, also one that appends, and they belong where they were.
 */
export type WriteSource = 'program' | 'page';

/** Only what is present changes. */
export interface AttributeChanges {
  readonly size?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly atime?: Timestamp;
  readonly mtime?: Timestamp;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly node: NodeId;
  readonly kind: NodeKind;
  /** Hand it to `readdir` to go on behind this entry. Greater than 0. */
  readonly next: number;
}

export interface FileSystemStatus {
  readonly blockSize: number;
  /** In units of `blockSize`. */
  readonly blocks: number;
  readonly blocksFree: number;
  readonly nodes: number;
  readonly nodesFree: number;
  /** Longest name, in bytes as programs understand it. */
  readonly nameLength: number;
}

/** As in renameat2(2). */
export interface RenameFlags {
  readonly noReplace: boolean;
  readonly exchange: boolean;
  /** Of files: what is renamed is a new content of what has the name, however old it is. */
  readonly isSave?: boolean;
}

export interface Place {
  readonly parent: NodeId;
  readonly name: string;
}

export interface FileSystem {
  /** Counts one reference to the node it returns; `forget` takes references back. Undefined if the name is not there. */
  lookup(parent: NodeId, name: string, signal: AbortSignal): Soon<Entry | undefined>;
  /** The kernel dropped `count` references. A node without name, reference and handle is forgotten for good. */
  forget(node: NodeId, count: number): void;
  /** With `handle`, the size is that of the version that the handle reads. */
  getattr(node: NodeId, signal: AbortSignal, handle?: HandleId): Soon<Entry>;
  /** chmod, chown, utimensat, truncate and ftruncate. Truncation waits only for bytes that stay and are not on this disk. */
  setattr(node: NodeId, changes: AttributeChanges, signal: AbortSignal): Promise<Entry>;
  readlink(node: NodeId, signal: AbortSignal): Promise<string>;

  /** Regular files only. EEXIST, also if the name differs from another only in case. Counts one reference. */
  mknod(place: Place, mode: number, caller: Caller, signal: AbortSignal): Soon<Entry>;
  mkdir(place: Place, mode: number, caller: Caller, signal: AbortSignal): Soon<Entry>;
  symlink(place: Place, target: string, caller: Caller, signal: AbortSignal): Soon<Entry>;
  /** EPERM: a drive has no hard links. */
  link(node: NodeId, place: Place, signal: AbortSignal): Promise<Entry>;
  /** The node stays readable and writable through open handles. EISDIR for a folder. */
  unlink(place: Place, signal: AbortSignal): Promise<void>;
  /** ENOTEMPTY unless empty, ENOTDIR unless a folder. */
  rmdir(place: Place, signal: AbortSignal): Promise<void>;
  rename(from: Place, to: Place, flags: RenameFlags, signal: AbortSignal): Promise<void>;

  /** `flags` as in open(2), without O_CREAT and O_EXCL; O_TRUNC is honoured. */
  open(node: NodeId, flags: number, signal: AbortSignal): Promise<OpenFile>;
  /** open(2) with O_CREAT of a name that the kernel knows to be absent. Counts one reference; `flags` may hold O_EXCL. */
  create(
    place: Place,
    mode: number,
    flags: number,
    caller: Caller,
    signal: AbortSignal,
  ): Soon<{ readonly entry: Entry; readonly file: OpenFile }>;
  /** Fewer bytes than asked for only at the end of the file. */
  read(handle: HandleId, offset: number, size: number, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * All of `data` or an error; what a program writes with O_APPEND goes to the end whatever `offset` says. `data` is not kept. Number
   * of bytes written.
   */
  write(handle: HandleId, offset: number, data: Uint8Array, signal: AbortSignal, from?: WriteSource): Soon<number>;
  /** Runs at every close(2) of a descriptor. Once it returns, what was written survives a crash of this process. */
  flush(handle: HandleId, signal: AbortSignal): Soon<void>;
  /** The last descriptor is gone. Never fails. */
  release(handle: HandleId): Soon<void>;
  /** Returns when a power cut cannot lose what was written; with durability `remote`, when the drive holds it. */
  fsync(handle: HandleId, signal: AbortSignal): Promise<void>;
  /** SEEK_DATA and SEEK_HOLE as in lseek(2). ENXIO behind the end. */
  lseek(handle: HandleId, offset: number, whence: 'data' | 'hole', signal: AbortSignal): Promise<number>;
  /** `mode` as in fallocate(2). EOPNOTSUPP for what a drive cannot do. */
  fallocate(handle: HandleId, mode: number, offset: number, length: number, signal: AbortSignal): Promise<void>;
  /** Number of bytes copied, possibly fewer than asked for; 0 at the end of the source. */
  copyFileRange(
    from: { readonly handle: HandleId; readonly offset: number },
    to: { readonly handle: HandleId; readonly offset: number },
    length: number,
    signal: AbortSignal,
  ): Promise<number>;

  opendir(node: NodeId, signal: AbortSignal): Promise<HandleId>;
  /**
   * Entries behind `after` (0: from the start, with the names as they are now), at most `limit`, without `.` and `..`;
   * none at the end. What the folder held when it was opened or rewound is listed exactly once.
   */
  readdir(handle: HandleId, after: number, limit: number): readonly DirectoryEntry[];
  /** As `lookup` for an entry just listed, without waiting; undefined if it is gone meanwhile. Counts one reference. */
  entry(node: NodeId): Entry | undefined;
  /** The folder above; the root's is the root. For `..` in listings. */
  parentOf(node: NodeId): NodeId;
  releasedir(handle: HandleId): void;
  /** Makes creations, renames and removals in the folder survive a power cut (or, `remote`, waits for the drive). */
  fsyncdir(handle: HandleId, signal: AbortSignal): Promise<void>;

  statfs(signal: AbortSignal): Promise<FileSystemStatus>;
  /** access(2) with W_OK 2, R_OK 4, X_OK 1, where the kernel does not check by itself. EACCES or EROFS. */
  access(node: NodeId, mask: number, caller: Caller): Promise<void>;

  /** ENODATA if there is none. */
  getxattr(node: NodeId, name: string, signal: AbortSignal): Promise<Uint8Array>;
  listxattr(node: NodeId, signal: AbortSignal): Promise<readonly string[]>;
  /** `flags` as in setxattr(2): XATTR_CREATE 1, XATTR_REPLACE 2. */
  setxattr(node: NodeId, name: string, value: Uint8Array, flags: number, signal: AbortSignal): Promise<void>;
  removexattr(node: NodeId, name: string, signal: AbortSignal): Promise<void>;
}

/** What the kernel must be told when the tree changes by other hands than the kernel's. Never waits, never throws. */
export interface KernelCache {
  /** The name leads elsewhere, or nowhere. */
  invalidateEntry(parent: NodeId, name: string): void;
  /** The name, which led nowhere, leads somewhere now. A program may have found it already, and work in the folder that it names. */
  expireEntry(parent: NodeId, name: string): void;
  /** Attributes of the node are out of date; its content is not. */
  invalidateAttributes(node: NodeId): void;
  /** Attributes and content of the node are out of date. */
  invalidateNode(node: NodeId): void;
}
