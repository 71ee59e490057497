// A Drive around a Drive that fails on purpose: `plan` is asked about every call of a method, with its number (from 1)
// among all calls and among those of the same method.
import type { Drive } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { isStream } from '../../src/drive/wrap-drive.ts';

export type Method = Exclude<keyof Drive, 'features'>;

/**
 * - a DriveError: thrown before the call reaches the drive
 * - `lose-reply`: the call takes effect, then fails as offline and ambiguous
 * - `stall`: nothing happens until the signal is aborted
 * - `no-reply`: the call takes effect, and nothing is heard of it until the signal is aborted
 */
export type Failure = DriveError | 'lose-reply' | 'stall' | 'no-reply' | undefined;

export type Plan = (method: Method, count: number, total: number) => Failure;

/** A network that works, loses the answers to uploads, or is not there, as `state` says. */
export const flakyNetwork = () => {
  const network = {
    state: 'works' as 'works' | 'lose-reply' | 'none',
    plan: (method: Method): Failure => {
      if (network.state === 'none') return new DriveError('offline', 'no network');
      return method === 'upload' && network.state === 'lose-reply' ? 'lose-reply' : undefined;
    },
  };
  return network;
};

const lost = (): DriveError => new DriveError('offline', 'the reply was lost', { ambiguous: true });

const stall = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal?.reason);
    if (signal?.aborted) fail();
    signal?.addEventListener('abort', fail, { once: true });
  });

const signalOf = (args: unknown[]): AbortSignal | undefined =>
  args.find((arg): arg is AbortSignal => arg instanceof AbortSignal);

async function* failingPages(failure: Failure, pages: AsyncIterable<unknown>, signal: AbortSignal | undefined) {
  if (failure === 'stall') await stall(signal);
  if (failure instanceof DriveError) throw failure;
  for await (const page of pages) {
    yield page;
    if (failure === 'lose-reply') throw lost();
  }
}

const failingCall = async (
  failure: Failure,
  call: () => Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<unknown> => {
  if (failure === 'stall') await stall(signal);
  if (failure instanceof DriveError) throw failure;
  const result = await call();
  if (failure === 'lose-reply') throw lost();
  if (failure === 'no-reply') await stall(signal);
  return result;
};

/** For `children` and `read`, `lose-reply` breaks the stream after its first page or piece. */
export const failingDrive = (drive: Drive, plan: Plan): Drive => {
  const counts = new Map<Method, number>();
  let total = 0;
  return new Proxy(drive, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const method = key as Method;
        const count = (counts.get(method) ?? 0) + 1;
        counts.set(method, count);
        const failure = plan(method, count, ++total);
        const call = (): unknown => Reflect.apply(value, target, args);
        if (isStream(method)) {
          return failingPages(failure, call() as AsyncIterable<unknown>, signalOf(args));
        }
        return failingCall(failure, call as () => Promise<unknown>, signalOf(args));
      };
    },
  });
};

/** The plan that fails the n-th call of one method, and no other. */
export const failNth =
  (method: Method, nth: number, failure: Failure): Plan =>
  (called, count) =>
    called === method && count === nth ? failure : undefined;

/** Its uploads take effect, and their answers come when `gate` says so. */
export const slowly = (drive: Drive, gate: () => Promise<void> | undefined): Drive =>
  new Proxy(drive, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (key !== 'upload') return value.bind(target);
      return async (...given: Parameters<Drive['upload']>) => {
        const item = await target.upload(...given);
        await gate();
        return item;
      };
    },
  });
