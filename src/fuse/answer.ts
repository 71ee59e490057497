// The only catch on the path of a request: runs an operation, and turns whatever it throws into an errno and a line in the
// log. Both drivers answer through it.
import type { Log } from '../base/log.ts';
import type { Soon } from '../base/soon.ts';
import { type Failure, failureOf } from '../fs/errno.ts';

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  /** Positive, as in errno.h. */
  | { readonly ok: false; readonly errno: number };

const report = (log: Log, what: string, failure: Failure, error: unknown): void => {
  const line = `${what}: ${failure.code}`;
  if (failure.kind === 'usual') log.debug(error instanceof Error ? `${line}: ${error.message}` : line);
  else if (failure.kind === 'trouble') log.warn(line, error);
  else log.error(`${line} for a failure that nobody expected`, error);
};

const refusal = (log: Log, what: () => string, error: unknown): Answer<never> => {
  const failure = failureOf(error);
  report(log, what(), failure, error);
  return { ok: false, errno: failure.errno };
};

/**
 * Tells `done` how the operation ended: before this returns, if it ended at once, else when the promise that is returned
 * resolves. `what` names the operation in the log; it is called only for failures. `done` must not throw.
 */
export const answer = <T>(
  log: Log,
  what: () => string,
  operation: () => Soon<T>,
  done: (answer: Answer<T>) => void,
): Promise<void> | undefined => {
  const failed = (error: unknown): void => done(refusal(log, what, error));
  let given: Soon<T>;
  try {
    given = operation();
  } catch (error) {
    failed(error);
    return undefined;
  }
  if (given instanceof Promise) return given.then((value) => done({ ok: true, value }), failed);
  done({ ok: true, value: given });
  return undefined;
};
