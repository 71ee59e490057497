// The change feed keeps the tree true: it tells the whole drive once, in the background, and then what changes. It looks often while
// things happen or somebody uses the tree, and seldom when nobody does. One look at a time; a look that fails is made again, from
// where the last one that succeeded ended.
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { linkedSignal } from '../base/linked-signal.ts';
import type { Log } from '../base/log.ts';
import type { Drive } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';
import type { Store } from '../store/store.ts';
import { FeedChanges } from './feed-changes.ts';
import { FeedPosition, type Position } from './feed-position.ts';
import { sweep } from './feed-sweep.ts';
import { FolderCounts } from './folder-counts.ts';
import { FolderDoubts } from './folder-doubts.ts';
import type { HeldChanges } from './held-changes.ts';
import { ListingTurns } from './listing-turns.ts';
import type { Node, NodeId } from './node.ts';
import type { RemoteChanges } from './remote-changes.ts';
import type { Tree } from './tree.ts';
import type { TreeKeeper } from './tree-keeper.ts';

export interface ChangeFeedOptions {
  readonly store: Store;
  readonly tree: Tree;
  readonly drive: Drive;
  readonly changes: RemoteChanges;
  readonly held: HeldChanges;
  readonly clock: Clock;
  readonly log: Log;
  /** Shortest pause between two looks, milliseconds. */
  readonly intervalMs: number;
  /** Lists a folder, whatever is known of it. */
  renew(folder: NodeId): Promise<void>;
  /** Why what the drive says is not to be believed now; undefined: it is. */
  doubtfulBecause(): string | undefined;
  /** The drive refuses to tell, for a reason that does not pass by itself. Called once at most. */
  readonly refused?: (() => void) | undefined;
  /** Calls `changed` when there may be something to look at, until the signal is aborted. Never rejects. */
  readonly listen?: ((changed: () => void, signal: AbortSignal) => Promise<void>) | undefined;
}

/** What the feed is about, for whoever asks after the mount's state. */
export interface FeedStatus {
  /** `off`: the drive has no feed after all. */
  readonly state: Position['state'] | 'off';
  /** When the last look succeeded, milliseconds since 1970. */
  readonly lookedAt?: number;
  /** Why the last look failed, if it did. */
  readonly trouble?: string;
}

/** From one look to the next when there is a hurry: changes come in series, our own among them. */
const hurriedMs = 500;
/** Longest pause between two looks. */
const longestPauseMs = 60_000;
/** After so long without use and without changes, looks become rare. */
const idleAfterMs = 10 * 60_000;
/** Being told costs a question of its own, which who mounts for a moment need not ask, milliseconds. */
const listenAfterMs = 5_000;
/** A feed that has not answered for so long keeps nothing any more. */
const trustedForMs = 3 * 60_000;

export class ChangeFeed implements TreeKeeper {
  readonly #options: ChangeFeedOptions;
  readonly #position: FeedPosition;
  readonly #changes: FeedChanges;
  readonly #counts: FolderCounts;
  readonly #doubts: FolderDoubts;
  readonly #turns: ListingTurns;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #listening: Promise<void> | undefined;
  #sleeping = new AbortController();
  #isOff = false;
  #isHurried = false;
  #isRefused = false;
  #usedAt: number;
  #aliveAt: number;
  #lookedAt: number | undefined;
  #startedAt: number;
  #failures = 0;
  #trouble: string | undefined;

  constructor(options: ChangeFeedOptions) {
    const { store, tree, drive, changes, held, clock, log } = options;
    this.#options = options;
    this.#position = new FeedPosition(store);
    const renew = (folder: NodeId): Promise<void> => options.renew(folder);
    this.#changes = new FeedChanges({ store, tree, drive, changes, held, renew });
    this.#counts = new FolderCounts({ tree, changes, renew });
    const counted = (folders: readonly NodeId[]): void => this.#counts.listed(folders);
    this.#doubts = new FolderDoubts({ tree, clock, log, renew, counted });
    this.#turns = new ListingTurns(clock);
    this.#usedAt = clock.monotonic();
    this.#aliveAt = this.#usedAt;
    this.#startedAt = this.#usedAt;
    this.#mark();
  }

  /** `after`: what the first look waits for. Must not reject. */
  start(after?: Promise<void>): void {
    this.#running = this.#run(after);
    this.#listening = this.#listen();
  }

  /** Ends what is under way; nothing is changed any more. */
  async close(): Promise<void> {
    this.#abort.abort(new Error('the change feed is closing'));
    await this.#running;
    await this.#listening;
  }

  get status(): FeedStatus {
    return {
      state: this.#isOff ? 'off' : this.#position.get().state,
      ...(this.#lookedAt === undefined ? {} : { lookedAt: this.#lookedAt }),
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
    };
  }

  keeps({ item }: Node): boolean {
    if (this.#isOff || item?.foreign === true || this.#position.get().state !== 'following') return false;
    return this.#options.clock.monotonic() - this.#aliveAt < trustedForMs;
  }

  contradicted(folder: NodeId): void {
    this.#doubts.add(folder);
  }

  async turn(isKnown: () => boolean, signal: AbortSignal): Promise<void> {
    // Nobody waits for a feed that fails.
    const isVain = (): boolean => this.#isOff || this.#failures > 0 || this.#position.get().state === 'following';
    const isOver = (): boolean => isKnown() || isVain();
    await this.#turns.take(isOver, signal);
  }

  used(): void {
    const now = this.#options.clock.monotonic();
    const wasIdle = now - this.#usedAt > idleAfterMs;
    this.#usedAt = now;
    if (wasIdle) this.hurry();
  }

  /** Something shows that the tree may not be what the drive is: looks at once. */
  hurry(): void {
    this.#isHurried = true;
    this.#sleeping.abort();
  }

  /** What looks failed of is over, as far as anybody knows: looks at once. */
  retry(): void {
    this.#failures = 0;
    this.hurry();
  }

  async #listen(): Promise<void> {
    const { listen, clock } = this.#options;
    const { signal } = this.#abort;
    await clock.sleep(listenAfterMs, signal).catch(() => {});
    if (!signal.aborted) await listen?.(() => this.#told(), signal);
  }

  /** The service says that something has changed. It may take it a while to tell what. */
  #told(): void {
    this.#usedAt = this.#options.clock.monotonic();
    this.hurry();
  }

  async #run(after: Promise<void> | undefined): Promise<void> {
    const { signal } = this.#abort;
    await after;
    while (!signal.aborted && !this.#isOff) {
      this.#isHurried = false;
      this.#startedAt = this.#options.clock.monotonic();
      try {
        await this.#look();
        this.#succeeded();
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
      }
      await this.#pause();
    }
    this.#turns.wake();
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#trouble = undefined;
    this.#aliveAt = this.#options.clock.monotonic();
    this.#lookedAt = this.#options.clock.now();
  }

  #failed(error: unknown): void {
    const { log } = this.#options;
    this.#failures += 1;
    this.#turns.wake();
    this.#trouble = messageOf(error);
    if (error instanceof DriveError && error.fault === 'unsupported') {
      this.#isOff = true;
      log.warn('this drive does not tell of changes: folders are listed again when they are used', error);
    } else if (error instanceof DriveError) {
      log.info('the drive did not tell of changes', error);
      if (!error.passing && !this.#isRefused) this.#options.refused?.();
      this.#isRefused ||= !error.passing;
    } else log.error('changes of the drive could not be taken up', error);
  }

  async #pause(): Promise<void> {
    if (this.#abort.signal.aborted || this.#isOff) return;
    this.#sleeping = new AbortController();
    const { signal, unlink } = linkedSignal([this.#abort.signal, this.#sleeping.signal]);
    const usualMs = this.#pauseMs();
    for (
      let leftMs = this.#leftMs(usualMs);
      leftMs > 0 && !this.#abort.signal.aborted;
      leftMs = this.#leftMs(usualMs)
    ) {
      // Once in a hurry, it cannot be hurried any more.
      await this.#options.clock.sleep(leftMs, this.#isHurried ? this.#abort.signal : signal).catch(() => {});
    }
    unlink();
  }

  /** Until the next look. Whoever is in a hurry after a failure may be so because of it. */
  #leftMs(usualMs: number): number {
    const isHurried = this.#isHurried && this.#failures === 0;
    const pauseMs = isHurried ? Math.min(hurriedMs, usualMs) : usualMs;
    return pauseMs - (this.#options.clock.monotonic() - this.#startedAt);
  }

  #pauseMs(): number {
    const { intervalMs, clock } = this.#options;
    const longest = Math.max(longestPauseMs, intervalMs);
    if (this.#failures > 0) return Math.min(longest, intervalMs * 2 ** (this.#failures - 1));
    const idleMs = clock.monotonic() - this.#usedAt - idleAfterMs;
    return idleMs < 0 ? intervalMs : Math.min(longest, intervalMs + idleMs / 10);
  }

  /** One look: all pages that there are. */
  async #look(): Promise<void> {
    const { drive, changes } = this.#options;
    const { signal } = this.#abort;
    this.#checkBelieved();
    await this.#settle();
    for (let more = true; more; ) {
      const before = this.#position.get();
      const asked = changes.asking();
      const page = await drive.changes(before.cursor, signal);
      signal.throwIfAborted();
      this.#checkBelieved();
      if (page.reset) this.#beginAgain(before);
      if (page.changes.length > 0 && before.state === 'following') this.#usedAt = this.#options.clock.monotonic();
      const now = this.#position.get();
      const state = now.state === 'listing' && !page.more ? 'sweeping' : now.state;
      const stored = (): void => this.#position.set({ ...now, cursor: page.cursor, state });
      await this.#changes.apply(page, asked, stored, signal);
      if (before.state === 'following' && !page.reset) this.#counts.note(page.changes, asked);
      this.#turns.pageCame();
      more = page.more;
    }
    await this.#settle();
    await this.#doubts.listDue(signal);
    await this.#counts.check(signal);
  }

  /** What is left to be done once all pages are in; also by a run that ended before. */
  async #settle(): Promise<void> {
    if (this.#position.get().state === 'listing') return;
    await this.#changes.settle(this.#abort.signal);
    if (this.#position.get().state === 'sweeping') await this.#sweep();
  }

  #checkBelieved(): void {
    const reason = this.#options.doubtfulBecause();
    if (reason !== undefined) throw new DriveError('busy', reason);
  }

  /** The whole drive is told again. What it does not tell of is found by the sweep. */
  #beginAgain({ listing }: Position): void {
    this.#options.log.info('the drive tells all that it holds again');
    this.#options.store.transact(() => {
      this.#options.held.clear();
      this.#position.set({ listing: listing + 1, state: 'listing' });
    });
    this.#mark();
  }

  async #sweep(): Promise<void> {
    const { tree, store, held, clock, renew } = this.#options;
    const position = this.#position.get();
    await sweep(
      { tree, store, held, renew },
      { listing: position.listing, now: clock.now(), signal: this.#abort.signal },
    );
    this.#position.set({ ...position, state: 'following' });
    this.#mark();
    this.#turns.wake();
  }

  #mark(): void {
    const { state, listing } = this.#position.get();
    this.#options.changes.listing = state === 'following' ? undefined : listing;
  }
}
