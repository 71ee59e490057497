// Takes changes into the journal, folded with those that wait there already, and sends them in the background: each when its
// turn has come (turns.ts), again after passing faults, and not at all once it is parked. Nothing is ever dropped.
import { setMaxListeners } from 'node:events';
import type { Fault } from '../drive/drive-error.ts';
import type { NodeId } from '../metadata/node.ts';
import { Attempts, troubleOf } from './attempts.ts';
import { type Concerns, Drains } from './drains.ts';
import { foldableRemovals, foldMove } from './folding.ts';
import type { GatheringTimes } from './gathering.ts';
import { type Hold, type HoldKind, Holds } from './holds.ts';
import { type Entry, type Intent, isTakingOver, mayBeDone, type Place } from './intent.ts';
import { goneWith, leavingWith, type Removal, withMarks } from './leaving.ts';
import {
  canSaveBeside,
  canSaveOver,
  type Entries,
  giveUpSave,
  heirOf,
  putAside,
  removalFrom,
  type Save,
  saveBeside,
  saveOver,
} from './saves.ts';
import type { Parts } from './sending.ts';
import { isTemporaryName } from './temporary-names.ts';
import {
  type Group,
  longestCopying,
  longestSettling,
  longestWriting,
  type Turn,
  Turns,
  type TurnsHost,
} from './turns.ts';

export interface QueueOptions {
  /** How long a change waits for others that it can be folded with; milliseconds. */
  readonly settleMs: number;
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

/** Contents of more bytes than this are long under way. */
const shortBytes = 4 * 2 ** 20;

/** New files of temporary names wait this many times the settling time. */
const temporarySettling = 30;

const unparked = ({ parked: _, fault: _fault, half: _half, ...entry }: Entry): Entry => ({ ...entry, attempts: 0 });

const notParked = (entry: Entry | undefined): Entry | undefined => (entry?.parked === undefined ? entry : undefined);

const groups: Readonly<Partial<Record<Intent['kind'], Group>>> = {
  ...{ move: 'away', remove: 'away' },
  ...{ 'create-folder': 'made', 'put-content': 'made' },
};

const gatheringTimes = (settleMs: number): Readonly<Record<Group, GatheringTimes>> => ({
  // Those fold into few.
  away: { quietMs: settleMs, longestMs: longestSettling * settleMs },
  // Whoever copies a tree is served first: sending what has come of it would take the time from what is still to come.
  made: { quietMs: settleMs / 10, longestMs: longestCopying * settleMs },
});

export class UploadQueue {
  readonly #parts: Parts;
  readonly #options: QueueOptions;
  readonly #turns: Turns;
  readonly #abort = new AbortController();
  readonly #holds: Holds;
  readonly #drains: Drains;

  readonly #entries: Entries = {
    isRunning: ({ seq }) => this.#turns.isRunning(seq),
    isOpen: (entry) => this.#turns.isRunning(entry.seq) || mayBeDone(entry),
    isAwaited: ({ seq }, claims) => this.#turns.isAwaited(seq, claims),
    enter: (intent, delayMs) => this.#enter(intent, delayMs ?? this.#settlingOf(intent)),
    replace: (entry) => this.#replace(entry),
    drop: (entry) => this.#drop(entry),
  };

  constructor(parts: Parts, options: QueueOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#holds = new Holds(parts.store);
    // As many wait for it as entries are sent at a time.
    setMaxListeners(0, this.#abort.signal);
    const attempts = new Attempts(parts, {
      ...{ settleMs: options.settleMs, parked: options.parked, signal: this.#abort.signal },
      enter: (intent) => this.#enter(intent, 0),
      replace: (entry) => {
        parts.journal.put(entry);
        this.#turns.change(entry);
      },
      drop: (entry) => this.#drop(entry),
      answered: () => this.#turns.wakeTroubled(),
    });
    const host: TurnsHost = {
      store: parts.store,
      entry: (seq) => notParked(parts.journal.get(seq)),
      send: async (entry, turn) => this.#sent(entry, turn, await attempts.send(entry, turn)),
      restlessMs: (entry) => this.#restlessMs(entry),
      priority: (entry) => this.#priority(entry),
      isLong: (entry) => this.#bytesOf(entry) > shortBytes,
    };
    this.#turns = new Turns(host, gatheringTimes(options.settleMs));
    this.#drains = new Drains(parts.journal, this.#turns, this.#holds);
    if (this.#holds.any) this.#turns.pause();
  }

  /** Takes up what an earlier run left. Nothing is sent before all of it has its place in the order: what is sent may take others back. */
  start(): void {
    this.#turns.pause();
    for (const entry of this.#parts.journal.all()) this.#turns.enter(entry, 0);
    if (!this.#holds.any) this.#turns.resume();
  }

  /** Journals a change, in the running transaction. It is sent some time after that is on the disk. */
  add(intent: Exclude<Intent, { kind: 'move' | 'remove' }>): void {
    this.#options.added?.(intent);
    if (intent.kind === 'describe') this.#dropDescription(intent.node);
    this.#enter(intent, this.#settlingOf(intent));
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
    const isLong = clock.now() - waiting.since > longestSettling * this.#options.settleMs;
    const delay = isLong || this.#drains.isPressing(waiting) ? 0 : this.#settlingOf(waiting.intent);
    store.afterCommit(() => this.#turns.settle(waiting.seq, delay));
  }

  /**
   * In the transaction that gives the node another place. False if the drive need not hear of it: it makes the node there at
   * once, or never noticed that it was away.
   */
  move(intent: Intent & { readonly kind: 'move' }): boolean {
    const { journal } = this.#parts;
    let last: Entry | undefined = this.#enter(intent, this.#options.settleMs);
    while (last?.intent.kind === 'move') {
      const fold = foldMove(journal, this.#turns, last as Parameters<typeof foldMove>[2]);
      if (fold === undefined) break;
      for (const gone of fold.gone) this.#drop(gone);
      if (fold.kept !== undefined) this.#replace(fold.kept);
      last = fold.kept;
    }
    return journal.of(intent.node).some((entry) => entry.intent.kind === 'move');
  }

  /**
   * In the transaction that takes the node's name away: takes back what has not been sent of it, and journals the removal
   * unless the drive never gets to know the node. True in that case. What was removed from a folder before goes with it.
   */
  remove(intent: Removal, isOnDrive: boolean): boolean {
    const { journal } = this.#parts;
    this.#options.added?.(intent);
    const inside = isOnDrive ? foldableRemovals(journal, this.#turns, intent.node) : [];
    const isUsed = journal.in(intent.node).length > inside.length;
    // Its item may be elsewhere, if it was to take over another's under this name.
    const from = giveUpSave(this.#parts, this.#entries, intent.node) ?? intent.from;
    const also = inside.flatMap(goneWith);
    const whole = { ...intent, from, ...(also.length === 0 ? {} : { also }) };
    for (const entry of inside) this.#drop(entry);
    if (isUsed) {
      // What others pass through on their way has to be made, and to stay until they have left it.
      this.#enter(whole, this.#options.settleMs);
      return false;
    }
    const free = leavingWith(this.#parts, this.#entries, intent.node, isOnDrive);
    const isUnknown = !isOnDrive && free.length === journal.of(intent.node).length;
    const [first] = isOnDrive ? free.filter((entry) => entry.intent.kind === 'move') : [];
    const leaving = free.filter((entry) => entry !== first);
    for (const entry of leaving) this.#drop(entry);
    const removal = withMarks(whole, leaving);
    if (first !== undefined) this.#removeInsteadOf(first, removal);
    else if (!isUnknown) this.#enter(removal, this.#options.settleMs);
    return isUnknown;
  }

  /** In the transaction that gives a name to another node, before it does: see saves.ts. */
  saveOver(save: Save): void {
    saveOver(this.#parts, this.#entries, save);
  }

  /** See saves.ts. */
  canSaveOver(heir: NodeId): boolean {
    return canSaveOver(this.#parts, this.#entries, heir);
  }

  /** In the transaction that gives a new file a name that another has left. `isOpen`: it is still to be written. */
  saveBeside(save: Save, isOpen: boolean): void {
    // Its close sends it.
    saveBeside(this.#parts, this.#entries, save, (isOpen ? temporarySettling : 1) * this.#options.settleMs);
  }

  /** See saves.ts. */
  canSaveBeside(heir: NodeId): boolean {
    return canSaveBeside(this.#parts, this.#entries, heir);
  }

  /** See saves.ts. */
  putAside(at: Place): NodeId | undefined {
    return putAside(this.#parts, this.#entries, at);
  }

  removedFrom(at: Place): NodeId | undefined {
    return removalFrom(this.#parts, this.#entries, at)?.intent.node;
  }

  heirOf(node: NodeId): Save | undefined {
    return heirOf(this.#parts, this.#entries, node);
  }

  /** The drive may be making the node's item, or the node is to take over another's. */
  mayBeMade(node: NodeId): boolean {
    const isMaking = (entry: Entry): boolean =>
      isTakingOver(entry.intent) || ('at' in entry.intent && this.#entries.isOpen(entry));
    return this.#parts.journal.of(node).some(isMaking);
  }

  /** Where the item is on the drive, it has the name that the first unsent move was to take it away from. */
  #removeInsteadOf({ seq, since, intent }: Entry, removal: Removal): void {
    const from = intent.kind === 'move' ? intent.from : removal.from;
    this.#replace({ seq, since, attempts: 0, intent: { ...removal, from } });
  }

  /** Begins with no entry any more, until this kind of hold is released; what is under way goes on. */
  hold(kind: HoldKind, reason: string): void {
    this.#holds.set(kind, reason);
    this.#turns.pause();
    this.#drains.changed();
  }

  release(kind: HoldKind): void {
    this.#holds.end(kind);
    if (!this.#holds.any) this.#turns.resume();
    this.#drains.changed();
  }

  get holds(): Hold[] {
    return this.#holds.all();
  }

  /** Tries again at once what was parked; says what that is. */
  retry(concerns: Concerns): Entry[] {
    const { journal, store } = this.#parts;
    const parked = journal.all().filter((entry) => entry.parked !== undefined && concerns(entry));
    store.transact(() => {
      for (const entry of parked) journal.put(unparked(entry));
    });
    for (const { seq } of parked) this.#turns.retry(seq);
    return parked;
  }

  /** The entry is not sent before somebody asks for it. */
  park(entry: Entry, why: { readonly parked: string; readonly fault?: Fault; readonly half?: true }): void {
    this.#parts.journal.put({ ...entry, ...why });
  }

  isSending({ seq }: Entry): boolean {
    return this.#turns.isRunning(seq);
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

  /** See drains.ts. */
  drain(concerns: Concerns, signal: AbortSignal): Promise<Entry[]> {
    return this.#drains.drain(concerns, signal);
  }

  /** Ends what is being sent; entries stay in the journal. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error('the queue is closing'));
    await this.#turns.stop();
  }

  /** What somebody waits for, then folders, which others wait for, then whatever is done soonest. */
  #priority(entry: Entry): number {
    const isFolder = entry.intent.kind === 'create-folder';
    const soon = isFolder ? 20 : 10 - Math.log10(1 + this.#bytesOf(entry)) / 2;
    return soon + (this.#drains.isPressing(entry) ? 100 : 0);
  }

  #bytesOf({ intent }: Entry): number {
    return intent.kind === 'put-content' ? (this.#parts.tree.get(intent.node)?.size ?? 0) : 0;
  }

  #settlingOf(intent: Intent): number {
    const { settleMs } = this.#options;
    if (intent.kind === 'add-comment' || intent.kind === 'remove-comment') return 0;
    const isTemporary = intent.kind === 'put-content' && intent.at !== undefined && isTemporaryName(intent.at.name);
    return isTemporary ? temporarySettling * settleMs : settleMs;
  }

  /** A program may be writing for longer than its first bytes take to settle; a shell's `>` is such a one. */
  #restlessMs(entry: Entry): number {
    const { tree, contents, clock } = this.#parts;
    const { intent, since } = entry;
    if (intent.kind !== 'put-content' || this.#drains.isPressing(entry)) return 0;
    const file = contents.used(tree.get(intent.node)?.content);
    const { settleMs } = this.#options;
    if (file === undefined || clock.now() - since > longestWriting * settleMs) return 0;
    return file.changedAt + settleMs - performance.now();
  }

  /** In a transaction: a new entry behind all others. */
  #enter(intent: Intent, delayMs: number): Entry {
    const { journal, clock } = this.#parts;
    const entry = journal.add(intent, clock.now());
    this.#turns.enter(entry, this.#drains.isPressing(entry) ? 0 : delayMs, groups[intent.kind]);
    return entry;
  }

  /** In a transaction: an unsent entry is another from now on. */
  #replace(entry: Entry): void {
    const { journal, store } = this.#parts;
    journal.put(entry);
    this.#turns.change(entry);
    const delay = this.#drains.isPressing(entry) ? 0 : this.#settlingOf(entry.intent);
    store.afterCommit(() => this.#turns.settle(entry.seq, delay, groups[entry.intent.kind]));
  }

  /** In a transaction: takes an unsent entry out. */
  #drop(entry: Entry): void {
    this.#parts.journal.remove(entry);
    this.#turns.leave(entry.seq);
    this.#settleReplaced(entry);
    this.#parts.store.afterCommit(() => this.#drains.changed());
  }

  #settleReplaced({ intent }: Entry): void {
    if (intent.kind === 'put-content' && intent.replaces !== undefined) this.#parts.settled(intent.replaces.node);
  }

  #dropDescription(node: NodeId): void {
    for (const entry of this.#parts.journal.of(node))
      if (entry.intent.kind === 'describe' && !this.#turns.isRunning(entry.seq)) this.#drop(entry);
  }

  #pending(entry: Entry): Pending {
    const turn = this.#turns.of(entry.seq);
    return {
      entry,
      running: turn?.running ?? false,
      ...(turn?.progress === undefined ? {} : { progress: turn.progress }),
      ...(turn?.trouble === undefined ? {} : { trouble: troubleOf(turn.trouble), fault: turn.trouble.fault }),
    };
  }

  /** After an attempt: what became of the entry; returns after how many milliseconds it is due again. */
  #sent(entry: Entry, turn: Turn, pauseMs: number): number {
    const current = this.#parts.journal.get(entry.seq);
    this.#settleReplaced(entry);
    if (current === undefined) this.#turns.leave(entry.seq);
    else if (current.intent !== entry.intent) this.#turns.change(current);
    this.#drains.changed();
    return turn.trouble === undefined && this.#drains.isPressing(current ?? entry) ? 0 : pauseMs;
  }
}
