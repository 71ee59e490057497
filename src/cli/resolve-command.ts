// `skydrive resolve PATH --keep …`: ends a conflict, of which `status` shows the two sides.
import { type Command, Option } from 'commander';
import { running } from './command-context.ts';
import { forKeepers, keptAt } from './keepers.ts';
import { printable } from './terminal.ts';

export const addResolveCommand = (program: Command): void => {
  program
    .command('resolve')
    .argument('<PATH>', 'the conflict copy, or the file that it is of')
    .addOption(
      new Option(
        '--keep <WHICH>',
        'mine: the copy takes the place of the other; theirs: the copy goes; both: they stay',
      )
        .choices(['mine', 'theirs', 'both'])
        .makeOptionMandatory(),
    )
    .description('end a conflict')
    .addHelpText('after', '\nExample:\n  skydrive resolve --keep both ~/SkyDrive/Documents/Budget.csv')
    .action(
      running(async (context, path: string, { keep }: { readonly keep: string }) => {
        return await forKeepers(context, await keptAt(context, path), async (keeper) => {
          const { path: left } = await keeper.ask({ ask: 'resolve', keep });
          context.terminal.result({ path: `${keeper.prefix}${left}` }, printable(`${keeper.prefix}${left}`));
        });
      }),
    );
};
