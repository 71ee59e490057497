// `skydrive permissions OBJECT`: who may do what with a file or folder, and by which link.
import type { Command } from 'commander';
import type { Permission } from '../drive/drive.ts';
import { running } from './command-context.ts';
import { table } from './lists.ts';
import { printResult } from './print-result.ts';
import { printable } from './terminal.ts';

const rowOf = ({ roles, who, link, scope, inherited }: Permission): readonly string[] => [
  roles.join(', '),
  printable(who ?? (scope === 'anonymous' ? 'whoever has the link' : (scope ?? ''))),
  printable(link ?? ''),
  inherited ? 'by a folder above' : '',
];

export const addPermissionsCommand = (program: Command): void => {
  program
    .command('permissions')
    .argument('<OBJECT>', 'path from the root of the drive, or an id')
    .description('tell who may do what with a file or folder')
    .addHelpText('after', '\nExample:\n  skydrive permissions Documents/Budget.csv')
    .action(
      running(async (context, place: string) => {
        const drive = await context.drive();
        const { id } = await context.places(drive).findAlone(place);
        const permissions = await drive.permissions(id, context.interruption);
        return printResult(context, permissions, () => table(permissions.map(rowOf)));
      }),
    );
};
