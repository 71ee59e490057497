// Settings -> Drive: the only file that knows which dialects there are. What it opens, the caller closes.
import { completeSignIn } from '../auth/complete-sign-in.ts';
import { ConfigFileError } from '../auth/config-file-error.ts';
import { FileTokenSource } from '../auth/file-token-source.ts';
import { LcrcFile } from '../auth/lcrc-file.ts';
import { LiveSignIn } from '../auth/live-sign-in.ts';
import type { SignIn } from '../auth/sign-in.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Log, silentLog } from '../base/log.ts';
import { HttpClient } from '../http/http-client.ts';
import type { TokenSource } from '../http/token-source.ts';
import type { Drive } from './drive.ts';
import { defaultStorageUrl, LiveDrive } from './live/live-drive.ts';
import { withLimits } from './with-limits.ts';
import { withRetry } from './with-retry.ts';
import { withTrace } from './with-trace.ts';

export interface DriveSettings {
  readonly dialect: string;
  readonly configFile: string;
  /** Without a slash at the end. */
  readonly apiUrl: string;
  readonly loginUrl: string;
  /** Bytes; larger contents go in fragments. */
  readonly simpleUploadLimit?: number;
}

export interface OpenOptions {
  readonly log?: Log;
  readonly clock?: Clock;
  /** How long a request that fails for a passing reason is repeated, milliseconds. */
  readonly patienceMs?: number;
}

export interface OpenedDrive {
  readonly drive: Drive;
  /** Breaks what is under way. */
  close(): void;
}

export interface OpenedSignIn {
  /** Where the user goes with a browser. */
  authorizeUrl(state?: string): string;
  /** With the address that the browser ended at; the tokens are in the file then. */
  complete(address: string, state?: string): Promise<void>;
  close(): void;
}

interface Ground {
  readonly settings: DriveSettings;
  readonly file: LcrcFile;
  readonly clock: Clock;
}

interface Dialect {
  signIn(ground: Ground, http: HttpClient): Promise<SignIn>;
  /** Where besides the API the token may go. */
  trusted(settings: DriveSettings): (origin: string) => boolean;
  drive(ground: Ground, http: HttpClient): Drive;
}

const live: Dialect = {
  signIn: async ({ settings, file }, http) => {
    const { clientId, clientSecret, path } = await file.read();
    if (clientId === undefined) {
      const message =
        "client.id is missing. Register an app, and write its id there: client: {id: '0000000012345678'}.";
      throw new ConfigFileError('value', message, { path });
    }
    return new LiveSignIn({ http, loginUrl: settings.loginUrl, clientId, clientSecret });
  },
  trusted: ({ apiUrl }) => {
    const pattern = defaultStorageUrl(apiUrl).replace(/[.]/g, '\\.').replace('{uid}', '[0-9a-f]{16}');
    return (origin) => new RegExp(`^${pattern}$`).test(origin);
  },
  drive: ({ settings, clock }, http) => {
    const { simpleUploadLimit } = settings;
    return new LiveDrive({ http, clock, ...(simpleUploadLimit === undefined ? {} : { simpleUploadLimit }) });
  },
};

const dialects: Readonly<Record<string, Dialect>> = { live };

const dialectOf = ({ dialect, configFile }: DriveSettings): Dialect => {
  const found = dialects[dialect];
  if (found !== undefined) return found;
  const known = Object.keys(dialects).join(', ');
  throw new ConfigFileError('value', `the dialect '${dialect}' is not known here; known: ${known}`, {
    path: configFile,
  });
};

const groundOf = (settings: DriveSettings, { log = silentLog, clock = systemClock }: OpenOptions): Ground => ({
  ...{ settings, clock },
  file: new LcrcFile(settings.configFile, { log, clock }),
});

/** Throws a ConfigFileError where the file cannot be used. Makes no request: the first one finds out whether all is well. */
export const openDrive = async (settings: DriveSettings, options: OpenOptions = {}): Promise<OpenedDrive> => {
  const dialect = dialectOf(settings);
  const { log = silentLog, clock = systemClock, patienceMs } = options;
  const patience = patienceMs === undefined ? {} : { patienceMs };
  const ground = groundOf(settings, options);
  const signInHttp = new HttpClient({ base: `${settings.loginUrl}/`, clock });
  const signIn = await dialect.signIn(ground, signInHttp);
  const tokens: TokenSource = new FileTokenSource({ file: ground.file, signIn, clock, log });
  const http = new HttpClient({ base: `${settings.apiUrl}/`, tokens, clock, trusted: dialect.trusted(settings) });
  const limited = withLimits(dialect.drive(ground, http), undefined, clock);
  return {
    drive: withTrace(withRetry(limited, { clock, ...patience }), log, clock),
    close: () => {
      http.close();
      signInHttp.close();
    },
  };
};

export const openSignIn = async (settings: DriveSettings, options: OpenOptions = {}): Promise<OpenedSignIn> => {
  const dialect = dialectOf(settings);
  const ground = groundOf(settings, options);
  const http = new HttpClient({ base: `${settings.loginUrl}/`, clock: ground.clock });
  const signIn = await dialect.signIn(ground, http);
  return {
    authorizeUrl: (state) => signIn.authorizeUrl(state),
    complete: (address, state) =>
      completeSignIn(ground.file, signIn, { address, ...(state === undefined ? {} : { state }) }, ground.clock),
    close: () => http.close(),
  };
};
