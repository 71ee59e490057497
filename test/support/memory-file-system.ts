// A complete FileSystem in memory: the reference that the POSIX suite is proven on, and what the drivers are tested with
// before there is a drive. Everything happens at once; nothing waits. Owned by the tests.
import { constants } from 'node:fs';
import { FsError } from '../../src/base/errors.ts';
import type {
  AttributeChanges,
  Caller,
  DirectoryEntry,
  Entry,
  FileSystem,
  FileSystemStatus,
  HandleId,
  NodeId,
  OpenFile,
  Place,
  RenameFlags,
  WriteSource,
} from '../../src/fs/file-system.ts';
import { type MemoryNode, MemoryTree } from './memory-tree.ts';

export interface MemoryOptions {
  /** Bytes; writes beyond fail with ENOSPC. */
  readonly capacity?: number;
  /** Largest file, bytes; beyond it EFBIG. */
  readonly maxFileSize?: number;
  readonly validMs?: number;
  /** Owner of the root. */
  readonly uid?: number;
  readonly gid?: number;
}

interface Handle {
  readonly node: MemoryNode;
  readonly flags: number;
  /** What a folder held when it was opened or rewound. */
  listing: readonly DirectoryEntry[];
}

const fallocateKeepSize = 1;
const fallocatePunchHole = 2;
const blockSize = 4096;

export class MemoryFileSystem implements FileSystem {
  readonly #tree: MemoryTree;
  readonly #handles = new Map<HandleId, Handle>();
  readonly #capacity: number;
  readonly #maxFileSize: number;
  readonly #validMs: number;
  #lastHandle = 0;

  constructor(options: MemoryOptions = {}) {
    this.#capacity = options.capacity ?? 2 ** 40;
    this.#maxFileSize = options.maxFileSize ?? 2 ** 44;
    this.#validMs = options.validMs ?? 1000;
    this.#tree = new MemoryTree(options.uid ?? process.getuid?.() ?? 0, options.gid ?? process.getgid?.() ?? 0);
  }

  /** References that `forget` has not taken back. */
  get references(): number {
    return [...this.#tree.nodes.values()].reduce((sum, node) => sum + node.references, 0);
  }

  get openHandles(): number {
    return this.#handles.size;
  }

  /** Nodes alive, the root included. */
  get nodeCount(): number {
    return this.#tree.nodes.size;
  }

  async lookup(parent: NodeId, name: string, signal: AbortSignal): Promise<Entry | undefined> {
    checkSignal(signal);
    const node = this.#tree.find({ parent, name });
    return node === undefined ? undefined : this.#referenced(node);
  }

  forget(id: NodeId, count: number): void {
    const node = this.#tree.node(id);
    if (count > node.references) throw new Error(`node ${id}: forgets ${count} of ${node.references}`);
    node.references -= count;
    this.#tree.dropIfUnused(node);
  }

  async getattr(id: NodeId, signal: AbortSignal): Promise<Entry> {
    checkSignal(signal);
    return this.#entry(this.#tree.node(id));
  }

  async setattr(id: NodeId, changes: AttributeChanges, signal: AbortSignal): Promise<Entry> {
    checkSignal(signal);
    const node = this.#tree.node(id);
    if (changes.size !== undefined) this.#resize(node, changes.size);
    node.mode = changes.mode === undefined ? node.mode : changes.mode & 0o7777;
    node.uid = changes.uid ?? node.uid;
    node.gid = changes.gid ?? node.gid;
    node.ctime = this.#tree.now();
    node.atime = changes.atime ?? node.atime;
    node.mtime = changes.mtime ?? node.mtime;
    return this.#entry(node);
  }

  async readlink(id: NodeId, signal: AbortSignal): Promise<string> {
    checkSignal(signal);
    const node = this.#tree.node(id);
    if (node.kind !== 'symlink') throw new FsError('EINVAL', `node ${id} is no symbolic link`);
    return node.target;
  }

  async mknod(place: Place, mode: number, caller: Caller, signal: AbortSignal): Promise<Entry> {
    checkSignal(signal);
    return this.#referenced(this.#tree.add(place, { kind: 'file', mode, uid: caller.uid, gid: caller.gid }));
  }

  async mkdir(place: Place, mode: number, caller: Caller, signal: AbortSignal): Promise<Entry> {
    checkSignal(signal);
    return this.#referenced(this.#tree.add(place, { kind: 'folder', mode, uid: caller.uid, gid: caller.gid }));
  }

  async symlink(place: Place, target: string, caller: Caller, signal: AbortSignal): Promise<Entry> {
    checkSignal(signal);
    const { uid, gid } = caller;
    return this.#referenced(this.#tree.add(place, { kind: 'symlink', mode: 0o777, uid, gid, target }));
  }

  async link(): Promise<Entry> {
    throw new FsError('EPERM', 'a drive has no hard links');
  }

  async unlink(place: Place, signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    if (this.#tree.child(place).kind === 'folder') throw new FsError('EISDIR', place.name);
    this.#tree.remove(place);
  }

  async rmdir(place: Place, signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    const node = this.#tree.child(place);
    if (node.kind !== 'folder') throw new FsError('ENOTDIR', place.name);
    if (node.children.size > 0) throw new FsError('ENOTEMPTY', place.name);
    this.#tree.remove(place);
  }

  async rename(from: Place, to: Place, flags: RenameFlags, signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    const node = this.#tree.child(from);
    const folder = this.#tree.folder(to.parent);
    const target = folder.children.get(to.name);
    if (this.#tree.isWithin(folder, node)) throw new FsError('EINVAL', `${from.name} into itself`);
    if (flags.exchange) {
      const other = this.#tree.child(to);
      if (this.#tree.isWithin(node, other)) throw new FsError('EINVAL', `${to.name} into itself`);
      this.#tree.exchange(from, to);
      return;
    }
    if (target && flags.noReplace) throw new FsError('EEXIST', to.name);
    if (target === node) return;
    if (target) checkReplace(node, target, to.name);
    else this.#tree.checkFree(to, node);
    this.#tree.move(from, to);
  }

  async open(id: NodeId, flags: number, signal: AbortSignal): Promise<OpenFile> {
    checkSignal(signal);
    const node = this.#tree.node(id);
    if (node.kind === 'folder') throw new FsError('EISDIR', `node ${id} is a folder`);
    if (flags & constants.O_TRUNC) this.#resize(node, 0);
    return this.#opened(node, flags);
  }

  async create(
    place: Place,
    mode: number,
    flags: number,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<{ readonly entry: Entry; readonly file: OpenFile }> {
    checkSignal(signal);
    const known = this.#tree.folder(place.parent).children.get(place.name);
    if (known && !(flags & constants.O_EXCL)) {
      const file = await this.open(known.id, flags, signal);
      return { entry: this.#referenced(known), file };
    }
    const node = this.#tree.add(place, { kind: 'file', mode, uid: caller.uid, gid: caller.gid });
    return { entry: this.#referenced(node), file: this.#opened(node, flags) };
  }

  async read(handle: HandleId, offset: number, size: number, signal: AbortSignal): Promise<Uint8Array> {
    checkSignal(signal);
    return this.#readable(handle).content.read(offset, size);
  }

  async write(
    handle: HandleId,
    offset: number,
    data: Uint8Array,
    signal: AbortSignal,
    from: WriteSource = 'program',
  ): Promise<number> {
    checkSignal(signal);
    const node = this.#writable(handle);
    const append = from === 'program' && (this.#handle(handle).flags & constants.O_APPEND) !== 0;
    this.#store(node, append ? node.content.size : offset, data);
    return data.length;
  }

  async flush(handle: HandleId, signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    this.#handle(handle);
  }

  async release(handle: HandleId): Promise<void> {
    this.#close(handle);
  }

  async fsync(handle: HandleId, signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    this.#handle(handle);
  }

  async lseek(handle: HandleId, offset: number, whence: 'data' | 'hole', signal: AbortSignal): Promise<number> {
    checkSignal(signal);
    const { content } = this.#handle(handle).node;
    const found = whence === 'data' ? content.nextData(offset) : content.nextHole(offset);
    if (offset < 0 || offset >= content.size || found === undefined)
      throw new FsError('ENXIO', `no ${whence} at ${offset}`);
    return found;
  }

  async fallocate(handle: HandleId, mode: number, offset: number, length: number, signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    const node = this.#writable(handle);
    const end = offset + length;
    if (mode === (fallocatePunchHole | fallocateKeepSize)) {
      node.content.zero(offset, Math.min(end, node.content.size) - offset);
      this.#changed(node);
    } else if (mode === 0 || mode === fallocateKeepSize) {
      if (mode === 0 && end > node.content.size) this.#resize(node, end);
    } else throw new FsError('EOPNOTSUPP', `fallocate with mode ${mode}`);
  }

  async copyFileRange(
    from: { readonly handle: HandleId; readonly offset: number },
    to: { readonly handle: HandleId; readonly offset: number },
    length: number,
    signal: AbortSignal,
  ): Promise<number> {
    checkSignal(signal);
    const data = this.#readable(from.handle).content.read(from.offset, length);
    this.#store(this.#writable(to.handle), to.offset, data);
    return data.length;
  }

  async opendir(id: NodeId, signal: AbortSignal): Promise<HandleId> {
    checkSignal(signal);
    const handle = this.#newHandle(this.#tree.folder(id), 0);
    this.#rewind(this.#handle(handle));
    return handle;
  }

  readdir(handle: HandleId, after: number, limit: number): readonly DirectoryEntry[] {
    const open = this.#handle(handle);
    if (after === 0) this.#rewind(open);
    return open.listing.slice(after, after + limit);
  }

  entry(id: NodeId): Entry | undefined {
    const node = this.#tree.nodes.get(id);
    return node?.parent ? this.#referenced(node) : undefined;
  }

  parentOf(id: NodeId): NodeId {
    const node = this.#tree.node(id);
    return (node.parent ?? node).id;
  }

  releasedir(handle: HandleId): void {
    this.#close(handle);
  }

  async fsyncdir(handle: HandleId, signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    this.#handle(handle);
  }

  async statfs(signal: AbortSignal): Promise<FileSystemStatus> {
    checkSignal(signal);
    const blocks = Math.floor(this.#capacity / blockSize);
    return {
      blockSize,
      blocks,
      blocksFree: blocks - Math.ceil(this.#tree.space.bytes / blockSize),
      nodes: 2 ** 31,
      nodesFree: 2 ** 31 - this.#tree.nodes.size,
      nameLength: 255,
    };
  }

  async access(id: NodeId, mask: number, caller: Caller): Promise<void> {
    const node = this.#tree.node(id);
    if (caller.uid === 0) return;
    const shift = caller.uid === node.uid ? 6 : caller.gid === node.gid ? 3 : 0;
    if (((node.mode >> shift) & mask) !== mask) throw new FsError('EACCES', `node ${id}`);
  }

  async getxattr(id: NodeId, name: string, signal: AbortSignal): Promise<Uint8Array> {
    checkSignal(signal);
    // As over a drive: who lists files with their access lists and labels asks once, not for each file.
    if (!name.startsWith('user.')) throw new FsError('EOPNOTSUPP', name);
    checkNamespace(name);
    const value = this.#tree.node(id).xattrs.get(name);
    if (!value) throw new FsError('ENODATA', name);
    return value;
  }

  async listxattr(id: NodeId, signal: AbortSignal): Promise<readonly string[]> {
    checkSignal(signal);
    return [...this.#tree.node(id).xattrs.keys()];
  }

  async setxattr(id: NodeId, name: string, value: Uint8Array, flags: number, signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    checkNamespace(name);
    const node = this.#tree.node(id);
    if (flags & 1 && node.xattrs.has(name)) throw new FsError('EEXIST', name);
    if (flags & 2 && !node.xattrs.has(name)) throw new FsError('ENODATA', name);
    node.xattrs.set(name, Uint8Array.from(value));
    node.ctime = this.#tree.now();
  }

  async removexattr(id: NodeId, name: string, signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    const node = this.#tree.node(id);
    if (!node.xattrs.delete(name)) throw new FsError('ENODATA', name);
    node.ctime = this.#tree.now();
  }

  #entry(node: MemoryNode): Entry {
    return { attributes: this.#tree.attributes(node), validMs: this.#validMs };
  }

  #referenced(node: MemoryNode): Entry {
    node.references += 1;
    return this.#entry(node);
  }

  #handle(id: HandleId): Handle {
    const handle = this.#handles.get(id);
    if (!handle) throw new FsError('EBADF', `no handle ${id}`);
    return handle;
  }

  #newHandle(node: MemoryNode, flags: number): HandleId {
    this.#lastHandle += 1;
    const id = this.#lastHandle as HandleId;
    this.#handles.set(id, { node, flags, listing: [] });
    node.handles += 1;
    return id;
  }

  #opened(node: MemoryNode, flags: number): OpenFile {
    const keepCache = node.openedVersion === node.version;
    node.openedVersion = node.version;
    return { handle: this.#newHandle(node, flags), keepCache };
  }

  #close(id: HandleId): void {
    const { node } = this.#handle(id);
    this.#handles.delete(id);
    node.handles -= 1;
    this.#tree.dropIfUnused(node);
  }

  #readable(id: HandleId): MemoryNode {
    const { node, flags } = this.#handle(id);
    if ((flags & 3) === constants.O_WRONLY) throw new FsError('EBADF', `handle ${id} is for writing`);
    return node;
  }

  #writable(id: HandleId): MemoryNode {
    const { node, flags } = this.#handle(id);
    if ((flags & 3) === constants.O_RDONLY) throw new FsError('EBADF', `handle ${id} is for reading`);
    return node;
  }

  #rewind(open: Handle): void {
    open.listing = [...open.node.children].map(([name, node], index) => ({
      name,
      node: node.id,
      kind: node.kind,
      next: index + 1,
    }));
  }

  #store(node: MemoryNode, offset: number, data: Uint8Array): void {
    if (offset + data.length > this.#maxFileSize) throw new FsError('EFBIG', `${offset + data.length} bytes`);
    const growth = node.content.growth(offset, data.length);
    if (growth > 0 && this.#tree.space.bytes + growth > this.#capacity)
      throw new FsError('ENOSPC', `${growth} bytes more`);
    node.content.write(offset, data);
    this.#changed(node);
  }

  #resize(node: MemoryNode, size: number): void {
    if (node.kind === 'folder') throw new FsError('EISDIR', `node ${node.id}`);
    if (node.kind !== 'file' || size < 0) throw new FsError('EINVAL', `node ${node.id}, size ${size}`);
    if (size > this.#maxFileSize) throw new FsError('EFBIG', `${size} bytes`);
    node.content.truncate(size);
    this.#changed(node);
  }

  #changed(node: MemoryNode): void {
    node.version += 1;
    this.#tree.touch(node);
  }
}

const checkSignal = (signal: AbortSignal): void => {
  if (signal.aborted) throw new FsError('EINTR', 'interrupted');
};

/** Access control lists would have to be obeyed. */
const checkNamespace = (name: string): void => {
  if (!/^(user|trusted|security)\./.test(name)) throw new FsError('EOPNOTSUPP', name);
};

const checkReplace = (node: MemoryNode, target: MemoryNode, name: string): void => {
  if (node.kind === 'folder' && target.kind !== 'folder') throw new FsError('ENOTDIR', name);
  if (node.kind !== 'folder' && target.kind === 'folder') throw new FsError('EISDIR', name);
  if (target.children.size > 0) throw new FsError('ENOTEMPTY', name);
};
