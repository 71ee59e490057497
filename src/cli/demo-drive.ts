// The demo's drive: an emulator in a process of its own, with a small tree in it and a sign-in for it. Everything is in one
// folder, so that a demo can be taken up again after its processes are gone, and forgotten by deleting the folder.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LcrcFile } from '../auth/lcrc-file.ts';
import type { Log } from '../base/log.ts';
import { makeFolder } from '../base/make-folder.ts';
import type { Dialect, Settings } from '../config.ts';
import { loadSettings } from '../config-file.ts';
import { SettingsError } from '../config-sources.ts';
import { ControlError } from '../daemon/protocol.ts';
import { openSignIn } from '../drive/open-drive.ts';
import { HttpClient } from '../http/http-client.ts';
import { writeDemoTree } from './demo-tree.ts';
import { entryScript } from './entry-script.ts';

export interface DemoOrder {
  readonly folder: string;
  /** What the emulator is asked in. */
  readonly dialect: Dialect;
  /** Lists of `-o`, for the mount. */
  readonly options: readonly string[];
}

export interface DemoDrive {
  readonly settings: Settings;
  close(): Promise<void>;
}

/** As the emulator tells them. */
interface Addresses {
  readonly api_url: string;
  readonly login_url: string;
}

interface Served {
  readonly process: ChildProcess;
  readonly apiUrl: string;
  readonly loginUrl: string;
}

const demoConfig = (folder: string): string => join(folder, 'lcrc');

/** The environment's settings are for the user's own drive. */
const demoSettings = ({ folder, options }: DemoOrder, log: Log): Promise<Settings> =>
  loadSettings({ config: demoConfig(folder), options, environment: {}, workingFolder: folder }, log);

const firstLine = async (child: ChildProcess): Promise<string | undefined> => {
  if (child.stdout === null) return undefined;
  for await (const line of createInterface({ input: child.stdout })) return line;
  return undefined;
};

/** Ends with this process, however that ends: the kernel closes its standard input then. */
const startServer = async ({ folder, dialect }: DemoOrder, port: number): Promise<Served | undefined> => {
  const drive = ['--data', join(folder, 'drive'), '--seed-tree', join(folder, 'seed')];
  const manner = ['--port', String(port), '--auto-approve', '--until-stdin-closes'];
  const child = spawn(process.execPath, [entryScript, '--json', 'emulator', ...drive, ...manner], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const line = await firstLine(child);
  if (line === undefined) return undefined;
  const said = JSON.parse(line) as Addresses & { readonly graph: Addresses };
  const { api_url: apiUrl, login_url: loginUrl } = dialect === 'graph' ? said.graph : said;
  return { process: child, apiUrl, loginUrl };
};

/** On the port that it had before, if that is free: another address would be another drive. */
const serve = async (order: DemoOrder, log: Log): Promise<Served> => {
  const { apiUrl } = await demoSettings({ ...order, options: [] }, log);
  const port = /^http:\/\/127\.0\.0\.1:(\d+)\//.exec(apiUrl)?.[1];
  const served =
    (port === undefined ? undefined : await startServer(order, Number(port))) ?? (await startServer(order, 0));
  if (served !== undefined) return served;
  throw new ControlError(`the emulator of the demo does not start; is ${order.folder} in use by another demo?`);
};

const signIn = async (file: LcrcFile, settings: Settings): Promise<void> => {
  const lcrc = await file.read();
  if (lcrc.refreshToken !== undefined) return;
  const how = await openSignIn(settings);
  const page = new HttpClient({ base: `${settings.loginUrl}/` });
  const { url } = await how.session.begin();
  const answer = await page.send({ url, bearer: false, follow: false });
  await how.session.complete(answer.header('location') ?? '');
  page.close();
  how.close();
};

const stop = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
};

const makeHome = (folder: string): void => {
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new SettingsError(`the demo needs a folder for its drive (${reason}): set HOME to one that can be written`, {
      cause,
    });
  }
};

export const openDemoDrive = async (order: DemoOrder, log: Log): Promise<DemoDrive> => {
  const { folder } = order;
  makeHome(folder);
  writeDemoTree(join(folder, 'seed'));
  const served = await serve(order, log);
  try {
    const file = new LcrcFile(demoConfig(folder), { log });
    await file.update(async () => ({
      clientId: '0000000000000001',
      clientSecret: 'demo',
      settings: {
        ...{ dialect: order.dialect, api_url: served.apiUrl, login_url: served.loginUrl },
        cache_dir: join(folder, 'cache'),
      },
    }));
    const settings = await demoSettings(order, log);
    await signIn(file, settings);
    return { settings, close: () => stop(served.process) };
  } catch (error) {
    await stop(served.process);
    throw error;
  }
};
