// `skydrive mount MOUNTPOINT`: starts a process that serves the mount, and returns when the mount answers.
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Settings } from '../config.ts';
import { askDaemon, UnansweredError } from '../daemon/control-client.ts';
import { CrashError, launchService } from '../daemon/launch.ts';
import { placeOf } from '../daemon/our-mounts.ts';
import { ControlError } from '../daemon/protocol.ts';
import type { ServeOrder } from '../daemon/serve-mount.ts';
import { wasCutOff } from '../mount-lock.ts';
import { type CommandContext, running } from './command-context.ts';
import { entryScript } from './entry-script.ts';
import { stayOnClosedPipe } from './terminal.ts';

/** A large journal has to be read before the mount answers. */
const startMs = 120_000;

export interface MountOptions {
  /** Goes before the global option. */
  readonly config?: string;
  readonly options?: readonly string[];
  readonly foreground?: boolean;
  readonly driver?: string;
}

export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Of a mountpoint that is served already nothing must be started; a dead one is for the mount itself to clean up. */
export const refuseIfServed = async (mountpoint: string): Promise<void> => {
  const place = placeOf(mountpoint);
  if (place === undefined || place.inside !== '') return;
  const pid = await askDaemon(place.mount, { ask: 'ping' }, { timeoutMs: 10_000 }).then(
    (answer) => answer.pid,
    (error: unknown) => {
      if (error instanceof UnansweredError && error.dead) return undefined;
      throw error;
    },
  );
  if (pid === undefined) return;
  throw new ControlError(
    `${place.mount.mountpoint} is mounted already (process ${pid}): "skydrive unmount ${place.mount.mountpoint}" ends that`,
  );
};

/** Who reads metadata that are damaged may die of it without a word: the next one says why. */
const refuseIfCutOffByDamage = async (settings: Settings): Promise<void> => {
  const { damageFor } = await import('../mount-folder.ts');
  const damage = damageFor(settings, wasCutOff);
  if (damage !== undefined) throw new ControlError(damage);
};

const inForeground = async ({ terminal, log }: CommandContext, order: ServeOrder): Promise<void> => {
  stayOnClosedPipe();
  await refuseIfCutOffByDamage(order.settings);
  const { serveMount } = await import('../daemon/serve-mount.ts');
  await serveMount(order, {
    log,
    onFolder: () => {},
    onReady: (ready) => terminal.result(ready, `${ready.mountpoint} is mounted; Ctrl-C unmounts it`),
  });
};

const explainedCrash = async (settings: Settings, crash: CrashError): Promise<ControlError> => {
  const { damageFor } = await import('../mount-folder.ts');
  const damage = damageFor(settings);
  return damage === undefined ? crash : new ControlError(damage, { cause: crash });
};

const inBackground = async ({ terminal }: CommandContext, order: ServeOrder): Promise<void> => {
  const { mountpoint } = order;
  const command = [entryScript, 'serve', mountpoint];
  const launch = { command, order, mountpoint, timeoutMs: startMs };
  const ready = await launchService(launch).catch(async (error: unknown) => {
    throw error instanceof CrashError ? await explainedCrash(order.settings, error) : error;
  });
  for (const warning of ready.warnings) terminal.warning(warning);
  terminal.result(ready, '');
};

/** Also the whole of `mount.fuse.skydrive`. */
export const mountDrive = async (context: CommandContext, path: string, options: MountOptions): Promise<undefined> => {
  const lists = options.options ?? [];
  const settings = await context.settings(
    options.driver === undefined ? lists : [...lists, `driver=${options.driver}`],
    options.config,
  );
  const mountpoint = resolve(path);
  await refuseIfServed(mountpoint);
  const order: ServeOrder = { settings, mountpoint, logLevel: context.logLevel };
  await (options.foreground === true ? inForeground(context, order) : inBackground(context, order));
};

export const addMountCommand = (program: Command): void => {
  program
    .command('mount')
    .argument('<MOUNTPOINT>', 'an empty folder')
    .option('-o, --options <OPT[,OPT…]>', 'settings (key=value) and options of mount(8)', collect)
    .option('-f, --foreground', 'stay, and log to standard error')
    .addOption(new Option('--driver <NAME>', 'how to speak to the kernel').choices(['auto', 'kernel', 'fuse-native']))
    .description('mount the drive; returns when the mount answers')
    .addHelpText('after', '\nExample:\n  skydrive mount ~/SkyDrive -o cache_size=20G')
    .action(running((context, path: string, options: MountOptions) => mountDrive(context, path, options)));
};
