// Joins a drive and a folder on this disk into a FileSystem: store, tree, contents, queue. Part of the composition root;
// mount.ts adds a driver to it, tests use it as it is.
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from './base/clock.ts';
import type { Log } from './base/log.ts';
import { timestampNow } from './base/timestamp.ts';
import { check } from './check/check.ts';
import type { Finding } from './check/ground.ts';
import { Contents } from './content/contents.ts';
import type { Drive, Item } from './drive/drive.ts';
import type { Listen } from './drive/open-drive.ts';
import type { Outage, Reach } from './drive/reach.ts';
import { becameDirty, damaged, versionGone } from './fs/content-events.ts';
import { DriveFileSystem } from './fs/drive-file-system.ts';
import type { FileSystem, KernelCache } from './fs/file-system.ts';
import { inherited } from './fs/inherited-attributes.ts';
import { nodeAt } from './fs/node-at.ts';
import type { FsParts, FsSettings } from './fs/parts.ts';
import { recover } from './fs/recovery.ts';
import { References } from './fs/references.ts';
import { ChangeFeed, type FeedStatus } from './metadata/change-feed.ts';
import { FreeSpace } from './metadata/free-space.ts';
import { HeldChanges } from './metadata/held-changes.ts';
import { Listings } from './metadata/listings.ts';
import { LocalXattrs } from './metadata/local-xattrs.ts';
import { LostNodes } from './metadata/lost-nodes.ts';
import { type NodeId, rootNode } from './metadata/node.ts';
import { RemoteChanges, type TreeListener } from './metadata/remote-changes.ts';
import { Tree } from './metadata/tree.ts';
import { Brake, type BrakeOptions, defaultBrake } from './queue/brake.ts';
import { type Conflict, Conflicts, originalPath } from './queue/conflicts.ts';
import { entryPath } from './queue/entry-path.ts';
import { FullDrive } from './queue/full-drive.ts';
import type { Hold, HoldKind } from './queue/holds.ts';
import { type Entry, nodesOf } from './queue/intent.ts';
import { Journal } from './queue/journal.ts';
import { LockedItems } from './queue/locked-items.ts';
import { type Pending, UploadQueue } from './queue/upload-queue.ts';
import { openStore } from './store/store.ts';
import { Upkeep } from './upkeep/upkeep.ts';

export interface OpenFileSystemOptions {
  readonly drive: Drive;
  /** Whether the drive can be reached; without it, nobody knows before trying. */
  readonly reach?: Reach;
  /** The account's own folder below the cache folder; made if it is missing. */
  readonly folder: string;
  readonly settings: FsSettings;
  /** Bytes that cached contents may take. */
  readonly cacheSize: number;
  /** How long a change of content waits for more of the same, milliseconds. */
  readonly settleMs: number;
  /** Age at which a listing is asked for again, milliseconds. */
  readonly listingAgeMs: number;
  /** Tells of changes on the drive, now and then; see `OpenedDrive.listen`. */
  readonly listen?: Listen;
  /** The change feed is refused; see `ChangeFeedOptions.refused`. */
  readonly refused?: () => void;
  /** Nothing is sent before this is released. */
  readonly held?: Hold | undefined;
  /** Somebody will look into the root at once: if it is not known, it is listed before the change feed is asked. */
  readonly rootFirst?: { readonly item: Item | undefined };
  /** Shortest pause between two looks at the change feed, milliseconds; 5 s when not given. */
  readonly feedIntervalMs?: number;
  /** When removals and rewrites are so many that they are held; default: a thousand a minute and a quarter of all. */
  readonly brake?: BrakeOptions;
  readonly clock: Clock;
  readonly log: Log;
}

/** A change that is not on the drive yet. */
export interface UnsentChange {
  /** In the tree, from the root with a slash; what was removed has the name it had. */
  readonly path: string;
  /** E.g. `put-content`. */
  readonly what: string;
  /** Why it is not tried any more; undefined while it is. */
  readonly parked?: string;
  /** The fault of the last attempt, if it failed. */
  readonly trouble?: string;
  readonly running: boolean;
  readonly sent?: number;
  readonly total?: number;
}

/** A file of ours that stands beside what somebody else made of it. */
export interface ConflictCopy {
  /** Of our copy, in the tree, from the root with a slash. */
  readonly path: string;
  /** Where it was to be, and what somebody else has put there is. */
  readonly original: string;
  /** When that was seen, milliseconds since 1970. */
  readonly at: number;
}

export interface OpenedFileSystem {
  readonly fs: FileSystem;
  /** Who is told when the drive changes the tree; without it, nobody is. */
  attachKernel(cache: KernelCache): void;
  /** In the order of the changes. */
  unsent(): readonly UnsentChange[];
  /** What people do with changes that are not on the drive. */
  readonly upkeep: Upkeep;
  /** Whether what is stored agrees with itself, and (`remote`) with the drive. Empty: it does. */
  check(options: { readonly remote: boolean }, signal: AbortSignal): Promise<readonly Finding[]>;
  /** Why nothing is sent at the moment; empty while it is. */
  holds(): readonly Hold[];
  /** Sends nothing new until `release` of the same kind. */
  hold(kind: HoldKind, reason: string): void;
  release(kind: HoldKind): void;
  /** Copies of ours beside what others made of the same file, oldest first, until they are dealt with. */
  conflicts(): readonly ConflictCopy[];
  /** Bytes of contents on this disk. */
  cachedBytes(): number;
  nodes(): number;
  /** Of the change feed; undefined where the drive has none. */
  feed(): FeedStatus | undefined;
  /**
   * Sends at once, and resolves when everything at and below `path` (default: the whole tree) is on the drive but what is
   * parked, which it returns. ENOENT if there is no such path.
   */
  sync(path: string | undefined, signal: AbortSignal): Promise<readonly UnsentChange[]>;
  /** Ends sending; what is unsent stays in the journal. No call of `fs` may be under way or follow. */
  close(): Promise<void>;
}

/** How long a caller who wants the newest listing waits for it before the known one must do, milliseconds. */
const listingPatienceMs = 2_000;
/** While these hold, what the drive says may be about somebody else's drive. */
const notOurs: ReadonlySet<HoldKind> = new Set(['unconfirmed', 'signed-out', 'account']);
const usualFeedIntervalMs = 5_000;
/** Kept here of an item rather than of a node. */
const itemAttributes = 'user.skydrive.link.';
const noKernel: KernelCache = {
  invalidateEntry: () => {},
  expireEntry: () => {},
  invalidateAttributes: () => {},
  invalidateNode: () => {},
};

export const openFileSystem = (options: OpenFileSystemOptions): OpenedFileSystem => new Composition(options);

class Composition implements OpenedFileSystem {
  readonly fs: DriveFileSystem;
  readonly #parts: FsParts;
  readonly #lost: LostNodes;
  readonly #feed: ChangeFeed | undefined;
  readonly #unwatch: () => void;
  readonly #fullDrive: FullDrive;
  readonly #lockedItems: LockedItems;
  readonly upkeep: Upkeep;
  readonly #folder: string;
  #kernel: KernelCache = noKernel;

  constructor(options: OpenFileSystemOptions) {
    const { drive, clock, log } = options;
    this.#folder = options.folder;
    const store = openStore(options.folder);
    const tree = new Tree(store);
    this.#lost = new LostNodes((node) => this.fs.settled(node), log);
    const references = new References();
    const journal = new Journal(store);
    const conflicts = new Conflicts(store);
    const xattrs = new LocalXattrs(store);
    const space = new FreeSpace(store, drive, { clock, log, countLeaving: () => leavingBytes(journal, tree) });
    const contents = new Contents(store, {
      ...{ drive, clock, log, budget: options.cacheSize, folder: join(options.folder, 'content') },
      becameDirty: (id) => becameDirty(this.#parts, id as NodeId),
      versionGone: (file) => versionGone(this.#parts, file),
      damaged: (file) => damaged(this.#parts, file),
      hasRoom: (bytes) => space.hasRoom(bytes),
      spent: (bytes) => space.spent(bytes),
      isPinned: (node) => inherited({ tree, xattrs }, node as NodeId, 'pin') !== undefined,
    });
    const held = drive.features.changeFeed ? new HeldChanges(store) : undefined;
    const listener = this.#treeListener({ store, tree, journal, contents, references, xattrs, conflicts });
    const changes = new RemoteChanges({ store, tree, held, listener, now: () => timestampNow(clock.now()) });
    const intervalMs = options.feedIntervalMs ?? usualFeedIntervalMs;
    const renew = (folder: NodeId): Promise<void> => listings.renew(folder);
    this.#feed = held
      ? new ChangeFeed({
          ...{ store, tree, drive, changes, held, clock, log, intervalMs, renew },
          ...{ listen: options.listen, refused: options.refused },
          doubtfulBecause: () => queue.holds.find(({ kind }) => notOurs.has(kind))?.reason,
        })
      : undefined;
    const listings = new Listings(drive, tree, changes, {
      ...{ ageMs: options.listingAgeMs, patienceMs: listingPatienceMs, keeper: this.#feed, clock, log },
    });
    const brake = this.#makeBrake(options, tree);
    const queue = new UploadQueue(
      {
        ...{ store, tree, changes, contents, journal, conflicts, space, drive, clock, log, hostName: hostname() },
        settled: (node) => store.afterCommit(() => this.fs.settled(node)),
        renamed: (parent, before, after) => {
          this.#kernel.invalidateEntry(parent, before);
          this.#kernel.expireEntry(parent, after);
        },
        itemPassed: (from, to) => xattrs.pass(from, to, itemAttributes),
        renew: (folder) => this.#renew(folder),
      },
      {
        settleMs: options.settleMs,
        added: (intent) => brake.add(intent),
        parked: (fault) => {
          this.#fullDrive.parked(fault);
          this.#lockedItems.parked(fault);
        },
      },
    );
    this.#fullDrive = new FullDrive({ journal, queue, space, clock });
    this.#lockedItems = new LockedItems({ journal, queue, clock });
    const { settings } = options;
    this.#parts = {
      ...{ store, tree, listings, changes, contents, journal, conflicts, queue, space, drive, clock, log, settings },
      ...{ references, xattrs, kernel: () => this.#kernel, wanted: () => options.reach?.wanted() },
    };
    this.fs = new DriveFileSystem(this.#parts);
    this.upkeep = this.#makeUpkeep(brake);
    tree.ensureRoot(timestampNow(clock.now()));
    recover(this.#parts, (node) => this.fs.settled(node));
    this.#unwatch = this.#follow(options.reach);
    if (options.held !== undefined) this.hold(options.held.kind, options.held.reason);
    this.#start(options.rootFirst);
  }

  #start(rootFirst: OpenFileSystemOptions['rootFirst']): void {
    const { store, log, queue, listings, tree, changes } = this.#parts;
    store.onDamage((message) => {
      log.error(message);
      this.hold('damaged', message);
    });
    queue.start();
    this.#fullDrive.start();
    this.#lockedItems.start();
    this.fs.pins.start();
    const root = rootFirst?.item;
    if (root !== undefined && tree.get(rootNode)?.item === undefined) changes.applyRoot(root);
    this.#feed?.start(rootFirst === undefined ? undefined : listings.ahead(rootNode));
  }

  #makeUpkeep(brake: Brake): Upkeep {
    return new Upkeep({
      ...{ ...this.#parts, fs: this.fs, brake, folder: this.#folder },
      settled: (node) => this.fs.settled(node),
      isWritable: (node) => this.fs.isWritable(node),
      renew: (folder) => this.#renew(folder),
    });
  }

  /** In the background, and as soon as it can be done. */
  #renew(folder: NodeId): void {
    const { listings, log } = this.#parts;
    this.#feed?.hurry();
    listings.renew(folder).catch((error: unknown) => {
      log.info('not listed again', error);
      this.#feed?.contradicted(folder);
    });
  }

  #makeBrake(options: OpenFileSystemOptions, tree: Tree): Brake {
    return new Brake(options.brake ?? defaultBrake, {
      ...{ clock: options.clock, known: () => tree.count() },
      replaces: ({ node }) => tree.get(node)?.item !== undefined,
      braked: (reason) => this.#braked(reason),
    });
  }

  /** The queue and the pins rest during an outage. Returns what ends that. */
  #follow(reach: Reach | undefined): () => void {
    const follow = (outage: Outage | undefined): void =>
      outage === undefined ? this.#inReach() : this.#parts.queue.hold('offline', outage.reason);
    follow(reach?.outage);
    return reach?.watch(follow) ?? (() => {});
  }

  attachKernel(cache: KernelCache): void {
    this.#kernel = cache;
  }

  unsent(): readonly UnsentChange[] {
    return this.#parts.queue.pending().map((pending) => this.#describe(pending.entry, pending));
  }

  check({ remote }: { readonly remote: boolean }, signal: AbortSignal): Promise<readonly Finding[]> {
    const { store, contents, drive, clock } = this.#parts;
    return check(
      {
        ...{ store, folder: this.#folder, repair: false, now: clock.now() },
        isInUse: (content) => contents.used(content) !== undefined,
        ...(remote ? { drive } : {}),
      },
      signal,
    );
  }

  holds(): readonly Hold[] {
    return this.#parts.queue.holds;
  }

  hold(kind: HoldKind, reason: string): void {
    this.#parts.queue.hold(kind, reason);
  }

  release(kind: HoldKind): void {
    this.#parts.queue.release(kind);
    this.#feed?.retry();
  }

  conflicts(): readonly ConflictCopy[] {
    return this.#parts.conflicts.all().map((conflict) => this.#describeConflict(conflict));
  }

  #describeConflict(conflict: Conflict): ConflictCopy {
    const { tree } = this.#parts;
    const original = originalPath(tree, conflict);
    return { path: tree.path(conflict.node) ?? original, original, at: conflict.at };
  }

  cachedBytes(): number {
    return this.#parts.contents.bytes;
  }

  nodes(): number {
    return this.#parts.tree.count();
  }

  feed(): FeedStatus | undefined {
    return this.#feed?.status;
  }

  async sync(path: string | undefined, signal: AbortSignal): Promise<readonly UnsentChange[]> {
    const { queue, tree } = this.#parts;
    const top = await nodeAt(this.fs, path ?? '/', signal);
    const parked = await queue.drain((entry) => this.#concerns(entry, top), signal);
    const states = new Map(queue.pending().map((pending) => [pending.entry.seq, pending]));
    return tree.get(top) === undefined ? [] : parked.map((entry) => this.#describe(entry, states.get(entry.seq)));
  }

  async close(): Promise<void> {
    const { queue, contents, listings, store } = this.#parts;
    this.#unwatch();
    this.#fullDrive.close();
    this.#lockedItems.close();
    this.fs.pins.close();
    listings.close();
    this.#lost.close();
    await this.#feed?.close();
    await queue.stop();
    this.fs.close();
    try {
      await contents.closeAll();
    } finally {
      await store.close();
    }
  }

  #treeListener(
    parts: Pick<FsParts, 'store' | 'tree' | 'journal' | 'contents' | 'references' | 'xattrs' | 'conflicts'>,
  ): TreeListener {
    const { store, tree, journal, contents, references, xattrs, conflicts } = parts;
    const nameless = (node: NodeId): void => {
      references.lostName(node);
      if (references.isKnownToKernel(node)) this.#kernel.invalidateAttributes(node);
      store.afterCommit(() => this.#lost.add(node));
    };
    const changed =
      (tell: (parent: NodeId, name: string) => void) =>
      (parent: NodeId, name: string): void => {
        store.afterCommit(() => this.fs.pins.look(tree.child(parent, name)?.id ?? parent));
        if (!references.isKnownToKernel(parent) && parent !== rootNode) return;
        tell(parent, name);
        // A name that the kernel never knew says nothing to it, but what it knows of the folder is old as well.
        this.#kernel.invalidateNode(parent);
      };
    return {
      isMaking: (parent, name) => journal.isMaking({ parent, name }),
      entryChanged: changed((parent, name) => this.#kernel.invalidateEntry(parent, name)),
      entryAppeared: changed((parent, name) => this.#kernel.expireEntry(parent, name)),
      nodeChanged: (node) => {
        if (references.isKnownToKernel(node)) this.#kernel.invalidateNode(node);
        this.fs.pins.look(node);
      },
      contentReplaced: (_, content) => contents.retire(content),
      isBeingRead: (node) => this.fs.isBeingRead(node) && journal.of(node).length === 0 && !journal.isReplaced(node),
      succeeded: (former, heir) => {
        xattrs.pass(former, heir, '');
        conflicts.pass(former, heir);
        nameless(former);
      },
      nodeLost: (node) => {
        conflicts.end(node);
        nameless(node);
      },
    };
  }

  #braked(reason: string): void {
    const { queue, log } = this.#parts;
    log.warn(`the queue is held: ${reason}`);
    queue.hold('brake', reason);
  }

  #inReach(): void {
    this.#parts.queue.release('offline');
    this.fs.pins.wake();
    this.#feed?.retry();
  }

  #concerns(entry: Entry, top: NodeId): boolean {
    const { intent } = entry;
    const parent = intent.kind === 'remove' ? intent.from.parent : intent.node;
    return top === rootNode || this.#parts.tree.isWithin(parent, top);
  }

  #describe(entry: Entry, pending?: Pending): UnsentChange {
    const { tree } = this.#parts;
    const { intent } = entry;
    return {
      ...{ path: entryPath(tree, entry), what: intent.kind, running: pending?.running ?? false },
      ...(entry.parked === undefined ? {} : { parked: entry.parked }),
      ...(pending?.trouble === undefined ? {} : { trouble: pending.trouble }),
      ...(pending?.progress ?? {}),
    };
  }
}

/** Bytes on the drive of what is to be removed there. */
const leavingBytes = (journal: Journal, tree: Tree): number => {
  const leaving = journal.all().filter(({ intent }) => intent.kind === 'remove');
  const nodes = leaving.flatMap(({ intent }) => nodesOf(intent));
  return nodes.reduce((sum, id) => sum + (tree.get(id)?.item?.size ?? 0), 0);
};
