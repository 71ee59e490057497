// `skydrive cp FILE… [FOLDER]`: copies that the service makes; no content passes through here.
import type { Command } from 'commander';
import { ControlError } from '../daemon/protocol.ts';
import { running } from './command-context.ts';
import { TreeCopy } from './copy-tree.ts';
import { itemJson } from './item-json.ts';
import { oneByOne } from './one-by-one.ts';
import { sourcesAndTarget } from './sources.ts';

interface Options {
  readonly recursive?: boolean;
}

export const addCpCommand = (program: Command): void => {
  program
    .command('cp')
    .argument('<FILE...>', 'paths from the root of the drive, or ids; the last of several is the folder to copy into')
    .option('-r, --recursive', 'copy folders with all that is in them')
    .usage('[options] <FILE...> [FOLDER]')
    .description('copy files on the drive into a folder (the root if none is named)')
    .addHelpText('after', '\nExample:\n  skydrive cp -r Documents Pictures/2013 Backup')
    .action(
      running(async (context, named: readonly string[], { recursive = false }: Options) => {
        const { sources, target = '/' } = sourcesAndTarget(named);
        const drive = await context.drive();
        const places = context.places(drive);
        const folder = await places.folder(target);
        const tree = new TreeCopy(drive, context);
        const { results, exitCode } = await oneByOne(context, sources, async (place) => {
          const source = await places.find(place);
          if (source.kind === 'folder' && !recursive)
            throw new ControlError(`"${source.name}" is a folder: -r copies it with all that is in it`);
          return itemJson(await tree.copy(source, folder));
        });
        context.terminal.result(results, '');
        return exitCode;
      }),
    );
};
