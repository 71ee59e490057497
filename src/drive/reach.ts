// Whether the service can be reached: kept by a breaker (with-breaker.ts), which stops calls while it cannot, and asks now
// and then until it answers. Invariant: while there is an outage, exactly one loop is asking.
import { setMaxListeners } from 'node:events';
import type { Clock } from '../base/clock.ts';
import { type Log, silentLog } from '../base/log.ts';
import { SingleFlight } from '../base/single-flight.ts';
import { DriveError } from './drive-error.ts';

/** The service is out of reach. */
export interface Outage {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** For people. */
  readonly reason: string;
}

export interface Reach {
  /** Undefined while the service is in reach, as far as anybody knows. */
  readonly outage: Outage | undefined;
  /** Calls `listener` whenever an outage begins or ends, until what it returns is called. */
  watch(listener: (outage: Outage | undefined) => void): () => void;
  /** Whoever calls has found that the service does not answer. */
  lost(reason: string): void;
  /** During an outage: asks now, not only when the pause is over. */
  askNow(): void;
  /** Somebody wants something of the service: during an outage it is asked again, if the last question is a while ago. */
  wanted(): void;
}

export interface ReachOptions {
  readonly clock: Clock;
  readonly log?: Log;
  /** The cheapest of all requests. */
  readonly probe: (signal: AbortSignal) => Promise<unknown>;
}

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** How long a probe waits for its answer, milliseconds; longer where answers usually take long, and after those in vain. */
const probeMs = 4_000;
const longestProbeMs = 30_000;
/** So many times as long as the slowest of the latest answers took. */
const leeway = 3;
/** Somebody who wants something during an outage makes it ask again, if it has not done so for this long; milliseconds. */
const restlessMs = 5_000;
/** Attempts in succession that have to fail: one connection that breaks is no outage. */
const fewestFailures = 3;

/** As many follow it as calls are under way. */
const opening = (): AbortController => {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
};

export class Breaker implements Reach {
  readonly #options: ReachOptions;
  readonly #log: Log;
  readonly #listeners = new Set<(outage: Outage | undefined) => void>();
  readonly #end = new AbortController();
  #outage: Outage | undefined;
  /** Aborted, with what to tell its users, when an outage begins. */
  #open: AbortController;
  /** Aborted when the pause between two probes is to end early. */
  #pause = new AbortController();
  #pauseMs = firstPauseMs;
  #askedAt = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;
  readonly #doubts = new SingleFlight<'page', boolean>();
  /** In succession, and since ever. */
  #failures = 0;
  #failureNumber = 0;
  /** Of the slowest of the latest answers, milliseconds. */
  #answerMs = 0;
  /** Probes in vain, in succession. */
  #vain = 0;

  constructor(options: ReachOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#open = opening();
  }

  get outage(): Outage | undefined {
    return this.#outage;
  }

  /** Aborted with a DriveError when an outage begins. */
  get signal(): AbortSignal {
    return this.#open.signal;
  }

  /** How long an answer may take before there is reason to doubt, milliseconds; at least `leastMs`. */
  patienceMs(leastMs: number): number {
    return Math.min(longestProbeMs, Math.max(leastMs, leeway * this.#answerMs));
  }

  /** An answer took so long. */
  took(ms: number): void {
    this.#answerMs = Math.max(ms, this.#answerMs * 0.9);
  }

  /** When the service said anything the last time, on the monotonic clock. */
  get heardAt(): number {
    return this.#heardAt;
  }

  watch(listener: (outage: Outage | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Throws during an outage. */
  check(): void {
    if (this.#outage === undefined) return;
    this.wanted();
    throw this.#unreachable(this.#outage.reason);
  }

  /** The service said something, be it a refusal. */
  heard(): void {
    this.#pauseMs = firstPauseMs;
    this.#answered();
  }

  /** To be taken when a call begins; hand it in when it fails. */
  get attempt(): number {
    return this.#failureNumber;
  }

  failed(error: unknown, attempt: number): void {
    if (!(error instanceof DriveError) || error.awaited) return;
    if (error.isAnswer) {
      this.heard();
      return;
    }
    if (error.page) {
      // Whoever answers with pages does so at once, and would be asked again and again in vain.
      void this.#doubts.run('page', () => this.isThere(error.message));
      return;
    }
    // Calls that were under way together fail together: that is one failure.
    if (attempt !== this.#failureNumber) return;
    this.#failures += 1;
    this.#failureNumber += 1;
    if (this.#failures >= fewestFailures) this.lost(error.message);
  }

  lost(reason: string): void {
    if (this.#outage !== undefined || this.#end.signal.aborted) return;
    this.#outage = { since: this.#options.clock.now(), reason };
    this.#askedAt = this.#options.clock.monotonic();
    this.#log.info(`the service is out of reach: ${reason}`);
    void this.#askUntilAnswered();
    this.#open.abort(this.#unreachable(reason));
    this.#tell();
  }

  /** There is a doubt: asks, and takes silence for an outage, unless nobody waits any more. False in an outage. */
  async isThere(reason: string, idle?: AbortSignal): Promise<boolean> {
    const before = this.#heardAt;
    const answered = this.#outage === undefined && (await this.#asks());
    if (answered) this.heard();
    else if (this.#heardAt === before && idle?.aborted !== true) this.lost(reason);
    return answered;
  }

  askNow(): void {
    this.#pause.abort();
  }

  wanted(): void {
    if (this.#options.clock.monotonic() - this.#askedAt >= restlessMs) this.askNow();
  }

  /** Whether the service says anything at all. Never rejects. */
  async #asks(): Promise<boolean> {
    const limit = new AbortController();
    this.#askedAt = this.#options.clock.monotonic();
    const limitMs = Math.min(longestProbeMs, this.patienceMs(probeMs) * 2 ** this.#vain);
    const patience = this.#sleep(limitMs, limit.signal).then(() => false);
    try {
      const answered = await Promise.race([this.#probe(limit.signal), patience]);
      if (answered) this.took(this.#options.clock.monotonic() - this.#askedAt);
      this.#vain = answered ? 0 : this.#vain + 1;
      return answered;
    } finally {
      limit.abort(new Error('the probe is over'));
    }
  }

  close(): void {
    this.#end.abort();
    this.#pause.abort();
  }

  async #probe(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.probe(signal);
      return true;
    } catch (error) {
      return error instanceof DriveError && error.isAnswer;
    }
  }

  async #askUntilAnswered(): Promise<void> {
    while (this.#outage !== undefined && !this.#end.signal.aborted) {
      this.#pause = new AbortController();
      await this.#sleep(this.#pauseMs, this.#pause.signal);
      this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
      if (this.#end.signal.aborted) return;
      if (await this.#asks()) this.#answered();
    }
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(ms, signal).catch(() => {});
  }

  #answered(): void {
    this.#failures = 0;
    this.#heardAt = this.#options.clock.monotonic();
    if (this.#outage === undefined) return;
    this.#outage = undefined;
    this.#open = opening();
    this.#pause.abort();
    this.#log.info('the service is in reach again');
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener(this.#outage);
  }

  #unreachable(reason: string): DriveError {
    return new DriveError('offline', `the service is out of reach: ${reason}`, { awaited: true });
  }
}
