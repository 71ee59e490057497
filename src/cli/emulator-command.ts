// `skydrive emulator`: the built-in drive as a server on this machine, until it is told to end.
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseSize } from '../base/quantity.ts';
import type { Emulator } from '../emulator/emulator.ts';
import type { DriveType, EmulatorOptions } from '../emulator/emulator-options.ts';
import { type CommandContext, running } from './command-context.ts';

/** As the command line has them; the names are commander's. */
interface Options {
  readonly port: number;
  readonly host?: string;
  readonly data?: string;
  readonly latency?: number;
  readonly bandwidth?: number;
  readonly quota?: number;
  readonly uid?: string;
  readonly seedTree?: number | string;
  readonly strict?: boolean;
  readonly allowDuplicates?: boolean;
  readonly autoApprove?: boolean;
  readonly uploadLimit?: number;
  readonly history?: number;
  readonly tokenSeconds?: number;
  readonly downloadSeconds?: number;
  readonly logSize?: number;
  readonly driveType?: DriveType;
  readonly quirk?: Readonly<Record<string, number | string | boolean>>;
  readonly quirkSeed?: number;
  readonly tlsKey?: string;
  readonly tlsCert?: string;
  readonly untilStdinCloses?: boolean;
}

const numberUpTo =
  (most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0 && value <= most) return value;
    throw new InvalidArgumentError(`a number from 0${most === Number.MAX_VALUE ? ' up' : ` to ${most}`} is wanted`);
  };

const anyNumber = numberUpTo(Number.MAX_VALUE);

const byteCount = (text: string): number => {
  const bytes = parseSize(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError('a size is wanted, such as 500M or 25G');
};

/** `NAME=VALUE`; a name alone switches on. Adds to what was given before. */
const quirk = (text: string, before: Options['quirk'] = {}): Options['quirk'] => {
  const [name = '', value = 'true'] = text.split('=');
  const meant =
    value === 'true' || value === 'false' ? value === 'true' : Number.isNaN(Number(value)) ? value : Number(value);
  return { ...before, [name]: meant };
};

/** A number of files to make, or a folder to copy. */
const filesOrFolder = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

const tlsOf = ({ tlsKey, tlsCert }: Options): EmulatorOptions['tls'] => {
  if (tlsKey === undefined && tlsCert === undefined) return undefined;
  if (tlsKey === undefined || tlsCert === undefined) throw new Error('--tls-key and --tls-cert belong together');
  return { key: readFileSync(tlsKey, 'utf8'), cert: readFileSync(tlsCert, 'utf8') };
};

const toEmulatorOptions = (options: Options): EmulatorOptions => {
  const chosen = {
    ...options,
    dataDir: options.data,
    latencyMs: options.latency,
    historyBytes: options.history,
    quirks: options.quirk,
    tls: tlsOf(options),
  };
  // What is not chosen must be absent, so that the emulator's own defaults hold.
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
};

const untilToldToEnd = (options: Options): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    if (options.untilStdinCloses === true) process.stdin.resume().once('close', resolve).once('end', resolve);
  });

const graphOf = (url: string) => ({ api_url: `${url}/v1.0`, login_url: `${url}/common/oauth2/v2.0` });

const invitation = ({ url }: Emulator): string =>
  `The emulator listens on ${url}, until Ctrl-C. To use it, put this into ~/.lcrc or into a file for --config:

client:
  id: '0000000000000001'
  secret: any
skydrive:
  dialect: live
  api_url: ${url}/v5.0
  login_url: ${url}

or, for the same drive through Microsoft Graph:

  dialect: graph
  api_url: ${graphOf(url).api_url}
  login_url: ${graphOf(url).login_url}

then run "skydrive auth", and "skydrive mount FOLDER". Its own pages: ${url}/`;

const emulate = async ({ terminal, log }: CommandContext, options: Options): Promise<undefined> => {
  const ending = untilToldToEnd(options);
  // Loading it takes longer than most commands take.
  const { startEmulator } = await import('../emulator/emulator.ts');
  const emulator = await startEmulator(toEmulatorOptions(options), log);
  const { url, port } = emulator;
  const live = { api_url: `${url}/v5.0`, login_url: url };
  terminal.result({ url, port, ...live, graph: graphOf(url), pid: process.pid }, invitation(emulator));
  await ending;
  await emulator.close();
};

export const addEmulatorCommand = (program: Command): void => {
  program
    .command('emulator')
    .description('serve a drive of its own on this machine, for trying and testing')
    .addHelpText('after', '\nExample:\n  skydrive emulator --port 8080 --data ~/drive --auto-approve')
    .option('--port <N>', 'port to listen on; 0 takes a free one', numberUpTo(65_535), 0)
    .option('--host <ADDRESS>', 'loopback address to listen on (default: 127.0.0.1)')
    .option('--data <DIR>', 'keep the drive there; without it, it ends with the command')
    .option('--latency <MS>', 'added to every request', anyNumber)
    .option('--bandwidth <MB/s>', 'of each connection', anyNumber)
    .option('--quota <SIZE>', 'of each drive (default: 25G)', byteCount)
    .option('--uid <HEX>', 'id of the first account, up to 16 hex digits')
    .option('--seed-tree <FILES>', 'make that many small files in a new drive, or copy a folder into it', filesOrFolder)
    .option('--auto-approve', 'skip the sign-in and consent pages')
    .option('--strict', 'refuse what the service does not document')
    .option('--allow-duplicates', 'two items of one name may be in a folder')
    .option('--upload-limit <SIZE>', 'that one request may carry (default: 100M)', byteCount)
    .option('--history <SIZE>', 'of former contents to keep (default: 1G)', byteCount)
    .option('--token-seconds <S>', 'that an access token lives (default: 3600)', anyNumber)
    .option('--download-seconds <S>', 'that a download address lives (default: 3600)', anyNumber)
    .option('--log-size <N>', 'requests that the log keeps (default: 20000)', anyNumber)
    .addOption(
      new Option('--drive-type <TYPE>', 'Graph: kind of drives').choices(['personal', 'business', 'documentLibrary']),
    )
    .option('--quirk <NAME=VALUE>', 'Graph: misbehave in this way; may be given several times', quirk)
    .option('--quirk-seed <N>', 'Graph: misbehave in a handful of ways, chosen by this number', anyNumber)
    .option('--tls-key <FILE>', 'serve HTTPS with this key (PEM)')
    .option('--tls-cert <FILE>', 'and this certificate (PEM)')
    .addOption(new Option('--until-stdin-closes').hideHelp())
    .action(running((context, options: Options) => emulate(context, options)));
};
