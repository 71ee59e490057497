// The composition root and the library's entry: settings -> drive, caches, queue, file system, driver -> Mount. The only
// place where parts are chosen and joined. Owns what it joined: whoever ends the mount, everything is closed, in order.
import { mkdirSync } from 'node:fs';
import type { Log } from './base/log.ts';
import type { Dialect, Settings } from './config.ts';
import { SettingsError } from './config-sources.ts';
import type { Drive } from './drive/drive.ts';
import type { FileSystem, KernelCache } from './fs/file-system.ts';
import type { Driver, DriverMount } from './fuse/driver.ts';
import { accountFolder, findAccount } from './mount-account.ts';
import { type MountLock, takeLock } from './mount-lock.ts';

/** A change that is not on the drive yet, or cannot get there. */
export interface UnsentEntry {
  /** Below the mountpoint, without a slash in front. */
  readonly path: string;
  /** What is to be sent. */
  readonly what?: string;
  /** Why it does not go; absent while it is only waiting for its turn. */
  readonly reason?: string;
}

export interface FileSystemReport {
  readonly [name: string]: unknown;
}

export interface OpenedFileSystem {
  readonly fs: FileSystem;
  attachKernel(cache: KernelCache): void;
  status(): FileSystemReport;
  sync(path: string | undefined, signal: AbortSignal): Promise<readonly UnsentEntry[]>;
  pending(): readonly UnsentEntry[];
  close(): Promise<void>;
}

export interface MountParts {
  /** Signed in with what `settings.configFile` holds. */
  openDrive(settings: Settings, log: Log): Promise<Drive>;
  openFileSystem(order: {
    readonly drive: Drive;
    readonly folder: string;
    readonly settings: Settings;
    readonly log: Log;
  }): Promise<OpenedFileSystem>;
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
  readonly files: FileSystemReport;
}

export interface Mount {
  readonly mountpoint: string;
  /** Resolves when the mount is gone, whoever unmounted it, and all is closed; rejects if serving it failed. */
  readonly ended: Promise<void>;
  status(): Promise<MountStatus>;
  /**
   * Waits until everything at or below `path` (relative to the mountpoint; all if undefined) is on the drive, or cannot get
   * there without help: that is what it returns.
   */
  sync(path: string | undefined, signal: AbortSignal): Promise<readonly UnsentEntry[]>;
  /**
   * Waits for the queue (at most `timeoutMs`, not at all if `now`), then detaches and closes. Returns what is not on the
   * drive: it survives, and is sent after the next mount. Rejects, and the mount stays, if it is in use; `now` detaches it
   * nevertheless.
   */
  unmount(options: UnmountOptions): Promise<readonly UnsentEntry[]>;
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
  readonly #facts: Omit<MountStatus, 'files'>;

  constructor(facts: Omit<MountStatus, 'files'>, opened: OpenedFileSystem, driverMount: DriverMount, lock: MountLock) {
    this.mountpoint = facts.mountpoint;
    this.#facts = facts;
    this.#opened = opened;
    this.#driverMount = driverMount;
    this.ended = closing(driverMount, opened, lock);
    // Whoever waits for it sees a failure; nobody has to.
    this.ended.catch(() => {});
  }

  async status(): Promise<MountStatus> {
    return { ...this.#facts, files: this.#opened.status() };
  }

  sync(path: string | undefined, signal: AbortSignal): Promise<readonly UnsentEntry[]> {
    return this.#opened.sync(path, signal);
  }

  async unmount({ now, timeoutMs, signal }: UnmountOptions): Promise<readonly UnsentEntry[]> {
    if (!now) await this.#drain(timeoutMs, signal);
    await this.#driverMount.unmount();
    const left = this.#opened.pending();
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
    opened = await parts.openFileSystem({ drive, folder, settings, log });
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
    const { readOnly, dialect, apiUrl } = settings;
    const facts = { mountpoint, driver: name, readOnly, pid: process.pid, mountedAt: Date.now(), dialect, apiUrl };
    return new RunningMount({ ...facts, account: account.id, folder }, opened, driverMount, lock);
  } catch (error) {
    await opened?.close();
    lock.release();
    throw error;
  }
};
