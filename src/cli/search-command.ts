// `skydrive search TEXT`: what the service finds, by names and by whatever else it looks into.
import type { Command } from 'commander';
import { formatSize } from '../base/quantity.ts';
import type { Item } from '../drive/drive.ts';
import { running } from './command-context.ts';
import { itemJson } from './item-json.ts';
import { localTime, table } from './lists.ts';
import { printResult } from './print-result.ts';
import { printable } from './terminal.ts';

const rowOf = (item: Item): readonly string[] => [
  item.kind === 'file' ? formatSize(item.size) : '-',
  localTime(item.modified),
  item.id,
  printable(`${item.name}${item.kind === 'folder' ? '/' : ''}`),
];

export const addSearchCommand = (program: Command): void => {
  program
    .command('search')
    .argument('<TEXT>', 'words of the name, or of what is in it')
    .description('find files and folders; the service may be some minutes behind')
    .addHelpText('after', '\nExample:\n  skydrive search budget')
    .action(
      running(async (context, text: string) => {
        const found: Item[] = [];
        for await (const page of (await context.drive()).search(text, context.interruption)) found.push(...page);
        return printResult(context, found.map(itemJson), () => table(found.map(rowOf), [true]));
      }),
    );
};
