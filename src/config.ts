// Every setting: default < file (`skydrive:` in ~/.lcrc) < environment (SKYDRIVE_KEY) < option (`-o key=value`). Checked
// once, here, and frozen; a value that is wrong in any source is an error even if another source overrides it.
import { dirname, join } from 'node:path';
import {
  choice,
  count,
  duration,
  exactAddress,
  expandPath,
  flag,
  folderPath,
  homeFolder,
  identifier,
  permissionMask,
  type ReadingContext,
  type SettingKind,
  size,
  userNumber,
  webAddress,
} from './config-kinds.ts';
import {
  type FileSection,
  fromEnvironment,
  fromFile,
  fromOptions,
  type Given,
  SettingsError,
} from './config-sources.ts';

export type Dialect = 'live' | 'graph';
export type Durability = 'local' | 'remote';
export type DriverChoice = 'auto' | 'kernel' | 'fuse-native';

export interface Settings {
  /** The ancestor's file, with the sign-in and our section; it need not exist. */
  readonly configFile: string;
  readonly dialect: Dialect;
  /** Without a slash at the end. */
  readonly apiUrl: string;
  readonly loginUrl: string;
  /** Where the app is registered to be answered at; undefined: where apps of the dialect usually are. */
  readonly redirectUri: string | undefined;
  /** Holds one folder per account. */
  readonly cacheDir: string;
  /** Bytes of downloaded content kept on this disk; what is not on the drive yet does not count. */
  readonly cacheSize: number;
  readonly durability: Durability;
  /** How long a close or fsync waits for a drive that has nothing to show for it. */
  readonly durabilityTimeoutMs: number;
  readonly settleMs: number;
  readonly listingAgeMs: number;
  readonly feedIntervalMs: number;
  /** Another drive than the account's own: a document library, or a drive that others share. Graph only. */
  readonly driveId: string | undefined;
  /** Removals, or contents rewritten, within `brakeWindowMs` that hold the queue; 0 for never. */
  readonly brakeCount: number;
  /** Only if that is more than this part of all known files and folders, percent. */
  readonly brakeShare: number;
  readonly brakeWindowMs: number;
  /** The account whose drive this is, where known; `skydrive auth` and the first mount write it. */
  readonly account: string | undefined;
  readonly driver: DriverChoice;
  readonly allowOther: boolean;
  readonly readOnly: boolean;
  readonly defaultPermissions: boolean;
  readonly autoUnmount: boolean;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly umask: number | undefined;
}

const kinds = {
  dialect: choice('live', 'graph'),
  api_url: webAddress,
  login_url: webAddress,
  redirect_uri: exactAddress,
  cache_dir: folderPath,
  cache_size: size,
  durability: choice('local', 'remote'),
  durability_timeout: duration(100),
  settle: duration(0),
  listing_age: duration(0),
  feed_interval: duration(100),
  drive_id: identifier,
  brake_count: count(1_000_000),
  brake_share: count(100),
  brake_window: duration(1_000),
  account: identifier,
  driver: choice('auto', 'kernel', 'fuse-native'),
  allow_other: flag,
  ro: flag,
  default_permissions: flag,
  auto_unmount: flag,
  uid: userNumber,
  gid: userNumber,
  umask: permissionMask,
} satisfies Record<string, SettingKind<unknown>>;

type Key = keyof typeof kinds;
type Value<K extends Key> = Exclude<ReturnType<(typeof kinds)[K]['read']>, undefined>;

const keys = Object.keys(kinds) as readonly Key[];

const addresses: Readonly<Record<Dialect, { readonly api: string; readonly login: string }>> = {
  live: { api: 'https://apis.live.net/v5.0', login: 'https://login.live.com' },
  graph: {
    api: 'https://graph.microsoft.com/v1.0',
    login: 'https://login.microsoftonline.com/common/oauth2/v2.0',
  },
};

export interface SettingsSources {
  /** Absolute path; see `configPath`. */
  readonly configFile: string;
  /** Undefined if the file, or the section in it, is not there. */
  readonly section: FileSection | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** The lists of `-o`, in their order. */
  readonly options: readonly string[];
  /** Where relative paths in options and variables start. */
  readonly workingFolder: string;
}

/** The file that `--config` or SKYDRIVE_CONFIG names, else `~/.lcrc`. Throws a SettingsError where there is no home folder. */
export const configPath = (named: string | undefined, environment: NodeJS.ProcessEnv, folder: string): string => {
  const home = homeFolder(environment);
  const text = named ?? (environment['SKYDRIVE_CONFIG'] || '~/.lcrc');
  const path = expandPath(text, { folder, home });
  if (path !== undefined) return path;
  throw new SettingsError(
    `there is no home folder to look for ${text} in: set HOME, or name the file with --config FILE`,
  );
};

const read = <K extends Key>(given: Given & { readonly key: K }, home: string | undefined): Value<K> => {
  const kind: SettingKind<unknown> = kinds[given.key];
  const context: ReadingContext = { folder: given.folder, home };
  const value = kind.read(given.text, context);
  if (value !== undefined) return value as Value<K>;
  throw new SettingsError(`${given.origin}: "${given.text}" is not allowed here; allowed: ${kind.allowed}`);
};

const defaultCacheFolder = (environment: NodeJS.ProcessEnv, home: string | undefined): string => {
  const named = environment['XDG_CACHE_HOME'];
  if (named?.startsWith('/')) return join(named, 'skydrive');
  if (home !== undefined) return join(home, '.cache', 'skydrive');
  throw new SettingsError('there is no home folder for the cache: set HOME, or name a folder with -o cache_dir=FOLDER');
};

/** Throws a SettingsError that names the source of the first thing that is wrong. */
export const resolveSettings = (sources: SettingsSources): Settings => {
  const { environment, workingFolder } = sources;
  const home = homeFolder(environment);
  const fileFolder = dirname(sources.configFile);
  const given = [
    ...(sources.section === undefined ? [] : fromFile(sources.section, keys, fileFolder)),
    ...fromEnvironment(environment, keys, workingFolder),
    ...fromOptions(sources.options, keys, workingFolder),
  ] as readonly (Given & { readonly key: Key })[];
  const values = new Map<Key, unknown>();
  for (const one of given) values.set(one.key, read(one, home));
  const value = <K extends Key, F>(key: K, otherwise: F): Value<K> | F =>
    values.has(key) ? (values.get(key) as Value<K>) : otherwise;
  const dialect = value('dialect', 'live' as const);
  return Object.freeze({
    configFile: sources.configFile,
    dialect,
    apiUrl: value('api_url', addresses[dialect].api),
    loginUrl: value('login_url', addresses[dialect].login),
    redirectUri: value('redirect_uri', undefined),
    cacheDir: value('cache_dir', undefined) ?? defaultCacheFolder(environment, home),
    cacheSize: value('cache_size', 10 * 2 ** 30),
    durability: value('durability', 'local'),
    durabilityTimeoutMs: value('durability_timeout', 60_000),
    settleMs: value('settle', 1000),
    listingAgeMs: value('listing_age', 30_000),
    feedIntervalMs: value('feed_interval', 5000),
    driveId: value('drive_id', undefined),
    brakeCount: value('brake_count', 1_000),
    brakeShare: value('brake_share', 25),
    brakeWindowMs: value('brake_window', 60_000),
    account: value('account', undefined),
    driver: value('driver', 'auto'),
    allowOther: value('allow_other', false),
    readOnly: value('ro', false),
    defaultPermissions: value('default_permissions', true),
    autoUnmount: value('auto_unmount', false),
    uid: value('uid', undefined),
    gid: value('gid', undefined),
    umask: value('umask', undefined),
  });
};
