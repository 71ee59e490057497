// Extended attributes: a table of the drive's own features by name, and whatever else programs set, kept on this computer.
// Listing must have no effect, so links, which the service makes when they are asked for, are listed only once they exist.
import { FsError } from '../base/errors.ts';
import type { Comment, LinkKind } from '../drive/drive.ts';
import { type Node, type NodeId, rootNode } from '../metadata/node.ts';
import type { Pending } from '../queue/upload-queue.ts';
import { type InheritedName, inherited, inheritedValues, isInherited } from './inherited-attributes.ts';
import { checkWritable, type FsParts, needNode, now } from './parts.ts';
import type { Pins } from './pins.ts';

const prefix = 'user.skydrive.';
const commentPrefix = 'comment.';
const linkPrefix = 'link.';
/** How long a list of comments serves, milliseconds: programs list and then read one attribute after the other. */
const commentsAgeMs = 2_000;
/** setxattr(2) */
const create = 1;
const replace = 2;
/** Longest value, bytes: the kernel's own limit (XATTR_SIZE_MAX). */
const longestValue = 65_536;

interface Known {
  readonly at: number;
  readonly comments: readonly Comment[];
}

export class ExtendedAttributes {
  readonly #parts: FsParts;
  readonly #pins: Pins;
  readonly #comments = new Map<NodeId, Known>();

  constructor(parts: FsParts, pins: Pins) {
    this.#parts = parts;
    this.#pins = pins;
  }

  async get(id: NodeId, name: string, signal: AbortSignal): Promise<Uint8Array> {
    const node = needNode(this.#parts, id);
    const value = name.startsWith(prefix)
      ? await this.#drives(node, name.slice(prefix.length), signal)
      : this.#parts.xattrs.get(id, checkedName(name));
    if (value === undefined) throw none(node, name);
    return typeof value === 'string' ? Buffer.from(value) : value;
  }

  async list(id: NodeId, signal: AbortSignal): Promise<readonly string[]> {
    const node = needNode(this.#parts, id);
    const own = [...Object.keys(this.#facts(node)), ...this.#links(node)];
    const comments = (node.item?.commentCount ?? 0) > 0 ? await this.#commentsIfKnown(node, signal) : [];
    if (comments.length > 0) own.push('comments', ...comments.map((comment) => commentPrefix + comment.id));
    const local = this.#parts.xattrs.names(id).filter((name) => !name.startsWith(prefix));
    return [...own.map((name) => prefix + name), ...local];
  }

  set(id: NodeId, name: string, value: Uint8Array, flags: number): void {
    checkWritable(this.#parts);
    const node = needNode(this.#parts, id);
    if (value.length > longestValue) throw new FsError('E2BIG', `${name} may have ${longestValue} bytes`);
    if (name.startsWith(prefix)) {
      const own = name.slice(prefix.length);
      if (own === 'description' || isInherited(own))
        checkFlags(node, name, this.#facts(node)[own] !== undefined, flags);
      this.#setDrives(node, own, Buffer.from(value).toString());
      return;
    }
    checkFlags(node, name, this.#parts.xattrs.get(id, checkedName(name)) !== undefined, flags);
    this.#change(id, () => this.#parts.xattrs.set(id, name, Uint8Array.from(value)));
  }

  async remove(id: NodeId, name: string, signal: AbortSignal): Promise<void> {
    checkWritable(this.#parts);
    const node = needNode(this.#parts, id);
    if (name.startsWith(prefix)) {
      await this.#removeDrives(node, name.slice(prefix.length), signal);
      return;
    }
    if (this.#parts.xattrs.get(id, checkedName(name)) === undefined) throw none(node, name);
    this.#change(id, () => this.#parts.xattrs.remove(id, name));
  }

  #change(id: NodeId, work: () => void): void {
    this.#parts.store.transact(() => {
      work();
      this.#parts.tree.update(id, { ctime: now(this.#parts) });
    });
  }

  forget(id: NodeId): void {
    this.#comments.delete(id);
  }

  async #drives(node: Node, name: string, signal: AbortSignal): Promise<string | undefined> {
    const fact = this.#facts(node)[name];
    if (fact !== undefined) return fact;
    if (isInherited(name)) return inherited(this.#parts, node.id, name);
    if (name.startsWith(linkPrefix)) return this.#link(node, name.slice(linkPrefix.length), signal);
    if (name === 'comments' || name.startsWith(commentPrefix)) return this.#comment(node, name, signal);
    return undefined;
  }

  /** What can be told without asking anybody. */
  #facts(node: Node): Record<string, string> {
    const { item } = node;
    const pending = this.#parts.queue.pendingOf(node.id);
    const error = pending.find(({ entry }) => entry.parked !== undefined)?.entry.parked;
    const described = pending.findLast(({ entry }) => entry.intent.kind === 'describe')?.entry.intent;
    const description = described?.kind === 'describe' ? described.text : item?.description;
    return {
      ...(item === undefined
        ? {}
        : { ...item.facts, id: item.id, etag: item.version, type: item.facts['type'] ?? item.kind }),
      ...(item === undefined ? {} : { created: isoTime(item.created), modified: isoTime(item.modified) }),
      ...(item?.hash === undefined ? {} : { hash: item.hash }),
      ...(description === undefined || description === '' ? {} : { description }),
      state: this.#parts.conflicts.of(node.id) === undefined ? stateOf(pending, node) : 'conflict',
      ...(error === undefined ? {} : { error }),
      ...this.#set(node.id),
      ...(node.kind === 'folder' ? {} : { cached: String(this.#cachedBytes(node)) }),
    };
  }

  /** What was set here and holds for all that is below. */
  #set(id: NodeId): Record<string, string> {
    const values = Object.keys(inheritedValues).flatMap((name) => {
      const value = this.#parts.xattrs.get(id, prefix + name);
      return value === undefined ? [] : [[name, Buffer.from(value).toString()] as const];
    });
    return Object.fromEntries(values);
  }

  #cachedBytes(node: Node): number {
    const record = node.content === undefined ? undefined : this.#parts.contents.record(node.content);
    return record?.present.reduce((sum, [start, end]) => sum + end - start, 0) ?? 0;
  }

  /** Links that were made through this mount. */
  #links(node: Node): string[] {
    return this.#parts.xattrs
      .names(node.id)
      .flatMap((name) => (name.startsWith(prefix + linkPrefix) ? [name.slice(prefix.length)] : []));
  }

  async #link(node: Node, kind: string, signal: AbortSignal): Promise<string | undefined> {
    if (!this.#parts.drive.features.links.includes(kind as LinkKind)) throw unsupported(`links to ${kind}`);
    const name = `${prefix}${linkPrefix}${kind}`;
    const known = this.#parts.xattrs.get(node.id, name);
    if (known !== undefined) return Buffer.from(known).toString();
    if (node.item === undefined) throw new FsError('EAGAIN', `${node.name} is not on the drive yet`);
    checkWritable(this.#parts);
    const link = await this.#parts.drive.link(node.item.id, kind as LinkKind, signal);
    this.#parts.xattrs.set(node.id, name, Buffer.from(link));
    return link;
  }

  async #comment(node: Node, name: string, signal: AbortSignal): Promise<string | undefined> {
    if (!this.#parts.drive.features.comments) throw unsupported('comments');
    const comments = await this.#commentsFor(node, signal);
    if (name !== 'comments') return comments.find((comment) => commentPrefix + comment.id === name)?.text;
    if (comments.length === 0) return undefined;
    const told = comments.map(({ id, author, created, text }) => ({ id, author, created: isoTime(created), text }));
    return JSON.stringify(told);
  }

  /** Listing must not fail because the drive does not answer: programs that copy files list everything. */
  async #commentsIfKnown(node: Node, signal: AbortSignal): Promise<readonly Comment[]> {
    try {
      return await this.#commentsFor(node, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#parts.log.info(`the comments on ${node.name} are not known`, error);
      return this.#comments.get(node.id)?.comments ?? [];
    }
  }

  async #commentsFor(node: Node, signal: AbortSignal): Promise<readonly Comment[]> {
    if (node.item === undefined) return [];
    const at = this.#parts.clock.monotonic();
    const known = this.#comments.get(node.id);
    const comments =
      known !== undefined && at - known.at < commentsAgeMs
        ? known.comments
        : await this.#parts.drive.comments(node.item.id, signal);
    if (comments !== known?.comments) this.#learn(node.id, { at, comments });
    const leaving = new Set(
      this.#parts.queue
        .pendingOf(node.id)
        .flatMap(({ entry }) => (entry.intent.kind === 'remove-comment' ? [entry.intent.commentId] : [])),
    );
    return comments.filter((comment) => !leaving.has(comment.id));
  }

  /** Listing goes by the number, which the item of the last look may not have. */
  #learn(id: NodeId, known: Known): void {
    this.#comments.set(id, known);
    const item = this.#parts.tree.get(id)?.item;
    const commentCount = known.comments.length;
    if (item !== undefined && (item.commentCount ?? 0) !== commentCount)
      this.#parts.tree.update(id, { item: { ...item, commentCount } });
  }

  #setDrives(node: Node, name: string, text: string): void {
    const { queue, store, tree, drive } = this.#parts;
    if (name === 'comment.add') {
      if (!drive.features.comments) throw unsupported('comments');
      this.#comments.delete(node.id);
      store.transact(() => queue.add({ kind: 'add-comment', node: node.id, text }));
    } else if (name === 'description') {
      if (!this.#isDescribable(node)) throw unsupported('descriptions');
      store.transact(() => {
        queue.add({ kind: 'describe', node: node.id, text });
        tree.update(node.id, { ahead: { ...node.ahead, description: true } });
      });
    } else if (isInherited(name)) this.#setInherited(node, name, text);
    else throw new FsError('EPERM', `${prefix}${name} cannot be set`);
  }

  /** What is not on the drive yet will be like the rest of it. */
  #isDescribable({ item }: Node): boolean {
    const { drive, tree } = this.#parts;
    const id = item?.id ?? tree.get(rootNode)?.item?.id;
    return id === undefined || drive.features.describable.test(id);
  }

  #setInherited(node: Node, name: InheritedName, text: string): void {
    const allowed = inheritedValues[name];
    if (!allowed.includes(text))
      throw new FsError('EINVAL', `${prefix}${name} can be ${allowed.join(' or ')}, not ${text}`);
    const isNew = this.#set(node.id)[name] === undefined;
    this.#change(node.id, () => this.#parts.xattrs.set(node.id, prefix + name, Buffer.from(text)));
    if (name === 'pin' && isNew) this.#pins.changed(node.id, true);
  }

  #removeInherited(node: Node, name: InheritedName): void {
    if (this.#set(node.id)[name] === undefined) throw none(node, prefix + name);
    this.#change(node.id, () => this.#parts.xattrs.remove(node.id, prefix + name));
    if (name === 'pin') this.#pins.changed(node.id, false);
  }

  async #removeDrives(node: Node, name: string, signal: AbortSignal): Promise<void> {
    if (name === 'description' && this.#facts(node)[name] !== undefined) this.#setDrives(node, name, '');
    else if (isInherited(name)) this.#removeInherited(node, name);
    else if (name.startsWith(linkPrefix)) await this.#removeLink(node, name, signal);
    else if (name.startsWith(commentPrefix)) await this.#removeComment(node, name, signal);
    // Nothing is stored that could go: it is told anew each time. `rsync -X` tries with all that its source does not have.
    else if (this.#facts(node)[name] === undefined) throw none(node, prefix + name);
  }

  async #removeLink(node: Node, name: string, signal: AbortSignal): Promise<void> {
    const { xattrs, drive } = this.#parts;
    if (xattrs.get(node.id, prefix + name) === undefined) throw none(node, prefix + name);
    if (!drive.features.linkRevocation) throw unsupported('taking links back');
    if (node.item !== undefined) await drive.unlink(node.item.id, name.slice(linkPrefix.length) as LinkKind, signal);
    xattrs.remove(node.id, prefix + name);
  }

  async #removeComment(node: Node, name: string, signal: AbortSignal): Promise<void> {
    const { queue, store } = this.#parts;
    if ((await this.#comment(node, name, signal)) === undefined) throw none(node, prefix + name);
    const commentId = name.slice(commentPrefix.length);
    store.transact(() => queue.add({ kind: 'remove-comment', node: node.id, commentId }));
  }
}

const none = (node: Node, name: string): FsError => new FsError('ENODATA', `${node.name} has no ${name}`);

const checkFlags = (node: Node, name: string, exists: boolean, flags: number): void => {
  if (exists && (flags & create) !== 0) throw new FsError('EEXIST', `${node.name} has ${name} already`);
  if (!exists && (flags & replace) !== 0) throw none(node, name);
};

const isoTime = (ms: number): string => new Date(ms).toISOString();

const unsupported = (what: string): FsError => new FsError('EOPNOTSUPP', `this drive has no ${what}`);

/** Capabilities, access lists and the like mean nothing on a drive. */
const checkedName = (name: string): string => {
  if (!name.startsWith('user.')) throw unsupported(`attributes like ${name}`);
  return name;
};

const stateOf = (pending: readonly Pending[], node: Node): string => {
  if (pending.some(({ entry }) => entry.parked !== undefined)) return 'error';
  const sending = pending.find(({ progress }) => progress !== undefined)?.progress;
  if (sending !== undefined) return `uploading ${Math.floor((100 * sending.sent) / Math.max(1, sending.total))}%`;
  return pending.length > 0 || node.ahead.content === true ? 'pending' : 'synced';
};
