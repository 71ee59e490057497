// Waiting for shared work only so long: the work goes on.
import type { Clock } from './clock.ts';
import { linkedSignal } from './linked-signal.ts';

/** Resolves when `work` does, or after `ms` milliseconds. Rejects as `work` does, or with the reason of the signal. */
export const patiently = async (work: Promise<void>, clock: Clock, ms: number, signal: AbortSignal): Promise<void> => {
  const ended = new AbortController();
  const either = linkedSignal([signal, ended.signal]);
  const patience = clock.sleep(ms, either.signal);
  try {
    await Promise.race([work, patience]);
  } finally {
    patience.catch(() => {});
    ended.abort();
    either.unlink();
  }
};
