// The composition root: settings -> drive, caches, queue, file system, driver -> Mount. The only
// place where parts are chosen and joined. Owns what it joined: whoever ends the mount, everything is closed, in order.
import { longestTimerMs, systemClock } from './base/clock.ts';
import { linkedSignal } from './base/linked-signal.ts';
import type { Log } from './base/log.ts';
import { makeFolder } from './base/make-folder.ts';
import type { Finding } from './check/ground.ts';
import type { Dialect, Settings } from './config.ts';
import { SettingsError } from './config-sources.ts';
import { DriveError } from './drive/drive-error.ts';
import type { Outage, Reach } from './drive/reach.ts';
import type { FsSettings } from './fs/parts.ts';
import { type DriverMount, MountError, type MountOptions } from './fuse/driver.ts';
import type { FeedStatus } from './metadata/change-feed.ts';
import { accountFolder, accountOf, Confirmation, isKept, keptAccount, unconfirmed } from './mount-account.ts';
import { takeLock } from './mount-lock.ts';
import { standardParts } from './mount-parts.ts';
import { checkRoom } from './mount-room.ts';
import { usersOf } from './mount-users.ts';
import { type ConflictCopy, type OpenedFileSystem, openFileSystem, type UnsentChange } from './open-file-system.ts';
import type { Hold } from './queue/holds.ts';
import type { Upkeep } from './upkeep/upkeep.ts';

export interface MountOrder {
  readonly mountpoint: string;
  readonly log: Log;
  /** Writes a line for every request of the kernel to `log`, at level debug. */
  readonly trace?: boolean;
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
  /** Copies of ours beside what others made of the same file, until somebody deals with them. */
  readonly conflicts: readonly ConflictCopy[];
  /** Why nothing is sent although the service is in reach; empty while it is. */
  readonly holds: readonly Hold[];
  /** Where the service is out of reach. */
  readonly outage?: Outage;
  /** How the tree is kept true; undefined where folders are listed instead. */
  readonly feed?: FeedStatus;
}

type Facts = Omit<MountStatus, 'nodes' | 'cachedBytes' | 'unsent' | 'conflicts' | 'holds' | 'outage' | 'feed'>;

export interface Mount {
  readonly mountpoint: string;
  /** Resolves when the mount is gone, whoever unmounted it, and all is closed; rejects if serving it failed. */
  readonly ended: Promise<void>;
  /** What can be done with changes that are not on the drive. */
  readonly upkeep: Upkeep;
  /** Whether what is stored agrees with itself, and (`remote`) with the drive: a sentence for each thing that does not. */
  check(options: { readonly remote: boolean }, signal: AbortSignal): Promise<readonly Finding[]>;
  status(): Promise<MountStatus>;
  /**
   * Waits until everything at or below `path` (from the mountpoint; all if undefined) is on the drive, or cannot get there
   * without help: that is what it returns. ENOENT if there is no such path; a DriveError if nobody is signed in.
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

/** How long an unmount waits for a service that is out of reach: as long as one more question takes. Milliseconds. */
const outageMs = 5_000;

/** How long the root is waited for, which is asked for together with the account; milliseconds. */
const rootMs = 1_000;

const makeCacheFolder = (folder: string): void => {
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'EROFS' ? 'the disk is read-only' : (cause as Error).message;
    throw new SettingsError(
      `the cache folder ${folder} cannot be made (${reason}); choose another with -o cache_dir=FOLDER`,
      { cause },
    );
  }
};

/** The drivers detach at once, whoever uses the mount: their files would end in the middle of their work. */
const refuseIfUsed = (mountpoint: string): void => {
  const users = usersOf(mountpoint).map(({ pid, name }) => `${name} (${pid})`);
  if (users.length === 0) return;
  const shown = users.length > 5 ? [...users.slice(0, 5), `${users.length - 5} more`] : users;
  throw new MountError(
    `${mountpoint} is in use by ${shown.join(', ')}: end that, or detach it nevertheless with "skydrive unmount --now"`,
  );
};

/** What has to be closed, last opened first. */
type Closing = (() => void | Promise<void>)[];

/** Every step is tried; the first failure is told. */
const closeAll = async (steps: Closing): Promise<void> => {
  const failures: unknown[] = [];
  for (const step of steps.reverse())
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  if (failures.length > 0) throw failures[0];
};

const untilClosed = async (driverMount: DriverMount, steps: Closing): Promise<void> => {
  try {
    await driverMount.ended;
  } finally {
    await closeAll(steps);
  }
};

interface MountedParts {
  readonly opened: OpenedFileSystem;
  readonly driverMount: DriverMount;
  readonly reach: Reach;
  readonly confirmation: Confirmation;
}

class RunningMount implements Mount {
  readonly mountpoint: string;
  readonly ended: Promise<void>;
  readonly #opened: OpenedFileSystem;
  readonly #driverMount: DriverMount;
  readonly #facts: Facts;
  readonly #reach: Reach;
  readonly #confirmation: Confirmation;

  constructor(facts: Facts, parts: MountedParts, ended: Promise<void>) {
    this.mountpoint = facts.mountpoint;
    this.#facts = facts;
    this.#opened = parts.opened;
    this.#driverMount = parts.driverMount;
    this.#reach = parts.reach;
    this.#confirmation = parts.confirmation;
    this.ended = ended;
    // Whoever waits for it sees a failure; nobody has to.
    ended.catch(() => {});
  }

  get upkeep(): Upkeep {
    return this.#opened.upkeep;
  }

  check(options: { readonly remote: boolean }, signal: AbortSignal): Promise<readonly Finding[]> {
    return this.#opened.check(options, signal);
  }

  async status(): Promise<MountStatus> {
    const opened = this.#opened;
    const { outage } = this.#reach;
    const feed = opened.feed();
    return {
      ...{ ...this.#facts, nodes: opened.nodes(), cachedBytes: opened.cachedBytes(), unsent: opened.unsent() },
      conflicts: opened.conflicts(),
      holds: opened.holds().filter(({ kind }) => kind !== 'offline'),
      ...(outage === undefined ? {} : { outage }),
      ...(feed === undefined ? {} : { feed }),
    };
  }

  async sync(path: string | undefined, signal: AbortSignal): Promise<readonly UnsentChange[]> {
    this.#reach.askNow();
    await this.#confirmation.askNow(signal);
    return await this.#opened.sync(path, signal);
  }

  async unmount({ now, timeoutMs, signal }: UnmountOptions): Promise<readonly UnsentChange[]> {
    if (!now) {
      refuseIfUsed(this.mountpoint);
      await this.#drain(timeoutMs, signal);
      refuseIfUsed(this.mountpoint);
    }
    await this.#driverMount.unmount();
    const [hold] = this.#opened.holds();
    const why = hold === undefined ? {} : { trouble: hold.reason };
    const left = this.#opened.unsent().map((change) => ({ ...why, ...change }));
    await this.ended;
    return left;
  }

  /** Asks a service that was out of reach once more, so that nobody waits for what cannot come. */
  async #isInReach(signal: AbortSignal | undefined, limit: AbortSignal | undefined): Promise<boolean> {
    const reach = this.#reach;
    reach.askNow();
    const answered = new AbortController();
    const unwatch = reach.watch(() => answered.abort());
    const waiting = linkedSignal([signal, limit, answered.signal]);
    if (reach.outage !== undefined) await systemClock.sleep(outageMs, waiting.signal).catch(() => {});
    waiting.unlink();
    unwatch();
    signal?.throwIfAborted();
    return reach.outage === undefined;
  }

  /** Until all is sent, or nobody is there to send it to, or who is there does not know us any more. */
  async #drain(timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(Math.min(timeoutMs, longestTimerMs));
    const ending = [limit, signal].filter((one) => one !== undefined);
    try {
      while (await this.#isInReach(signal, limit)) if (await this.#isSent(ending)) return;
    } catch (error) {
      const isSignedOut = error instanceof DriveError && error.fault === 'signed-out';
      if (signal?.aborted || !(limit?.aborted || isSignedOut)) throw error;
    }
  }

  /** False when an outage began before all was sent. */
  async #isSent(ending: readonly AbortSignal[]): Promise<boolean> {
    const lost = new AbortController();
    const unwatch = this.#reach.watch((outage) => {
      if (outage !== undefined) lost.abort();
    });
    try {
      const over = AbortSignal.any([lost.signal, ...ending]);
      await this.#confirmation.askNow(over);
      await this.#opened.sync(undefined, over);
      return true;
    } catch (error) {
      if (lost.signal.aborted) return false;
      throw error;
    } finally {
      unwatch();
    }
  }
}

const fsSettings = ({ uid, gid, umask, durability, durabilityTimeoutMs, readOnly }: Settings): FsSettings => ({
  uid: uid ?? process.getuid?.() ?? 0,
  gid: gid ?? process.getgid?.() ?? 0,
  umask: umask ?? 0o022,
  durability,
  remotePatienceMs: durabilityTimeoutMs,
  readOnly,
});

const driverOptions = (settings: Settings, order: MountOrder, account: string): Omit<MountOptions, 'mountpoint'> => ({
  source: `skydrive:${account}`,
  allowOther: settings.allowOther,
  readOnly: settings.readOnly,
  defaultPermissions: settings.defaultPermissions,
  autoUnmount: settings.autoUnmount,
  trace: order.trace ?? false,
  log: order.log,
});

/** Resolves when the mount answers. Rejects with a SettingsError, LockedError, DriveError or MountError, and undoes all. */
export const mount = async (settings: Settings, order: MountOrder, parts = standardParts): Promise<Mount> => {
  const { log } = order;
  const mountpoint = await parts.checkMountpoint(order.mountpoint);
  const { name, driver } = await parts.chooseDriver(settings);
  makeCacheFolder(settings.cacheDir);
  checkRoom(settings.cacheDir);
  const steps: Closing = [];
  try {
    const ownDriveId = keptAccount(settings);
    const { drive, reach, close, owner, listen } = await parts.openDrive({ ...settings, ownDriveId }, log);
    steps.push(close);
    const kept = isKept(settings, owner ?? ownDriveId);
    const asking = kept ? undefined : drive.root(AbortSignal.timeout(rootMs)).catch(() => undefined);
    const account = await accountOf({ drive, reach, owner, kept }, settings, log);
    const root = await asking;
    const folder = accountFolder(settings, account.id);
    const lock = takeLock(folder, mountpoint);
    steps.push(() => lock.release());
    order.onFolder?.(folder);
    if (account.confirmed && owner === undefined) await parts.rememberAccount(settings, account.id, log);
    const { cacheSize, settleMs, listingAgeMs, feedIntervalMs, readOnly, dialect, apiUrl } = settings;
    const { brakeCount, brakeShare, brakeWindowMs } = settings;
    const brake = { count: brakeCount, share: brakeShare, windowMs: brakeWindowMs };
    const cache = {
      folder,
      cacheSize,
      settleMs,
      listingAgeMs,
      feedIntervalMs,
      brake,
      ...(listen === undefined ? {} : { listen }),
    };
    const ending = new AbortController();
    const opened = openFileSystem({
      ...{ drive, reach, settings: fsSettings(settings), ...cache, clock: systemClock, log },
      // The drive may be closed to whoever is signed in.
      ...(ownDriveId === undefined ? {} : { refused: () => void confirmation.doubt() }),
      ...{ rootFirst: { item: root }, held: account.confirmed ? undefined : unconfirmed(account.id) },
    });
    const another = (id: string): void => void parts.rememberAccount(settings, id, log);
    const confirming = { drive, reach, opened, clock: systemClock, log, another };
    const confirmation = new Confirmation(account.id, confirming, ending.signal);
    steps.push(() => opened.close());
    steps.push(() => ending.abort());
    if (!account.confirmed) void confirmation.doubt();
    const driverMount = await driver(opened.fs, { mountpoint, ...driverOptions(settings, order, account.id) });
    opened.attachKernel(driverMount);
    const serving = { driver: name, readOnly, pid: process.pid, mountedAt: systemClock.now() };
    const facts: Facts = { mountpoint, ...serving, dialect, apiUrl, account: account.id, folder, cacheSize };
    return new RunningMount(facts, { opened, driverMount, reach, confirmation }, untilClosed(driverMount, steps));
  } catch (error) {
    await closeAll(steps).catch((failure: unknown) => log.warn('a part could not be closed', failure));
    throw error;
  }
};
