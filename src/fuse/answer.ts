// The only catch on the path of a request: runs an operation, and turns whatever it throws into an errno and a line in the
// log. Both drivers answer through it.
import type { Log } from '../base/log.ts';
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

/** `what` names the operation in the log; it is called only for failures. */
export const answer = async <T>(log: Log, what: () => string, operation: () => T | Promise<T>): Promise<Answer<T>> => {
  try {
    return { ok: true, value: await operation() };
  } catch (error) {
    const failure = failureOf(error);
    report(log, what(), failure, error);
    return { ok: false, errno: failure.errno };
  }
};
