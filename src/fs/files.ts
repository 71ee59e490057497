// Open files: their handles, reading and writing, and when what was written becomes durable and goes to the queue.
import { constants } from 'node:fs';
import { FsError } from '../base/errors.ts';
import type { Soon } from '../base/soon.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { ContentFile } from '../content/content-file.ts';
import type { ContentId } from '../content/content-record.ts';
import { ReadWindow } from '../content/read-window.ts';
import type { Node, NodeId } from '../metadata/node.ts';
import type { HandleId, OpenFile, WriteSource } from './file-system.ts';
import { isRemote } from './inherited-attributes.ts';
import { checkNamed, checkWritable, type FsParts, needNode, now } from './parts.ts';
import { untilOnDrive } from './until-on-drive.ts';

interface Handle {
  readonly node: NodeId;
  readonly flags: number;
  /** The version that the handle reads; another once it writes to a file that the drive has replaced. */
  file: ContentFile;
  readonly window: ReadWindow;
}

/** O_ACCMODE */
const accessMode = 3;
/** fallocate(2) */
const keepSize = 0x01;
const punchHole = 0x02;
const zeroRange = 0x10;

const copyPiece = 1 << 20;
/** Files smaller than one request of the kernel are read as fast in the ordinary way. */
const worthHandingOut = 1 << 20;
/** How long after its last descriptor a mapping is reckoned with, milliseconds. */
const mappingsEndMs = 20_000;

const canWrite = (flags: number): boolean => (flags & accessMode) !== constants.O_RDONLY;

/** Where the bytes of a write go. */
const placeOf = ({ file, flags }: Handle, offset: number, from: WriteSource = 'program'): number =>
  from === 'program' && (flags & constants.O_APPEND) !== 0 ? file.size : offset;

export class Files {
  readonly #parts: FsParts;
  readonly #handles: Map<HandleId, Handle>;
  readonly #byNode = new Map<NodeId, Set<Handle>>();
  readonly #nextHandle: () => HandleId;
  /** When contents were last written to, until that is saved with them. */
  readonly written = new Map<NodeId, Timestamp>();
  /** The state of each content that the journal knows of. */
  readonly #journaled = new WeakMap<ContentFile, number>();
  /** Where programs were refused a write, for want of room or for its size: what is there is only part of what they meant. */
  readonly #refused = new WeakMap<ContentFile, number>();
  /** What the kernel's page cache holds, by node. */
  readonly #lastOpened = new Map<NodeId, number>();

  /** Contents that are kept open a little longer than their handles. */
  readonly #closing = new Set<() => void>();

  constructor(parts: FsParts, nextHandle: () => HandleId) {
    this.#parts = parts;
    this.#handles = new Map();
    this.#nextHandle = nextHandle;
  }

  async open(id: NodeId, flags: number, signal: AbortSignal): Promise<OpenFile> {
    const changes = canWrite(flags) || (flags & constants.O_TRUNC) !== 0;
    if (changes) checkWritable(this.#parts);
    this.#checkOpenable(needNode(this.#parts, id));
    const { parent } = needNode(this.#parts, id);
    if (parent !== undefined && !needNode(this.#parts, id).ahead.content)
      await this.#parts.listings.fresh(parent, signal);
    const node = needNode(this.#parts, id);
    if (changes || parent !== undefined) checkNamed(this.#parts, id);
    if (parent !== undefined && node.parent === undefined) throw new FsError('ENOENT', `${node.name} was removed`);
    const opened = this.openNow(node, flags);
    if ((flags & constants.O_TRUNC) === 0) return opened;
    try {
      this.truncateFile(this.#need(opened.handle).file, 0);
    } catch (error) {
      this.release(opened.handle);
      throw error;
    }
    return opened;
  }

  /** Opens without asking anybody. */
  openNow(node: Node, flags: number): OpenFile {
    const file = this.#openContent(node);
    const direct = this.#isReadOtherThan(node.id, file.id);
    const id = this.#nextHandle();
    const handle = { node: node.id, flags, file, window: new ReadWindow() };
    this.#handles.set(id, handle);
    this.#byNode.set(node.id, (this.#byNode.get(node.id) ?? new Set()).add(handle));
    this.#parts.references.opened(node.id);
    const keepCache = this.#lastOpened.get(node.id) === file.id;
    if (!direct) this.#lastOpened.set(node.id, file.id);
    const whole = canWrite(flags) || file.size < worthHandingOut ? undefined : file.handOut();
    const how = { ...(direct ? { direct } : {}), ...(whole === undefined ? {} : { whole }) };
    return { handle: id, keepCache, ...how };
  }

  #isReadOtherThan(node: NodeId, content: ContentId | undefined): boolean {
    return [...(this.#byNode.get(node) ?? [])].some(({ file }) => file.id !== content);
  }

  /** Handles are open, and none of them can write. */
  isBeingRead(id: NodeId): boolean {
    return this.#byNode.has(id) && !this.isWritable(id);
  }

  /** A handle is open that can write. */
  isWritable(id: NodeId): boolean {
    return [...(this.#byNode.get(id) ?? [])].some(({ flags }) => canWrite(flags));
  }

  /** Somebody goes on reading a version that the file no longer has. */
  isOldOpen(id: NodeId): boolean {
    return this.#byNode.has(id) && this.#isReadOtherThan(id, this.#parts.tree.get(id)?.content);
  }

  /** The version that the handle reads. */
  contentOf(id: HandleId): ContentFile | undefined {
    return this.#handles.get(id)?.file;
  }

  async read(id: HandleId, offset: number, size: number, signal: AbortSignal): Promise<Uint8Array> {
    const { node, file, window } = this.#need(id);
    const bytes = await file.read(offset, size, signal, window);
    // Behind the end of an older version the kernel keeps zeros, which would be seen once it hears of the size of the newer one.
    if (bytes.length < size && this.#parts.tree.get(node)?.content !== file.id)
      this.#parts.kernel().invalidateNode(node);
    return bytes;
  }

  write(id: HandleId, offset: number, data: Uint8Array, from?: WriteSource): number {
    const handle = this.#toWrite(id);
    const { file, node } = handle;
    const at = placeOf(handle, offset, from);
    try {
      this.#checkStorable(at + data.length);
      file.write(at, data);
    } catch (error) {
      if (error instanceof FsError && ['ENOSPC', 'EFBIG'].includes(error.code)) this.#refuse(node, file, at);
      throw error;
    }
    const refusedAt = this.#refused.get(file);
    if (refusedAt !== undefined && at <= refusedAt && at + data.length > refusedAt) this.#refused.delete(file);
    this.written.set(node, now(this.#parts));
    return data.length;
  }

  /** A file that was emptied for what is refused now waits to be sent so already: that must not replace what the drive has. */
  #refuse(node: NodeId, file: ContentFile, at: number): void {
    this.#refused.set(file, at);
    if (file.size === 0) this.#parkHalf(node);
  }

  /** Bytes that the drive would have to hold in addition, in all, after a write of `length` bytes. */
  reservedWith(id: HandleId, offset: number, length: number, from?: WriteSource): number {
    const handle = this.#need(id);
    const { file } = handle;
    return this.#parts.contents.reservedWith(file, Math.max(file.size, placeOf(handle, offset, from) + length));
  }

  flush(id: HandleId, signal: AbortSignal): Soon<void> {
    const { node, file, flags } = this.#need(id);
    this.save(node, file);
    return canWrite(flags) && isRemote(this.#parts, node) ? untilOnDrive(this.#parts, node, signal) : undefined;
  }

  async fsync(id: HandleId, signal: AbortSignal): Promise<void> {
    const { node, file } = this.#need(id);
    this.save(node, file);
    if (file.isDirty) {
      await file.sync();
      this.#parts.contents.save(file);
    }
    await this.#parts.store.sync();
    if (isRemote(this.#parts, node)) await untilOnDrive(this.#parts, node, signal);
  }

  release(id: HandleId): NodeId {
    const handle = this.#need(id);
    const { node, file, flags } = handle;
    this.#handles.delete(id);
    const others = this.#byNode.get(node);
    others?.delete(handle);
    if (others?.size === 0) this.#byNode.delete(node);
    this.#saveAtLast(node, file);
    if (file.isHandedOut && canWrite(flags)) this.#closeLater(node, file);
    else this.#parts.contents.close(file);
    this.#parts.references.closed(node);
    return node;
  }

  /** A mapping may outlive its descriptor: what a program writes through it is found by looking again. */
  #closeLater(node: NodeId, file: ContentFile): void {
    const close = (): void => {
      clearTimeout(timer);
      this.#closing.delete(close);
      this.#saveAtLast(node, file);
      this.#parts.contents.close(file);
    };
    const timer = setTimeout(close, mappingsEndMs).unref();
    this.#closing.add(close);
  }

  /** Lets go of everything. */
  close(): void {
    for (const close of [...this.#closing]) close();
  }

  #saveAtLast(node: NodeId, file: ContentFile): void {
    try {
      this.save(node, file);
    } catch (error) {
      this.#parts.log.error(
        `what was written to ${this.#parts.tree.path(node) ?? node} last could not be noted`,
        error,
      );
    }
  }

  lseek(id: HandleId, offset: number, whence: 'data' | 'hole'): number {
    return this.#need(id).file.seek(offset, whence);
  }

  fallocate(id: HandleId, mode: number, offset: number, length: number): void {
    const { file, node } = this.#toWrite(id);
    const end = offset + length;
    if (![0, keepSize, punchHole | keepSize, zeroRange, zeroRange | keepSize].includes(mode))
      throw new FsError('EOPNOTSUPP', `fallocate mode ${mode} is not for drives`);
    if ((mode & (punchHole | zeroRange)) !== 0) file.punch(offset, end);
    if ((mode & keepSize) === 0 && end > file.size) {
      this.#checkStorable(end);
      file.truncate(end);
    }
    this.written.set(node, now(this.#parts));
  }

  async copyRange(
    from: { readonly handle: HandleId; readonly offset: number },
    to: { readonly handle: HandleId; readonly offset: number },
    length: number,
    signal: AbortSignal,
  ): Promise<number> {
    const source = this.#need(from.handle);
    let done = 0;
    while (done < length && !signal.aborted) {
      const piece = await source.file.read(
        from.offset + done,
        Math.min(copyPiece, length - done),
        signal,
        source.window,
      );
      if (piece.length === 0) break;
      this.write(to.handle, to.offset + done, piece);
      done += piece.length;
    }
    // Nothing copied would mean the end of the source.
    if (done === 0) signal.throwIfAborted();
    return done;
  }

  /** truncate(2): without a handle. */
  truncate(node: Node, size: number): void {
    this.#checkOpenable(node);
    const file = this.#openContent(node);
    try {
      this.truncateFile(file, size);
    } finally {
      this.#parts.contents.close(file);
    }
  }

  truncateFile(file: ContentFile, size: number): void {
    const node = file.node as NodeId;
    this.#checkStorable(size);
    // A truncation to the same size still counts as a change of the file.
    this.written.set(node, now(this.#parts));
    file.truncate(size);
    if (size <= (this.#refused.get(file) ?? -1)) this.#refused.delete(file);
    this.save(node, file);
  }

  async readAll(node: Node, signal: AbortSignal): Promise<Uint8Array> {
    const file = this.#openContent(node);
    try {
      return await file.read(0, file.size, signal);
    } finally {
      this.#parts.contents.close(file);
    }
  }

  /** Resolves when all bytes of the file are on this disk. */
  async bring(node: Node, signal: AbortSignal): Promise<void> {
    const file = this.#openContent(node);
    try {
      await file.ensure(0, file.size, signal);
    } finally {
      this.#parts.contents.close(file);
    }
  }

  /** The kernel no longer knows the node, and its page cache is gone. */
  forget(node: NodeId): void {
    this.#lastOpened.delete(node);
  }

  /** What was written becomes durable, and is journaled if the node still has a name. */
  save(id: NodeId, file: ContentFile): void {
    const { store, tree, contents, queue } = this.#parts;
    const node = tree.get(id);
    if (file.noticeOthers()) this.written.set(id, now(this.#parts));
    const isNew = file.isDirty && this.#journaledGeneration(id, file) !== file.generation;
    const mtime = this.written.get(id);
    if (node === undefined || (!isNew && mtime === undefined)) return;
    store.transact(() => {
      tree.update(id, {
        size: file.size,
        holeBytes: file.holeBytes || undefined,
        ...(mtime === undefined ? {} : { mtime, ctime: mtime }),
      });
      if (!isNew) return;
      contents.save(file);
      const at =
        node.item === undefined && node.parent !== undefined ? { at: { parent: node.parent, name: node.name } } : {};
      if (node.parent === undefined) return;
      queue.addContent({ kind: 'put-content', node: id, ...at });
    });
    if (isNew && this.#refused.has(file)) this.#parkHalf(id);
    this.written.delete(id);
    this.#journaled.set(file, file.generation);
  }

  /** What the drive has stays as it is, until the program has written the rest or somebody asks for the half to be sent. */
  #parkHalf(id: NodeId): void {
    const { queue, journal } = this.#parts;
    const entry = journal.of(id).find(({ intent }) => intent.kind === 'put-content');
    const parked =
      'there was no room for all that a program wrote, or it is too large: what is here is only part of it';
    if (entry !== undefined) queue.park(entry, { parked, fault: 'full', half: true });
  }

  /** A content that was just opened is as the journal knows it, if the journal knows it at all. */
  #journaledGeneration(id: NodeId, file: ContentFile): number | undefined {
    const isWaiting = (): boolean => this.#parts.journal.of(id).some(({ intent }) => intent.kind === 'put-content');
    return this.#journaled.get(file) ?? (isWaiting() ? 0 : undefined);
  }

  /** What the drive could never take is better refused now than found in the queue later. */
  #checkStorable(size: number): void {
    const { maxFileSize } = this.#parts.drive.features;
    if (size > maxFileSize) throw new FsError('EFBIG', `${size} bytes; the drive takes files up to ${maxFileSize}`);
  }

  #checkOpenable(node: Node): void {
    if (node.kind === 'folder') throw new FsError('EISDIR', `${node.name} is a folder`);
    if (node.kind === 'symlink') throw new FsError('ELOOP', `${node.name} is a symlink`);
    if (node.item?.kind === 'notebook')
      throw new FsError('EACCES', `${node.name} is a notebook: the service does not hand it out`);
  }

  /** The node's content; a new one, to be filled from the drive, if nothing of it is on this disk. */
  #openContent(node: Node): ContentFile {
    const { contents, tree, store } = this.#parts;
    if (node.content !== undefined && contents.record(node.content) !== undefined) return contents.open(node.content);
    const id = store.transact(() => {
      const content = contents.create(node.id, node.item);
      tree.update(node.id, { content });
      return content;
    });
    return contents.open(id);
  }

  /** The drive may have replaced the version that the handle reads: what is written belongs to the present one. */
  #toWrite(id: HandleId): Handle {
    const handle = this.#need(id);
    const node = needNode(this.#parts, handle.node);
    if (node.content === handle.file.id) return handle;
    const file = this.#openContent(node);
    this.#parts.contents.close(handle.file);
    handle.file = file;
    return handle;
  }

  #need(id: HandleId): Handle {
    const handle = this.#handles.get(id);
    if (handle === undefined) throw new FsError('EBADF', `handle ${id} is not open`);
    return handle;
  }
}
