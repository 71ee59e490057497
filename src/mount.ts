// The composition root and the library's entry: settings -> drive, caches, queue, file system, driver -> Mount. The only
// place where parts are chosen and joined. Owns what it joined: whoever ends the mount, everything is closed, in order.
import { mkdirSync } from 'node:fs';
import { systemClock } from './base/clock.ts';
import type { Log } from './base/log.ts';
import type { Dialect, Settings } from './config.ts';
import { SettingsError } from './config-sources.ts';
import type { Drive } from './drive/drive.ts';
import type { FsSettings } from './fs/parts.ts';
import type { Driver, DriverMount } from './fuse/driver.ts';
import { accountFolder, findAccount } from './mount-account.ts';
import { type MountLock, takeLock } from './mount-lock.ts';
import { type OpenedFileSystem, openFileSystem, type UnsentChange } from './open-file-system.ts';

export interface MountParts {
  /** Signed in with what `settings.configFile` holds. */
  openDrive(settings: Settings, log: Log): Promise<Drive>;
  /** Rejects with a MountError if the mountpoint is unfit; cleans a dead mount up. Gives its path without symbolic links. */
  checkMountpoint(path: string, log: Log): Promise<string>;
  chooseDriver(settings: Settings): Promise<{ readonly name: string; readonly driver: Driver }>;
  /** Keeps the account's id in the configuration. */
  rememberAccount(settings: Settings, account: string): Promise<void>;
}

export interface MountOrder {
  readonly mountpoint: string;
  readonly log: Log;
  /** Called once the account's folder (caches, journal, lock) is known and ours. */
  onFolder?(folder: string): void;
}

export interface MountStatus {
  readonly mountpoint: string;
  readonly driver: string;
  readonly readOnly: boolean;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly mountedAt: number;
  readonly dialect: Dialect;
  readonly apiUrl: string;
  readonly account: string;
  /** Caches, journal and log of this account. */
  readonly folder: string;
  /** Files and folders that are known. */
  readonly nodes: number;
  /** Bytes of contents on this disk, and how many there may be. */
  readonly cachedBytes: number;
  readonly cacheSize: number;
  /** In the order of the changes. */
  readonly unsent: readonly UnsentChange[];
}

type Facts = Omit<MountStatus, 'nodes' | 'cachedBytes' | 'unsent'>;

export interface Mount {
  readonly mountpoint: string;
  /** Resolves when the mount is gone, whoever unmounted it, and all is closed; rejects if serving it failed. */
  readonly ended: Promise<void>;
  status(): Promise<MountStatus>;
  /**
   * Waits until everything at or below `path` (from the mountpoint; all if undefined) is on the drive, or cannot get there
   * without help: that is what it returns. ENOENT if there is no such path.
   */
  sync(path: string | undefined, signal: AbortSignal): Promise<readonly UnsentChange[]>;
  /**
   * Waits for the queue (at most `timeoutMs`, not at all if `now`), then detaches and closes. Returns what is not on the
   * drive: it survives, and is sent after the next mount. Rejects, and the mount stays, if it is in use; `now` detaches it
   * nevertheless.
   */
  unmount(options: UnmountOptions): Promise<readonly UnsentChange[]>;
}

export interface UnmountOptions {
  readonly now: boolean;
  readonly timeoutMs?: number;
  /** Aborting it while the queue is waited for leaves the mount as it is. */
  readonly signal?: AbortSignal;
}

const makeCacheFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'EROFS' ? 'the disk is read-only' : (cause as Error).message;
    throw new SettingsError(
      `the cache folder ${folder} cannot be made (${reason}); choose another with -o cache_dir=FOLDER`,
      { cause },
    );
  }
};

const closing = async (driverMount: DriverMount, opened: OpenedFileSystem, lock: MountLock): Promise<void> => {
  try {
    await driverMount.ended;
  } finally {
    await opened.close().finally(() => lock.release());
  }
};

class RunningMount implements Mount {
  readonly mountpoint: string;
  readonly ended: Promise<void>;
  readonly #opened: OpenedFileSystem;
  readonly #driverMount: DriverMount;
  readonly #facts: Facts;

  constructor(facts: Facts, opened: OpenedFileSystem, driverMount: DriverMount, lock: MountLock) {
    this.mountpoint = facts.mountpoint;
    this.#facts = facts;
    this.#opened = opened;
    this.#driverMount = driverMount;
    this.ended = closing(driverMount, opened, lock);
    // Whoever waits for it sees a failure; nobody has to.
    this.ended.catch(() => {});
  }

  async status(): Promise<MountStatus> {
    const opened = this.#opened;
    const unsent = opened.unsent();
    return { ...this.#facts, nodes: opened.nodes(), cachedBytes: opened.cachedBytes(), unsent };
  }

  sync(path: string | undefined, signal: AbortSignal): Promise<readonly UnsentChange[]> {
    return this.#opened.sync(path, signal);
  }

  async unmount({ now, timeoutMs, signal }: UnmountOptions): Promise<readonly UnsentChange[]> {
    if (!now) await this.#drain(timeoutMs, signal);
    await this.#driverMount.unmount();
    const left = this.#opened.unsent();
    await this.ended;
    return left;
  }

  async #drain(timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const limit = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)];
    try {
      await this.#opened.sync(undefined, AbortSignal.any([...limit, ...(signal === undefined ? [] : [signal])]));
    } catch (error) {
      if (signal?.aborted || !limit[0]?.aborted) throw error;
    }
  }
}

const fsSettings = ({ uid, gid, umask, durability, readOnly }: Settings): FsSettings => ({
  uid: uid ?? process.getuid?.() ?? 0,
  gid: gid ?? process.getgid?.() ?? 0,
  umask: umask ?? 0o022,
  durability,
  readOnly,
});

/** Resolves when the mount answers. Rejects with a SettingsError, LockedError, DriveError or MountError, and undoes all. */
export const mount = async (settings: Settings, order: MountOrder, parts: MountParts): Promise<Mount> => {
  const { log } = order;
  const mountpoint = await parts.checkMountpoint(order.mountpoint, log);
  const { name, driver } = await parts.chooseDriver(settings);
  makeCacheFolder(settings.cacheDir);
  const drive = await parts.openDrive(settings, log);
  const account = await findAccount(drive, settings, log);
  const folder = accountFolder(settings, account.id);
  const lock = takeLock(folder, mountpoint);
  let opened: OpenedFileSystem | undefined;
  try {
    order.onFolder?.(folder);
    if (account.confirmed) await parts.rememberAccount(settings, account.id);
    opened = openFileSystem({
      drive,
      folder,
      settings: fsSettings(settings),
      cacheSize: settings.cacheSize,
      settleMs: settings.settleMs,
      listingAgeMs: settings.listingAgeMs,
      clock: systemClock,
      log,
    });
    const driverMount = await driver(opened.fs, {
      mountpoint,
      source: `skydrive:${account.id}`,
      allowOther: settings.allowOther,
      readOnly: settings.readOnly,
      defaultPermissions: settings.defaultPermissions,
      autoUnmount: settings.autoUnmount,
      log,
    });
    opened.attachKernel(driverMount);
    const { readOnly, dialect, apiUrl, cacheSize } = settings;
    const serving = { driver: name, readOnly, pid: process.pid, mountedAt: systemClock.now() };
    const facts: Facts = { mountpoint, ...serving, dialect, apiUrl, account: account.id, folder, cacheSize };
    return new RunningMount(facts, opened, driverMount, lock);
  } catch (error) {
    await opened?.close();
    lock.release();
    throw error;
  }
};
