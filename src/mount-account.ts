// Whose drive this is. Caches and journals belong to one account: what one person saved must never be sent to another's
// drive. Where requests do not name the drive themselves, the service is asked at every mount. While it cannot answer, what the
// settings say is believed as far as reading goes, and nothing is sent until it has answered.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { abortable } from './base/abortable.ts';
import type { Clock } from './base/clock.ts';
import { linkedSignal } from './base/linked-signal.ts';
import type { Log } from './base/log.ts';
import { SingleFlight } from './base/single-flight.ts';
import type { Settings } from './config.ts';
import type { Drive } from './drive/drive.ts';
import { DriveError } from './drive/drive-error.ts';
import type { OpenedDrive } from './drive/open-drive.ts';
import type { OpenedFileSystem } from './open-file-system.ts';
import type { Hold } from './queue/holds.ts';

/** How long the service may be silent: a mount that knows its account goes on without it, and asks again. */
const patienceMs = { known: 1000, unknown: 10_000 } as const;
/** Between two questions whose sign-in this is, where no outage is what keeps the service from answering; milliseconds. */
const againMs = 30_000;

export interface FoundAccount {
  readonly id: string;
  /** The service said so just now. */
  readonly confirmed: boolean;
}

/** Whether a mount has kept something of the account's drive on this machine. */
export const isKept = (settings: Settings, account: string | undefined): account is string =>
  account !== undefined && existsSync(accountFolder(settings, account));

/** The account of the sign-in, if a mount has kept something of its own drive on this machine. */
export const keptAccount = (settings: Settings): string | undefined => {
  const { account, driveId } = settings;
  return driveId === undefined && isKept(settings, account) ? account : undefined;
};

/**
 * Where requests name the drive (`owner`) and something of it is `kept` here, nobody is asked: whoever is signed in, what is sent can
 * reach no other drive.
 */
export const accountOf = async (
  opened: Pick<OpenedDrive, 'drive' | 'reach'> & { readonly owner: string | undefined; readonly kept: boolean },
  settings: Settings,
  log: Log,
): Promise<FoundAccount> => {
  const { owner, kept } = opened;
  if (owner === undefined) return await findAccount(opened, settings, log);
  if (kept) return { id: owner, confirmed: true };
  return await findAccount(opened, { ...settings, account: owner }, log);
};

/** Rejects with a DriveError that says why the service did not answer, if nothing is known of the account. */
export const findAccount = async (
  { drive, reach }: Pick<OpenedDrive, 'drive' | 'reach'>,
  settings: Settings,
  log: Log,
): Promise<FoundAccount> => {
  const known = settings.account;
  try {
    const { id } = await drive.account(
      AbortSignal.timeout(known === undefined ? patienceMs.unknown : patienceMs.known),
    );
    if (known !== undefined && known !== id) log.warn(`the sign-in is for account ${id} now, not for ${known}`);
    return { id, confirmed: true };
  } catch (error) {
    if (known === undefined) throw unknownAccount(error, settings);
    const unsaid = `mounting what is known of account ${known}: ${settings.apiUrl} does not say whose sign-in this is`;
    if (!isSilence(error)) log.warn(unsaid, error);
    else {
      log.warn(`${unsaid}: it does not answer`);
      // Others need not find out one after the other.
      reach.lost('it did not answer when it was mounted');
      reach.askNow();
    }
    return { id: known, confirmed: false };
  }
};

const isSilence = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';

const unknownAccount = (cause: unknown, settings: Settings): unknown => {
  const failed = cause instanceof DriveError && cause.passing ? cause : undefined;
  if (!isSilence(cause) && failed === undefined) return cause;
  return new DriveError(
    failed?.fault ?? 'offline',
    `${settings.apiUrl} cannot be asked whose drive this is (${failed?.message ?? 'it does not answer'}), ` +
      'and nothing of it is known on this machine yet',
    { cause },
  );
};

export interface Confirming {
  readonly drive: Drive;
  readonly reach: OpenedDrive['reach'];
  readonly opened: Pick<OpenedFileSystem, 'hold' | 'release'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The sign-in is for that account. */
  readonly another?: (account: string) => void;
}

/** What keeps changes of `account` here while the service has not said whose sign-in this is. */
export const unconfirmed = (account: string): Hold => ({
  kind: 'unconfirmed',
  reason: `the service has not said yet whether the sign-in is that of account ${account}`,
});

/** Keeps the changes of `account` here while there is a doubt whether the sign-in is theirs. Ends with the signal. */
export class Confirmation {
  readonly #account: string;
  readonly #parts: Confirming;
  readonly #signal: AbortSignal;
  readonly #asking = new SingleFlight<'account', void>();
  #isDoubtful = false;
  /** Aborted when it is time to look again. */
  #pause = new AbortController();

  constructor(account: string, parts: Confirming, signal: AbortSignal) {
    this.#account = account;
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Nothing is sent from now on until the service has said so, who is asked again and again. Resolves then, or with the signal. */
  async doubt(): Promise<void> {
    if (this.#isDoubtful) return;
    this.#isDoubtful = true;
    const { kind, reason } = unconfirmed(this.#account);
    this.#parts.opened.hold(kind, reason);
    while (this.#isDoubtful && !this.#signal.aborted) {
      await this.#ask();
      if (this.#isDoubtful) await this.#untilWorthAsking();
    }
  }

  /** Where there is a doubt, asks at once: somebody may have signed in. Resolves when that has ended, whatever came of it. */
  async askNow(signal: AbortSignal): Promise<void> {
    if (this.#isDoubtful) await abortable(this.#ask(), signal);
  }

  #ask(): Promise<void> {
    return this.#asking.run('account', async () => {
      try {
        const { id } = await this.#parts.drive.account(this.#signal);
        this.#answered(id);
      } catch (error) {
        if (!this.#signal.aborted) this.#unanswered(error);
      }
    });
  }

  #answered(id: string): void {
    const { opened, log, another } = this.#parts;
    const account = this.#account;
    if (id === account) {
      this.#isDoubtful = false;
      this.#pause.abort();
      for (const kind of ['unconfirmed', 'signed-out', 'account'] as const) opened.release(kind);
      return;
    }
    another?.(id);
    log.error(`the sign-in is for account ${id}, the changes are those of ${account}: nothing is sent`);
    opened.hold(
      'account',
      `the sign-in is for account ${id} now, not for ${account}: sign in again with "skydrive auth", or mount again`,
    );
    opened.release('signed-out');
  }

  #unanswered(error: unknown): void {
    const { opened, log } = this.#parts;
    log.info('it is not known yet whose sign-in this is', error);
    const isSignedOut = error instanceof DriveError && error.fault === 'signed-out';
    const now: Hold = isSignedOut ? { kind: 'signed-out', reason: error.message } : unconfirmed(this.#account);
    opened.hold(now.kind, now.reason);
    opened.release(isSignedOut ? 'unconfirmed' : 'signed-out');
  }

  /** Resolves when an outage ends, or after a while. */
  async #untilWorthAsking(): Promise<void> {
    const { reach, clock } = this.#parts;
    this.#pause = new AbortController();
    const pause = this.#pause;
    const unwatch = reach.watch((outage) => {
      if (outage === undefined) pause.abort();
    });
    const either = linkedSignal([this.#signal, pause.signal]);
    await clock.sleep(againMs, either.signal).catch(() => {});
    either.unlink();
    unwatch();
  }
}

/** Below the cache folder; another account, dialect or server never shares it. */
export const accountFolder = (settings: Settings, account: string): string => {
  const server = createHash('sha256').update(settings.apiUrl).digest('hex').slice(0, 8);
  const name = account.replace(/[^\w!.-]/g, (sign) => `%${sign.codePointAt(0)?.toString(16)}`);
  return join(settings.cacheDir, `${settings.dialect}-${name}-${server}`);
};
