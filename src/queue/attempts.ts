// One attempt to send an entry, and what a failure means: faults that pass are tried again, with growing pauses, all others
// park the entry with its reason.
import { FsError, messageOf } from '../base/errors.ts';
import { formatDuration } from '../base/quantity.ts';
import { DriveError, type Fault } from '../drive/drive-error.ts';
import type { Entry, Intent } from './intent.ts';
import { endIfSuperseded } from './leaving.ts';
import { sendContent } from './send-content.ts';
import { sendComment, sendCommentRemoval, sendDescription } from './send-properties.ts';
import { sendRemoval } from './send-removal.ts';
import { sendFolder, sendMove } from './send-tree.ts';
import type { Parts, Send, SendContext } from './sending.ts';
import type { Turn } from './turns.ts';

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/** How often a change may be refused as taken that takes no name, or none that anybody has, before that is believed. */
const maxUnexplained = 5;

const senders: { readonly [K in Intent['kind']]: Send<K> } = {
  'create-folder': sendFolder,
  'put-content': sendContent,
  move: sendMove,
  remove: sendRemoval,
  describe: sendDescription,
  'add-comment': sendComment,
  'remove-comment': sendCommentRemoval,
};

/**
 * What is not known to be undone, should this process end before the answer comes. Contents have marks of their own, and the rest
 * may be done twice.
 */
const lasting: ReadonlySet<Intent['kind']> = new Set(['create-folder', 'move', 'add-comment']);

const isDiskFull = (error: unknown): boolean => error instanceof FsError && error.code === 'ENOSPC';

const mayPass = ({ passing, fault }: DriveError, { attempts }: Entry): boolean =>
  passing || fault === 'signed-out' || (fault === 'exists' && attempts < maxUnexplained);

const reasonOf = ({ fault, message }: DriveError): string =>
  fault === 'full' ? `the drive is full, and it is sent once there is room: ${message}` : message;

/** For people: what keeps an entry, and how long the service wants that, if it is longer than our own pauses. */
export const troubleOf = ({ message, retryAfterMs = 0 }: DriveError): string =>
  retryAfterMs > longestPauseMs
    ? `${message.replace(/\.$/, '')}; the service asks to wait for ${formatDuration(retryAfterMs)}`
    : message;

const withoutMarks = ({ ambiguous: _, sent: _sent, ...entry }: Entry): Entry => entry;

/** What may be on the drive after an attempt that failed: what may have been there before it, and what it may have done. */
const marksAfter = (before: Entry, left: Entry, { fault, ambiguous, passing }: DriveError): Partial<Entry> => {
  // What was refused, or never left this computer, is not done; an upload in a session may have sent its last part long ago.
  const isUndone = !ambiguous && left.session === undefined && (fault === 'offline' || !passing);
  const mayBeDone = ambiguous || (isUndone ? before : left).ambiguous === true;
  const { sent } = isUndone && fault === 'offline' ? before : left;
  return { ...(mayBeDone ? { ambiguous: true } : {}), ...(sent === undefined ? {} : { sent }) };
};

export interface AttemptsOptions {
  readonly settleMs: number;
  readonly signal: AbortSignal;
  readonly parked: ((fault: Fault) => void) | undefined;
  /** In a transaction: a further change, behind all others. */
  readonly enter: (intent: Intent) => Entry;
  readonly drop: (entry: Entry) => void;
  readonly replace: (entry: Entry) => void;
  /** The drive took an entry. */
  readonly answered: () => void;
}

export class Attempts {
  readonly #parts: Parts;
  readonly #options: AttemptsOptions;

  constructor(parts: Parts, options: AttemptsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Never rejects. Says after how many milliseconds to try again, if the entry is still in the journal. */
  async send(entry: Entry, turn: Turn): Promise<number> {
    const { settleMs, signal, enter, drop, replace, answered } = this.#options;
    const context: SendContext = {
      ...{ signal, enqueue: enter, drop, replace },
      progress: (sent, total) => {
        turn.progress = { sent, total };
      },
    };
    try {
      if (lasting.has(entry.intent.kind) && entry.ambiguous !== true)
        this.#parts.journal.put({ ...entry, ambiguous: true });
      await (senders[entry.intent.kind] as Send<Intent['kind']>)(this.#parts, entry as never, context);
      delete turn.trouble;
      answered();
      return settleMs;
    } catch (error) {
      return signal.aborted ? settleMs : this.#failed(entry, turn, error);
    }
  }

  /** Notes the fault, and says after how many milliseconds to try again. */
  #failed(entry: Entry, turn: Turn, error: unknown): number {
    const { journal, log } = this.#parts;
    const fault = error instanceof DriveError ? error : new DriveError('broken', messageOf(error), { cause: error });
    const isPassing = error instanceof DriveError ? mayPass(error, entry) : isDiskFull(error);
    const attempts = entry.attempts + 1;
    turn.trouble = fault;
    const left = journal.get(entry.seq);
    if (left === undefined) return 0;
    const now = { ...withoutMarks(left), ...marksAfter(entry, left, fault), attempts };
    if (!isPassing && endIfSuperseded(this.#parts, now)) return 0;
    this.#keep(isPassing ? now : { ...now, parked: reasonOf(fault), fault: fault.fault });
    const what = `${entry.intent.kind} of ${this.#parts.tree.path(entry.intent.node) ?? `node ${entry.intent.node}`}`;
    if (!isPassing) {
      log.error(`${what} is parked`, error);
      this.#options.parked?.(fault.fault);
    } else log.info(`${what} did not reach the drive, attempt ${attempts}: ${troubleOf(fault)}`);
    const pause = Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs) * (0.75 + Math.random() / 2);
    return Math.max(pause, fault.retryAfterMs ?? 0);
  }

  /** A full disk must not stop the queue: what could not be noted is noted with the next attempt. */
  #keep(entry: Entry): void {
    try {
      this.#parts.journal.put(entry);
    } catch (error) {
      this.#parts.log.warn('the state of the queue could not be noted', error);
    }
  }
}
