// The account's folder while nothing is mounted: what is there can be looked at and got out without the service, and a mount
// that begins meanwhile is refused.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { systemClock } from './base/clock.ts';
import type { Log } from './base/log.ts';
import { check } from './check/check.ts';
import type { Finding } from './check/ground.ts';
import type { Settings } from './config.ts';
import { SettingsError } from './config-sources.ts';
import type { Drive, DriveFeatures } from './drive/drive.ts';
import { DriveError } from './drive/drive-error.ts';
import { ownerOf } from './drive/open-drive.ts';
import { isStream } from './drive/wrap-drive.ts';
import { accountFolder } from './mount-account.ts';
import { mountedOn, takeLock } from './mount-lock.ts';
import { standardParts } from './mount-parts.ts';
import { type OpenedFileSystem, openFileSystem } from './open-file-system.ts';
import { damageOf, putAside, tellDamage } from './store/damage.ts';
import { openStore, StoreError } from './store/store.ts';

const features: DriveFeatures = {
  ...{ conditionalWrites: false, changeFeed: false, comments: true, links: [], linkRevocation: false },
  ...{ idPattern: /(?!)/, describable: /(?:)/, specialFolders: [] },
  ...{ permissions: false, storesTimes: false, versions: false, copiesFolders: false },
  ...{ simpleUploadLimit: 2 ** 20, maxFileSize: Number.MAX_SAFE_INTEGER },
};

const unmounted = (): DriveError => new DriveError('offline', 'the drive is not mounted', { awaited: true });

const noParts = (): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(unmounted()) }),
});

/** Every method fails at once. */
const noDrive = new Proxy({} as Drive, {
  get: (_, key) => {
    if (key === 'features') return features;
    return isStream(key) ? noParts : () => Promise.reject(unmounted());
  },
});

/** Whose drive the settings mean; undefined if they do not say so. */
export const accountIn = (settings: Settings): string | undefined => ownerOf(settings) ?? settings.account;

/** A mount as the kernel's table knows it. */
interface Mounted {
  readonly mountpoint: string;
  readonly account: string | undefined;
}

/** `settings` for the folder of a mount whose process is gone. Throws a SettingsError if they are those of another account. */
export const settingsOfMount = (settings: Settings, { mountpoint, account }: Mounted): Settings => {
  if (account === undefined)
    throw new SettingsError(
      `the mount on ${mountpoint} is dead, and does not say which account it is of: ` +
        `clear it with "skydrive unmount ${mountpoint}" first`,
    );
  const own = accountIn(settings) ?? account;
  if (account === own) return { ...settings, account };
  throw new SettingsError(
    `the mount on ${mountpoint} is dead, and is of account ${account}; the settings are those of account ${own}: ` +
      `pass the --config that it was mounted with, or set SKYDRIVE_ACCOUNT=${account}`,
  );
};

/** What is kept of the account in the settings, or of all accounts of their service if they name none; nothing is made. */
const keptFolders = (settings: Settings): string[] => {
  const account = accountIn(settings);
  const pattern = basename(accountFolder(settings, account ?? 'x'));
  const isOne = (name: string): boolean => {
    if (account !== undefined) return name === pattern;
    const [start = '', end = ''] = [pattern.slice(0, pattern.indexOf('x')), pattern.slice(pattern.indexOf('x') + 1)];
    return name.startsWith(start) && name.endsWith(end);
  };
  return namesIn(settings.cacheDir)
    .filter(isOne)
    .map((name) => join(settings.cacheDir, name));
};

const keptFolder = (settings: Settings): string => {
  const account = accountIn(settings);
  const [only, another] = keptFolders(settings);
  if (another !== undefined)
    throw new SettingsError(`there are several accounts in ${settings.cacheDir}: name one with SKYDRIVE_ACCOUNT`);
  if (only !== undefined) return only;
  throw new SettingsError(
    account === undefined
      ? `nothing is kept in ${settings.cacheDir} for ${settings.apiUrl}`
      : `nothing is kept in ${accountFolder(settings, account)}: it was never mounted`,
  );
};

/**
 * Whether something is kept of the account in `settings` that is in no mount: neither in one that is `served`, nor in a `dead` one.
 * Throws a SettingsError if it is not clear which of several accounts they mean.
 */
export const isKeptBeside = (
  settings: Settings,
  { served, dead }: { readonly served: readonly Mounted[]; readonly dead: readonly Mounted[] },
): boolean => {
  const isServed = (folder: string): boolean => served.some(({ mountpoint }) => mountpoint === mountedOn(folder));
  const isOfDead = (folder: string): boolean =>
    dead.some(({ account }) => account !== undefined && accountFolder(settings, account) === folder);
  if (keptFolders(settings).every((folder) => isServed(folder) || isOfDead(folder))) return false;
  keptFolder(settings);
  return true;
};

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const checkWhole = (folder: string, repair: boolean): readonly Finding[] => {
  const why = damageOf(folder);
  if (why === undefined) return [];
  if (!repair) return [{ text: tellDamage(folder, why), mended: false }];
  const mark = `damaged-${new Date(systemClock.now()).toISOString().slice(0, 19).replaceAll(':', '.')}`;
  putAside(folder, mark);
  const done = `it is put aside as metadata.mdb.${mark}, and the next mount brings them to lost+found`;
  return [{ text: tellDamage(folder, why, done), mended: true }];
};

/**
 * A sentence where the metadata of the account that `settings` mean are damaged; undefined if not, if it is not clear which they
 * are, or if `suspects` does not accept their folder.
 */
export const damageFor = (settings: Settings, suspects = (_folder: string): boolean => true): string | undefined => {
  try {
    const folder = keptFolder(settings);
    const why = suspects(folder) ? damageOf(folder) : undefined;
    return why === undefined ? undefined : tellDamage(folder, why);
  } catch (error) {
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
};

/** Where nothing is mounted: see check/check.ts. Rejects as `openFolder` does. */
export const checkFolder = async (
  settings: Settings,
  { log, repair, remote }: { readonly log: Log; readonly repair: boolean; readonly remote: boolean },
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const folder = keptFolder(settings);
  const lock = takeLock(folder);
  const closing: (() => void | Promise<void>)[] = [() => lock.release()];
  try {
    const found = checkWhole(folder, repair);
    if (found.length > 0) return found;
    const store = openStore(folder);
    closing.push(() => store.close());
    const opened = remote ? await standardParts.openDrive(settings, log) : undefined;
    if (opened !== undefined) closing.push(() => opened.close());
    const compared = opened === undefined ? {} : { drive: opened.drive };
    return await check({ store, folder, repair, now: systemClock.now(), ...compared }, signal);
  } finally {
    for (const close of closing.reverse()) await close();
  }
};

export interface OpenedFolder {
  readonly opened: OpenedFileSystem;
  readonly folder: string;
  close(): Promise<void>;
}

/** Throws a LockedError while it is mounted, a SettingsError if there is no such folder, a StoreError if its metadata are damaged. */
export const openFolder = (settings: Settings, log: Log): OpenedFolder => {
  const folder = keptFolder(settings);
  const lock = takeLock(folder);
  try {
    const why = damageOf(folder);
    if (why !== undefined) throw new StoreError(tellDamage(folder, why));
    const { cacheSize, durability, durabilityTimeoutMs } = settings;
    const opened = openFileSystem({
      ...{ drive: noDrive, folder, cacheSize, settleMs: 0, listingAgeMs: 1e12, clock: systemClock, log },
      settings: { uid: 0, gid: 0, umask: 0, durability, remotePatienceMs: durabilityTimeoutMs, readOnly: false },
      reach: {
        outage: { since: 0, reason: 'the drive is not mounted' },
        watch: () => () => {},
        lost: () => {},
        askNow: () => {},
        wanted: () => {},
      },
    });
    const close = async (): Promise<void> => {
      await opened.close();
      lock.release();
    };
    return { opened, folder, close };
  } catch (error) {
    lock.release();
    throw error;
  }
};
