// Settings -> Drive: the only file that knows which dialects there are. What it opens, the caller closes.
import { ConfigFileError } from '../auth/config-file-error.ts';
import { FileTokenSource } from '../auth/file-token-source.ts';
import { GraphSignIn } from '../auth/graph-sign-in.ts';
import { LcrcFile } from '../auth/lcrc-file.ts';
import { LiveSignIn } from '../auth/live-sign-in.ts';
import { readPending } from '../auth/pending-sign-in.ts';
import type { AppClient, SignIn } from '../auth/sign-in.ts';
import { SignInError } from '../auth/sign-in-error.ts';
import { SignInSession } from '../auth/sign-in-session.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Log, silentLog } from '../base/log.ts';
import { HttpClient } from '../http/http-client.ts';
import type { TokenSource } from '../http/token-source.ts';
import type { Account, Drive } from './drive.ts';
import { GraphDrive } from './graph/graph-drive.ts';
import { canonicalDriveId, GraphAddresses } from './graph/graph-ids.ts';
import { GraphPush } from './graph/graph-push.ts';
import { GraphRequests } from './graph/graph-requests.ts';
import { withReservedNames } from './graph/reserved-names.ts';
import { defaultStorageUrl, LiveDrive } from './live/live-drive.ts';
import type { Reach } from './reach.ts';
import { withBreaker } from './with-breaker.ts';
import { withLimits } from './with-limits.ts';
import { withRetry } from './with-retry.ts';
import { withTrace } from './with-trace.ts';
import { wrapDrive } from './wrap-drive.ts';

export interface DriveSettings {
  readonly dialect: string;
  readonly configFile: string;
  /** Without a slash at the end. */
  readonly apiUrl: string;
  readonly loginUrl: string;
  /** Where the app is registered to be answered at; undefined: where the dialect's apps usually are. */
  readonly redirectUri?: string | undefined;
  /** Another drive than the account's own, where the service has several. */
  readonly driveId?: string | undefined;
  /** The account whose own drive it is, where it was asked once: where the service can name drives, no other is used. */
  readonly ownDriveId?: string | undefined;
  /** Bytes; larger contents go in fragments. */
  readonly simpleUploadLimit?: number;
  /** Bytes of such a fragment, as near as the service allows. */
  readonly fragmentSize?: number;
}

export interface OpenOptions {
  readonly log?: Log;
  readonly clock?: Clock;
  /** How long a request that fails for a passing reason is repeated, milliseconds. */
  readonly patienceMs?: number;
}

/** Calls `changed` whenever something may have changed on the drive, until the signal is aborted. Never rejects. */
export type Listen = (changed: () => void, signal: AbortSignal) => Promise<void>;

export interface OpenedDrive {
  readonly drive: Drive;
  /** Where the service tells of changes by itself; it may forget some. */
  readonly listen?: Listen;
  readonly reach: Reach;
  /** Whose drive it is, where all requests name the drive itself. */
  readonly owner?: string;
  /** Breaks what is under way. */
  close(): void;
}

export interface OpenedSignIn {
  readonly session: SignInSession;
  close(): void;
}

export interface SignInOptions extends OpenOptions {
  /** The app to sign in with, where it is not the one that the file names; what is left out is the file's. */
  readonly client?: Partial<AppClient> | undefined;
  /** With the app of the sign-in that has begun. */
  readonly resume?: boolean;
}

/** Both services take no more than 60 MiB in one request (docs: Live Connect, 3.4; Graph, upload sessions). Bytes. */
const largestFragment = 60 * 2 ** 20;

interface Ground {
  readonly settings: DriveSettings;
  readonly file: LcrcFile;
  readonly clock: Clock;
}

interface Dialect {
  signIn(settings: DriveSettings, client: AppClient, http: HttpClient): SignIn;
  /** Where besides the API the token may go. */
  trusted(settings: DriveSettings): (origin: string) => boolean;
  drive(ground: Ground, http: HttpClient): Drive;
  /** Whose drive it is, where the settings name the drive itself. */
  owner?(settings: DriveSettings): string | undefined;
  listen?(ground: Ground, http: HttpClient): Listen;
}

/** Those that are given; for the others, each dialect has its own. */
const sizesOf = ({
  simpleUploadLimit,
  fragmentSize,
}: DriveSettings): Pick<DriveSettings, 'simpleUploadLimit' | 'fragmentSize'> => ({
  ...(simpleUploadLimit === undefined ? {} : { simpleUploadLimit }),
  ...(fragmentSize === undefined ? {} : { fragmentSize: Math.min(fragmentSize, largestFragment) }),
});

const live: Dialect = {
  signIn: ({ loginUrl, redirectUri }, client, http) => new LiveSignIn({ http, loginUrl, client, redirectUri }),
  trusted: ({ apiUrl }) => {
    const pattern = defaultStorageUrl(apiUrl).replace(/[.]/g, '\\.').replace('{uid}', '[0-9a-f]{16}');
    return (origin) => new RegExp(`^${pattern}$`).test(origin);
  },
  drive: ({ settings, clock }, http) => new LiveDrive({ http, clock, ...sizesOf(settings) }),
};

const graph: Dialect = {
  signIn: ({ loginUrl, redirectUri }, client, http) => new GraphSignIn({ http, loginUrl, client, redirectUri }),
  // Contents are at addresses that carry a permission of their own.
  trusted: () => () => false,
  drive: ({ settings, clock }, http) => {
    const { driveId, ownDriveId } = settings;
    const ids = {
      ...(driveId === undefined ? {} : { driveId }),
      ...(ownDriveId === undefined ? {} : { ownDriveId }),
    };
    return withReservedNames(new GraphDrive({ http, clock, ...ids, ...sizesOf(settings) }));
  },
  owner: ({ driveId, ownDriveId }) => {
    const id = driveId ?? ownDriveId;
    return id === undefined ? undefined : canonicalDriveId(id);
  },
  listen: ({ settings, clock }, http) => {
    const addresses = new GraphAddresses(http.base, settings.driveId);
    const push = new GraphPush(new GraphRequests(http, clock), addresses);
    return (changed, signal) => push.listen(changed, signal);
  },
};

const dialects: Readonly<Record<string, Dialect>> = { live, graph };

/** Whose drive it is, where the settings name the drive itself. */
export const ownerOf = (settings: DriveSettings): string | undefined => dialects[settings.dialect]?.owner?.(settings);

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

const needClient = (path: string, clientId: string | undefined, clientSecret: string | undefined): AppClient => {
  if (clientId !== undefined) return { clientId, clientSecret };
  const message = "client.id is missing. Register an app, and write its id there: client: {id: '0000000012345678'}.";
  throw new ConfigFileError('value', message, { path });
};

const clientOf = async (file: LcrcFile): Promise<AppClient> => {
  const { path, clientId, clientSecret } = await file.read();
  return needClient(path, clientId, clientSecret);
};

/** A secret belongs to an app: that of the file is not for another one. */
const chosenClient = async (file: LcrcFile, { client, resume }: SignInOptions): Promise<AppClient> => {
  if (client === undefined)
    return (resume === true ? readPending((await file.peek()).pending) : undefined) ?? clientOf(file);
  const { path, clientId, clientSecret } = await file.peek();
  const id = client.clientId ?? clientId;
  return needClient(path, id, client.clientSecret ?? (id === clientId ? clientSecret : undefined));
};

/** Throws a ConfigFileError where the file cannot be used. Makes no request: the first one finds out whether all is well. */
export const openDrive = async (settings: DriveSettings, options: OpenOptions = {}): Promise<OpenedDrive> => {
  const dialect = dialectOf(settings);
  const { log = silentLog, clock = systemClock, patienceMs } = options;
  const patience = patienceMs === undefined ? {} : { patienceMs };
  const ground = groundOf(settings, options);
  const signInHttp = new HttpClient({ base: `${settings.loginUrl}/`, clock });
  const signIn = dialect.signIn(settings, await clientOf(ground.file), signInHttp);
  const tokens = new FileTokenSource({ file: ground.file, signIn, clock, log });
  const http = new HttpClient({ base: `${settings.apiUrl}/`, tokens, clock, trusted: dialect.trusted(settings) });
  const owner = dialect.owner?.(settings);
  const listen = dialect.listen?.(ground, http);
  const plain = dialect.drive(ground, http);
  const asked = settings.driveId === undefined ? ofOneAccount(plain, tokens) : plain;
  const limited = withLimits(asked, undefined, clock);
  const broken = withBreaker(limited, { clock, log, probe: (signal) => asked.account(signal) });
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(listen === undefined ? {} : { listen }),
    drive: withTrace(withRetry(broken.drive, { clock, ...patience }), log, clock),
    reach: broken.reach,
    close: () => {
      broken.close();
      http.close();
      signInHttp.close();
    },
  };
};

/** Once the service has said whose drive this is, no other account's tokens are used for it. */
const ofOneAccount = (drive: Drive, tokens: FileTokenSource): Drive =>
  wrapDrive(drive, {
    call: async (method, _args, run) => {
      const answer = await run();
      if (method === 'account') tokens.belongTo((answer as Account).id);
      return answer;
    },
    stream: (_method, args, open) => open(args),
  });

/** Throws a ConfigFileError where the file cannot be used, or names no app. */
export const openSignIn = async (settings: DriveSettings, options: SignInOptions = {}): Promise<OpenedSignIn> => {
  const dialect = dialectOf(settings);
  const ground = groundOf(settings, options);
  const { file, clock } = ground;
  const { log = silentLog } = options;
  const client = await chosenClient(file, options);
  const http = new HttpClient({ base: `${settings.loginUrl}/`, clock });
  const signIn = dialect.signIn(settings, client, http);
  const identify = (token: string): Promise<Account | undefined> => accountOf(token, dialect, ground, log);
  const session = new SignInSession({ file, signIn, client, loginUrl: settings.loginUrl, identify, clock });
  return { session, close: () => http.close() };
};

const identifyMs = 20_000;

/** Signing in works without it, so that a failure is told, and no more. */
const accountOf = async (token: string, dialect: Dialect, ground: Ground, log: Log): Promise<Account | undefined> => {
  const { apiUrl } = ground.settings;
  // Who signs in has a drive of their own, whichever one is mounted.
  const own: Ground = { ...ground, settings: { ...ground.settings, driveId: undefined } };
  const tokens: TokenSource = {
    token: async () => token,
    renew: async () => {
      throw new SignInError('signed-out', 'the service does not accept the token that it just gave.');
    },
  };
  const http = new HttpClient({ base: `${apiUrl}/`, tokens, clock: ground.clock });
  const patience = { clock: ground.clock, patienceMs: 5000 };
  try {
    return await withRetry(dialect.drive(own, http), patience).account(AbortSignal.timeout(identifyMs));
  } catch (error) {
    log.warn('the service does not say whose sign-in this is; the next mount asks again', error);
    return undefined;
  } finally {
    http.close();
  }
};

/** Renews the tokens in the file, although they may still be good. Rejects with a SignInError where that cannot be done. */
export const renewSignIn = async (settings: DriveSettings, options: OpenOptions = {}): Promise<void> => {
  const dialect = dialectOf(settings);
  const { file, clock } = groundOf(settings, options);
  const http = new HttpClient({ base: `${settings.loginUrl}/`, clock });
  try {
    const signIn = dialect.signIn(settings, await clientOf(file), http);
    const { accessToken = '' } = await file.read();
    await new FileTokenSource({ file, signIn, clock }).renew(accessToken);
  } finally {
    http.close();
  }
};
