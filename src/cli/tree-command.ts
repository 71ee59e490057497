// `skydrive tree [FOLDER]`: all that is below a folder, as nested names. Folders are asked for side by side; the drive's own limits
// say how many at a time.
import type { Command } from 'commander';
import type { Drive, Item, ItemId, Original } from '../drive/drive.ts';
import { type CommandContext, running } from './command-context.ts';
import { childrenOf } from './places.ts';
import { printResult } from './print-result.ts';

interface Options {
  readonly objects?: boolean;
}

/** What is below a name: a word for what has nothing below it, names for what has. */
interface Branch {
  [name: string]: Branch | string | readonly [string, Original];
}

/** Of two items of one name, both are there. */
const keyFor = (branch: Branch, { name, id }: Item): string => (Object.hasOwn(branch, name) ? `${name} (${id})` : name);

/** The service's own word, which tells a photo from other files. */
const typeOf = ({ facts, kind }: Item): string => facts['type'] ?? kind;

const originalsOf = async (drive: Drive, id: ItemId, signal: AbortSignal): Promise<ReadonlyMap<unknown, Original>> => {
  const found = new Map<unknown, Original>();
  for await (const page of drive.originalChildren(id, signal)) for (const one of page) found.set(one['id'], one);
  return found;
};

const branchOf = async (context: CommandContext, drive: Drive, folder: ItemId, full: boolean): Promise<Branch> => {
  const signal = context.interruption;
  const children = await childrenOf(drive, folder, signal);
  const originals = full && children.length > 0 ? await originalsOf(drive, folder, signal) : undefined;
  // A file may be called __proto__.
  const branch: Branch = Object.create(null);
  const below: Promise<void>[] = [];
  for (const child of children) {
    const key = keyFor(branch, child);
    const original = originals?.get(child.id);
    branch[key] = original === undefined ? typeOf(child) : [typeOf(child), original];
    if (child.kind !== 'folder') continue;
    below.push(
      branchOf(context, drive, child.id, full).then((found) => {
        branch[key] = found;
      }),
    );
  }
  await Promise.all(below);
  return branch;
};

export const addTreeCommand = (program: Command): void => {
  program
    .command('tree')
    .argument('[FOLDER]', 'path from the root of the drive, or an id', '/')
    .option('-o, --objects', 'all that the service says of each file')
    .description('show all that is below a folder; asks for each folder in it')
    .addHelpText('after', '\nExample:\n  skydrive tree Documents')
    .action(
      running(async (context, place: string, options: Options) => {
        const drive = await context.drive();
        const folder = await context.places(drive).folder(place);
        const branch = await branchOf(context, drive, folder.id, options.objects ?? false);
        return printResult(context, { [folder.name]: branch });
      }),
    );
};
