// `skydrive check [MOUNTPOINT] [--repair] [--remote]`: proves that everything agrees. A mount is looked at while it runs; what is
// kept of an account without one can be mended as well.
import type { Command } from 'commander';
import type { Finding } from '../check/ground.ts';
import type { Settings } from '../config.ts';
import { SettingsError } from '../config-sources.ts';
import { askDaemon } from '../daemon/control-client.ts';
import { type OurMount, placeOf } from '../daemon/our-mounts.ts';
import { ControlError } from '../daemon/protocol.ts';
import { type CommandContext, running } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { type Kept, keptAt, keptIn, keptOfAccount } from './keepers.ts';
import { oneByOne } from './one-by-one.ts';
import { printable } from './terminal.ts';

interface Options {
  readonly repair?: boolean;
  readonly remote?: boolean;
}

const keptFor = async (
  context: CommandContext,
  path: string | undefined,
  { repair }: Options,
): Promise<readonly Kept[]> => {
  // What is kept of one account can be mended whoever else has mounted what.
  if (path === undefined) return repair === true ? await keptOfAccount(context) : await keptAt(context, undefined);
  const place = placeOf(path);
  if (place !== undefined) return [await keptIn(context, place.mount)];
  throw new ControlError(`no SkyDrive is mounted on ${path}; without a path, what is kept here is checked`, {
    kind: 'missing',
  });
};

const findingsIn = async (
  { interruption }: CommandContext,
  mount: OurMount,
  { repair, remote = false }: Options,
): Promise<readonly Finding[]> => {
  if (repair !== true) return (await askDaemon(mount, { ask: 'check', remote }, { signal: interruption })).findings;
  await askDaemon(mount, { ask: 'ping' });
  throw new SettingsError(`--repair needs the drive to be unmounted: run "skydrive unmount ${mount.mountpoint}" first`);
};

const findingsInFolder = async (
  context: CommandContext,
  settings: Settings,
  { repair = false, remote = false }: Options,
): Promise<readonly Finding[]> => {
  const { checkFolder } = await import('../mount-folder.ts');
  return await checkFolder(settings, { log: context.log, repair, remote }, context.interruption);
};

export const addCheckCommand = (program: Command): void => {
  program
    .command('check')
    .argument(
      '[MOUNTPOINT]',
      'a mount; if left out, all mounts and what is kept of the account, with --repair only that',
    )
    .option('--repair', 'mend what can be mended; never deletes what the drive does not have')
    .option('--remote', 'compare with the drive, too: a request for each known folder; all that is cached is read')
    .description('prove that what is kept here agrees; exit 1 naming what does not')
    .addHelpText('after', '\nExample:\n  skydrive check --repair')
    .action(
      running(async (context, path: string | undefined, options: Options) => {
        const { results, exitCode } = await oneByOne(context, await keptFor(context, path, options), (kept) =>
          'mount' in kept
            ? findingsIn(context, kept.mount, options)
            : findingsInFolder(context, kept.settings(), options),
        );
        const findings = results.flat();
        const lines = findings.map(({ text, mended }) => `${printable(text)}${mended ? ': mended' : ''}`);
        const isWell = exitCode === exitCodes.done && findings.length === 0;
        context.terminal.result({ findings }, isWell ? 'everything agrees' : lines.join('\n'));
        if (exitCode !== exitCodes.done) return exitCode;
        return findings.some(({ mended }) => !mended) ? exitCodes.failed : exitCodes.done;
      }),
    );
};
