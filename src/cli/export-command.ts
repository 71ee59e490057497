// `skydrive export [PATH] DEST`: copies what only this disk has to a folder.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SettingsError } from '../config-sources.ts';
import { placeOf } from '../daemon/our-mounts.ts';
import type { Exported, ExportReport, NotExported } from '../upkeep/unsent-contents.ts';
import { running } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { forKeepers, keptAt } from './keepers.ts';
import { printable } from './terminal.ts';

/** The serving process must never write to its own mount. */
const outside = (path: string): string => {
  const place = placeOf(path);
  if (place === undefined) return resolve(path);
  throw new SettingsError(`${path} is in the SkyDrive on ${place.mount.mountpoint}: name a folder outside of it`);
};

const lineOf = ({ path, to, partial }: Exported): string =>
  `${printable(path)} -> ${printable(to)}${partial === true ? ' (only part of it is on this disk)' : ''}`;

const isWhole = ({ exported, failed }: ExportReport): boolean =>
  failed.length === 0 && !exported.some(({ partial }) => partial === true);

export const addExportCommand = (program: Command): void => {
  program
    .command('export')
    .argument('<PATH_OR_DEST>', 'a file or folder in a mount; if left out, everything in all mounts and of the account')
    .argument('[DEST]', 'the folder that the copies go to; nothing in it is overwritten')
    .description('copy contents that are not on the drive yet to a folder; also without a mount')
    .addHelpText('after', '\nExample:\n  skydrive export ~/SkyDrive/Documents ~/saved')
    .action(
      running(async (context, first: string, second: string | undefined) => {
        const [path, destination] = second === undefined ? [undefined, outside(first)] : [first, outside(second)];
        const exported: Exported[] = [];
        const failed: NotExported[] = [];
        const exitCode = await forKeepers(context, await keptAt(context, path), async (keeper) => {
          const report = await keeper.ask({ ask: 'export', destination });
          exported.push(...report.exported);
          failed.push(...report.failed);
        });
        const isNothing = exitCode === exitCodes.done && exported.length + failed.length === 0;
        const text = isNothing ? 'everything is on the drive' : exported.map(lineOf).join('\n');
        context.terminal.result({ exported, failed }, text);
        for (const { path: at, reason } of failed) context.terminal.warning(`${at} is not exported: ${reason}`);
        return exitCode || (isWhole({ exported, failed }) ? exitCodes.done : exitCodes.failed);
      }),
    );
};
