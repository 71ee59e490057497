// `skydrive unmount MOUNTPOINT`: waits for the queue, unmounts, and says what is left. Clears mounts whose process is gone.
import type { Command } from 'commander';
import { parseDuration } from '../base/quantity.ts';
import { SettingsError } from '../config-sources.ts';
import { askDaemon, DeadMountError } from '../daemon/control-client.ts';
import { type OurMount, placeOf } from '../daemon/our-mounts.ts';
import { ControlError } from '../daemon/protocol.ts';
import { detach, isDead } from '../fuse/dead-mount.ts';
import type { UnsentChange } from '../open-file-system.ts';
import { type CommandContext, running } from './command-context.ts';
import { countOf, unsentLines } from './unsent-lines.ts';

interface Options {
  readonly now?: boolean;
  readonly timeout: string;
}

const mountAt = (path: string): OurMount => {
  const place = placeOf(path);
  if (place === undefined) throw new ControlError(`no SkyDrive is mounted on ${path}`, { kind: 'missing' });
  if (place.inside === '') return place.mount;
  throw new ControlError(`${path} lies inside of a mount; to unmount it, name ${place.mount.mountpoint}`);
};

const waitFor = (text: string): number => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new SettingsError(
    `--timeout: "${text}" is not allowed here; allowed: seconds, or a duration such as 90s or 2m`,
  );
};

const tellLeft = ({ terminal }: CommandContext, unsent: readonly UnsentChange[]): void => {
  if (unsent.length === 0) return;
  const verb = unsent.length === 1 ? 'is' : 'are';
  terminal.note(
    `${countOf(unsent)} ${verb} not on the drive yet, kept on this disk and sent after the next mount:\n${unsentLines(unsent)}`,
  );
};

/** A mount may also be served by a program that uses the library: that one is not ours to take away unasked. */
const clearDead = async ({ mountpoint }: OurMount, { now }: Options): Promise<void> => {
  if (now !== true && !(await isDead(mountpoint)))
    throw new ControlError(
      `${mountpoint} is served by a process that takes no commands: end that process, or detach the mount with --now`,
    );
  await detach(mountpoint);
};

const unmount = async (context: CommandContext, path: string, options: Options): Promise<undefined> => {
  const mount = mountAt(path);
  const timeoutMs = waitFor(options.timeout);
  try {
    const { unsent } = await askDaemon(mount, { ask: 'unmount', now: options.now ?? false, timeoutMs });
    tellLeft(context, unsent);
    context.terminal.result({ mountpoint: mount.mountpoint, unsent }, '');
  } catch (error) {
    if (!(error instanceof DeadMountError)) throw error;
    await clearDead(mount, options);
    context.terminal.note(
      `cleared the dead mount on ${mount.mountpoint}; what was saved there is sent after the next mount`,
    );
    context.terminal.result({ mountpoint: mount.mountpoint, dead: true }, '');
  }
};

export const addUnmountCommand = (program: Command): void => {
  program
    .command('unmount')
    .alias('umount')
    .argument('<MOUNTPOINT>', 'what is to be unmounted')
    .option('--now', 'do not wait for what is to be sent, and detach even if it is in use')
    .option('--timeout <S>', 'how long to wait for what is to be sent', '60')
    .description('wait until everything is on the drive, then unmount; what is left survives')
    .action(running((context, path: string, options: Options) => unmount(context, path, options)));
};
