// The calls of the POSIX suite on real paths: node:fs, and libc.ts for what it lacks. For mounts that another process serves;
// on a folder of the local disk they show what Linux itself answers.
import fs from 'node:fs';
import { opendir, readlink, rename, statfs, symlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Calls, Listed, RenameFlag, Space, Status } from '../suites/posix/calls.ts';
import * as libc from './libc.ts';

type Pathname = string | Buffer;

const open = promisify(fs.open);
const close = promisify(fs.close);
const fsync = promisify(fs.fsync);
const ftruncate = promisify(fs.ftruncate);
const fstat = promisify(fs.fstat);

type Kinded = Pick<fs.Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;

const kindOf = (found: Kinded): Listed['kind'] => {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  if (found.isSymbolicLink()) return 'symlink';
  throw new Error('a kind of node that the suite does not know');
};

const toStatus = (stats: fs.BigIntStats): Status => ({
  ino: Number(stats.ino),
  kind: kindOf(stats),
  size: Number(stats.size),
  blocks: Number(stats.blocks),
  mode: Number(stats.mode) & 0o7777,
  links: Number(stats.nlink),
  uid: Number(stats.uid),
  gid: Number(stats.gid),
  atime: stats.atimeNs,
  mtime: stats.mtimeNs,
  ctime: stats.ctimeNs,
});

const read = async (fd: number, offset: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await promisify(fs.read)(fd, buffer, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  // A read of nothing still asks whether the descriptor may read.
  if (length === 0) await promisify(fs.read)(fd, buffer, 0, 0, offset);
  return buffer.subarray(0, done);
};

const write = async (fd: number, data: Uint8Array, offset: number): Promise<number> => {
  let done = 0;
  do {
    const { bytesWritten } = await promisify(fs.write)(fd, data, done, data.length - done, offset + done);
    done += bytesWritten;
  } while (done < data.length);
  return done;
};

async function* scan(path: Pathname): AsyncGenerator<Listed> {
  const folder = await opendir(path as string, { bufferSize: 7 });
  for await (const entry of folder) yield { name: entry.name, kind: kindOf(entry) };
}

const space = async (path: string): Promise<Space> => {
  const { bsize, blocks, bfree } = await statfs(path);
  return { blockSize: bsize, blocks, blocksFree: bfree, nameLength: libc.nameLengthAt(path) };
};

const fsyncFolder = async (path: string): Promise<void> => {
  const fd = await open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    await fsync(fd);
  } finally {
    await close(fd);
  }
};

export const mountCalls: Calls = {
  open: (path, flags, mode = 0o644) => open(path, flags, mode),
  close,
  read,
  write,
  fsync,
  ftruncate: async (fd, size) => {
    await ftruncate(fd, size);
  },
  fstat: async (fd) => toStatus(await fstat(fd, { bigint: true })),
  stat: async (path) => toStatus(await fs.promises.stat(path, { bigint: true })),
  lstat: async (path) => toStatus(await fs.promises.lstat(path, { bigint: true })),
  access: (path) => fs.promises.access(path, fs.constants.F_OK),
  scan,
  mkdir: async (path, mode = 0o755) => {
    await fs.promises.mkdir(path, { mode });
  },
  mknod: async (path, what, mode) => libc.makeNode(path, what, mode),
  rmdir: (path) => fs.promises.rmdir(path),
  unlink: (path) => fs.promises.unlink(path),
  rename: async (from, to, flag?: RenameFlag) => {
    if (flag) libc.renameWith(from, to, flag);
    else await rename(from, to);
  },
  symlink: (target, path) => symlink(target, path),
  readlink: (path) => readlink(path),
  link: (from, to) => fs.promises.link(from, to),
  chmod: (path, mode) => fs.promises.chmod(path, mode),
  chown: (path, uid, gid) => fs.promises.chown(path, uid, gid),
  utimes: async (path, atime, mtime) => libc.setTimes(path, atime, mtime),
  truncate: async (path, size) => libc.truncate(path, size),
  statfs: space,
  fsyncFolder,
  getxattr: async (path, name) => libc.getAttribute(path, name),
  setxattr: async (path, name, value, flag) =>
    libc.setAttribute(path, name, value, { create: 1, replace: 2, none: 0 }[flag ?? 'none']),
  listxattr: async (path) => libc.listAttributes(path),
  removexattr: async (path, name) => libc.removeAttribute(path, name),
  seek: async (fd, offset, whence) => libc.seek(fd, offset, whence),
  fallocate: async (fd, mode, offset, length) => libc.allocate(fd, mode, offset, length),
  copyRange: async (from, fromOffset, to, toOffset, length) => libc.copyRange(from, fromOffset, to, toOffset, length),
  mapped: async (fd, length, change) => libc.withMapping(fd, length, change),
};
