// `skydrive retry [PATH]`: tries again what is parked.
import type { Command } from 'commander';
import { running } from './command-context.ts';
import { forKeepers } from './keepers.ts';
import { printable } from './terminal.ts';

export const addRetryCommand = (program: Command): void => {
  program
    .command('retry')
    .argument('[PATH]', 'a file or folder in a mount; everything if left out')
    .description('try again what could not be sent')
    .addHelpText('after', '\nExample:\n  skydrive retry ~/SkyDrive/Documents')
    .action(
      running(async (context, path: string | undefined) => {
        const paths: string[] = [];
        await forKeepers(context, path, async (keeper) => {
          const { retried } = await keeper.ask({ ask: 'retry' });
          paths.push(...retried.map((one) => `${keeper.prefix}${one}`));
        });
        const text = paths.length === 0 ? 'nothing is parked there' : paths.map(printable).join('\n');
        context.terminal.result({ retried: paths }, text);
        return undefined;
      }),
    );
};
