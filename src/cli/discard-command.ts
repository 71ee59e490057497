// `skydrive discard PATH`: drops unsent changes. The only command that loses something, so it wants to be told twice.
import type { Command } from 'commander';
import { SettingsError } from '../config-sources.ts';
import { running } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { forKeepers, keptAt } from './keepers.ts';
import { printable } from './terminal.ts';

export const addDiscardCommand = (program: Command): void => {
  program
    .command('discard')
    .argument('<PATH>', 'a file or folder in a mount')
    .option('--yes', 'really: contents that are not on the drive are lost ("skydrive export" saves them)')
    .description('drop changes that are not on the drive yet')
    .addHelpText('after', '\nExample:\n  skydrive discard ~/SkyDrive/Documents/draft.txt')
    .action(
      running(async (context, path: string, { yes }: { readonly yes?: boolean }) => {
        if (yes !== true)
          throw new SettingsError(
            `this drops what is not on the drive of ${path}, for good: say --yes, or save it with "skydrive export" first`,
          );
        const taken: string[] = [];
        const left: string[] = [];
        await forKeepers(context, await keptAt(context, path), async (keeper) => {
          const answer = await keeper.ask({ ask: 'discard' });
          taken.push(...answer.taken.map((one) => `${keeper.prefix}${one}`));
          left.push(...answer.left.map((one) => `${keeper.prefix}${one}`));
        });
        context.terminal.result({ discarded: taken, left }, taken.map((one) => printable(one)).join('\n'));
        for (const one of left) context.terminal.warning(`${one} stays: it is being sent, or others need it`);
        return left.length > 0 ? exitCodes.failed : exitCodes.done;
      }),
    );
};
