// `skydrive auth_refresh`: new tokens, although the old ones may still be good.
import type { Command } from 'commander';
import { renewSignIn } from '../drive/open-drive.ts';
import { running } from './command-context.ts';

export const addAuthRefreshCommand = (program: Command): void => {
  program
    .command('auth_refresh')
    .description('renew the tokens of the sign-in, which happens by itself when it is needed')
    .addHelpText('after', '\nExample:\n  skydrive auth_refresh')
    .action(
      running(async (context) => {
        await renewSignIn(await context.settings(), { log: context.log });
        context.terminal.result({ renewed: true }, '');
        return undefined;
      }),
    );
};
