// DOOR to p-queue. When entries are sent: each when its turn has come (order.ts) and it has settled, the pressing ones first,
// so many at a time as the service bears (pace.ts). What is known here of an entry is lost with the process; the journal is not.
import PQueue from 'p-queue';
import { longestTimerMs } from '../base/clock.ts';
import type { DriveError, Fault } from '../drive/drive-error.ts';
import type { Store } from '../store/store.ts';
import { Gathering, type GatheringTimes } from './gathering.ts';
import { type Claim, claimsOf, type Entry } from './intent.ts';
import { Order } from './order.ts';
import { Pace } from './pace.ts';

export interface TurnsHost {
  readonly store: Store;
  /** As it is in the journal now; undefined once it is out of it, or parked. */
  entry(seq: number): Entry | undefined;
  /** Sends the entry; says after how many milliseconds to send it again, if it is still in the journal then. */
  send(entry: Entry, turn: Turn): Promise<number>;
  /** What the entry is about is changing right now: milliseconds until it may have settled. */
  restlessMs(entry: Entry): number;
  /** The higher, the sooner. */
  priority(entry: Entry): number;
  /** It may be under way for long: no more than half as many such are sent at a time as others. */
  isLong(entry: Entry): boolean;
}

/** An entry that waits or is being sent. */
export interface Turn {
  running: boolean;
  progress?: { readonly sent: number; readonly total: number };
  /** The fault of the last attempt. */
  trouble?: DriveError;
}

/** What gathers: names that change or go, and what is made. */
export type Group = 'away' | 'made';

interface Waiting extends Turn {
  /** Its turn has come; it waits for a free place among those being sent in this lane. */
  lane?: PQueue;
  timer?: NodeJS.Timeout;
  /** With what it waits once it has settled, and until when at the most; milliseconds of performance.now(). */
  gathers?: { readonly with: Gathering; readonly until: number };
}

/** What keeps changing is sent at last after this many times the settling time. */
export const longestSettling = 10;
/** What is one of many that are made is sent at last after this many times the settling time. */
export const longestCopying = 60;
/** And what is written to without a pause after so many times: most of that is finished some time, and sent once. */
export const longestWriting = 300;

/** Nobody but ourselves wants it to wait: neither the service, nor the breaker, which looks whether there is one. */
const isOwnPause = ({ fault, retryAfterMs }: DriveError): boolean => retryAfterMs === undefined && fault !== 'offline';

export class Turns {
  readonly #host: TurnsHost;
  readonly #order = new Order();
  readonly #turns = new Map<number, Waiting>();
  /** What is long has a lane of its own: what is sent cannot be stopped for the sake of what somebody waits for. */
  readonly #lanes = { short: new PQueue(), long: new PQueue() };
  readonly #pace: Pace;
  #isEnding = false;
  readonly #gatherings: Readonly<Record<Group, Gathering>>;

  constructor(host: TurnsHost, times: Readonly<Record<Group, GatheringTimes>>) {
    this.#host = host;
    const due = (seq: number): void => this.#settled(seq);
    this.#gatherings = { away: new Gathering(times.away, due), made: new Gathering(times.made, due) };
    this.#pace = new Pace((concurrency) => {
      this.#lanes.short.concurrency = concurrency;
      this.#lanes.long.concurrency = Math.max(1, Math.floor(concurrency / 2));
    });
  }

  /** A new entry; in the transaction that journals it. It waits for `delayMs`, and on while others come that it gathers with. */
  enter(entry: Entry, delayMs: number, group?: Group): void {
    const { store } = this.#host;
    this.#claim(entry.seq, claimsOf(entry.intent));
    store.afterCommit(() => {
      this.#turns.set(entry.seq, { running: false });
      this.settle(entry.seq, delayMs, group);
    });
  }

  /** The entry is another by now; in the transaction that changes it. */
  change(entry: Entry): void {
    const before = this.#order.claimsOf(entry.seq);
    const freed = this.#order.remove(entry.seq);
    this.#order.add(entry.seq, claimsOf(entry.intent));
    this.#host.store.ifUndone(() => {
      this.#order.remove(entry.seq);
      this.#order.add(entry.seq, before);
    });
    this.#host.store.afterCommit(() => this.#go(freed));
  }

  /** The entry is out of the journal; in the transaction that takes it out. */
  leave(seq: number): void {
    const before = this.#order.claimsOf(seq);
    const freed = this.#order.remove(seq);
    this.#host.store.ifUndone(() => this.#order.add(seq, before));
    this.#host.store.afterCommit(() => {
      const turn = this.#turns.get(seq);
      clearTimeout(turn?.timer);
      turn?.gathers?.with.leave(seq);
      this.#turns.delete(seq);
      this.#go(freed);
    });
  }

  of(seq: number): Readonly<Turn> | undefined {
    return this.#turns.get(seq);
  }

  /** Of the last attempts that ended with this fault, by entry. */
  troubles(fault: Fault): (readonly [seq: number, trouble: DriveError])[] {
    return [...this.#turns].flatMap(([seq, { trouble }]) =>
      trouble?.fault === fault ? [[seq, trouble] as const] : [],
    );
  }

  isRunning(seq: number): boolean {
    return this.#turns.get(seq)?.running === true;
  }

  /** See Order. */
  waitsFor(seq: number): number[] {
    return this.#order.waitsFor(seq);
  }

  isAwaited(seq: number, claims: readonly Claim[], except?: number): boolean {
    return this.#order.isAwaited(seq, claims, except);
  }

  /** The entry waits (anew) as `enter` has it. */
  settle(seq: number, delayMs: number, group?: Group): void {
    const turn = this.#turns.get(seq);
    if (turn === undefined) return;
    const gathering = group === undefined ? undefined : this.#gatherings[group];
    const until = gathering?.came() ?? 0;
    const before = turn.gathers?.until;
    this.#gatherNoMore(seq, turn);
    if (gathering !== undefined && delayMs > 0) turn.gathers = { with: gathering, until: before ?? until };
    this.schedule(seq, delayMs);
  }

  /** Sends the entry after the delay, if it is its turn then; if not, it is scheduled again when its turn comes. */
  schedule(seq: number, delayMs: number): void {
    const turn = this.#turns.get(seq);
    if (turn === undefined || turn.lane !== undefined || turn.running || this.#isEnding) return;
    clearTimeout(turn.timer);
    delete turn.timer;
    turn.gathers?.with.leave(seq);
    if (this.#host.entry(seq) === undefined) return;
    if (delayMs > 0) turn.timer = setTimeout(() => this.#due(seq, turn), Math.min(delayMs, longestTimerMs));
    else if (this.#order.mayGo(seq)) this.#start(seq, turn);
  }

  /** Those of the entries that wait for nothing but their time, or after a failure, are sent now. */
  hurry(seqs: Iterable<number>): void {
    for (const seq of seqs) {
      const turn = this.#turns.get(seq);
      const entry = this.#host.entry(seq);
      if (turn === undefined || entry === undefined) continue;
      // Nothing but this would send it.
      const isGathering = turn.gathers?.with.has(seq) === true;
      this.#gatherNoMore(seq, turn);
      if (turn.lane !== undefined) turn.lane.setPriority(String(seq), this.#host.priority(entry));
      else if (isGathering || turn.trouble === undefined || isOwnPause(turn.trouble)) this.schedule(seq, 0);
    }
  }

  /** Whatever went wrong before, it is tried now. */
  retry(seq: number): void {
    const turn = this.#turns.get(seq);
    if (turn !== undefined) delete turn.trouble;
    this.schedule(seq, 0);
  }

  /** The drive answers again: whoever waits because it did not need not wait longer. */
  wakeTroubled(): void {
    for (const [seq, turn] of this.#turns) {
      if (turn.trouble?.fault !== 'offline' || turn.running) continue;
      delete turn.trouble;
      this.schedule(seq, 0);
    }
  }

  pause(): void {
    for (const lane of Object.values(this.#lanes)) lane.pause();
  }

  resume(): void {
    for (const lane of Object.values(this.#lanes)) lane.start();
  }

  /** Nothing new is sent; resolves when nothing is being sent any more. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    for (const turn of this.#turns.values()) clearTimeout(turn.timer);
    for (const gathering of Object.values(this.#gatherings)) gathering.stop();
    const lanes = Object.values(this.#lanes);
    for (const lane of lanes) lane.clear();
    await Promise.all(lanes.map((lane) => lane.onIdle()));
  }

  #claim(seq: number, claims: readonly Claim[]): void {
    this.#order.add(seq, claims);
    this.#host.store.ifUndone(() => void this.#order.remove(seq));
  }

  #go(seqs: readonly number[]): void {
    for (const seq of seqs) {
      const turn = this.#turns.get(seq);
      if (turn?.timer === undefined && turn?.gathers?.with.has(seq) !== true) this.schedule(seq, 0);
    }
  }

  #gatherNoMore(seq: number, turn: Waiting): void {
    turn.gathers?.with.leave(seq);
    delete turn.gathers;
  }

  #gathersOn(seq: number, { gathers }: Waiting): boolean {
    return gathers?.with.waits(seq, gathers.until) === true;
  }

  #due(seq: number, turn: Waiting): void {
    delete turn.timer;
    if (!this.#gathersOn(seq, turn)) this.#settled(seq);
  }

  #settled(seq: number): void {
    const entry = this.#host.entry(seq);
    const rest = entry === undefined ? 0 : this.#host.restlessMs(entry);
    this.schedule(seq, rest > 1 ? rest : 0);
  }

  #start(seq: number, turn: Waiting): void {
    const entry = this.#host.entry(seq);
    if (entry === undefined) return;
    const lane = this.#host.isLong(entry) ? this.#lanes.long : this.#lanes.short;
    turn.lane = lane;
    const run = async (): Promise<void> => {
      delete turn.lane;
      if (!this.#isEnding && this.#gathersOn(seq, turn)) return;
      // It may be another by now, which has to wait for others.
      const current = this.#host.entry(seq);
      if (current !== undefined && !this.#isEnding && this.#order.mayGo(seq)) await this.#send(current, turn);
    };
    void lane.add(run, { id: String(seq), priority: this.#host.priority(entry) });
  }

  async #send(entry: Entry, turn: Waiting): Promise<void> {
    turn.running = true;
    this.#gatherNoMore(entry.seq, turn);
    const againMs = await this.#host.send(entry, turn);
    if (turn.trouble === undefined) this.#pace.succeeded();
    else this.#pace.failed(turn.trouble);
    turn.running = false;
    delete turn.progress;
    this.schedule(entry.seq, againMs);
  }
}
