// What a command asks a running mount, over its control socket: one question per connection, a line of JSON each way.
// The command hangs up to take its question back. A daemon and a command of different versions understand each other or
// say so: fields may be added, and `v` goes up when the meaning of one changes.
import type { Finding } from '../check/ground.ts';
import type { MountStatus } from '../mount.ts';
import type { UnsentChange } from '../open-file-system.ts';
import type { ExportReport } from '../upkeep/unsent-contents.ts';
import type { Reverted } from '../upkeep/upkeep.ts';

export const protocolVersion = 1;

/** Meaning and answer of each question. */
export interface Answers {
  /** Whether somebody serves, and who. */
  readonly ping: { readonly pid: number };
  readonly status: MountStatus;
  /** Waits until all below `path` (relative to the mountpoint) is on the drive or cannot get there. */
  readonly sync: { readonly unsent: readonly UnsentChange[] };
  /** What is tried again: paths from the mountpoint with a slash, as in all of these. */
  readonly retry: { readonly retried: readonly string[] };
  /** Contents that are not on the drive, copied to `destination`. */
  readonly export: ExportReport;
  /** Changes that were dropped. */
  readonly discard: Omit<Reverted, 'saved'>;
  /** Holds the queue, releases it, or takes all unsent changes back. */
  readonly queue: { readonly reverted?: Reverted };
  /** Ends a conflict; where what was kept is. */
  readonly resolve: { readonly path: string };
  /** What does not agree with something else. */
  readonly check: { readonly findings: readonly Finding[] };
  /** Comes when the mountpoint is free and everything is closed; what is left is sent after the next mount. */
  readonly unmount: { readonly unsent: readonly UnsentChange[] };
}

export type Ask = keyof Answers;

export interface Question {
  readonly v: number;
  readonly ask: Ask;
  /** All but ping, status and unmount: names below the mountpoint joined by slashes; all if undefined. */
  readonly path?: string;
  /** export: the absolute path of a folder outside of the mount. */
  readonly destination?: string;
  /** queue */
  readonly action?: 'hold' | 'release' | 'revert';
  /** check: with the drive, too. */
  readonly remote?: boolean;
  /** resolve: mine, theirs or both. */
  readonly keep?: string;
  /** unmount: do not wait for the queue, and detach even if the mount is in use. */
  readonly now?: boolean;
  /** unmount: how long to wait for the queue. */
  readonly timeoutMs?: number;
}

/** Those but `failed` have exit codes of their own. */
export type FailureKind = 'failed' | 'settings' | 'missing' | 'signed-out' | 'offline';

export type Reply<A extends Ask> =
  | { readonly v: number; readonly answer: Answers[A] }
  | { readonly v: number; readonly failure: { readonly kind: FailureKind; readonly message: string } };

/** A daemon's refusal, on the side of the command. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly kind: FailureKind;

  constructor(message: string, options: ErrorOptions & { readonly kind?: FailureKind } = {}) {
    super(message, options);
    this.kind = options.kind ?? 'failed';
  }
}

export const encodeLine = (message: Question | Reply<Ask>): string => `${JSON.stringify(message)}\n`;

/** Throws a ControlError for what no version of ours would send. */
export const decodeQuestion = (line: string): Question => {
  let found: Partial<Question> | null;
  try {
    found = JSON.parse(line) as Partial<Question> | null;
  } catch (cause) {
    throw new ControlError('the question is no JSON', { cause });
  }
  if (found === null || typeof found !== 'object') throw new ControlError('the question is no record');
  if (found.v !== protocolVersion)
    throw new ControlError(
      `the mount runs a version that speaks protocol ${protocolVersion}, the command speaks ${found.v}: unmount and mount again`,
    );
  return found as Question;
};
