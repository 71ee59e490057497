// `skydrive user`: whose drive this is, in the service's own words.
import type { Command } from 'commander';
import { running } from './command-context.ts';
import { printResult } from './print-result.ts';

export const addUserCommand = (program: Command): void => {
  program
    .command('user')
    .description('show whose drive this is')
    .addHelpText('after', '\nExample:\n  skydrive -k name user')
    .action(
      running(async (context) =>
        printResult(context, await (await context.drive()).originalAccount(context.interruption)),
      ),
    );
};
