// Bandwidth: each connection may move so many bytes per second, in both directions together. Whoever moves bytes asks first and waits.
import type { Socket } from 'node:net';
import { systemClock } from '../base/clock.ts';

/** Bytes that are moved at once: small enough that a slow line is smooth and a fault strikes near its byte. */
export const paceUnit = 64 * 1024;

export class Pacing {
  readonly #bytesPerSecond: () => number;
  /** When each connection's line is free again, in monotonic milliseconds. */
  readonly #freeAt = new WeakMap<Socket, number>();

  constructor(bytesPerSecond: () => number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Resolves when the connection may move `bytes` more. */
  async take(socket: Socket, bytes: number, signal: AbortSignal): Promise<void> {
    const speed = this.#bytesPerSecond();
    if (speed <= 0 || bytes === 0) return;
    const now = systemClock.monotonic();
    const start = Math.max(now, this.#freeAt.get(socket) ?? 0);
    const end = start + (bytes / speed) * 1000;
    this.#freeAt.set(socket, end);
    // Timers are coarse: short debts are paid together with the next.
    if (end - now > 4) await systemClock.sleep(end - now, signal);
  }
}
