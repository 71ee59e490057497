// `skydrive ls [FOLDER]`: what is in a folder of the drive, asked from the service itself. Programs get the ancestor's lines.
import type { Command } from 'commander';
import { formatSize } from '../base/quantity.ts';
import type { Drive, Item } from '../drive/drive.ts';
import { type CommandContext, running } from './command-context.ts';
import { itemJson } from './item-json.ts';
import { type ItemRange, parseItemRange, within } from './item-range.ts';
import { localTime, table } from './lists.ts';
import { printResult } from './print-result.ts';
import { byCodePoint, printable } from './terminal.ts';

interface Options {
  readonly range?: ItemRange;
  readonly objects?: boolean;
}

const all: ItemRange = { offset: 0, limit: Number.POSITIVE_INFINITY };

/** By name; those that came twice once. */
const gathered = async <T extends { readonly id?: unknown; readonly name?: unknown }>(
  found: AsyncIterable<T>,
): Promise<readonly T[]> => {
  const byId = new Map<unknown, T>();
  for await (const one of found) byId.set(one.id, one);
  return [...byId.values()].sort((a, b) => byCodePoint(String(a.name ?? ''), String(b.name ?? '')));
};

const itemRows = (items: readonly Item[]): string =>
  table(
    items.map(({ name, kind, size, modified }) => [
      kind === 'file' ? formatSize(size) : '-',
      localTime(modified),
      `${printable(name)}${kind === 'folder' ? '/' : ''}`,
    ]),
    [true],
  );

const list = async (context: CommandContext, drive: Drive, folder: Item, range: ItemRange): Promise<undefined> => {
  const items = await gathered(within(drive.children(folder.id, context.interruption), range));
  const { json, columns } = context.terminal;
  if (json) printResult(context, items.map(itemJson));
  else if (columns !== undefined && context.template === undefined) context.terminal.result(items, itemRows(items));
  else
    printResult(
      context,
      items.map(({ name }) => name),
    );
};

export const addLsCommand = (program: Command): void => {
  program
    .command('ls')
    .argument('[FOLDER]', 'path from the root of the drive, or an id', '/')
    .option('-r, --range <RANGE>', 'how many items, or OFFSET-LIMIT; either may be left out', parseItemRange)
    .option('-o, --objects', 'all that the service says of each')
    .description('list a folder of the drive')
    .addHelpText(
      'after',
      '\nExample:\n  skydrive ls -r 20-10 Pictures\n    prints the names of ten items, after the first twenty',
    )
    .action(
      running(async (context, place: string, options: Options) => {
        const drive = await context.drive();
        const folder = await context.places(drive).folder(place);
        const range = options.range ?? all;
        if (options.objects !== true) return await list(context, drive, folder, range);
        return printResult(
          context,
          await gathered(within(drive.originalChildren(folder.id, context.interruption), range)),
        );
      }),
    );
};
