// `skydrive demo [MOUNTPOINT]`: emulator, sign-in and mount in one. Leaves a mounted drive behind, and says what to try.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { makeFolder } from '../base/make-folder.ts';
import type { Dialect } from '../config.ts';
import { homeFolder } from '../config-kinds.ts';
import { SettingsError } from '../config-sources.ts';
import { launchService } from '../daemon/launch.ts';
import { placeOf } from '../daemon/our-mounts.ts';
import type { Ready } from '../daemon/serve-mount.ts';
import { type CommandContext, running } from './command-context.ts';
import { entryScript } from './entry-script.ts';
import { collect, refuseIfServed } from './mount-command.ts';
import { type ServiceOrder, serveOrder } from './serve-command.ts';
import { stayOnClosedPipe } from './terminal.ts';

/** An emulator, a sign-in and a mount have to start, perhaps on a slow machine. */
const startMs = 120_000;

interface Options {
  readonly options?: readonly string[];
  readonly driver?: string;
  readonly dialect: Dialect;
  readonly foreground?: boolean;
}

const mountpointOf = (named: string | undefined, home: string | undefined): string => {
  if (named !== undefined) return resolve(named);
  if (home !== undefined) return join(home, 'skydrive-demo');
  throw new SettingsError('there is no home folder for the mountpoint: set HOME, or name a MOUNTPOINT');
};

/** One per mountpoint and dialect, so that demos do not meet. */
const folderOf = (mountpoint: string, dialect: Dialect, home: string | undefined): string => {
  const demo = dialect === 'live' ? mountpoint : `${mountpoint} ${dialect}`;
  const name = createHash('sha256').update(demo).digest('hex').slice(0, 8);
  const base =
    home === undefined
      ? join(tmpdir(), `skydrive-demo-${process.getuid?.() ?? 0}`)
      : join(home, '.cache', 'skydrive-demo');
  return join(base, name);
};

const makeMountpoint = (path: string): void => {
  try {
    makeFolder(path, 0o755);
  } catch (cause) {
    throw new SettingsError(`the folder ${path} cannot be made: ${(cause as Error).message}; name a MOUNTPOINT`, {
      cause,
    });
  }
};

const quoted = (path: string): string => (/^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

/** As whoever reads it can type it. */
const programName = (): string => {
  if (process.env['npm_command'] === 'exec') return 'npx skydrive';
  const script = process.argv[1] ?? '';
  return script.endsWith('skydrive') ? 'skydrive' : `node ${quoted(script)}`;
};

const invitation = (mountpoint: string, config: string, apiUrl: string): string => {
  const [place, program] = [quoted(mountpoint), programName()];
  return `A drive is mounted on ${mountpoint}. Its server runs on this machine: ${new URL(apiUrl).origin}

Work in it with any program:
  ls -lR ${place}
  echo hello > ${place}/hello.txt
  getfattr -d ${place}/Welcome.txt

See what is mounted and what waits to be sent, wait for that, ask the drive itself, and end it:
  ${program} status
  ${program} sync ${place}
  ${program} --config ${quoted(config)} ls
  ${program} unmount ${place}

All of the demo is in ${dirname(config)}; delete that folder to start afresh.`;
};

const tell = ({ terminal }: CommandContext, ready: Ready): void => {
  terminal.result(ready, invitation(ready.mountpoint, ready.configFile, ready.apiUrl));
};

const openDemo = async (context: CommandContext, named: string | undefined, options: Options): Promise<undefined> => {
  const { dialect } = options;
  const home = homeFolder(process.env);
  const mountpoint = mountpointOf(named, home);
  await refuseIfServed(mountpoint);
  // A dead mount is there, although nothing can be asked of it.
  if (placeOf(mountpoint) === undefined && !existsSync(mountpoint)) makeMountpoint(mountpoint);
  const lists = [...(options.options ?? []), ...(options.driver === undefined ? [] : [`driver=${options.driver}`])];
  const order: ServiceOrder = {
    mountpoint,
    logLevel: context.logLevel,
    demo: { folder: folderOf(mountpoint, dialect, home), dialect, options: lists },
  };
  if (options.foreground === true) {
    stayOnClosedPipe();
    await serveOrder(order, { log: context.log, onFolder: () => {}, onReady: (ready) => tell(context, ready) });
    return;
  }
  const command = [entryScript, 'serve', mountpoint];
  tell(context, await launchService({ command, order, mountpoint, timeoutMs: startMs }));
};

export const addDemoCommand = (program: Command): void => {
  program
    .command('demo')
    .argument('[MOUNTPOINT]', 'an empty folder, made if it is not there; ~/skydrive-demo if left out')
    .option('-o, --options <OPT[,OPT…]>', 'settings (key=value) and options of mount(8)', collect)
    .option('-f, --foreground', 'stay, and log to standard error')
    .addOption(new Option('--driver <NAME>', 'how to speak to the kernel').choices(['auto', 'kernel', 'fuse-native']))
    .addOption(
      new Option('--dialect <NAME>', 'what the emulator is asked in').choices(['live', 'graph']).default('live'),
    )
    .description('mount a drive to play with, served by the emulator')
    .addHelpText('after', '\nExample:\n  skydrive demo')
    .action(
      running((context, mountpoint: string | undefined, options: Options) => openDemo(context, mountpoint, options)),
    );
};
