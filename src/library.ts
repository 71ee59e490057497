// The library's entry: a drive as an object, and a drive as a folder, for programs of others. Settings and sign-in are those of the
// command line: `~/.lcrc`, `SKYDRIVE_…` and what the caller gives, the later of these before the earlier.
import { type Log, silentLog } from './base/log.ts';
import type { Settings } from './config.ts';
import { loadSettings } from './config-file.ts';
import { type OpenedDrive, openDrive as openSettledDrive } from './drive/open-drive.ts';
import { type Mount, mount as mountSettled } from './mount.ts';

export type { Log } from './base/log.ts';
export type {
  Account,
  ByteRange,
  Change,
  ChangePage,
  Comment,
  Drive,
  DriveFeatures,
  FileVersion,
  Item,
  ItemId,
  ItemKind,
  LinkKind,
  Original,
  Permission,
  Quota,
  SpecialFolder,
  ThumbnailSize,
  Upload,
  UploadTarget,
} from './drive/drive.ts';
// biome-ignore lint/performance/noBarrelFile: programs have to tell this error from others
export { DriveError, type Fault } from './drive/drive-error.ts';
export type { OpenedDrive } from './drive/open-drive.ts';
export type { Mount, MountStatus, UnmountOptions } from './mount.ts';
export type { UnsentChange } from './open-file-system.ts';

/** How a drive is opened. All of it may be left out. */
export interface OpenOrder {
  /** File with the sign-in and the settings; `~/.lcrc` if left out. */
  readonly config?: string;
  /** Settings by their names in the README, as text: `{ dialect: 'graph', cache_size: '20G' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Nothing is logged without it. Neither tokens nor contents ever are. */
  readonly log?: Log;
}

/** How a drive is opened as an object. */
export interface DriveOrder extends OpenOrder {
  /** How long a request that fails for a passing reason is repeated, milliseconds; a minute if left out. */
  readonly patienceMs?: number;
}

const settingsOf = ({ config, settings = {}, log = silentLog }: OpenOrder): Promise<Settings> => {
  const options = Object.entries(settings).map(([key, value]) => `${key}=${value.replaceAll(',', '\\,')}`);
  return loadSettings({ config, options, environment: process.env, workingFolder: process.cwd() }, log);
};

/**
 * The drive of whoever is signed in, with retries and limits around it. Makes no request: the first one finds out whether all is well.
 * Rejects where the settings or the file with the sign-in cannot be used. `close` ends its connections, which would keep a process
 * alive.
 */
export const openDrive = async (order: DriveOrder = {}): Promise<OpenedDrive> => {
  const { log = silentLog, patienceMs } = order;
  return await openSettledDrive(await settingsOf(order), { log, ...(patienceMs === undefined ? {} : { patienceMs }) });
};

/**
 * Mounts the drive on a folder, served by this process, and resolves when it answers. This process must never touch the folder itself:
 * it would wait for its own answer. Rejects with a sentence that says what is missing, and leaves nothing behind then.
 */
export const mount = async (mountpoint: string, order: OpenOrder = {}): Promise<Mount> =>
  await mountSettled(await settingsOf(order), { mountpoint, log: order.log ?? silentLog });
