// The calls of the POSIX suite on a FileSystem, without FUSE: does what the kernel does (walks paths, follows symbolic links,
// counts references and gives them back, checks descriptors) and nothing that is the file system's to do. One pathWalk per
// call holds the references of that call; descriptors hold one each.
import { neverAborted } from '../../src/base/abortable.ts';
import { FsError } from '../../src/base/errors.ts';
import type { Timestamp } from '../../src/base/timestamp.ts';
import type { Attributes, FileSystem, HandleId, NodeId, Place } from '../../src/fs/file-system.ts';
import { rootNode } from '../../src/metadata/node.ts';
import {
  type Calls,
  type Listed,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_TRUNC,
  O_WRONLY,
  type RenameFlag,
  type Space,
  type Status,
} from '../suites/posix/calls.ts';

interface Found {
  readonly place: Place;
  /** Undefined if the last name is not there. */
  readonly attributes: Attributes | undefined;
}

interface Descriptor {
  readonly handle: HandleId;
  readonly node: NodeId;
  readonly kind: 'file' | 'folder';
  readonly flags: number;
}

const accessModes = 3;
const longestTrail = 40;
/** The largest request of the kernel. */
const pieceSize = 2 ** 20;
/** Few, so that listings come in many pieces. */
const listingPiece = 7;

const signal = neverAborted();
const caller = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, pid: process.pid };

const toNanoseconds = ({ seconds, nanoseconds }: Timestamp): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);

const toTimestamp = (time: bigint): Timestamp => {
  const nanoseconds = ((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((time - nanoseconds) / 1_000_000_000n), nanoseconds: Number(nanoseconds) };
};

const toStatus = (attributes: Attributes): Status => {
  const { node, atime, mtime, ctime, ...rest } = attributes;
  return {
    ...rest,
    ino: node,
    atime: toNanoseconds(atime),
    mtime: toNanoseconds(mtime),
    ctime: toNanoseconds(ctime),
  };
};

/** The references that one call took. */
class Walk {
  readonly #fs: FileSystem;
  readonly #held: NodeId[] = [];
  #trail = 0;

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  hold(node: NodeId): NodeId {
    this.#held.push(node);
    return node;
  }

  /** Leaves one reference to `node` with the caller. */
  keep(node: NodeId): void {
    this.#held.splice(this.#held.lastIndexOf(node), 1);
  }

  end(): void {
    for (const node of this.#held) this.#fs.forget(node, 1);
  }

  async find(path: string, follow: boolean, start: NodeId = rootNode): Promise<Found> {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    const wantsFolder = path.endsWith('/');
    let at: Found = { place: { parent: start, name: '.' }, attributes: await this.#attributes(start) };
    for (const [index, name] of names.entries()) {
      const folder = required(at, path);
      if (folder.kind !== 'folder') throw new FsError('ENOTDIR', path);
      const last = index === names.length - 1;
      at = await this.#step(folder.node, name, !last || follow || wantsFolder);
    }
    if (wantsFolder && at.attributes && at.attributes.kind !== 'folder') throw new FsError('ENOTDIR', path);
    return at;
  }

  async #step(parent: NodeId, name: string, follow: boolean): Promise<Found> {
    const place = { parent, name };
    if (name === '..') return { place, attributes: await this.#attributes(this.#fs.parentOf(parent)) };
    const attributes = await this.#lookup(place);
    if (attributes?.kind !== 'symlink' || !follow) return { place, attributes };
    this.#trail += 1;
    if (this.#trail > longestTrail) throw new FsError('ELOOP', name);
    const target = await this.#fs.readlink(attributes.node, signal);
    return this.find(target, true, target.startsWith('/') ? rootNode : parent);
  }

  async #lookup(place: Place): Promise<Attributes | undefined> {
    const found = await this.#fs.lookup(place.parent, place.name, signal);
    if (found !== undefined) this.hold(found.attributes.node);
    return found?.attributes;
  }

  async #attributes(node: NodeId): Promise<Attributes> {
    return (await this.#fs.getattr(node, signal)).attributes;
  }
}

const required = ({ attributes }: Found, path: string): Attributes => {
  if (!attributes) throw new FsError('ENOENT', path);
  return attributes;
};

const free = ({ place, attributes }: Found, path: string): Place => {
  if (attributes) throw new FsError('EEXIST', path);
  return place;
};

export class FileSystemCalls implements Calls {
  readonly #fs: FileSystem;
  readonly #open = new Map<number, Descriptor>();
  #lastFd = 2;

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  get openDescriptors(): number {
    return this.#open.size;
  }

  open(path: string, flags: number, mode = 0o644): Promise<number> {
    return this.#walking(async (walk) => {
      const exclusive = (flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0;
      const found = await walk.find(path, !exclusive && !(flags & O_NOFOLLOW));
      if (!found.attributes && flags & O_CREAT) return this.#create(found.place, flags, mode);
      const attributes = required(found, path);
      if (exclusive) throw new FsError('EEXIST', path);
      if (attributes.kind === 'symlink') throw new FsError('ELOOP', path);
      const isFolder = attributes.kind === 'folder';
      if (isFolder && flags & (accessModes | O_CREAT)) throw new FsError('EISDIR', path);
      if (!isFolder && flags & O_DIRECTORY) throw new FsError('ENOTDIR', path);
      const handle = isFolder
        ? await this.#fs.opendir(attributes.node, signal)
        : (await this.#fs.open(attributes.node, flags & ~(O_CREAT | O_EXCL), signal)).handle;
      // The root is never looked up, and never forgotten.
      if (attributes.node !== rootNode) walk.keep(attributes.node);
      return this.#newFd({ handle, node: attributes.node, kind: isFolder ? 'folder' : 'file', flags });
    });
  }

  /** One of several descriptors of the same open file is closed. */
  async flush(fd: number): Promise<void> {
    await this.#fs.flush(this.#descriptor(fd).handle, signal);
  }

  async close(fd: number): Promise<void> {
    const { handle, node, kind } = this.#descriptor(fd);
    this.#open.delete(fd);
    try {
      if (kind === 'file') await this.#fs.flush(handle, signal);
    } finally {
      if (kind === 'folder') this.#fs.releasedir(handle);
      else await this.#fs.release(handle);
      if (node !== rootNode) this.#fs.forget(node, 1);
    }
  }

  async read(fd: number, offset: number, length: number): Promise<Buffer> {
    const { handle, flags } = this.#descriptor(fd);
    if ((flags & accessModes) === O_WRONLY) throw new FsError('EBADF', `descriptor ${fd}`);
    const pieces: Uint8Array[] = [];
    for (let at = offset; at < offset + length; at += pieceSize) {
      const wanted = Math.min(pieceSize, offset + length - at);
      const piece = await this.#fs.read(handle, at, wanted, signal);
      pieces.push(piece);
      if (piece.length < wanted) break;
    }
    return Buffer.concat(pieces);
  }

  async write(fd: number, data: Uint8Array, offset: number): Promise<number> {
    const { handle, node, flags } = this.#descriptor(fd);
    if ((flags & accessModes) === 0) throw new FsError('EBADF', `descriptor ${fd}`);
    let done = 0;
    while (done < data.length) {
      const at = flags & O_APPEND ? (await this.#fs.getattr(node, signal)).attributes.size : offset + done;
      done += await this.#fs.write(handle, at, data.subarray(done, done + pieceSize), signal);
    }
    return done;
  }

  async fsync(fd: number): Promise<void> {
    const { handle, kind } = this.#descriptor(fd);
    await (kind === 'folder' ? this.#fs.fsyncdir(handle, signal) : this.#fs.fsync(handle, signal));
  }

  async ftruncate(fd: number, size: number): Promise<void> {
    const { node, flags } = this.#descriptor(fd);
    if ((flags & accessModes) === 0 || size < 0) throw new FsError('EINVAL', `descriptor ${fd}, size ${size}`);
    await this.#fs.setattr(node, { size }, signal);
  }

  async fstat(fd: number): Promise<Status> {
    const { node, handle } = this.#descriptor(fd);
    return toStatus((await this.#fs.getattr(node, signal, handle)).attributes);
  }

  stat(path: string): Promise<Status> {
    return this.#at(path, true, async (attributes) => toStatus(attributes));
  }

  lstat(path: string): Promise<Status> {
    return this.#at(path, false, async (attributes) => toStatus(attributes));
  }

  access(path: string): Promise<void> {
    return this.#at(path, true, ({ node }) => this.#fs.access(node, 0, caller));
  }

  async *scan(path: string): AsyncGenerator<Listed> {
    const fd = await this.open(path, O_DIRECTORY);
    try {
      let after = 0;
      for (;;) {
        const entries = this.#fs.readdir(this.#descriptor(fd).handle, after, listingPiece);
        if (entries.length === 0) return;
        for (const { name, node, kind, next } of entries) {
          if (this.#fs.entry(node)) this.#fs.forget(node, 1);
          after = next;
          yield { name, kind };
        }
      }
    } finally {
      await this.close(fd);
    }
  }

  mkdir(path: string, mode = 0o755): Promise<void> {
    return this.#walking(async (walk) => {
      const place = free(await walk.find(path, false), path);
      walk.hold((await this.#fs.mkdir(place, mode, caller, signal)).attributes.node);
    });
  }

  mknod(path: string, what: 'file' | 'fifo', mode: number): Promise<void> {
    return this.#walking(async (walk) => {
      const place = free(await walk.find(path, false), path);
      // The port has no way to ask for one: the drivers say so, and so does this.
      if (what === 'fifo') throw new FsError('EPERM', path);
      walk.hold((await this.#fs.mknod(place, mode, caller, signal)).attributes.node);
    });
  }

  rmdir(path: string): Promise<void> {
    return this.#walking(async (walk) => {
      const found = await walk.find(path, false);
      required(found, path);
      await this.#fs.rmdir(found.place, signal);
    });
  }

  unlink(path: string): Promise<void> {
    return this.#walking(async (walk) => {
      const found = await walk.find(path, false);
      required(found, path);
      await this.#fs.unlink(found.place, signal);
    });
  }

  rename(from: string, to: string, flag?: RenameFlag): Promise<void> {
    return this.#walking(async (walk) => {
      const source = await walk.find(from, false);
      const target = await walk.find(to, false);
      required(source, from);
      if (target.attributes && !flag && this.#isAbove(target.attributes.node, source.place.parent))
        throw new FsError('ENOTEMPTY', to);
      const flags = { noReplace: flag === 'noreplace', exchange: flag === 'exchange' };
      await this.#fs.rename(source.place, target.place, flags, signal);
    });
  }

  symlink(target: string, path: string): Promise<void> {
    return this.#walking(async (walk) => {
      const place = free(await walk.find(path, false), path);
      walk.hold((await this.#fs.symlink(place, target, caller, signal)).attributes.node);
    });
  }

  readlink(path: string): Promise<string> {
    return this.#at(path, false, async ({ node, kind }) => {
      if (kind !== 'symlink') throw new FsError('EINVAL', path);
      return this.#fs.readlink(node, signal);
    });
  }

  link(from: string, to: string): Promise<void> {
    return this.#walking(async (walk) => {
      const { node } = required(await walk.find(from, false), from);
      const place = free(await walk.find(to, false), to);
      walk.hold((await this.#fs.link(node, place, signal)).attributes.node);
    });
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#change(path, { mode });
  }

  chown(path: string, uid: number, gid: number): Promise<void> {
    return this.#change(path, { ...(uid < 0 ? {} : { uid }), ...(gid < 0 ? {} : { gid }) });
  }

  utimes(path: string, atime: bigint | undefined, mtime: bigint | undefined): Promise<void> {
    return this.#change(path, {
      ...(atime === undefined ? {} : { atime: toTimestamp(atime) }),
      ...(mtime === undefined ? {} : { mtime: toTimestamp(mtime) }),
    });
  }

  async truncate(path: string, size: number): Promise<void> {
    if (size < 0) throw new FsError('EINVAL', path);
    await this.#at(path, true, ({ node, kind }) => {
      if (kind === 'folder') throw new FsError('EISDIR', path);
      return this.#fs.setattr(node, { size }, signal);
    });
  }

  statfs(): Promise<Space> {
    return this.#fs.statfs(signal);
  }

  async fsyncFolder(path: string): Promise<void> {
    const fd = await this.open(path, O_DIRECTORY);
    try {
      await this.fsync(fd);
    } finally {
      await this.close(fd);
    }
  }

  getxattr(path: string, name: string): Promise<Buffer> {
    return this.#at(path, true, async ({ node }) => Buffer.from(await this.#fs.getxattr(node, name, signal)));
  }

  setxattr(path: string, name: string, value: Uint8Array, flag?: 'create' | 'replace'): Promise<void> {
    const flags = { create: 1, replace: 2, none: 0 }[flag ?? 'none'];
    return this.#at(path, true, ({ node }) => this.#fs.setxattr(node, name, value, flags, signal));
  }

  listxattr(path: string): Promise<string[]> {
    return this.#at(path, true, async ({ node }) => [...(await this.#fs.listxattr(node, signal))]);
  }

  removexattr(path: string, name: string): Promise<void> {
    return this.#at(path, true, ({ node }) => this.#fs.removexattr(node, name, signal));
  }

  seek(fd: number, offset: number, whence: 'data' | 'hole'): Promise<number> {
    return this.#fs.lseek(this.#descriptor(fd).handle, offset, whence, signal);
  }

  fallocate(fd: number, mode: number, offset: number, length: number): Promise<void> {
    return this.#fs.fallocate(this.#descriptor(fd).handle, mode, offset, length, signal);
  }

  copyRange(from: number, fromOffset: number, to: number, toOffset: number, length: number): Promise<number> {
    const source = { handle: this.#descriptor(from).handle, offset: fromOffset };
    const target = { handle: this.#descriptor(to).handle, offset: toOffset };
    return this.#fs.copyFileRange(source, target, length, signal);
  }

  async #create(place: Place, flags: number, mode: number): Promise<number> {
    const { entry, file } = await this.#fs.create(place, mode, flags, caller, signal);
    const { node } = entry.attributes;
    return this.#newFd({ handle: file.handle, node, kind: 'file', flags: flags & ~O_TRUNC });
  }

  #isAbove(ancestor: NodeId, folder: NodeId): boolean {
    for (let at = folder; at !== rootNode; at = this.#fs.parentOf(at)) if (at === ancestor) return true;
    return false;
  }

  #newFd(descriptor: Descriptor): number {
    this.#lastFd += 1;
    this.#open.set(this.#lastFd, descriptor);
    return this.#lastFd;
  }

  #descriptor(fd: number): Descriptor {
    const found = this.#open.get(fd);
    if (!found) throw new FsError('EBADF', `descriptor ${fd}`);
    return found;
  }

  async #walking<T>(use: (walk: Walk) => Promise<T>): Promise<T> {
    const walk = new Walk(this.#fs);
    try {
      return await use(walk);
    } finally {
      walk.end();
    }
  }

  #at<T>(path: string, follow: boolean, use: (attributes: Attributes) => Promise<T>): Promise<T> {
    return this.#walking(async (walk) => use(required(await walk.find(path, follow), path)));
  }

  #change(path: string, changes: Parameters<FileSystem['setattr']>[1]): Promise<void> {
    return this.#at(path, true, async ({ node }) => void (await this.#fs.setattr(node, changes, signal)));
  }
}
