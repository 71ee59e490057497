// `skydrive retry [PATH]`: tries again what is parked.
import type { Command } from 'commander';
import { running } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { forKeepers, keptAt } from './keepers.ts';
import { printable } from './terminal.ts';

export const addRetryCommand = (program: Command): void => {
  program
    .command('retry')
    .argument('[PATH]', 'a file or folder in a mount; if left out, everything in all mounts and of the account')
    .description('try again what could not be sent')
    .addHelpText('after', '\nExample:\n  skydrive retry ~/SkyDrive/Documents')
    .action(
      running(async (context, path: string | undefined) => {
        const paths: string[] = [];
        const exitCode = await forKeepers(context, await keptAt(context, path), async (keeper) => {
          const { retried } = await keeper.ask({ ask: 'retry' });
          paths.push(...retried.map((one) => `${keeper.prefix}${one}`));
        });
        const none = exitCode === exitCodes.done ? 'nothing is parked there' : '';
        const text = paths.length === 0 ? none : paths.map(printable).join('\n');
        context.terminal.result({ retried: paths }, text);
        return exitCode;
      }),
    );
};
