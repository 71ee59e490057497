// `skydrive mkdir NAME [FOLDER]`: a new folder; its parents have to be there, unless --parents makes them.
import type { Command } from 'commander';
import { ControlError } from '../daemon/protocol.ts';
import type { Drive, Item, Original } from '../drive/drive.ts';
import { type CommandContext, running } from './command-context.ts';
import { explained } from './explained.ts';
import { itemJson } from './item-json.ts';
import { jsonMapping } from './json-argument.ts';
import type { Places } from './places.ts';

interface Options {
  readonly metadata?: Original;
  readonly parents?: boolean;
}

/** The ancestor takes backslashes too. */
const namesIn = (name: string): readonly string[] => name.split(/[/\\]/).filter((part) => part !== '');

/** One of the parents of the folder that is to be made. */
const parentNamed = async (
  { drive, places }: { readonly drive: Drive; readonly places: Places },
  parent: Item,
  name: string,
  parents: boolean,
): Promise<Item> => {
  const child = (await places.named(parent, name)).at(-1);
  if (child?.kind === 'folder') return child;
  if (child !== undefined) throw new ControlError(`"${child.name}" is a ${child.kind}, and a folder is wanted`);
  if (parents) return await drive.makeFolder(parent.id, name);
  throw new ControlError(`there is no "${name}" to make a folder in; --parents makes it`, { kind: 'missing' });
};

const make = async (context: CommandContext, name: string, place: string, options: Options): Promise<undefined> => {
  const drive = await context.drive();
  const ground = { drive, places: context.places(drive) };
  const { parents = false, metadata } = options;
  const names = namesIn(name);
  const last = names.at(-1);
  if (last === undefined) throw new ControlError('a folder needs a name', { kind: 'settings' });
  let parent = await ground.places.folder(place);
  for (const part of names.slice(0, -1)) parent = await parentNamed(ground, parent, part, parents);
  const there = parents ? (await ground.places.named(parent, last)).find(({ kind }) => kind === 'folder') : undefined;
  const made = there ?? (await explained(last, parent, drive.makeFolder(parent.id, last, context.interruption)));
  const folder = metadata === undefined ? made : await drive.setProperties(made.id, metadata, context.interruption);
  context.terminal.result(itemJson(folder), '');
};

export const addMkdirCommand = (program: Command): void => {
  program
    .command('mkdir')
    .argument('<NAME>', 'of the new folder, or a path that ends with it')
    .argument('[FOLDER]', 'where it is to be', '/')
    .option('-m, --metadata <DATA>', 'JSON mapping of what to set, by the names that info shows', jsonMapping)
    .option('--parents', 'make the folders on the way too; no error if it is there already')
    .description('make a folder')
    .addHelpText('after', '\nExample:\n  skydrive mkdir Mordor Pictures -m \'{"description": "Our last trip"}\'')
    .action(running((context, name: string, place: string, options: Options) => make(context, name, place, options)));
};
