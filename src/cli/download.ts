// One content of the drive to somewhere, in pieces: what is in memory is what one piece is. A content that is replaced meanwhile is
// begun again, so that what arrives is of one version.
import { systemClock } from '../base/clock.ts';
import { ContentCheck } from '../drive/content-check.ts';
import type { ByteRange, Drive, Item } from '../drive/drive.ts';
import { isFault } from '../drive/drive-error.ts';
import { LocalFile } from './local-file.ts';
import { TransferPatience } from './transfer-patience.ts';

export interface DownloadOrder {
  readonly drive: Drive;
  readonly signal: AbortSignal;
  /** Goes on where an earlier attempt broke off. */
  readonly resume: boolean;
  /** Which bytes are wanted of a content of that size; all if undefined. */
  readonly range?: ((size: number) => ByteRange) | undefined;
  /** Bytes that are there in all, and how many there will be. */
  onProgress(done: number, total: number): void;
}

const mostChanges = 3;

/** `work` goes on from where it came when it is called again. */
const patiently = async (signal: AbortSignal, work: (patience: TransferPatience) => Promise<void>): Promise<void> => {
  const patience = new TransferPatience(systemClock, signal);
  for (;;) {
    try {
      return await work(patience);
    } catch (error) {
      await patience.after(error);
    }
  }
};

/** Where bytes go that nobody can take back. */
export const downloadTo = async (
  item: Item,
  write: (piece: Uint8Array) => Promise<void>,
  order: DownloadOrder,
): Promise<void> => {
  const range = order.range?.(item.size) ?? { start: 0, end: item.size };
  const { drive, signal } = order;
  let done = 0;
  await patiently(signal, async (patience) => {
    for await (const piece of drive.read(item, { start: range.start + done, end: range.end }, signal)) {
      await write(piece);
      done += piece.length;
      patience.progress();
      order.onProgress(done, range.end - range.start);
    }
  });
};

/** Into a file of this computer; the item as it was downloaded. */
export const downloadFile = async (item: Item, path: string, order: DownloadOrder): Promise<Item> => {
  let wanted = item;
  for (let changes = 0; ; changes++) {
    try {
      await downloadVersion(wanted, path, order);
      return wanted;
    } catch (error) {
      if (!isFault(error, 'changed') || changes >= mostChanges) throw error;
      wanted = await order.drive.get(item.id, order.signal);
    }
  }
};

const downloadVersion = async (item: Item, path: string, order: DownloadOrder): Promise<void> => {
  const { drive, signal, range: chosen } = order;
  const range = chosen?.(item.size) ?? { start: 0, end: item.size };
  const resume = order.resume && chosen === undefined;
  const file = await LocalFile.open({ path, version: `${item.id} ${item.contentVersion}`, resume });
  try {
    if (file.position > item.size) await file.restart();
    const check = new ContentCheck(item);
    if (item.hash !== undefined) for await (const piece of file.contents()) check.add(piece);
    await patiently(signal, async (patience) => {
      for await (const piece of drive.read(item, { start: range.start + file.position, end: range.end }, signal)) {
        await file.write(piece);
        check.add(piece);
        patience.progress();
        order.onProgress(file.position, range.end - range.start);
      }
    });
    if (chosen === undefined) await checked(check, file);
    signal.throwIfAborted();
  } catch (error) {
    await file.abandon();
    throw error;
  }
  await file.finish();
};

/** Bytes that are wrong are no beginning of anything. */
const checked = async (check: ContentCheck, file: LocalFile): Promise<void> => {
  try {
    check.finish();
  } catch (error) {
    await file.restart();
    throw error;
  }
};
