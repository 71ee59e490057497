// `skydrive mv FILE… [FOLDER]`: into another folder of the drive, under the same name. Ids, links and comments stay.
import type { Command } from 'commander';
import { running } from './command-context.ts';
import { explained } from './explained.ts';
import { itemJson } from './item-json.ts';
import { oneByOne } from './one-by-one.ts';
import { sourcesAndTarget } from './sources.ts';

export const addMvCommand = (program: Command): void => {
  program
    .command('mv')
    .argument('<FILE...>', 'paths from the root of the drive, or ids; the last of several is the folder to move into')
    .option('-r, --recursive', 'as with cp; folders are moved with all that is in them with and without it')
    .usage('[options] <FILE...> [FOLDER]')
    .description('move files and folders on the drive into a folder (the root if none is named)')
    .addHelpText('after', '\nExample:\n  skydrive mv Budget.csv "To do.md" Documents')
    .action(
      running(async (context, named: readonly string[]) => {
        const { sources, target = '/' } = sourcesAndTarget(named);
        const drive = await context.drive();
        const places = context.places(drive);
        const folder = await places.folder(target);
        const { results, exitCode } = await oneByOne(context, sources, async (place) => {
          const source = await places.findAlone(place);
          const to = { parentId: folder.id, name: source.name };
          const moved = await explained(source.name, folder, drive.move(source, to, context.interruption));
          for (const id of [source.parentId, folder.id]) if (id !== undefined) places.forget(id);
          return itemJson(moved);
        });
        context.terminal.result(results, '');
        return exitCode;
      }),
    );
};
