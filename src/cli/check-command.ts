// `skydrive check [MOUNTPOINT] [--repair] [--remote]`: proves that everything agrees. A mount is looked at while it runs; what is
// kept of an account without one can be mended as well.
import type { Command } from 'commander';
import { neverAborted } from '../base/abortable.ts';
import type { Finding } from '../check/ground.ts';
import type { Settings } from '../config.ts';
import { SettingsError } from '../config-sources.ts';
import { askDaemon } from '../daemon/control-client.ts';
import { type OurMount, ourMounts, placeOf } from '../daemon/our-mounts.ts';
import { ControlError } from '../daemon/protocol.ts';
import { type CommandContext, running } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { keptByDead, mountsOfAccount } from './keepers.ts';
import { printable } from './terminal.ts';

interface Options {
  readonly repair?: boolean;
  readonly remote?: boolean;
}

const mountsFor = async (
  context: CommandContext,
  path: string | undefined,
  { repair }: Options,
): Promise<readonly OurMount[]> => {
  // What is kept of one account can be mended whoever else has mounted what.
  if (path === undefined) return repair === true ? await mountsOfAccount(context) : ourMounts();
  const place = placeOf(path);
  if (place !== undefined) return [place.mount];
  throw new ControlError(`no SkyDrive is mounted on ${path}; without a path, what is kept here is checked`, {
    kind: 'missing',
  });
};

const findingsOf = async (context: CommandContext, path: string | undefined, options: Options): Promise<Finding[]> => {
  const findings: Finding[] = [];
  const mounts = await mountsFor(context, path, options);
  const kept = await keptByDead(context, mounts);
  for (const mount of mounts) {
    const settings = kept.get(mount);
    findings.push(
      ...(await (settings === undefined ? findingsIn(mount, options) : findingsInFolder(context, settings, options))),
    );
  }
  return mounts.length === 0 ? await findingsInFolder(context, await context.settings(), options) : findings;
};

const findingsIn = async (mount: OurMount, { repair, remote = false }: Options): Promise<readonly Finding[]> => {
  if (repair !== true) return (await askDaemon(mount, { ask: 'check', remote })).findings;
  await askDaemon(mount, { ask: 'ping' });
  throw new SettingsError(`--repair needs the drive to be unmounted: run "skydrive unmount ${mount.mountpoint}" first`);
};

const findingsInFolder = async (
  context: CommandContext,
  settings: Settings,
  { repair = false, remote = false }: Options,
): Promise<Finding[]> => {
  const { checkFolder } = await import('../mount-folder.ts');
  const signal = neverAborted();
  return [...(await checkFolder(settings, { log: context.log, repair, remote }, signal))];
};

export const addCheckCommand = (program: Command): void => {
  program
    .command('check')
    .argument('[MOUNTPOINT]', 'a mount; all mounts if left out, or (none, --repair) what is kept of the account')
    .option('--repair', 'mend what can be mended; never deletes what the drive does not have')
    .option('--remote', 'compare with the drive, too: one request for each folder that is known')
    .description('prove that what is kept here agrees; exit 1 naming what does not')
    .addHelpText('after', '\nExample:\n  skydrive check --repair')
    .action(
      running(async (context, path: string | undefined, options: Options) => {
        const findings = await findingsOf(context, path, options);
        const lines = findings.map(({ text, mended }) => `${printable(text)}${mended ? ': mended' : ''}`);
        context.terminal.result({ findings }, lines.length === 0 ? 'everything agrees' : lines.join('\n'));
        return findings.some(({ mended }) => !mended) ? exitCodes.failed : exitCodes.done;
      }),
    );
};
