// What the POSIX suite asks of a file system: the calls of programs, by path and descriptor. Implemented on a FileSystem
// (support/file-system-calls.ts) and on the paths of a mount (support/mount-calls.ts). Failures carry the errno in `code`.
import { constants } from 'node:fs';
import type { NodeKind } from '../../../src/fs/file-system.ts';

export const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW } = constants;

export interface Status {
  readonly ino: number;
  readonly kind: NodeKind;
  readonly size: number;
  readonly blocks: number;
  /** Permission bits only. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

export interface Listed {
  readonly name: string;
  readonly kind: NodeKind;
}

export interface Space {
  readonly blockSize: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly nameLength: number;
}

/** As in renameat2(2). */
export type RenameFlag = 'noreplace' | 'exchange';

export interface Calls {
  open(path: string, flags: number, mode?: number): Promise<number>;
  close(fd: number): Promise<void>;
  /** pread(2), going on until `length` bytes or the end of the file. */
  read(fd: number, offset: number, length: number): Promise<Buffer>;
  /** pwrite(2), which appends with O_APPEND. */
  write(fd: number, data: Uint8Array, offset: number): Promise<number>;
  fsync(fd: number): Promise<void>;
  ftruncate(fd: number, size: number): Promise<void>;
  fstat(fd: number): Promise<Status>;
  stat(path: string): Promise<Status>;
  lstat(path: string): Promise<Status>;
  access(path: string): Promise<void>;
  /** In the order of the folder, read a few entries at a time while the caller goes on. Without `.` and `..`. */
  scan(path: string): AsyncIterable<Listed>;
  mkdir(path: string, mode?: number): Promise<void>;
  /** A regular file or, which a drive has not, a FIFO. */
  mknod(path: string, what: 'file' | 'fifo', mode: number): Promise<void>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rename(from: string, to: string, flag?: RenameFlag): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  readlink(path: string): Promise<string>;
  link(from: string, to: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  chown(path: string, uid: number, gid: number): Promise<void>;
  /** Nanoseconds since 1970; undefined leaves that time alone. */
  utimes(path: string, atime: bigint | undefined, mtime: bigint | undefined): Promise<void>;
  truncate(path: string, size: number): Promise<void>;
  statfs(path: string): Promise<Space>;
  /** fsync(2) of a folder. */
  fsyncFolder(path: string): Promise<void>;
  getxattr(path: string, name: string): Promise<Buffer>;
  setxattr(path: string, name: string, value: Uint8Array, flag?: 'create' | 'replace'): Promise<void>;
  listxattr(path: string): Promise<string[]>;
  removexattr(path: string, name: string): Promise<void>;
  seek(fd: number, offset: number, whence: 'data' | 'hole'): Promise<number>;
  fallocate(fd: number, mode: number, offset: number, length: number): Promise<void>;
  copyRange(from: number, fromOffset: number, to: number, toOffset: number, length: number): Promise<number>;
  /** mmap(2), shared: hands the bytes to `change`, and stores what it returns. Only where there are mappings. */
  mapped?(fd: number, length: number, change: (bytes: Buffer) => Buffer): Promise<void>;
}

/**
 * What an implementation may be unable to do; whoever runs the suite lists it with the reason.
 * - `noreplace`, `exchange`: the flags of renameat2
 * - `holes`: SEEK_DATA and SEEK_HOLE tell more than "all of it is data"
 * - `fallocate`: extending; `punch`: making holes
 * - `nanoseconds`: times finer than a millisecond
 * - `early-times`: times before 1970
 * - `single-time`: changing atime or mtime alone
 * - `chown-nobody`: chown that changes neither user nor group is heard of
 * - `owner`: new nodes belong to the caller, and chown works
 * - `symlinks`
 * - `orphans`: the folder of an open file that was removed can be removed, too, and the file stays usable
 * - `folder-sync`: fsync of a folder
 * - `mapping`: mmap
 * - `append-mapping`: mmap of a file that is open with O_APPEND
 */
export type Ability =
  | 'noreplace'
  | 'exchange'
  | 'holes'
  | 'fallocate'
  | 'punch'
  | 'nanoseconds'
  | 'early-times'
  | 'single-time'
  | 'chown-nobody'
  | 'owner'
  | 'symlinks'
  | 'orphans'
  | 'folder-sync'
  | 'mapping'
  | 'append-mapping';

export type Exceptions = Partial<Readonly<Record<Ability, string>>>;
