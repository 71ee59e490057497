// `skydrive recent`: files that were changed lately, newest first. Programs get all that the service says of them.
import type { Command } from 'commander';
import { formatSize } from '../base/quantity.ts';
import type { Original } from '../drive/drive.ts';
import { running } from './command-context.ts';
import { localTime, table } from './lists.ts';
import { printResult } from './print-result.ts';
import { printable } from './terminal.ts';

/** Each dialect has names of its own for the time; a file without any is listed without. */
const timeOf = (file: Original): string => {
  const said = file['client_updated_time'] ?? file['updated_time'] ?? file['lastModifiedDateTime'];
  const ms = typeof said === 'string' ? Date.parse(said) : Number.NaN;
  return Number.isNaN(ms) ? '' : localTime(ms);
};

const rowOf = (file: Original): readonly string[] => [
  typeof file['size'] === 'number' ? formatSize(file['size']) : '-',
  timeOf(file),
  printable(String(file['name'] ?? '')),
];

export const addRecentCommand = (program: Command): void => {
  program
    .command('recent')
    .description('list files that were changed lately')
    .addHelpText('after', '\nExample:\n  skydrive -k name recent')
    .action(
      running(async (context) => {
        const files = await (await context.drive()).recent(context.interruption);
        return printResult(context, files, () => table(files.map(rowOf), [true]));
      }),
    );
};
