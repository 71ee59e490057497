// `skydrive put FILE… [FOLDER]`: files of this computer into a folder of the drive.
import { basename } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../base/clock.ts';
import { parseSize } from '../base/quantity.ts';
import type { Item } from '../drive/drive.ts';
import { type CommandContext, running } from './command-context.ts';
import { itemJson } from './item-json.ts';
import { isLocalFolder } from './local-file.ts';
import { oneByOne } from './one-by-one.ts';
import { sourcesAndTarget } from './sources.ts';
import { TransferProgress } from './transfer-progress.ts';
import { TreeUpload } from './tree-upload.ts';
import { FileUpload, type UploadOrder } from './upload.ts';
import { UploadNotes } from './upload-notes.ts';

interface Options {
  /** False with -n. */
  readonly overwrite?: boolean;
  readonly recursive?: boolean;
  readonly continue?: boolean;
  readonly bits?: boolean;
  readonly bitsFragBytes?: number;
}

const fragmentBytes = (text: string): number => {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw new InvalidArgumentError('a number of bytes is wanted, such as 10485760 or 10M');
};

const put = async (context: CommandContext, named: readonly string[], options: Options): Promise<number> => {
  const { sources, target = '/' } = sourcesAndTarget(named);
  const { bitsFragBytes } = options;
  const drive = await context.drive({
    ...(options.bits === true ? { simpleUploadLimit: 0 } : {}),
    ...(bitsFragBytes === undefined ? {} : { fragmentSize: bitsFragBytes }),
  });
  const places = context.places(drive);
  const folder = await places.folder(target);
  const progress = new TransferProgress(process.stderr, systemClock);
  const notes = new UploadNotes((await context.settings()).cacheDir, context.log);
  await notes.forgetOld(systemClock.now());
  const order: Omit<UploadOrder, 'onProgress'> = {
    ...{ drive, places, notes, signal: context.interruption },
    ...{ overwrite: options.overwrite ?? true, resume: options.continue ?? false },
  };
  const putFile = (path: string): Promise<Item> => {
    progress.begin(basename(path), undefined);
    return FileUpload.run(path, folder, { ...order, onProgress: (sent, total) => progress.reach(sent, total) });
  };
  const { results, exitCode } = await oneByOne(context, sources, async (path) => {
    try {
      if (options.recursive !== true || !isLocalFolder(path)) return itemJson(await putFile(path));
      return itemJson(await new TreeUpload(context, order, progress).upload(path, folder));
    } finally {
      progress.clear();
    }
  });
  context.terminal.result(results, '');
  return exitCode;
};

export const addPutCommand = (program: Command): void => {
  program
    .command('put')
    .argument('<FILE...>', 'files of this computer; the last of several is the folder on the drive to put them into')
    .usage('[options] <FILE...> [FOLDER]')
    .option('-n, --no-overwrite', 'leave what has the name already as it is, and fail')
    .option('-r, --recursive', 'folders with all that is in them')
    .option('--continue', 'go on where an earlier attempt broke off')
    .option('-d, --no-downsize', 'large photos stay as they are, which they do here with and without it')
    .option('-b, --bits', 'send in fragments, as large files are anyway')
    .addOption(new Option('--bits-frag-bytes <N>', 'size of a fragment').argParser(fragmentBytes))
    .option('--bits-do-auth-refresh-before-commit-hack', 'taken, and not needed: tokens are renewed before they end')
    .description('upload files into a folder of the drive (the root if none is named)')
    .addHelpText('after', '\nExample:\n  skydrive put --continue Holidays.mp4 Videos')
    .action(running((context, named: readonly string[], options: Options) => put(context, named, options)));
};
