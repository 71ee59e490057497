// `skydrive thumbnail FILE`: a small picture of a file, as the service makes it.
import { type Command, Option } from 'commander';
import { ControlError } from '../daemon/protocol.ts';
import type { ThumbnailSize } from '../drive/drive.ts';
import { isFault } from '../drive/drive-error.ts';
import { type CommandContext, running } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { writeLocalFile } from './local-file.ts';

interface Options {
  readonly size: ThumbnailSize;
}

const pictureOf = async (context: CommandContext, place: string, size: ThumbnailSize): Promise<Uint8Array> => {
  const drive = await context.drive();
  const { id, name } = await context.places(drive).findAlone(place);
  try {
    return await drive.thumbnail(id, size, context.interruption);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
    throw new ControlError(`the service has no small picture of "${name}"`, { kind: 'missing', cause: error });
  }
};

export const addThumbnailCommand = (program: Command): void => {
  program
    .command('thumbnail')
    .argument('<FILE>', 'path from the root of the drive, or an id')
    .argument('[TARGET]', 'file of this computer; standard output if left out')
    .addOption(
      new Option('-s, --size <SIZE>', 'about 96, 176 or 800 pixels')
        .choices(['small', 'medium', 'large'])
        .default('medium'),
    )
    .description('download a small picture of a file')
    .addHelpText('after', '\nExample:\n  skydrive thumbnail -s large Pictures/Lake.jpg lake.jpg')
    .action(
      running(async (context, place: string, target: string | undefined, { size }: Options) => {
        const picture = await pictureOf(context, place, size);
        if (target === undefined) {
          await context.terminal.bytes(picture);
          return exitCodes.done;
        }
        await writeLocalFile(target, place, [picture]);
        context.terminal.result({ path: target, size: picture.length }, '');
        return exitCodes.done;
      }),
    );
};
