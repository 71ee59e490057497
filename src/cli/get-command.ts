// `skydrive get FILE… [TARGET]`: contents of the drive, to standard output or into files of this computer.
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { ControlError } from '../daemon/protocol.ts';
import type { Drive, Item } from '../drive/drive.ts';
import { toLocalName } from '../metadata/names.ts';
import { type ByteSpan, bytesOf, parseByteSpan } from './byte-span.ts';
import { type CommandContext, running } from './command-context.ts';
import { type DownloadOrder, downloadFile, downloadTo } from './download.ts';
import { itemJson } from './item-json.ts';
import { isLocalFolder } from './local-file.ts';
import { oneByOne } from './one-by-one.ts';
import { sourcesAndTarget } from './sources.ts';
import { TransferProgress } from './transfer-progress.ts';
import { TreeDownload } from './tree-download.ts';

interface Options {
  readonly byteRange?: ByteSpan;
  readonly recursive?: boolean;
  readonly continue?: boolean;
}

interface Ground {
  readonly context: CommandContext;
  readonly drive: Drive;
  readonly progress: TransferProgress;
  readonly options: Options;
  /** Undefined: standard output, or for folders the working folder. */
  readonly target: string | undefined;
  /** Under their own names. */
  readonly intoFolder: boolean;
}

const orderOf = ({ context, drive, options }: Ground): Omit<DownloadOrder, 'onProgress'> => {
  const { byteRange } = options;
  return {
    ...{ drive, signal: context.interruption, resume: options.continue ?? false },
    range: byteRange === undefined ? undefined : (size) => bytesOf(byteRange, size),
  };
};

const pathFor = (item: Item, { target = '.', intoFolder }: Ground): string =>
  intoFolder ? join(target, toLocalName(item.name, false)) : target;

const getFolder = async (item: Item, ground: Ground): Promise<unknown> => {
  const { options, context, progress } = ground;
  if (options.recursive !== true) {
    throw new ControlError(`"${item.name}" is a folder: -r gets it with all that is in it`);
  }
  if (options.byteRange !== undefined) throw new ControlError('-b is for files, and -r for folders');
  const path = pathFor(item, ground);
  await new TreeDownload(context, orderOf(ground), progress).download(item, path);
  return { ...itemJson(item), path };
};

const getFile = async (item: Item, ground: Ground): Promise<unknown> => {
  const { context, progress, target } = ground;
  progress.begin(target === undefined ? item.name : basename(pathFor(item, ground)), item.size);
  const order: DownloadOrder = {
    ...orderOf(ground),
    onProgress: (done, total) => progress.reach(done, total),
  };
  if (target === undefined) {
    await downloadTo(item, (piece) => context.terminal.bytes(piece), order);
    return undefined;
  }
  const path = pathFor(item, ground);
  return { ...itemJson(await downloadFile(item, path, order)), path };
};

const get = async (context: CommandContext, named: readonly string[], options: Options): Promise<number> => {
  const { sources, target } = sourcesAndTarget(named);
  const drive = await context.drive();
  const places = context.places(drive);
  const progress = new TransferProgress(process.stderr, systemClock);
  const intoFolder = target === undefined || sources.length > 1 || target.endsWith('/') || isLocalFolder(target);
  const ground: Ground = { context, drive, progress, options, target, intoFolder };
  try {
    const { results, exitCode } = await oneByOne(context, sources, async (place) => {
      const item = await places.find(place);
      try {
        return await (item.kind === 'folder' ? getFolder(item, ground) : getFile(item, ground));
      } finally {
        progress.clear();
      }
    });
    if (target !== undefined) context.terminal.result(results, '');
    return exitCode;
  } finally {
    progress.clear();
  }
};

export const addGetCommand = (program: Command): void => {
  program
    .command('get')
    .argument('<FILE...>', 'paths from the root of the drive, or ids; the last of several is where to put them')
    .usage('[options] <FILE...> [TARGET]')
    .option('-b, --byte-range <RANGE>', 'only these bytes: 0-499, 500- or -500', parseByteSpan)
    .option('-r, --recursive', 'folders with all that is in them')
    .option('--continue', 'go on where an earlier attempt broke off, and keep what came if this one does')
    .description('download files, to standard output if no TARGET is named')
    .addHelpText(
      'after',
      '\nTARGET is a file, or a folder that is there. A file appears there when it is whole.\n\nExample:\n  skydrive get --continue Videos/Holidays.mp4 .',
    )
    .action(running((context, named: readonly string[], options: Options) => get(context, named, options)));
};
