// The FileSystem over a drive: joins names (folders.ts), contents (files.ts) and extended attributes, and keeps count of who
// knows which node. All methods of the port are here, each a few lines.
import { constants } from 'node:fs';
import { FsError } from '../base/errors.ts';
import { type Soon, whenThere } from '../base/soon.ts';
import { type NodeId, rootNode } from '../metadata/node.ts';
import { attributesOf, entryOf } from './attributes.ts';
import { ExtendedAttributes } from './extended-attributes.ts';
import type {
  AttributeChanges,
  Caller,
  DirectoryEntry,
  Entry,
  FileSystem,
  FileSystemStatus,
  HandleId,
  OpenFile,
  Place,
  RenameFlags,
  WriteSource,
} from './file-system.ts';
import { Files } from './files.ts';
import { type Birth, Folders } from './folders.ts';
import { isRemote } from './inherited-attributes.ts';
import { checkNamed, checkWritable, type FsParts, needFolder, needNode, now } from './parts.ts';
import { Pins } from './pins.ts';
import { untilOnDrive } from './until-on-drive.ts';

interface OpenFolder {
  readonly node: NodeId;
  /** What the folder held when it was opened or rewound. */
  entries: readonly DirectoryEntry[];
}

const blockSize = 4096;
export class DriveFileSystem implements FileSystem {
  readonly #parts: FsParts;
  readonly #folders: Folders;
  readonly #files: Files;
  readonly #xattrs: ExtendedAttributes;
  readonly pins: Pins;
  readonly #openFolders = new Map<HandleId, OpenFolder>();
  #lastHandle = 0;

  constructor(parts: FsParts) {
    this.#parts = parts;
    this.#folders = new Folders(parts);
    this.#files = new Files(parts, () => this.#newHandle());
    this.pins = new Pins({
      parts,
      bring: async (node, signal) => {
        await this.#files.bring(needNode(parts, node), signal);
      },
    });
    this.#xattrs = new ExtendedAttributes(parts, this.pins);
  }

  lookup(parent: NodeId, name: string, signal: AbortSignal): Soon<Entry | undefined> {
    return whenThere(this.#folders.look({ parent, name }, signal), (node) =>
      node === undefined ? undefined : this.#counted(node),
    );
  }

  forget(node: NodeId, count: number): void {
    const { references } = this.#parts;
    references.forget(node, count);
    if (references.isKnownToKernel(node)) return;
    this.#files.forget(node);
    this.#xattrs.forget(node);
    this.#folders.eraseIfUnused(node);
  }

  /** Nobody but the kernel or a handle may know the node any more. */
  settled(node: NodeId): void {
    this.#folders.eraseIfUnused(node);
  }

  /** Programs have the file open, and none of them can write. */
  isBeingRead(node: NodeId): boolean {
    return this.#files.isBeingRead(node);
  }

  /** Programs have the file open, and may write to it. */
  isWritable(node: NodeId): boolean {
    return this.#files.isWritable(node);
  }

  /** No call is under way, and none follows: contents that are kept a little longer are let go. */
  close(): void {
    this.#files.close();
  }

  getattr(node: NodeId, _signal?: AbortSignal, handle?: HandleId): Entry {
    const parent = needNode(this.#parts, node).parent;
    if (parent !== undefined) this.#parts.listings.touch(parent);
    return this.#entry(node, handle);
  }

  async setattr(id: NodeId, changes: AttributeChanges): Promise<Entry> {
    checkWritable(this.#parts);
    this.#checkNamed(id);
    const { tree, store } = this.#parts;
    const { size, ...others } = changes.mode === undefined ? changes : { ...changes, mode: changes.mode & 0o7777 };
    if (size !== undefined) this.#files.truncate(needNode(this.#parts, id), size);
    if (others.mtime !== undefined) this.#files.written.delete(id);
    // With nothing to change it is chown(2) to -1, -1, which counts as a change.
    if (size === undefined || Object.keys(others).length > 0)
      store.transact(() => tree.update(id, { ...others, ctime: now(this.#parts) }));
    return this.#entry(id);
  }

  async readlink(id: NodeId, signal: AbortSignal): Promise<string> {
    const node = needNode(this.#parts, id);
    if (node.kind !== 'symlink') throw new FsError('EINVAL', `${node.name} is not a symlink`);
    return Buffer.from(await this.#files.readAll(node, signal)).toString();
  }

  mknod(place: Place, mode: number, caller: Caller, signal: AbortSignal): Soon<Entry> {
    return this.#make(place, { kind: 'file', mode, caller }, signal);
  }

  mkdir(place: Place, mode: number, caller: Caller, signal: AbortSignal): Soon<Entry> {
    return this.#make(place, { kind: 'folder', mode, caller }, signal);
  }

  symlink(place: Place, target: string, caller: Caller, signal: AbortSignal): Soon<Entry> {
    return this.#make(place, { kind: 'symlink', caller, bytes: Buffer.from(target) }, signal);
  }

  link(): Promise<Entry> {
    return Promise.reject(new FsError('EPERM', 'a drive has no hard links'));
  }

  unlink(place: Place, signal: AbortSignal): Promise<void> {
    return this.#folders.unlink(place, signal);
  }

  rmdir(place: Place, signal: AbortSignal): Promise<void> {
    return this.#folders.rmdir(place, signal);
  }

  async rename(from: Place, to: Place, flags: RenameFlags, signal: AbortSignal): Promise<void> {
    await this.#folders.rename(from, to, flags, signal);
    for (const { parent, name } of [from, to]) {
      const there = this.#parts.tree.child(parent, name);
      if (there !== undefined) this.pins.look(there.id);
    }
  }

  open(node: NodeId, flags: number, signal: AbortSignal): Promise<OpenFile> {
    return this.#files.open(node, flags, signal);
  }

  create(
    place: Place,
    mode: number,
    flags: number,
    caller: Caller,
    signal: AbortSignal,
  ): Soon<{ readonly entry: Entry; readonly file: OpenFile }> {
    const birth: Birth = { kind: 'file', mode, caller, staysOpen: true };
    const isExclusive = (flags & constants.O_EXCL) !== 0;
    const made = isExclusive
      ? whenThere(this.#folders.make(place, birth, signal), (node) => ({ node, isNew: true }))
      : this.#folders.makeOrFind(place, birth, signal);
    return whenThere(made, ({ node, isNew }) => {
      const opened = isNew ? this.#openNew(node, place, flags, signal) : this.#files.open(node, flags, signal);
      return whenThere(opened, (file) => ({ entry: this.#counted(node), file }));
    });
  }

  /** A program that gets no file has not made one: nobody would ever send it. */
  #openNew(node: NodeId, place: Place, flags: number, signal: AbortSignal): Soon<OpenFile> {
    try {
      return this.#files.openNow(needNode(this.#parts, node), flags);
    } catch (error) {
      return this.unlink(place, signal).then(() => {
        throw error;
      });
    }
  }

  read(handle: HandleId, offset: number, size: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.#files.read(handle, offset, size, signal);
  }

  write(handle: HandleId, offset: number, data: Uint8Array, signal: AbortSignal, from?: WriteSource): Soon<number> {
    const asking = this.#parts.space.attend(this.#files.reservedWith(handle, offset, data.length, from), signal);
    return whenThere(asking, () => this.#files.write(handle, offset, data, from));
  }

  flush(handle: HandleId, signal: AbortSignal): Soon<void> {
    return this.#files.flush(handle, signal);
  }

  release(handle: HandleId): void {
    this.#folders.eraseIfUnused(this.#files.release(handle));
  }

  fsync(handle: HandleId, signal: AbortSignal): Promise<void> {
    return this.#files.fsync(handle, signal);
  }

  async lseek(handle: HandleId, offset: number, whence: 'data' | 'hole'): Promise<number> {
    return this.#files.lseek(handle, offset, whence);
  }

  async fallocate(handle: HandleId, mode: number, offset: number, length: number): Promise<void> {
    this.#files.fallocate(handle, mode, offset, length);
  }

  copyFileRange(
    from: { readonly handle: HandleId; readonly offset: number },
    to: { readonly handle: HandleId; readonly offset: number },
    length: number,
    signal: AbortSignal,
  ): Promise<number> {
    return this.#files.copyRange(from, to, length, signal);
  }

  async opendir(node: NodeId, signal: AbortSignal): Promise<HandleId> {
    needFolder(this.#parts, node);
    await this.#parts.listings.fresh(node, signal);
    const handle = this.#newHandle();
    this.#openFolders.set(handle, { node, entries: [] });
    this.#parts.references.opened(node);
    return handle;
  }

  readdir(handle: HandleId, after: number, limit: number): readonly DirectoryEntry[] {
    const folder = this.#needFolder(handle);
    if (after === 0) folder.entries = this.#entriesOf(folder.node);
    return folder.entries.slice(after, after + limit);
  }

  entry(node: NodeId): Entry | undefined {
    return this.#parts.tree.get(node)?.parent === undefined ? undefined : this.#counted(node);
  }

  parentOf(node: NodeId): NodeId {
    return this.#parts.tree.get(node)?.parent ?? rootNode;
  }

  releasedir(handle: HandleId): void {
    const { node } = this.#needFolder(handle);
    this.#openFolders.delete(handle);
    this.#parts.references.closed(node);
    this.#folders.eraseIfUnused(node);
  }

  async fsyncdir(handle: HandleId, signal: AbortSignal): Promise<void> {
    const { node } = this.#needFolder(handle);
    await this.#parts.store.sync();
    if (isRemote(this.#parts, node)) await untilOnDrive(this.#parts, node, signal);
  }

  async statfs(signal: AbortSignal): Promise<FileSystemStatus> {
    const { space, contents } = this.#parts;
    const { total, free } = await space.quota(signal);
    const blocks = Math.ceil(total / blockSize);
    const unused = free + space.leaving() - contents.reservedBytes;
    const blocksFree = Math.max(0, Math.min(blocks, Math.floor(unused / blockSize)));
    return {
      blockSize,
      blocks,
      blocksFree,
      nodes: 2 ** 32,
      nodesFree: 2 ** 32 - this.#parts.tree.count(),
      nameLength: 255,
    };
  }

  async access(node: NodeId, mask: number, caller: Caller): Promise<void> {
    if ((mask & 2) !== 0) checkWritable(this.#parts);
    const { mode, uid, gid } = attributesOf(this.#parts, needNode(this.#parts, node), this.#files.written);
    if (caller.uid === 0 && ((mask & 1) === 0 || (mode & 0o111) !== 0)) return;
    const granted = caller.uid === uid ? mode >> 6 : caller.gid === gid ? mode >> 3 : mode;
    if ((granted & mask) !== mask) throw new FsError('EACCES', `mode ${mode.toString(8)} does not allow it`);
  }

  getxattr(node: NodeId, name: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.#xattrs.get(node, name, signal);
  }

  listxattr(node: NodeId, signal: AbortSignal): Promise<readonly string[]> {
    return this.#xattrs.list(node, signal);
  }

  async setxattr(node: NodeId, name: string, value: Uint8Array, flags: number): Promise<void> {
    this.#checkNamed(node);
    this.#xattrs.set(node, name, value, flags);
  }

  async removexattr(node: NodeId, name: string, signal: AbortSignal): Promise<void> {
    this.#checkNamed(node);
    return this.#xattrs.remove(node, name, signal);
  }

  /** Who has it open to write goes on with what he has. */
  #checkNamed(node: NodeId): void {
    if (!this.#files.isWritable(node)) checkNamed(this.#parts, node);
  }

  #make(place: Place, birth: Birth, signal: AbortSignal): Soon<Entry> {
    return whenThere(this.#folders.make(place, birth, signal), (node) => this.#counted(node));
  }

  #entriesOf(folder: NodeId): DirectoryEntry[] {
    const children = [...this.#parts.tree.children(folder)];
    return children.map(({ id, name, kind }, index) => ({ name, node: id, kind, next: index + 1 }));
  }

  #entry(node: NodeId, handle?: HandleId): Entry {
    const file = handle === undefined ? undefined : this.#files.contentOf(handle);
    const entry = entryOf(this.#parts, node, this.#files.written, file);
    // The kernel has one size for all who have the file open: it has to ask whenever somebody reads near the end.
    return this.#files.isOldOpen(node) ? { ...entry, validMs: 0 } : entry;
  }

  #counted(node: NodeId): Entry {
    const entry = this.#entry(node);
    this.#parts.references.lookedUp(node);
    return entry;
  }

  #needFolder(handle: HandleId): OpenFolder {
    const folder = this.#openFolders.get(handle);
    if (folder === undefined) throw new FsError('EBADF', `handle ${handle} is not open`);
    return folder;
  }

  #newHandle(): HandleId {
    this.#lastHandle += 1;
    return this.#lastHandle as HandleId;
  }
}
