// Leaving shared work: who waits may go, the work goes on for the others.
import { setMaxListeners } from 'node:events';

/** Waits for shared work; the one who waits may leave, the work goes on. */
export const abortable = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  if (signal.aborted) {
    // The work may still fail, and then nobody here is left to hear of it.
    work.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise<T>((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
};

/** A signal for whoever never gives up; any number may listen to it. */
export const neverAborted = (): AbortSignal => {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return signal;
};
