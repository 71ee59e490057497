// `skydrive rm OBJECT…`: to the drive's recycle bin. What cannot be removed is told, and the others are removed all the same.
import type { Command } from 'commander';
import { running } from './command-context.ts';
import { oneByOne } from './one-by-one.ts';

export const addRmCommand = (program: Command): void => {
  program
    .command('rm')
    .argument('<OBJECT...>', 'paths from the root of the drive, or ids')
    .option('-r, --recursive', 'as with rm(1); folders are removed with all that is in them with and without it')
    .description("remove files and folders, into the drive's recycle bin")
    .addHelpText('after', '\nExample:\n  skydrive rm Documents/Old.txt Pictures/2012')
    .action(
      running(async (context, named: readonly string[]) => {
        const drive = await context.drive();
        const places = context.places(drive);
        const { results, exitCode } = await oneByOne(context, named, async (place) => {
          const { id, name, parentId } = await places.findAlone(place);
          await drive.remove(id, undefined, context.interruption);
          if (parentId !== undefined) places.forget(parentId);
          return { id, name };
        });
        context.terminal.result({ removed: results }, '');
        return exitCode;
      }),
    );
};
