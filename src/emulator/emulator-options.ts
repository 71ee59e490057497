// Everything that can be chosen when an emulator starts. The command line and tests fill in this record; startEmulator reads it.

/** In the words of Graph; the live dialect knows one kind only. */
export type DriveType = 'personal' | 'business' | 'documentLibrary';

export interface EmulatorOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** A loopback address; default 127.0.0.1. Others are refused: there is no real authentication here. */
  readonly host?: string;
  /** Keeps the state: what was answered 2xx is there after a restart or kill. Default: a temporary folder, removed at close. */
  readonly dataDir?: string;
  /** Added to every request but admin calls and pages. */
  readonly latencyMs?: number;
  /** MB/s (10^6 bytes) for each connection, in both directions together; default unlimited. */
  readonly bandwidth?: number;
  /** Bytes per drive; default 25 GiB. */
  readonly quota?: number;
  /** Uid of the first account, up to 16 hex digits; only looked at when the state is new. Default random. */
  readonly uid?: string;
  /** Number of small files to make in a new drive, 20 per folder; or a folder of this machine to copy into it. */
  readonly seedTree?: number | string;
  /** Answers what the service doesn't document (routes, parameters, headers) with 400 and notes it as a violation. */
  readonly strict?: boolean;
  /** Two items of one name may be in a folder, as old documents of the service say. */
  readonly allowDuplicates?: boolean;
  /** The consent page is skipped: authorize answers with the code at once, for the first account or the one in `login_hint`. */
  readonly autoApprove?: boolean;
  /** Bytes that one PUT or POST may carry; default 100 MiB. */
  readonly uploadLimit?: number;
  /** Bytes of contents that are no longer current which are kept for the history; default 1 GiB. */
  readonly historyBytes?: number;
  /** Seconds that an access token lives; default 3600. */
  readonly tokenSeconds?: number;
  /** Seconds that a download URL lives; default 3600. */
  readonly downloadSeconds?: number;
  /** Requests that the log keeps; counters count them all. Default 20,000. */
  readonly logSize?: number;
  /** Graph: what drives are that were given no type of their own; default personal. */
  readonly driveType?: DriveType;
  /** Graph: misbehaviour by name and value, see docs/emulator-graph.md. */
  readonly quirks?: Readonly<Record<string, number | string | boolean>>;
  /** Graph: a handful of quirks beside those, chosen by this number; 0: none. */
  readonly quirkSeed?: number;
  /** PEM texts: serve HTTPS instead of HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** What an admin call can change while it runs. */
export interface EmulatorSettings {
  readonly latencyMs: number;
  readonly bandwidth: number;
  readonly quota: number;
  readonly strict: boolean;
  readonly allowDuplicates: boolean;
  readonly autoApprove: boolean;
  readonly uploadLimit: number;
  readonly tokenSeconds: number;
  readonly downloadSeconds: number;
  /** A BITS session dies when it is used with another token than it was created with. */
  readonly bitsBoundToToken: boolean;
  /** Closing a BITS session fails when its token is older than this many seconds; 0: never. */
  readonly bitsFreshTokenSeconds: number;
  readonly driveType: DriveType;
  readonly quirks: Readonly<Record<string, number | string | boolean>>;
  /** 0: none. */
  readonly quirkSeed: number;
  /** Added to the machine's clock. */
  readonly clockOffsetMs: number;
}

const orDefault = (value: number | undefined, fallback: number, name: string): number => {
  if (value === undefined) return fallback;
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${name} must be a number from 0 up, not ${value}`);
  return value;
};

export const initialSettings = (options: EmulatorOptions): EmulatorSettings => ({
  latencyMs: orDefault(options.latencyMs, 0, 'latencyMs'),
  bandwidth: orDefault(options.bandwidth, 0, 'bandwidth'),
  quota: orDefault(options.quota, 26_843_545_600, 'quota'),
  strict: options.strict ?? false,
  allowDuplicates: options.allowDuplicates ?? false,
  autoApprove: options.autoApprove ?? false,
  uploadLimit: orDefault(options.uploadLimit, 100 * 1024 * 1024, 'uploadLimit'),
  tokenSeconds: orDefault(options.tokenSeconds, 3600, 'tokenSeconds'),
  downloadSeconds: orDefault(options.downloadSeconds, 3600, 'downloadSeconds'),
  bitsBoundToToken: false,
  bitsFreshTokenSeconds: 0,
  driveType: options.driveType ?? 'personal',
  quirks: options.quirks ?? {},
  quirkSeed: orDefault(options.quirkSeed, 0, 'quirkSeed'),
  clockOffsetMs: 0,
});

/** New settings; throws RangeError for a name that is none and for a value of another type. Negative numbers: only the clock's. */
export const changedSettings = (settings: EmulatorSettings, change: Partial<EmulatorSettings>): EmulatorSettings => {
  for (const [name, value] of Object.entries(change)) {
    const present = Object.hasOwn(settings, name) ? settings[name as keyof EmulatorSettings] : undefined;
    if (present === undefined) throw new RangeError(`there is no setting '${name}'`);
    if (typeof value !== typeof present) throw new RangeError(`'${name}' must be a ${typeof present}`);
    if (typeof value === 'number' && name !== 'clockOffsetMs') orDefault(value, 0, name);
  }
  return { ...settings, ...change };
};
