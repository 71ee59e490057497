// `skydrive versions FILE`: the contents that a file had, to be listed, downloaded, or made the present one again.
import { type Command, Option } from 'commander';
import { formatSize } from '../base/quantity.ts';
import { ControlError } from '../daemon/protocol.ts';
import type { FileVersion } from '../drive/drive.ts';
import { type CommandContext, running } from './command-context.ts';
import { itemJson } from './item-json.ts';
import { localTime, table } from './lists.ts';
import { writeLocalFile } from './local-file.ts';
import { printResult } from './print-result.ts';
import { printable } from './terminal.ts';

interface Options {
  readonly get?: string;
  readonly restore?: string;
}

const json = ({ id, modified, size, by, current }: FileVersion) => ({
  ...{ id, size, modified: new Date(modified).toISOString(), current },
  ...(by === undefined ? {} : { by }),
});

const rowOf = ({ id, modified, size, by = '', current }: FileVersion): readonly string[] => [
  id,
  formatSize(size),
  localTime(modified),
  printable(by),
  current ? 'the present one' : '',
];

const theOne = (all: readonly FileVersion[], id: string, place: string): FileVersion => {
  const found = all.find((version) => version.id === id);
  if (found !== undefined) return found;
  throw new ControlError(`"${place}" has no version ${id}; it has ${all.map((one) => one.id).join(', ')}`, {
    kind: 'missing',
  });
};

const versions = async (
  context: CommandContext,
  place: string,
  target: string | undefined,
  { get, restore }: Options,
): Promise<number | undefined> => {
  if (target !== undefined && get === undefined) throw new ControlError('a TARGET is where --get puts a version');
  const drive = await context.drive();
  const { id } = await context.places(drive).findAlone(place);
  const signal = context.interruption;
  const all = await drive.versions(id, signal);
  if (restore !== undefined) {
    await drive.restoreVersion(theOne(all, restore, place), signal);
    return printResult(context, itemJson(await drive.get(id, signal)));
  }
  if (get === undefined) return printResult(context, all.map(json), () => table(all.map(rowOf), [false, true]));
  const version = theOne(all, get, place);
  const pieces = drive.readVersion(version, { start: 0, end: version.size }, signal);
  if (target === undefined) for await (const piece of pieces) await context.terminal.bytes(piece);
  else await writeLocalFile(target, `${id} ${version.id}`, pieces);
  return target === undefined ? undefined : printResult(context, { ...json(version), path: target });
};

export const addVersionsCommand = (program: Command): void => {
  program
    .command('versions')
    .argument('<FILE>', 'path from the root of the drive, or an id')
    .argument('[TARGET]', 'file of this computer for --get; standard output if left out')
    .addOption(new Option('--get <VERSION>', 'download an earlier content').conflicts('restore'))
    .option('--restore <VERSION>', 'make an earlier content the present one; the present one becomes an earlier one')
    .description('list the contents that a file has had')
    .addHelpText('after', '\nExample:\n  skydrive versions --get 2.0 Documents/Letter.txt /tmp/Letter.txt')
    .action(
      running((context, place: string, target: string | undefined, options: Options) =>
        versions(context, place, target, options),
      ),
    );
};
