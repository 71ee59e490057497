// The emulator: a SkyDrive on this machine, in this process, on a port of its own. Puts the parts together and takes them apart; shares
// nothing with the client side of this project. docs/emulator.md describes it for users.
import { mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { type Log, silentLog } from '../base/log.ts';
import { Accounts, canonicalUid } from './accounts.ts';
import { EmulatorAdmin } from './admin.ts';
import { ContentHistory } from './content-history.ts';
import { ContentStore } from './content-store.ts';
import { DownloadLinks } from './download-links.ts';
import { changedSettings, type EmulatorOptions, type EmulatorSettings, initialSettings } from './emulator-options.ts';
import type { EmulatorParts } from './emulator-parts.ts';
import { Faults } from './faults.ts';
import { FolderLock } from './folder-lock.ts';
import { GraphAdmin } from './graph/graph-admin.ts';
import { makeGraphServices } from './graph/graph-services.ts';
import { checkGraphSettings } from './graph/graph-settings.ts';
import { acceptPush } from './graph/socket-io.ts';
import { HttpServer } from './http-server.ts';
import { tokensOf } from './live/live-api.ts';
import { Grants } from './oauth/grants.ts';
import { V2Grants } from './oauth-v2/v2-grants.ts';
import { RecordLog } from './record-log.ts';
import { RequestLog } from './request-log.ts';
import { type RouterParts, routeOf } from './router.ts';
import { seedFromFolder, seedGenerated } from './seed-tree.ts';
import { strictRoute } from './strictness.ts';
import { UploadSessions } from './upload-sessions.ts';

export interface Emulator extends AsyncDisposable {
  /** Without a slash at the end: `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly admin: EmulatorAdmin;
  /** The same for what only Graph has. */
  readonly graph: GraphAdmin;
  readonly requests: RequestLog;
  /** Ends all connections. Without `dataDir` the state is gone. */
  close(): Promise<void>;
}

const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

const checkHost = (host: string): string => {
  if (loopback.test(host)) return host;
  throw new RangeError(`the emulator listens on loopback addresses only, not on '${host}'`);
};

interface Home {
  readonly folder: string;
  readonly leave: () => Promise<void>;
}

const openHome = (dataDir: string | undefined): Home => {
  if (dataDir === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'skydrive-emulator-'));
    return { folder, leave: () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }) };
  }
  const folder = resolve(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = FolderLock.take(folder);
  return { folder, leave: async () => lock.release() };
};

interface State extends Omit<EmulatorParts, 'power'> {
  readonly links: DownloadLinks;
  readonly sessions: UploadSessions;
  readonly now: () => number;
}

const openState = (folder: string, options: EmulatorOptions): State => {
  let settings: EmulatorSettings = initialSettings(options);
  checkGraphSettings(settings);
  const now = (): number => systemClock.now() + settings.clockOffsetMs;
  const log = new RecordLog(options.dataDir === undefined ? undefined : folder);
  const store = new ContentStore(folder);
  const history = new ContentHistory(log, store, options.historyBytes ?? 1024 ** 3);
  const uid = options.uid === undefined ? undefined : canonicalUid(options.uid);
  if (options.uid !== undefined && uid === undefined)
    throw new RangeError(`'${options.uid}' is no uid: up to 16 hex digits`);
  return {
    accounts: new Accounts({ log, history, rules: () => settings, now }, uid),
    grants: new Grants(log, now, () => settings.tokenSeconds),
    links: new DownloadLinks(log, now, () => settings.downloadSeconds),
    sessions: new UploadSessions(folder, log, store, now),
    store,
    history,
    log,
    now,
    requests: new RequestLog(options.logSize ?? 20_000),
    faults: new Faults(),
    settings: {
      get: () => settings,
      change: (change) => {
        checkGraphSettings(change);
        settings = changedSettings(settings, change);
        return settings;
      },
    },
  };
};

/** Root and special folders. Items in the recycle bin count: a drive that was emptied isn't new. */
const itemsOfNewDrive = 4;

/** Seeds the first account's drive, if it is new. */
const seed = async (state: State, tree: number | string | undefined): Promise<void> => {
  const drive = state.accounts.drive(state.accounts.first);
  const isNew = [...drive.all()].length <= itemsOfNewDrive;
  if (tree === undefined || !isNew) return;
  if (typeof tree === 'number') seedGenerated({ ...state, drive }, tree);
  else if (statSync(tree).isDirectory()) await seedFromFolder({ ...state, drive }, tree, drive.root.number);
  else throw new RangeError(`'${tree}' is no folder`);
};

interface Power {
  readonly down: (ms?: number) => Promise<void>;
  readonly up: () => Promise<void>;
  readonly off: () => Promise<void>;
}

const makePower = (server: HttpServer, log: Log): Power => {
  let timer: NodeJS.Timeout | undefined;
  let isOff = false;
  const up = async (): Promise<void> => {
    clearTimeout(timer);
    // A call that was still on its way when the emulator was closed must not bring it back.
    if (!isOff) await server.comeUp();
  };
  const down = async (ms?: number): Promise<void> => {
    clearTimeout(timer);
    if (ms !== undefined)
      timer = setTimeout(() => void up().catch((error) => log.error('it does not come up', error)), ms);
    await server.goDown();
  };
  const off = async (): Promise<void> => {
    isOff = true;
    await down();
  };
  return { down, up, off };
};

const makeServer = (state: State, router: () => RouterParts, options: EmulatorOptions, log: Log): HttpServer =>
  new HttpServer({
    route: (exchange) => strictRoute(state, exchange, routeOf(router(), exchange)),
    faults: state.faults,
    requests: state.requests,
    settings: state.settings.get,
    expireToken: (exchange) => {
      for (const token of tokensOf(exchange)) state.grants.expire(token);
    },
    log,
    upgrade: (request, socket) => acceptPush(router().graph, request, socket),
    tls: options.tls,
  });

/** Listens when this resolves. Rejects when the port is taken, or the data folder is in use or broken. */
export const startEmulator = async (options: EmulatorOptions = {}, log: Log = silentLog): Promise<Emulator> => {
  const host = checkHost(options.host ?? '127.0.0.1');
  const home = openHome(options.dataDir);
  try {
    const state = openState(home.folder, options);
    await seed(state, options.seedTree);
    const server: HttpServer = makeServer(state, () => router, options, log);
    const power = makePower(server, log);
    const admin = new EmulatorAdmin({ ...state, power });
    const autoApprove = () => state.settings.get().autoApprove;
    const live = { ...state, settings: state.settings.get };
    const graph = makeGraphServices(live);
    const graphAdmin = new GraphAdmin(graph);
    const deviceInterval = () => graph.quirks.number('device-interval') || 5;
    const v2 = new V2Grants(state.grants, state.log, state.now);
    const slowsDown = () => graph.quirks.spends('device-slow-down');
    const oauthV2 = { accounts: state.accounts, grants: v2, autoApprove, deviceInterval, slowsDown };
    const router: RouterParts = { live, graph, graphAdmin, oauth: { ...state, autoApprove }, oauthV2, admin };
    await server.listen(host, options.port ?? 0);
    const close = async (): Promise<void> => {
      graph.push.close();
      await power.off();
      state.log.close();
      await home.leave();
    };
    const { url, port } = server;
    const { requests } = state;
    return { url, port, admin, graph: graphAdmin, requests, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await home.leave();
    throw error;
  }
};
