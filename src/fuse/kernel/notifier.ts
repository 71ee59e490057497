// Tells the kernel that something changed by other hands (struct fuse_notify_inval_entry_out, _inode_out).
//
// The kernel takes the folder's lock, or waits for pages that are being read, while it handles such a message; whoever
// holds them may be waiting for an answer of ours. So messages are written from the thread pool, one at a time and in
// order, and nothing ever waits for one. They make the kernel forget rather than merely expire (FUSE_EXPIRE_ONLY), where the port
// speaks of names that are wrong already: what the kernel lets go of comes back to us as FORGET. Not so a name that is new: the
// kernel may have learned it from an answer of ours before it reads this, and a folder whose name it forgets has no path any
// more for the programs in it (getcwd fails).
import { write } from 'node:fs';
import type { Log } from '../../base/log.ts';
import type { KernelCache, NodeId } from '../../fs/file-system.ts';
import { ByteWriter } from './byte-writer.ts';
import { replyHeaderSize } from './request-header.ts';

const code = { inode: 2, entry: 3 } as const;
/** Linux 6.2 and later; before, the kernel does not look at it, and forgets. */
const expireOnly = 1;

/** Messages that wait. Beyond, the oldest are dropped: what they speak of then expires by its own time. */
const mostWaiting = 100_000;

/** The kernel knows no such name or node, or is gone. */
const harmless: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'EBADF']);

const notification = (kind: number, bodySize: number): ByteWriter =>
  new ByteWriter(replyHeaderSize + bodySize)
    .u32(replyHeaderSize + bodySize)
    .i32(kind)
    .u64(0);

const entryBytes = (parent: NodeId, name: string, flags: number): Buffer => {
  const bytes = Buffer.from(name);
  const message = notification(code.entry, 16 + bytes.length + 1);
  return message.u64(parent).u32(bytes.length).u32(flags).bytes(bytes).zeros(1).written();
};

export const invalidateEntryBytes = (parent: NodeId, name: string): Buffer => entryBytes(parent, name, 0);

export const expireEntryBytes = (parent: NodeId, name: string): Buffer => entryBytes(parent, name, expireOnly);

/** An offset below 0: no content. */
export const invalidateAttributesBytes = (node: NodeId): Buffer =>
  notification(code.inode, 24).u64(node).bytes(new Uint8Array(8).fill(0xff)).u64(0).written();

/** Attributes, and the content from its first byte to its last. */
export const invalidateNodeBytes = (node: NodeId): Buffer =>
  notification(code.inode, 24).u64(node).u64(0).u64(0).written();

type Write = (message: Buffer, done: (error: NodeJS.ErrnoException | null) => void) => void;

export class Notifier implements KernelCache {
  readonly #write: Write;
  readonly #log: Log;
  /** What to tell, by what it is about: telling it twice is telling it once. Oldest first. */
  readonly #waiting = new Map<string, () => Buffer>();
  #busy = false;
  #stopped: Promise<void> | undefined;
  #idle: () => void = () => {};
  #dropped = 0;

  constructor(writeMessage: Write, log: Log) {
    this.#write = writeMessage;
    this.#log = log;
  }

  invalidateEntry(parent: NodeId, name: string): void {
    this.#add(`${parent}/${name}`, () => invalidateEntryBytes(parent, name));
  }

  expireEntry(parent: NodeId, name: string): void {
    this.#add(`new ${parent}/${name}`, () => expireEntryBytes(parent, name));
  }

  invalidateAttributes(node: NodeId): void {
    this.#add(`attributes of ${node}`, () => invalidateAttributesBytes(node));
  }

  invalidateNode(node: NodeId): void {
    this.#add(`${node}`, () => invalidateNodeBytes(node));
  }

  /** Drops what waits. Resolves when the message that is being written is through. */
  stop(): Promise<void> {
    this.#waiting.clear();
    this.#stopped ??= new Promise((resolve) => {
      this.#idle = resolve;
      if (!this.#busy) resolve();
    });
    return this.#stopped;
  }

  #add(key: string, message: () => Buffer): void {
    if (this.#stopped !== undefined) return;
    // Moved to the end, so that it is told after whatever was said in between.
    this.#waiting.delete(key);
    this.#waiting.set(key, message);
    if (this.#waiting.size > mostWaiting) this.#dropOldest();
    if (!this.#busy) this.#next();
  }

  #dropOldest(): void {
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
    if (this.#dropped === 0) this.#log.warn('too much changed at once: some names may be out of date for a while');
    this.#dropped += 1;
  }

  #next(): void {
    const [first] = this.#waiting;
    this.#busy = first !== undefined;
    if (!first) {
      this.#dropped = 0;
      this.#idle();
      return;
    }
    const [key, message] = first;
    this.#waiting.delete(key);
    this.#write(message(), (error) => {
      if (error && !harmless.has(error.code ?? '')) this.#log.warn('the kernel refused a notification', error);
      this.#next();
    });
  }
}

/** Writes a message to the device from the thread pool. */
export const writeFromPool =
  (fd: number): Write =>
  (message, done) =>
    write(fd, message, 0, message.length, null, done);
