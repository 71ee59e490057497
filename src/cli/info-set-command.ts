// `skydrive info_set OBJECT DATA`: gives a file or folder another name, description, or any property that the service lets change.
import type { Command } from 'commander';
import type { Original } from '../drive/drive.ts';
import { running } from './command-context.ts';
import { itemJson } from './item-json.ts';
import { jsonMapping } from './json-argument.ts';

export const addInfoSetCommand = (program: Command): void => {
  program
    .command('info_set')
    .argument('<OBJECT>', 'path from the root of the drive, or an id')
    .argument('<DATA>', 'JSON mapping of what to set, by the names that info shows', jsonMapping)
    .description('change what the service says of a file or folder, such as its name')
    .addHelpText('after', '\nExample:\n  skydrive info_set Documents/Budget.csv \'{"name": "Budget 2013.csv"}\'')
    .action(
      running(async (context, place: string, properties: Original) => {
        const drive = await context.drive();
        const { id } = await context.places(drive).findAlone(place);
        context.terminal.result(itemJson(await drive.setProperties(id, properties, context.interruption)), '');
        return undefined;
      }),
    );
};
