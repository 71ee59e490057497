// When a folder is listed: once before anything in it can be known, and again when it is used after its listing has become
// old. The old answer serves meanwhile where it may. Only one listing of a folder is under way at a time.
import { setMaxListeners } from 'node:events';
import { abortable } from '../base/abortable.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { patiently } from '../base/patience.ts';
import { SingleFlight } from '../base/single-flight.ts';
import type { Drive, Item, ItemId } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';
import { type Node, type NodeId, rootNode } from './node.ts';
import type { FolderAnswer, RemoteChanges } from './remote-changes.ts';
import type { Tree } from './tree.ts';
import type { TreeKeeper } from './tree-keeper.ts';

export interface ListingsOptions {
  /** A listing older than this is asked for again on use; milliseconds. */
  readonly ageMs: number;
  /** How long a caller who wants the newest state waits before the old one must do; milliseconds. */
  readonly patienceMs: number;
  /** Keeps listings true, so that they do not become old; undefined where nobody does. */
  readonly keeper?: TreeKeeper | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long the kernel may believe what is kept true: it is told of changes, and asks again soon enough to show that it is used. */
const keptMs = 5 * 60_000;
/** Items that a listing lacks which the drive is asked for one by one. */
const maxAskedAfter = 10;
/** After a failed refresh, no other is tried for this long, so that an unreachable service does not slow every call. */
const pauseAfterFailureMs = 5_000;

const isMissing = (error: unknown): boolean => error instanceof DriveError && error.fault === 'missing';

export class Listings {
  readonly #drive: Drive;
  readonly #tree: Tree;
  readonly #changes: RemoteChanges;
  readonly #options: ListingsOptions;
  readonly #running = new SingleFlight<NodeId, void>();
  readonly #waiting = new SingleFlight<NodeId, void>();
  readonly #abort = new AbortController();
  /** Folders that alone cannot be listed: when they may be tried again. */
  readonly #resting = new Map<NodeId, number>();
  #pausedUntil = 0;

  constructor(drive: Drive, tree: Tree, changes: RemoteChanges, options: ListingsOptions) {
    this.#drive = drive;
    this.#tree = tree;
    this.#changes = changes;
    this.#options = options;
    // As many wait for it as folders are listed at a time.
    setMaxListeners(0, this.#abort.signal);
  }

  /** How long what is known of the node may be believed without asking; milliseconds. */
  validMs({ parent, id }: Node): number {
    const folder = this.#tree.get(parent ?? id);
    const isKept = folder?.listedAt !== undefined && this.#options.keeper?.keeps(folder) === true;
    return isKept ? Math.max(keptMs, this.#options.ageMs) : this.#options.ageMs;
  }

  /** What to wait for until all children of the folder are known, however old that knowledge is; undefined if they are. */
  known(folder: NodeId, signal: AbortSignal): Promise<void> | undefined {
    if (!this.#isComplete(folder)) return abortable(this.#listInTurn(folder), signal);
    this.touch(folder);
    return undefined;
  }

  /**
   * As `known`, but for the newest state, as long as the drive answers soon. Returns what to wait for; undefined if what is known
   * must do.
   */
  fresh(folder: NodeId, signal: AbortSignal): Promise<void> | undefined {
    this.#options.keeper?.used();
    if (!this.#isComplete(folder)) return abortable(this.#listInTurn(folder), signal);
    if (!this.#isOld(folder) || this.#isPaused(folder)) return undefined;
    const { clock, patienceMs } = this.#options;
    return patiently(this.#refreshInBackground(folder), clock, patienceMs, signal);
  }

  /** Somebody will ask for the folder: resolves once it is known, or cannot be listed. */
  async ahead(folder: NodeId): Promise<void> {
    if (this.#isComplete(folder)) return;
    const { log } = this.#options;
    await this.#listInTurn(folder).catch((error: unknown) => log.info(`folder ${folder} is not listed`, error));
  }

  /** Somebody uses what is known of the folder: asks for it again, in the background, if that is old. */
  touch(folder: NodeId): void {
    this.#options.keeper?.used();
    if (this.#isComplete(folder) && this.#isOld(folder)) void this.#refreshInBackground(folder);
  }

  /** Ends what is under way; nothing is changed any more. */
  close(): void {
    this.#abort.abort(new Error('the listings are closing'));
  }

  /** Lists the folder whatever is known of it. */
  async renew(folder: NodeId): Promise<void> {
    await this.#list(folder);
  }

  #isComplete(folder: NodeId): boolean {
    const node = this.#tree.get(folder);
    return node?.listedAt !== undefined || (node?.item === undefined && folder !== rootNode);
  }

  #isOld(folder: NodeId): boolean {
    const node = this.#tree.get(folder);
    if (node?.listedAt === undefined || node.item === undefined) return false;
    if (this.#options.keeper?.keeps(node) === true) return false;
    const age = this.#options.clock.now() - node.listedAt;
    return age >= this.#options.ageMs || age < 0;
  }

  #isPaused(folder: NodeId): boolean {
    const now = this.#options.clock.monotonic();
    return now < this.#pausedUntil || now < (this.#resting.get(folder) ?? 0);
  }

  #refreshInBackground(folder: NodeId): Promise<void> {
    if (this.#isPaused(folder)) return Promise.resolve();
    return this.#list(folder).catch((error: unknown) => {
      if (this.#abort.signal.aborted) return;
      const until = this.#options.clock.monotonic() + pauseAfterFailureMs;
      // What the drive says of one folder says nothing of the others.
      if (error instanceof DriveError && !error.passing) this.#resting.set(folder, until);
      else this.#pausedUntil = until;
      this.#options.log.info(`folder ${this.#tree.path(folder) ?? folder} could not be listed again`, error);
    });
  }

  /** As `#list`, unless the folder becomes known in another way before its turn has come. */
  #listInTurn(folder: NodeId): Promise<void> {
    const { keeper } = this.#options;
    if (keeper === undefined) return this.#list(folder);
    return this.#waiting.run(folder, async () => {
      const isKnown = (): boolean => this.#isComplete(folder);
      await keeper.turn(isKnown, this.#abort.signal);
      if (!isKnown()) await this.#list(folder);
    });
  }

  #list(folder: NodeId): Promise<void> {
    return this.#running.run(folder, () => this.#listNow(folder));
  }

  async #listNow(folder: NodeId): Promise<void> {
    const answer = this.#changes.askingFor(folder);
    const startedAt = this.#options.clock.now();
    try {
      const id = await this.#itemOf(folder);
      const pages = await this.#askOnce(id, answer);
      // While others write, an item may slip from one page to another between the two requests: what only seems to be
      // gone must not go.
      if (pages > 1 && this.#changes.unseen(answer).length > 0) await this.#askOnce(id, answer);
      if (this.#options.keeper !== undefined) await this.#askAfter(answer);
      this.#compareCount(answer);
    } catch (error) {
      if (isMissing(error) && folder !== rootNode) this.#missed(folder);
      throw error;
    }
    this.#changes.applyEnd(answer, startedAt);
    this.#resting.delete(folder);
  }

  /** The drive says that it has no such folder. One that somebody told of may be so new that it cannot be listed yet. */
  #missed(folder: NodeId): void {
    const { keeper } = this.#options;
    const parent = this.#tree.get(folder)?.parent;
    if (keeper === undefined || parent === undefined) this.#changes.lose(folder);
    else keeper.contradicted(parent);
  }

  /**
   * Who keeps the tree told of items that the listing lacks: one of the two is late. Such items go only if the drive says of
   * each, or of some if there are many, that it is gone.
   */
  async #askAfter(answer: FolderAnswer): Promise<void> {
    const missing = this.#changes.unseen(answer).flatMap((id) => this.#tree.get(id)?.item ?? []);
    if (missing.length === 0) return;
    this.#options.keeper?.contradicted(answer.folder);
    const asked = missing.slice(0, maxAskedAfter);
    const there: Item[] = [];
    for (const item of asked) if (await this.#isThere(item)) there.push(item);
    const kept = there.length > 0 && missing.length > asked.length ? missing : there;
    for (const { id } of kept) answer.seen.add(id);
  }

  /** The drive counts more in the folder than it lists: the listing may be late, and nobody tells of what it will hold. */
  #compareCount({ folder, seen }: FolderAnswer): void {
    if (seen.size < (this.#tree.get(folder)?.item?.childCount ?? 0)) this.#options.keeper?.contradicted(folder);
  }

  async #isThere({ id, parentId }: Item): Promise<boolean> {
    try {
      const item = await this.#drive.get(id, this.#abort.signal);
      return item.parentId === parentId;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Returns the number of pages. */
  async #askOnce(id: ItemId, answer: FolderAnswer): Promise<number> {
    let pages = 0;
    for await (const page of this.#drive.children(id, this.#abort.signal)) {
      this.#abort.signal.throwIfAborted();
      this.#changes.applyPage(answer, page);
      pages += 1;
    }
    this.#abort.signal.throwIfAborted();
    return pages;
  }

  async #itemOf(folder: NodeId): Promise<ItemId> {
    const item = this.#tree.get(folder)?.item;
    if (item !== undefined) return item.id;
    if (folder !== rootNode) throw new DriveError('missing', `folder ${folder} is not on the drive yet`);
    const root = await this.#drive.root(this.#abort.signal);
    this.#abort.signal.throwIfAborted();
    this.#changes.applyRoot(root);
    return root.id;
  }
}
