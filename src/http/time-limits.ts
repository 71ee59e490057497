// No exchange hangs: a Watch looks at the connection's byte counters and ends the exchange when they stand still for too
// long, when connecting takes too long, or when the whole does. Owned by one exchange, from its start to the end of its body.
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';

export interface TimeLimits {
  /** Until there is a connection, milliseconds. */
  readonly connectMs: number;
  /** Without a single byte in either direction, milliseconds. */
  readonly idleMs: number;
  /** From start to the last byte of the answer, milliseconds; Infinity for streams. */
  readonly totalMs: number;
}

export const defaultLimits: TimeLimits = { connectMs: 15_000, idleMs: 30_000, totalMs: Number.POSITIVE_INFINITY };

const tickMs = ({ connectMs, idleMs, totalMs }: TimeLimits): number =>
  Math.max(5, Math.min(1000, Math.min(connectMs, idleMs, totalMs) / 8));

export class Watch {
  /** Aborted by the caller's signal, or when a limit is exceeded. */
  readonly signal: AbortSignal;
  /** What was exceeded, for people. */
  exceeded: string | undefined;
  /** There is a connection: from here on, the server may see the request. */
  reached = false;
  /** Nobody waits for the network: the source of the request's body, or the reader of the answer's, is what is slow. */
  paused = false;
  /** Breaks the connection, once there is a request. */
  breakOff: (() => void) | undefined;
  readonly #limits: TimeLimits;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #ended = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#stop.abort(this.#caller?.reason);
  #socket: Socket | undefined;

  constructor(limits: TimeLimits, clock: Clock, signal: AbortSignal | undefined) {
    this.#limits = limits;
    this.#clock = clock;
    this.#caller = signal;
    this.signal = this.#stop.signal;
    // By hand, and taken off in the end: the caller's signal may live as long as a mount.
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort);
    void this.#run();
  }

  /** The connection that the exchange was given; new, or kept alive from an earlier one. */
  connection(socket: Socket, reused: boolean): void {
    this.#socket = socket;
    // Tunnels through a proxy are handed over when they are ready.
    const { secureConnecting = false } = socket as { readonly secureConnecting?: boolean };
    this.reached = reused || !(socket.connecting || secureConnecting);
    // A connection that is kept alive sees many exchanges: each would leave a listener that is never called.
    if (this.reached) return;
    const event = 'encrypted' in socket ? 'secureConnect' : 'connect';
    socket.once(event, () => {
      this.reached = true;
    });
  }

  end(): void {
    this.#caller?.removeEventListener('abort', this.#onAbort);
    this.#ended.abort();
  }

  async #run(): Promise<void> {
    const started = this.#clock.monotonic();
    let bytes = -1;
    let since = started;
    for (;;) {
      try {
        await this.#clock.sleep(tickMs(this.#limits), this.#ended.signal);
      } catch {
        return;
      }
      const now = this.#clock.monotonic();
      const seen = (this.#socket?.bytesRead ?? 0) + (this.#socket?.bytesWritten ?? 0) + (this.reached ? 1 : 0);
      if (seen !== bytes || this.paused) since = now;
      bytes = seen;
      this.exceeded = this.#judge(now - started, now - since);
      if (this.exceeded !== undefined) return this.#stop.abort();
    }
  }

  #judge(total: number, idle: number): string | undefined {
    const { connectMs, idleMs, totalMs } = this.#limits;
    if (total >= totalMs) return `took longer than ${totalMs} ms`;
    if (!this.reached && total >= connectMs) return `no connection within ${connectMs} ms`;
    if (idle >= idleMs) return `nothing came or went for ${idleMs} ms`;
    return undefined;
  }
}
