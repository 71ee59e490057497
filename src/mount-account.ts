// Whose drive this is. Caches and journals belong to one account: what one person saved must never be sent to another's
// drive. Where requests do not name the drive themselves, the service is asked at every mount. While it cannot answer, what the
// settings say is believed as far as reading goes, and nothing is sent until it has answered.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from './base/clock.ts';
import type { Log } from './base/log.ts';
import type { Settings } from './config.ts';
import type { Drive } from './drive/drive.ts';
import { DriveError } from './drive/drive-error.ts';
import type { OpenedDrive } from './drive/open-drive.ts';
import type { OpenedFileSystem } from './open-file-system.ts';

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

/** Keeps the changes of `account` here until the service has said that the sign-in is theirs. Ends with the signal. */
export const confirmAccount = async (account: string, parts: Confirming, signal: AbortSignal): Promise<void> => {
  const { drive, opened, log } = parts;
  opened.hold('unconfirmed', `the service has not said yet whether the sign-in is that of account ${account}`);
  while (!signal.aborted) {
    try {
      const { id } = await drive.account(signal);
      if (id === account) {
        opened.release('unconfirmed');
        opened.release('account');
        return;
      }
      parts.another?.(id);
      log.error(`the sign-in is for account ${id}, the changes are those of ${account}: nothing is sent`);
      opened.hold(
        'account',
        `the sign-in is for account ${id} now, not for ${account}: sign in again with "skydrive auth", or mount again`,
      );
    } catch (error) {
      if (signal.aborted) return;
      log.info('it is not known yet whose sign-in this is', error);
    }
    await untilWorthAsking(parts, signal);
  }
};

/** Resolves when an outage ends, or after a while. */
const untilWorthAsking = async ({ reach, clock }: Confirming, signal: AbortSignal): Promise<void> => {
  const woken = new AbortController();
  const wake = (): void => woken.abort();
  const unwatch = reach.watch((outage) => {
    if (outage === undefined) wake();
  });
  signal.addEventListener('abort', wake);
  await clock.sleep(againMs, woken.signal).catch(() => {});
  signal.removeEventListener('abort', wake);
  unwatch();
};

/** Below the cache folder; another account, dialect or server never shares it. */
export const accountFolder = (settings: Settings, account: string): string => {
  const server = createHash('sha256').update(settings.apiUrl).digest('hex').slice(0, 8);
  const name = account.replace(/[^\w!.-]/g, (sign) => `%${sign.codePointAt(0)?.toString(16)}`);
  return join(settings.cacheDir, `${settings.dialect}-${name}-${server}`);
};
