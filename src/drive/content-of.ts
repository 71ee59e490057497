// The content of an item that was just looked at, and whether it is the one of an upload: for whoever got no answer that says so.
import { ContentCheck } from './content-check.ts';
import type { Drive, Item, Upload } from './drive.ts';
import { DriveError, isFault } from './drive-error.ts';
import { UploadSource } from './upload-source.ts';

type Reader = Pick<Drive, 'read'>;

/** The bytes of an item that a look just told of. If it is another since, nothing can be said: `busy`, look again. */
export async function* contentOf(drive: Reader, item: Item, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  if (item.size === 0) return;
  try {
    yield* drive.read(item, { start: 0, end: item.size }, signal);
  } catch (error) {
    if (!isFault(error, 'changed') && !isFault(error, 'missing')) throw error;
    throw changedMeanwhile(item, error);
  }
}

/** Nothing can be said of it: look again. */
export const changedMeanwhile = ({ name }: Item, cause: unknown): DriveError =>
  new DriveError('busy', `${name} was changed on the drive while it was looked at`, { cause });

/** Whether the item holds exactly the bytes of the upload. Equal sizes prove nothing: where the drive tells no hash, it is read. */
export const holdsUpload = async (
  drive: Reader,
  item: Item,
  upload: Upload,
  signal: AbortSignal | undefined,
): Promise<boolean> => {
  if (item.kind !== 'file' || item.size !== upload.size) return false;
  const check = new ContentCheck(item);
  if (!check.isPossible) return await isSame(contentOf(drive, item, signal), upload);
  for await (const piece of upload.body(0)) check.add(piece);
  return check.passes();
};

const isSame = async (content: AsyncIterable<Uint8Array>, upload: Upload): Promise<boolean> => {
  const source = new UploadSource(upload);
  let at = 0;
  try {
    for await (const theirs of content) {
      let compared = 0;
      for await (const ours of source.part(at, at + theirs.length)) {
        if (Buffer.compare(ours, theirs.subarray(compared, compared + ours.length)) !== 0) return false;
        compared += ours.length;
      }
      at += compared;
      if (compared < theirs.length) return false;
    }
    return at === upload.size;
  } finally {
    await source.close();
  }
};
