// `skydrive info [OBJECT]`: all that the service says of a file or folder, in its own words.
import type { Command } from 'commander';
import { running } from './command-context.ts';
import { printResult } from './print-result.ts';

export const addInfoCommand = (program: Command): void => {
  program
    .command('info')
    .argument('[OBJECT]', 'path from the root of the drive, or an id', '/')
    .description('show all that the service says of a file or folder')
    .addHelpText('after', "\nExample:\n  skydrive -k '{0[size]} {0[name]}' info Documents/Budget.csv")
    .action(
      running(async (context, place: string) => {
        const drive = await context.drive();
        const { id } = await context.places(drive).find(place);
        return printResult(context, await drive.original(id, context.interruption));
      }),
    );
};
