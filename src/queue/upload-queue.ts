// DOOR to p-queue. Sends what is in the journal, in the background: each entry when its turn has come (order.ts) and its
// time is due, again after passing faults, and not at all once it is parked. Nothing is ever dropped.
import PQueue from 'p-queue';
import { FsError } from '../base/errors.ts';
import { DriveError, type Fault } from '../drive/drive-error.ts';
import type { NodeId } from '../metadata/node.ts';
import { type Hold, type HoldKind, Holds } from './holds.ts';
import { claimsOf, type Entry, type Intent } from './intent.ts';
import { Order } from './order.ts';
import { sendContent } from './send-content.ts';
import { sendComment, sendCommentRemoval, sendDescription } from './send-properties.ts';
import { sendFolder, sendMove, sendRemoval } from './send-tree.ts';
import type { Parts, Send, SendContext } from './sending.ts';
import type { SentMark } from './sent-bytes.ts';

export interface QueueOptions {
  /** How long new content waits for more of the same; milliseconds. */
  readonly settleMs: number;
  /** Entries sent at a time. */
  readonly concurrency: number;
  /** A change is journaled, in the running transaction. */
  readonly added?: (intent: Intent) => void;
  /** An entry was parked for this. */
  readonly parked?: (fault: Fault) => void;
}

/** An entry with what is going on with it. */
export interface Pending {
  readonly entry: Entry;
  /** Being sent now. */
  readonly running: boolean;
  /** Bytes sent, and in all, of a content being sent. */
  readonly progress?: { readonly sent: number; readonly total: number };
  /** The fault of the last attempt. */
  readonly trouble?: string;
  readonly fault?: Fault;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** Content that keeps changing is sent at last after this many times the settling time. */
const longestSettling = 10;

const senders: { readonly [K in Intent['kind']]: Send<K> } = {
  'create-folder': sendFolder,
  'put-content': sendContent,
  move: sendMove,
  remove: sendRemoval,
  describe: sendDescription,
  'add-comment': sendComment,
  'remove-comment': sendCommentRemoval,
};

type Removal = Intent & { readonly kind: 'remove' };

interface State {
  /** Its turn has come; it waits for a free place among those being sent. */
  queued: boolean;
  running: boolean;
  timer?: NodeJS.Timeout;
  progress?: { readonly sent: number; readonly total: number };
  trouble?: DriveError;
}

const unparked = ({ parked: _, fault: _fault, half: _half, ...entry }: Entry): Entry => ({ ...entry, attempts: 0 });

const isDiskFull = (error: unknown): boolean => error instanceof FsError && error.code === 'ENOSPC';

export class UploadQueue {
  readonly #parts: Parts;
  readonly #options: QueueOptions;
  readonly #order = new Order();
  readonly #states = new Map<number, State>();
  readonly #sending: PQueue;
  readonly #abort = new AbortController();
  readonly #watchers = new Set<() => void>();
  readonly #holds: Holds;
  #hurried = 0;

  constructor(parts: Parts, options: QueueOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#holds = new Holds(parts.store);
    this.#sending = new PQueue({ concurrency: options.concurrency, autoStart: !this.#holds.any });
  }

  /** Takes up what an earlier run left. */
  start(): void {
    for (const entry of this.#parts.journal.all()) this.#take(entry, 0);
  }

  /** Journals a change, in the running transaction. It is sent some time after that is on the disk. */
  add(intent: Intent, sent: readonly SentMark[] = []): void {
    const { journal, store, clock } = this.#parts;
    if (intent.kind !== 'remove') this.#options.added?.(intent);
    const added = journal.add(intent, clock.now());
    const entry = sent.length === 0 ? added : journal.put({ ...added, sent });
    store.afterCommit(() => this.#take(entry, intent.kind === 'put-content' ? this.#options.settleMs : 0));
  }

  /** The node's content changed and is to reach the drive. In the transaction that notes the change. */
  addContent(intent: Intent & { readonly kind: 'put-content' }): void {
    const { journal, store, clock } = this.#parts;
    const waiting = journal.of(intent.node).find((entry) => entry.intent.kind === 'put-content');
    if (waiting === undefined) {
      this.add(intent);
      return;
    }
    if (waiting.parked !== undefined) journal.put(unparked(waiting));
    store.afterCommit(() => {
      const state = this.#states.get(waiting.seq);
      const settled = clock.now() - waiting.since > longestSettling * this.#options.settleMs;
      if (state?.running === false) this.#schedule(waiting.seq, settled ? 0 : this.#options.settleMs);
    });
  }

  /**
   * In the transaction that takes the node's name away: takes back what has not been sent of it, and journals the removal
   * unless the drive never gets to know the node. True in that case.
   */
  remove(intent: Removal, isOnDrive: boolean): boolean {
    const { journal, store } = this.#parts;
    this.#options.added?.(intent);
    if (journal.isUsed(intent.node)) {
      // What others pass through on their way has to be made, and to stay until they have left it.
      this.add(intent);
      return false;
    }
    const entries = journal.of(intent.node);
    const isFree = (entry: Entry): boolean =>
      this.#states.get(entry.seq)?.running !== true && (isOnDrive || entry.ambiguous !== true);
    const isUnknown = !isOnDrive && entries.every(isFree);
    const free = isOnDrive || isUnknown ? entries.filter(isFree) : [];
    const [first] = isOnDrive ? free.filter((entry) => entry.intent.kind === 'move') : [];
    const leaving = free.filter((entry) => entry !== first);
    for (const entry of leaving) journal.remove(entry);
    const sent = leaving.flatMap((entry) => entry.sent ?? []);
    if (first !== undefined) this.#removeInsteadOf(first, intent, sent);
    else if (!isUnknown) this.add(intent, sent);
    // Only when the journal is as it is to be: who waited for them goes at once.
    store.afterCommit(() => {
      for (const { seq } of leaving) this.#finish(seq);
    });
    return isUnknown;
  }

  /** In a transaction: takes an unsent entry out. */
  #drop(entry: Entry): void {
    const { journal, store } = this.#parts;
    journal.remove(entry);
    store.afterCommit(() => this.#finish(entry.seq));
  }

  /** Where the item is on the drive, it has the name that the first unsent move was to take it away from. */
  #removeInsteadOf({ seq, since, intent }: Entry, removal: Removal, sent: readonly SentMark[]): void {
    const from = intent.kind === 'move' ? intent.from : removal.from;
    const marks = sent.length === 0 ? {} : { sent };
    this.#parts.journal.put({ seq, since, attempts: 0, intent: { ...removal, from }, ...marks });
    this.#parts.store.afterCommit(() => {
      const state = this.#states.get(seq);
      if (state !== undefined) delete state.trouble;
      this.#schedule(seq, 0);
    });
  }

  /** Begins with no entry any more, until this kind of hold is released; what is under way goes on. */
  hold(kind: HoldKind, reason: string): void {
    this.#holds.set(kind, reason);
    this.#sending.pause();
    this.#changed();
  }

  release(kind: HoldKind): void {
    this.#holds.end(kind);
    if (!this.#holds.any) this.#sending.start();
    this.#changed();
  }

  get holds(): Hold[] {
    return this.#holds.all();
  }

  /** Tries again at once what was parked; says what that is. */
  retry(concerns: (entry: Entry) => boolean): Entry[] {
    const { journal, store } = this.#parts;
    const parked = journal.all().filter((entry) => entry.parked !== undefined && concerns(entry));
    store.transact(() => {
      for (const entry of parked) journal.put(unparked(entry));
    });
    for (const { seq } of parked) {
      const state = this.#states.get(seq);
      if (state !== undefined) delete state.trouble;
      this.#schedule(seq, 0);
    }
    return parked;
  }

  /** The entry is not sent before somebody asks for it. */
  park(entry: Entry, why: { readonly parked: string; readonly fault?: Fault; readonly half?: true }): void {
    this.#parts.journal.put({ ...entry, ...why });
  }

  isSending({ seq }: Entry): boolean {
    return this.#states.get(seq)?.running === true;
  }

  /** In a transaction: what the entry stands for, which is not being sent, does not happen. */
  giveUp(entry: Entry): void {
    this.#drop(entry);
  }

  pending(): Pending[] {
    return this.#parts.journal.all().map((entry) => this.#pending(entry));
  }

  pendingOf(node: NodeId): Pending[] {
    return this.#parts.journal.of(node).map((entry) => this.#pending(entry));
  }

  /**
   * Sends without waiting for more changes, and resolves when no entry that `concerns` accepts is left but parked ones
   * and those that have to wait for parked ones, which it returns.
   */
  async drain(concerns: (entry: Entry) => boolean, signal: AbortSignal): Promise<Entry[]> {
    this.#hurried += 1;
    try {
      for (const seq of this.#states.keys()) if (this.#states.get(seq)?.trouble === undefined) this.#schedule(seq, 0);
      for (;;) {
        const left = this.#parked().filter(concerns);
        if (left.every((entry) => entry.parked !== undefined)) return left;
        await this.#nextChange(signal);
      }
    } finally {
      this.#hurried -= 1;
    }
  }

  /** Ends what is being sent; entries stay in the journal. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error('the queue is closing'));
    for (const state of this.#states.values()) clearTimeout(state.timer);
    this.#sending.clear();
    await this.#sending.onIdle();
  }

  /** All entries; those behind a parked one count as parked too, and all do while somebody holds the queue. */
  #parked(): Entry[] {
    const all = this.#parts.journal.all();
    const held = this.#holds.lasting();
    if (held !== undefined) return all.map((entry) => ({ ...entry, parked: entry.parked ?? held.reason }));
    const stuck = new Set(all.filter((entry) => entry.parked !== undefined).map((entry) => entry.seq));
    if (stuck.size === 0) return all;
    return all.map((entry) => {
      if (entry.parked !== undefined || !this.#order.waitsFor(entry.seq).some((other) => stuck.has(other)))
        return entry;
      stuck.add(entry.seq);
      return { ...entry, parked: 'has to wait for an earlier change that is parked' };
    });
  }

  #pending(entry: Entry): Pending {
    const state = this.#states.get(entry.seq);
    return {
      entry,
      running: state?.running ?? false,
      ...(state?.progress === undefined ? {} : { progress: state.progress }),
      ...(state?.trouble === undefined ? {} : { trouble: state.trouble.message, fault: state.trouble.fault }),
    };
  }

  #take(entry: Entry, delayMs: number): void {
    this.#states.set(entry.seq, { queued: false, running: false });
    this.#order.add(entry.seq, claimsOf(entry.intent));
    this.#schedule(entry.seq, this.#hurried > 0 ? 0 : delayMs);
  }

  /** Sends the entry after the delay, if it is its turn then; if not, it is scheduled again when its turn comes. */
  #schedule(seq: number, delayMs: number): void {
    const state = this.#states.get(seq);
    if (state === undefined || state.queued || state.running || this.#abort.signal.aborted) return;
    clearTimeout(state.timer);
    delete state.timer;
    if (this.#parts.journal.get(seq)?.parked !== undefined) return;
    if (delayMs > 0) state.timer = setTimeout(() => this.#schedule(seq, 0), delayMs);
    else if (this.#order.mayGo(seq)) this.#start(seq, state);
  }

  #start(seq: number, state: State): void {
    state.queued = true;
    const run = async (): Promise<void> => {
      state.queued = false;
      const entry = this.#parts.journal.get(seq);
      if (entry?.parked === undefined && entry !== undefined && !this.#abort.signal.aborted)
        await this.#send(entry, state);
    };
    void this.#sending.add(run);
  }

  async #send(entry: Entry, state: State): Promise<void> {
    const context: SendContext = {
      signal: this.#abort.signal,
      enqueue: (intent) => this.add(intent),
      progress: (sent, total) => {
        state.progress = { sent, total };
      },
      drop: (other) => this.#drop(other),
    };
    let pauseMs = this.#options.settleMs;
    state.running = true;
    try {
      await (senders[entry.intent.kind] as Send<Intent['kind']>)(this.#parts, entry as never, context);
      delete state.trouble;
      this.#wakeTroubled();
    } catch (error) {
      if (!this.#abort.signal.aborted) pauseMs = this.#failed(entry, state, error);
    }
    state.running = false;
    delete state.progress;
    if (this.#parts.journal.get(entry.seq) === undefined) this.#finish(entry.seq);
    else this.#schedule(entry.seq, this.#hurried > 0 && state.trouble === undefined ? 0 : pauseMs);
    this.#changed();
  }

  /** Notes the fault, and says after how many milliseconds to try again. */
  #failed(entry: Entry, state: State, error: unknown): number {
    const { journal, log } = this.#parts;
    const fault = error instanceof DriveError ? error : new DriveError('broken', String(error), { cause: error });
    const isPassing = error instanceof DriveError ? error.passing || error.fault === 'signed-out' : isDiskFull(error);
    const attempts = entry.attempts + 1;
    state.trouble = fault;
    const current = journal.get(entry.seq);
    if (current === undefined) return 0;
    const ambiguous = fault.ambiguous || entry.ambiguous === true ? { ambiguous: true as const } : {};
    this.#keep({
      ...current,
      ...ambiguous,
      attempts,
      ...(isPassing ? {} : { parked: fault.message, fault: fault.fault }),
    });
    const what = `${entry.intent.kind} of ${this.#parts.tree.path(entry.intent.node) ?? `node ${entry.intent.node}`}`;
    if (!isPassing) {
      log.error(`${what} is parked`, error);
      this.#options.parked?.(fault.fault);
    }
    if (isPassing) log.info(`${what} did not reach the drive, attempt ${attempts}: ${fault.message}`);
    const pause = Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs) * (0.75 + Math.random() / 2);
    return Math.max(pause, fault.retryAfterMs ?? 0);
  }

  /** A full disk must not stop the queue: what could not be noted is noted with the next attempt. */
  #keep(entry: Entry): void {
    try {
      this.#parts.journal.put(entry);
    } catch (error) {
      this.#parts.log.warn('the state of the queue could not be noted', error);
    }
  }

  /** The drive answers again: whoever waits because it did not need not wait longer. */
  #wakeTroubled(): void {
    for (const [seq, state] of this.#states) {
      if (state.trouble?.fault !== 'offline' || state.running) continue;
      delete state.trouble;
      this.#schedule(seq, 0);
    }
  }

  #finish(seq: number): void {
    clearTimeout(this.#states.get(seq)?.timer);
    this.#states.delete(seq);
    for (const next of this.#order.remove(seq))
      if (this.#states.get(next)?.timer === undefined) this.#schedule(next, 0);
    this.#changed();
  }

  #changed(): void {
    for (const wake of [...this.#watchers]) wake();
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => (): void => {
        this.#watchers.delete(wake);
        signal.removeEventListener('abort', leave);
        settle();
      };
      const wake = end(resolve);
      const leave = end(() => reject(signal.reason));
      this.#watchers.add(wake);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
