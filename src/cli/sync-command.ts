// `skydrive sync [PATH]`: waits until everything at or below PATH is on the drive. Says so only if it is.
import type { Command } from 'commander';
import { askDaemon } from '../daemon/control-client.ts';
import { ourMounts, type PlaceInMount, placeOf } from '../daemon/our-mounts.ts';
import { ControlError } from '../daemon/protocol.ts';
import type { UnsentChange } from '../open-file-system.ts';
import { running } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { countOf, unsentLines } from './unsent-lines.ts';

const placesFor = (path: string | undefined): readonly PlaceInMount[] => {
  if (path === undefined) return ourMounts().map((mount) => ({ mount, inside: '' }));
  const place = placeOf(path);
  if (place !== undefined) return [place];
  throw new ControlError(`${path} is in no SkyDrive that is mounted here`, { kind: 'missing' });
};

const syncPlace = async ({ mount, inside }: PlaceInMount): Promise<readonly UnsentChange[]> => {
  const { unsent } = await askDaemon(mount, { ask: 'sync', path: inside });
  return unsent.map((entry) => ({ ...entry, path: `${mount.mountpoint}${entry.path}` }));
};

export const addSyncCommand = (program: Command): void => {
  program
    .command('sync')
    .argument('[PATH]', 'a file or folder in a mount; everything in all mounts if left out')
    .description('wait until everything below PATH is on the drive; exit 1 naming what is not')
    .addHelpText('after', '\nExample:\n  skydrive sync ~/SkyDrive/Documents')
    .action(
      running(async ({ terminal }, path: string | undefined) => {
        // One mount whose server is gone must not keep the others from being waited for.
        const results = await Promise.allSettled(placesFor(path).map(syncPlace));
        const unsent = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
        terminal.result({ unsent }, '');
        const failed = results.find((result) => result.status === 'rejected');
        if (unsent.length === 0 && failed === undefined) return exitCodes.done;
        if (unsent.length === 0) throw failed?.reason;
        terminal.note(`skydrive: ${countOf(unsent)} cannot be sent to the drive:\n${unsentLines(unsent)}`);
        return exitCodes.failed;
      }),
    );
};
