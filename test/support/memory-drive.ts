// An in-memory Drive, held to the drive suite. `store` is the state, and what another client would do to it;
// `calls` records every request; `before` may reject or delay any of them.

import { descendantsByListing } from '../../src/drive/descendants.ts';
import type {
  Account,
  ByteRange,
  Change,
  ChangePage,
  Comment,
  Drive,
  DriveFeatures,
  FileVersion,
  Item,
  ItemId,
  LinkKind,
  Original,
  Permission,
  Quota,
  ThumbnailSize,
  Upload,
} from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import type { MemoryStoreOptions, StoredItem } from './memory-store.ts';
import { MemoryStore, rootId } from './memory-store.ts';

/** A request: a method of the port, or one `page`, `piece` (of a read) or `fragment` (of an upload) within it. */
export interface Call {
  readonly intent: Exclude<keyof Drive, 'features'> | 'page' | 'piece' | 'fragment';
  /** The item, or the parent of the item to be made. */
  readonly id?: ItemId;
  readonly name?: string;
}

export interface MemoryDriveOptions extends MemoryStoreOptions {
  readonly store?: MemoryStore;
  readonly features?: Partial<DriveFeatures>;
  /** A name may be taken more than once in a folder. */
  readonly duplicates?: boolean;
  /** Items on a page of `children` and `changes`. */
  readonly pageSize?: number;
  /** Bytes in a fragment of an upload and in a piece of a read. */
  readonly fragmentSize?: number;
}

const everything: DriveFeatures = {
  ...{ conditionalWrites: true, changeFeed: true, comments: true, links: ['view', 'edit', 'embed'] },
  ...{
    linkRevocation: true,
    storesTimes: true,
    copiesFolders: true,
    versions: false,
    permissions: false,
    specialFolders: [],
  },
  describable: /(?:)/,
  idPattern: /^(root|(file|folder|notebook)!\d+)$/,
  simpleUploadLimit: 2 ** 20,
  maxFileSize: 10 * 2 ** 30,
};

/** What the live dialect can do, for `MemoryDriveOptions.features`. */
export const liveLike: Partial<DriveFeatures> = {
  ...{ conditionalWrites: false, changeFeed: false, linkRevocation: false, storesTimes: false, copiesFolders: false },
};

const forbidden = /[/\\*<>?:|"\p{Cc}]/u;

interface Session {
  readonly size: number;
  bytes: Uint8Array;
}

export class MemoryDrive implements Drive {
  readonly store: MemoryStore;
  readonly features: DriveFeatures;
  readonly calls: Call[] = [];
  /** Runs before each request takes effect; throw a DriveError to fail it, wait to delay it. */
  before: ((call: Call, signal?: AbortSignal) => Promise<void> | void) | undefined;
  readonly #options: MemoryDriveOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: MemoryDriveOptions = {}) {
    this.#options = options;
    this.store = options.store ?? new MemoryStore(options);
    this.features = { ...everything, ...options.features };
  }

  /** Requests so far, all or of one kind. */
  count(intent?: Call['intent']): number {
    return this.calls.filter((call) => intent === undefined || call.intent === intent).length;
  }

  async #ask(call: Call, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.calls.push(call);
    await this.before?.(call, signal);
    signal?.throwIfAborted();
    // An answer never comes in the same turn, and neither does this one.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }

  async account(signal?: AbortSignal): Promise<Account> {
    await this.#ask({ intent: 'account' }, signal);
    return { id: 'memory', name: 'Memory' };
  }

  async root(signal?: AbortSignal): Promise<Item> {
    await this.#ask({ intent: 'root' }, signal);
    return this.store.toItem(this.store.get(rootId));
  }

  async get(id: ItemId, signal?: AbortSignal): Promise<Item> {
    await this.#ask({ intent: 'get', id }, signal);
    return this.store.toItem(this.store.get(id));
  }

  async *children(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Item[]> {
    await this.#ask({ intent: 'children', id }, signal);
    if (this.store.get(id).kind !== 'folder') throw new DriveError('refused', `item ${id} is no folder`);
    const pageSize = this.#options.pageSize ?? 100;
    for (let last: ItemId | undefined; ; ) {
      // A page goes on behind an item, not at a number of items: what others remove meanwhile makes nobody be left out.
      const left = this.store.children(id, last);
      const page = left.slice(0, pageSize);
      last = page.at(-1)?.id;
      yield page.map((item) => this.store.toItem(item));
      if (left.length <= pageSize) return;
      await this.#ask({ intent: 'page', id }, signal);
      this.store.get(id);
    }
  }

  async special(): Promise<Item> {
    throw new DriveError('unsupported', 'this drive has no special folders');
  }

  #original({ id, parentId, name, kind, bytes, description }: StoredItem): Original {
    return { id, parent: parentId ?? null, name, type: kind, size: bytes.length, description };
  }

  async original(id: ItemId, signal?: AbortSignal): Promise<Original> {
    await this.#ask({ intent: 'original', id }, signal);
    return this.#original(this.store.get(id));
  }

  async *originalChildren(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Original[]> {
    for await (const page of this.children(id, signal)) {
      yield page.map((item) => this.#original(this.store.get(item.id)));
    }
  }

  async originalAccount(signal?: AbortSignal): Promise<Original> {
    return { ...(await this.account(signal)) };
  }

  async recent(signal?: AbortSignal): Promise<readonly Original[]> {
    await this.#ask({ intent: 'recent' }, signal);
    const files = [...this.store.items.values()].filter(({ kind }) => kind === 'file');
    return files.sort((one, other) => other.version - one.version).map((item) => this.#original(item));
  }

  async *search(text: string, signal?: AbortSignal): AsyncIterable<readonly Item[]> {
    await this.#ask({ intent: 'search' }, signal);
    const words = text.toLowerCase();
    const items = [...this.store.items.values()].filter((item) => item.name.toLowerCase().includes(words));
    yield items.map((item) => this.store.toItem(item));
  }

  async versions(): Promise<readonly FileVersion[]> {
    throw new DriveError('unsupported', 'this drive has no versions');
  }

  // biome-ignore lint/correctness/useYield: there is nothing to give.
  async *readVersion(): AsyncIterable<Uint8Array> {
    throw new DriveError('unsupported', 'this drive has no versions');
  }

  async restoreVersion(): Promise<void> {
    throw new DriveError('unsupported', 'this drive has no versions');
  }

  async permissions(): Promise<readonly Permission[]> {
    throw new DriveError('unsupported', 'this drive does not tell who may do what');
  }

  async thumbnail(id: ItemId, _size: ThumbnailSize, signal?: AbortSignal): Promise<Uint8Array> {
    await this.#ask({ intent: 'thumbnail', id }, signal);
    throw new DriveError('missing', `item ${id} has no picture`);
  }

  async *descendants(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Item[]> {
    const folder = this.store.toItem(this.store.get(id));
    if (folder.treeVersion !== undefined) yield [folder];
    yield* descendantsByListing(this, id, signal);
  }

  async changes(cursor: string | undefined, signal?: AbortSignal): Promise<ChangePage> {
    await this.#ask({ intent: 'changes' }, signal);
    if (!this.features.changeFeed) throw new DriveError('unsupported', 'this drive has no change feed');
    const [generation, position] = (cursor ?? '0/0').split('/').map(Number) as [number, number];
    const reset = cursor !== undefined && generation !== this.store.generation;
    const from = generation === this.store.generation ? position : 0;
    const to = Math.min(from + (this.#options.pageSize ?? 100), this.store.feed.length);
    const changes = [...new Set(this.store.feed.slice(from, to))].flatMap((id): Change[] => {
      const stored = this.store.items.get(id);
      if (stored !== undefined) return [{ item: this.store.toItem(stored) }];
      // A first look, or one after a reset, lists what there is; nobody can have known what is gone.
      return from === 0 ? [] : [{ removed: id }];
    });
    return { changes, cursor: `${this.store.generation}/${to}`, more: to < this.store.feed.length, reset };
  }

  async *read(item: Item, range: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    await this.#ask({ intent: 'read', id: item.id }, signal);
    const pieceSize = this.#options.fragmentSize ?? 65536;
    for (let at = range.start; at < range.end; at += pieceSize) {
      if (at > range.start) await this.#ask({ intent: 'piece', id: item.id }, signal);
      const stored = this.store.get(item.id);
      if (stored.kind !== 'file') throw new DriveError('denied', `item ${item.id} has no content`);
      if (this.store.toItem(stored).contentVersion !== item.contentVersion) {
        throw new DriveError('changed', `item ${item.id} is no longer ${item.contentVersion}`);
      }
      if (range.end > stored.bytes.length) throw new DriveError('refused', `item ${item.id} ends before ${range.end}`);
      yield stored.bytes.slice(at, Math.min(at + pieceSize, range.end));
    }
  }

  #checkVersion(id: ItemId, ifVersion: string | undefined): void {
    const { version, treeVersion } = this.store.toItem(this.store.get(id));
    if (ifVersion !== undefined && version !== ifVersion && treeVersion !== ifVersion) {
      throw new DriveError('changed', `item ${id} is ${version}, no longer ${ifVersion}`, { status: 412 });
    }
  }

  #checkName(parentId: ItemId, name: string, mine?: ItemId): void {
    if (this.store.get(parentId).kind !== 'folder') throw new DriveError('refused', `item ${parentId} is no folder`);
    if (name === '' || name.endsWith('.') || name.trim() !== name || forbidden.test(name)) {
      throw new DriveError('refused', `'${name}' is no possible name`, { status: 400 });
    }
    const taken = this.store.childNamed(parentId, name);
    if (taken !== undefined && taken.id !== mine && !this.#options.duplicates) {
      throw new DriveError('exists', `'${name}' exists in ${parentId}`, { status: 409 });
    }
  }

  #checkTarget(target: Upload['target']): void {
    if ('parentId' in target) {
      this.#checkName(target.parentId, target.name);
    } else {
      this.#checkVersion(target.itemId, target.ifVersion);
      if (this.store.get(target.itemId).kind !== 'file') throw new DriveError('refused', 'only files have content');
    }
  }

  async upload(upload: Upload, signal?: AbortSignal): Promise<Item> {
    const { target } = upload;
    const what = 'parentId' in target ? { id: target.parentId, name: target.name } : { id: target.itemId };
    await this.#ask({ intent: 'upload', ...what }, signal);
    this.#checkTarget(target);
    if (upload.size > this.features.maxFileSize) throw new DriveError('too-large', 'larger than this drive takes');
    if (this.store.used + upload.size > this.store.total) throw new DriveError('full', 'the drive is full');
    const bytes = await this.#receive(upload, what.id, signal);
    // Without conditional writes the check above was all: whoever wrote since then is overwritten.
    if (this.features.conditionalWrites) this.#checkTarget(target);
    const stored =
      'parentId' in target ? this.store.add(target.parentId, target.name, 'file') : this.store.get(what.id);
    stored.bytes = bytes;
    stored.modified = this.features.storesTimes ? upload.modified : this.store.clock.now();
    this.store.contentChanged(stored);
    return this.store.toItem(stored);
  }

  async #receive(upload: Upload, id: ItemId, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const inFragments = upload.size > this.features.simpleUploadLimit;
    const key = (inFragments && upload.session) || this.store.newId('session');
    const known = this.#sessions.get(key);
    if (inFragments && upload.session !== undefined && known?.size !== upload.size) {
      const fresh: Upload = { ...upload };
      delete (fresh as { session?: string }).session;
      return this.#receive(fresh, id, signal);
    }
    const session: Session = known ?? { size: upload.size, bytes: new Uint8Array() };
    if (inFragments) {
      this.#sessions.set(key, session);
      if (known === undefined) await upload.onSession?.(key);
    }
    for await (const piece of this.#fragments(upload, session.bytes.length)) {
      if (inFragments) await this.#ask({ intent: 'fragment', id }, signal);
      session.bytes = Buffer.concat([session.bytes, piece]);
      upload.onProgress?.(session.bytes.length);
      signal?.throwIfAborted();
    }
    this.#sessions.delete(key);
    if (session.bytes.length !== upload.size) {
      throw new DriveError('refused', `the body has ${session.bytes.length} bytes, not ${upload.size}`);
    }
    return session.bytes;
  }

  async *#fragments(upload: Upload, offset: number): AsyncIterable<Uint8Array> {
    const size = this.#options.fragmentSize ?? 65536;
    let held = Buffer.alloc(0);
    for await (const piece of upload.body(offset)) {
      held = Buffer.concat([held, piece]);
      for (; held.length >= size; held = held.subarray(size)) yield held.subarray(0, size);
    }
    if (held.length > 0) yield held;
  }

  async makeFolder(parentId: ItemId, name: string, signal?: AbortSignal): Promise<Item> {
    await this.#ask({ intent: 'makeFolder', id: parentId, name }, signal);
    this.#checkName(parentId, name);
    return this.store.toItem(this.store.add(parentId, name, 'folder'));
  }

  async move(
    item: Item,
    to: { readonly parentId: ItemId; readonly name: string },
    signal?: AbortSignal,
  ): Promise<Item> {
    await this.#ask({ intent: 'move', id: item.id, name: to.name }, signal);
    const stored = this.store.get(item.id);
    if (stored.parentId === undefined) throw new DriveError('refused', 'the root stays where it is');
    this.#checkName(to.parentId, to.name, item.id);
    if (this.store.isBelow(to.parentId, item.id)) throw new DriveError('refused', 'a folder cannot hold itself');
    this.store.place(stored, to.parentId, to.name);
    return this.store.toItem(stored);
  }

  async remove(id: ItemId, ifVersion?: string, signal?: AbortSignal): Promise<void> {
    await this.#ask({ intent: 'remove', id }, signal);
    this.#checkVersion(id, ifVersion);
    if (this.store.get(id).parentId === undefined) throw new DriveError('refused', 'the root cannot be removed');
    this.store.delete(id);
  }

  async copy(
    id: ItemId,
    to: { readonly parentId: ItemId; readonly name: string },
    signal?: AbortSignal,
  ): Promise<Item> {
    await this.#ask({ intent: 'copy', id, name: to.name }, signal);
    const source = this.store.get(id);
    if (source.kind === 'folder' && !this.features.copiesFolders) {
      throw new DriveError('unsupported', 'this drive copies files only');
    }
    this.#checkName(to.parentId, to.name);
    if (this.store.isBelow(to.parentId, id)) throw new DriveError('refused', 'a folder cannot hold itself');
    return this.store.toItem(this.#copyTree(source, to.parentId, to.name));
  }

  #copyTree(source: StoredItem, parentId: ItemId, name: string): StoredItem {
    const copy = this.store.add(parentId, name, source.kind, source.bytes);
    copy.description = source.description;
    for (const child of this.store.children(source.id)) this.#copyTree(child, copy.id, child.name);
    return copy;
  }

  async setDescription(id: ItemId, description: string, signal?: AbortSignal): Promise<Item> {
    await this.#ask({ intent: 'setDescription', id }, signal);
    const stored = this.store.get(id);
    stored.description = description;
    this.store.changed(stored);
    return this.store.toItem(stored);
  }

  async setProperties(id: ItemId, properties: Original, signal?: AbortSignal): Promise<Item> {
    await this.#ask({ intent: 'setProperties', id }, signal);
    const stored = this.store.get(id);
    const { name = stored.name, description = stored.description } = properties;
    if (stored.parentId !== undefined) this.#checkName(stored.parentId, String(name), id);
    stored.name = String(name);
    stored.description = String(description);
    this.store.changed(stored);
    return this.store.toItem(stored);
  }

  async quota(signal?: AbortSignal): Promise<Quota> {
    await this.#ask({ intent: 'quota' }, signal);
    return { total: this.store.total, free: Math.max(0, this.store.total - this.store.used) };
  }

  async link(id: ItemId, kind: LinkKind, signal?: AbortSignal): Promise<string> {
    await this.#ask({ intent: 'link', id }, signal);
    const { links } = this.store.get(id);
    if (!this.features.links.includes(kind)) throw new DriveError('unsupported', `no links of kind ${kind}`);
    const link = links.get(kind) ?? `https://drive.example/${kind}/${this.store.newId('key')}`;
    links.set(kind, link);
    return link;
  }

  async unlink(id: ItemId, kind: LinkKind, signal?: AbortSignal): Promise<void> {
    await this.#ask({ intent: 'unlink', id }, signal);
    const { links } = this.store.get(id);
    if (!this.features.linkRevocation) throw new DriveError('unsupported', 'links of this drive stay valid');
    if (!links.delete(kind)) throw new DriveError('missing', `item ${id} has no link of kind ${kind}`);
  }

  #needComments(): void {
    if (!this.features.comments) throw new DriveError('unsupported', 'this drive has no comments');
  }

  async comments(id: ItemId, signal?: AbortSignal): Promise<readonly Comment[]> {
    await this.#ask({ intent: 'comments', id }, signal);
    this.#needComments();
    return [...this.store.get(id).comments];
  }

  async addComment(id: ItemId, text: string, signal?: AbortSignal): Promise<Comment> {
    await this.#ask({ intent: 'addComment', id }, signal);
    this.#needComments();
    const stored = this.store.get(id);
    const comment = { id: this.store.newId('comment'), author: 'Memory', created: this.store.clock.now(), text };
    stored.comments.push(comment);
    this.store.changed(stored);
    return comment;
  }

  async removeComment(id: ItemId, commentId: string, signal?: AbortSignal): Promise<void> {
    await this.#ask({ intent: 'removeComment', id }, signal);
    this.#needComments();
    const stored = this.store.get(id);
    const kept = stored.comments.filter((comment) => comment.id !== commentId);
    if (kept.length === stored.comments.length) throw new DriveError('missing', `comment ${commentId} does not exist`);
    stored.comments = kept;
    this.store.changed(stored);
  }
}
