// Whose drive this is. Caches and journals belong to one account: what one person saved must never be sent to another's
// drive, so the service is asked at every mount, and what the settings say is believed only while it cannot answer.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from './base/log.ts';
import type { Settings } from './config.ts';
import type { Drive } from './drive/drive.ts';
import { DriveError } from './drive/drive-error.ts';

/** How long the service may be silent: a mount that knows its account goes on without it. */
const patienceMs = { known: 5000, unknown: 10_000 } as const;

export interface FoundAccount {
  readonly id: string;
  /** The service said so just now. */
  readonly confirmed: boolean;
}

/** Rejects with a DriveError that says why the service did not answer, if nothing is known of the account. */
export const findAccount = async (drive: Drive, settings: Settings, log: Log): Promise<FoundAccount> => {
  const known = settings.account;
  try {
    const { id } = await drive.account(
      AbortSignal.timeout(known === undefined ? patienceMs.unknown : patienceMs.known),
    );
    if (known !== undefined && known !== id) log.warn(`the sign-in is for account ${id} now, not for ${known}`);
    return { id, confirmed: true };
  } catch (error) {
    if (known === undefined) throw unknownAccount(error, settings);
    log.warn(
      `mounting what is known of account ${known}: ${settings.apiUrl} does not say whose sign-in this is`,
      error,
    );
    return { id: known, confirmed: false };
  }
};

const unknownAccount = (cause: unknown, settings: Settings): unknown => {
  const silent = cause instanceof Error && cause.name === 'TimeoutError';
  const failed = cause instanceof DriveError && cause.passing ? cause : undefined;
  if (!silent && failed === undefined) return cause;
  return new DriveError(
    failed?.fault ?? 'offline',
    `${settings.apiUrl} cannot be asked whose drive this is (${failed?.message ?? 'it does not answer'}), ` +
      'and nothing of it is known on this machine yet',
    { cause },
  );
};

/** Below the cache folder; another account, dialect or server never shares it. */
export const accountFolder = (settings: Settings, account: string): string => {
  const server = createHash('sha256').update(settings.apiUrl).digest('hex').slice(0, 8);
  const name = account.replace(/[^\w!.-]/g, (sign) => `%${sign.codePointAt(0)?.toString(16)}`);
  return join(settings.cacheDir, `${settings.dialect}-${name}-${server}`);
};
