// How a drive fails. Both dialects translate what their service says into one of these faults; `fault` decides what is
// tried again (here and in queue/), fs/errno.ts decides what a program is told.

/**
 * - `missing`: the item (or its parent) does not exist
 * - `exists`: the name is taken in that folder
 * - `changed`: the item is no longer the version that the caller named
 * - `denied`: not allowed, and signing in again would not help
 * - `signed-out`: no valid sign-in; `skydrive auth` mends it
 * - `full`: no space left on the drive
 * - `locked`: somebody else holds the item (423)
 * - `too-large`: larger than the service takes
 * - `busy`: throttled or overloaded; later it may work
 * - `offline`: the service was not reached, or the connection broke
 * - `refused`: the service understood and will never do this (bad name, wrong type)
 * - `broken`: the answer makes no sense (HTML, cut body, wrong length, 5xx)
 * - `unsupported`: this dialect has no such thing
 */
export type Fault =
  | 'missing'
  | 'exists'
  | 'changed'
  | 'denied'
  | 'signed-out'
  | 'full'
  | 'locked'
  | 'too-large'
  | 'busy'
  | 'offline'
  | 'refused'
  | 'broken'
  | 'unsupported';

const passingFaults: ReadonlySet<Fault> = new Set(['busy', 'offline', 'broken']);

interface DriveErrorOptions extends ErrorOptions {
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** The service asked to wait this long, milliseconds. */
  readonly retryAfterMs?: number;
  /** The request may have taken effect although no (or no readable) answer came: look before repeating. */
  readonly ambiguous?: boolean;
  /** The service is known to be out of reach, and is asked already until it answers again: no use in repeating this soon. */
  readonly awaited?: boolean;
  /** A web page came in place of an answer: from a gateway, or from a network that wants a sign-in of its own. */
  readonly page?: boolean;
}

export class DriveError extends Error {
  override readonly name = 'DriveError';
  readonly fault: Fault;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly ambiguous: boolean;
  readonly awaited: boolean;
  readonly page: boolean;

  constructor(fault: Fault, message: string, options: DriveErrorOptions = {}) {
    super(message, options);
    this.fault = fault;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.ambiguous = options.ambiguous ?? false;
    this.awaited = options.awaited ?? false;
    this.page = options.page ?? false;
  }

  /** The same request may succeed later without anybody doing anything. */
  get passing(): boolean {
    return passingFaults.has(this.fault);
  }

  /** The service itself said this. */
  get isAnswer(): boolean {
    return this.fault !== 'offline' && !this.page;
  }
}

/** Did a drive fail with this fault? */
export const isFault = (error: unknown, fault: Fault): error is DriveError =>
  error instanceof DriveError && error.fault === fault;

/** The same failure of something that has taken effect in part, or may have taken effect before it failed so. */
export const perhapsDone = (error: unknown): unknown => {
  if (!(error instanceof DriveError) || error.ambiguous) return error;
  const { fault, message, status, retryAfterMs, awaited, page } = error;
  const known = {
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  return new DriveError(fault, message, { ...known, awaited, page, ambiguous: true, cause: error });
};
