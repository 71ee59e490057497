// `skydrive unmount MOUNTPOINT`: waits for the queue, unmounts, and says what is left. Clears mounts whose process is gone.
import type { Command } from 'commander';
import { parseDuration } from '../base/quantity.ts';
import { SettingsError } from '../config-sources.ts';
import { askDaemon, UnansweredError } from '../daemon/control-client.ts';
import { type OurMount, placeOf } from '../daemon/our-mounts.ts';
import { ControlError } from '../daemon/protocol.ts';
import { forgetSocket } from '../daemon/runtime-folder.ts';
import { detach } from '../fuse/dead-mount.ts';
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

const unmount = async (context: CommandContext, path: string, options: Options): Promise<undefined> => {
  const mount = mountAt(path);
  const { mountpoint } = mount;
  const timeoutMs = waitFor(options.timeout);
  try {
    const { unsent } = await askDaemon(mount, { ask: 'unmount', now: options.now ?? false, timeoutMs });
    tellLeft(context, unsent);
    context.terminal.result({ mountpoint, unsent }, '');
  } catch (error) {
    if (!(error instanceof UnansweredError) || !(error.dead || options.now === true)) throw error;
    await detach(mountpoint);
    if (error.dead) forgetSocket(mountpoint, mount.uid);
    const what = error.dead ? 'cleared the dead mount' : 'detached the mount';
    context.terminal.note(`${what} on ${mountpoint}; what was saved there is sent after the next mount`);
    context.terminal.result({ mountpoint, dead: error.dead }, '');
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
    .addHelpText('after', '\nExample:\n  skydrive unmount --timeout 5m ~/SkyDrive')
    .action(running((context, path: string, options: Options) => unmount(context, path, options)));
};
