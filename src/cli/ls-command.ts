// `skydrive ls [FOLDER]`: what is in a folder of the drive, asked from the service itself. Programs get the ancestor's lines.
import type { Command } from 'commander';
import type { Item } from '../drive/drive.ts';
import { running } from './command-context.ts';
import { findItem } from './find-item.ts';
import { inColumns } from './lists.ts';
import { byCodePoint, printable } from './terminal.ts';

const forPeople = (items: readonly Item[], width: number): string =>
  inColumns(
    items.map(({ name, kind }) => `${printable(name)}${kind === 'folder' ? '/' : ''}`),
    width,
  );

const forPrograms = (items: readonly Item[]): string => items.map(({ name }) => `- ${name}`).join('\n');

const toJson = ({ id, name, kind, size, created, modified }: Item): unknown => ({
  ...{ name, kind, size, id },
  created: new Date(created).toISOString(),
  modified: new Date(modified).toISOString(),
});

export const addLsCommand = (program: Command): void => {
  program
    .command('ls')
    .argument('[FOLDER]', 'path from the root of the drive, or an id', '/')
    .description('list a folder of the drive')
    .action(
      running(async ({ terminal, drive }, place: string) => {
        const opened = await drive();
        const folder = await findItem(opened, place);
        const items: Item[] = [];
        for await (const page of opened.children(folder.id)) items.push(...page);
        items.sort((a, b) => byCodePoint(a.name, b.name));
        const width = terminal.columns;
        const text = width === undefined ? forPrograms(items) : forPeople(items, width);
        terminal.result(items.map(toJson), text);
        return undefined;
      }),
    );
};
