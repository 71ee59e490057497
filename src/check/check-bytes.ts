// The bytes of contents that are only cached, and those that the drive has of them: their hash against the one that it told, where it
// tells one, and, if they differ, the bytes themselves. All of them are read for that, a piece at a time.
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../base/errors.ts';
import { Ranges } from '../base/ranges.ts';
import type { ContentId, ContentRecord } from '../content/content-record.ts';
import { ContentCheck } from '../drive/content-check.ts';
import type { Drive, Item } from '../drive/drive.ts';
import { isFault } from '../drive/drive-error.ts';
import type { Node, NodeId } from '../metadata/node.ts';
import { drop, rescue } from './check-contents.ts';
import type { Ground } from './ground.ts';

const pieceSize = 1 << 20;

interface Cached {
  readonly record: ContentRecord;
  readonly node: Node;
  /** Its bytes are here as a whole. */
  readonly item: Item;
}

export interface Comparing {
  readonly drive: Drive;
  /** Contents whose bytes have been found to be those of the drive; they are left out, and added to. */
  readonly sound: Set<ContentId>;
}

/** Rejects with a DriveError if bytes are others than told, and the drive does not answer. */
export const checkBytes = async (ground: Ground, { drive, sound }: Comparing, signal: AbortSignal): Promise<void> => {
  for (const id of [...ground.contents.keys()]) {
    const cached = sound.has(id) ? undefined : cachedAs(ground, id);
    if (cached === undefined) continue;
    const trouble = await troubleOf(ground.contentPath(id), { drive, item: cached.item }, signal);
    if (trouble === undefined) sound.add(id);
    else if (isStill(cached, cachedAs(ground, id))) tell(ground, id, cached, trouble);
  }
};

/** Undefined if it cannot be compared: it is unsent, not here as a whole, or in use; or the drive tells no hash. */
const cachedAs = (ground: Ground, id: ContentId): Cached | undefined => {
  const record = ground.contents.get(id);
  if (record === undefined || record.dirty || ground.isInUse(id)) return undefined;
  const node = ground.nodes.get(record.node as NodeId);
  const item = record.base?.item;
  if (node?.content !== id || item?.size !== record.size || !new ContentCheck(item).isPossible) return undefined;
  return Ranges.from(record.present).covers(0, record.size) ? { record, node, item } : undefined;
};

/** A mount that runs may have changed it, or given it up. */
const isStill = (before: Cached, now: Cached | undefined): boolean =>
  now?.item.contentVersion === before.item.contentVersion && now.item.hash === before.item.hash;

type Trouble = 'other bytes' | { readonly unreadable: string };

interface Original {
  readonly drive: Drive;
  readonly item: Item;
}

const troubleOf = async (path: string, original: Original, signal: AbortSignal): Promise<Trouble | undefined> => {
  try {
    await using file = await open(path, 'r');
    if (await isAsTold(file, original.item, signal)) return undefined;
  } catch (error) {
    signal.throwIfAborted();
    // What is not there at all is found with the records.
    const { code = '' } = error as NodeJS.ErrnoException;
    return ['ENOENT', 'ENOTDIR'].includes(code) ? undefined : { unreadable: messageOf(error) };
  }
  await using file = await open(path, 'r');
  return (await isAsDelivered(file, original, signal)) ? undefined : 'other bytes';
};

const isAsTold = async (file: FileHandle, item: Item, signal: AbortSignal): Promise<boolean> => {
  const check = new ContentCheck(item);
  for (let at = 0; at < item.size; at += pieceSize) {
    signal.throwIfAborted();
    check.add(await pieceOf(file, at, Math.min(pieceSize, item.size - at)));
  }
  return check.passes();
};

/** Hashes are wrong, too, for a while or for good: what the drive delivers counts. True if it has not got that version any more. */
const isAsDelivered = async (file: FileHandle, { drive, item }: Original, signal: AbortSignal): Promise<boolean> => {
  let at = 0;
  try {
    for await (const bytes of drive.read(item, { start: 0, end: item.size }, signal)) {
      if (Buffer.compare(bytes, await pieceOf(file, at, bytes.length)) !== 0) return false;
      at += bytes.length;
    }
    return true;
  } catch (error) {
    if (isFault(error, 'changed') || isFault(error, 'missing')) return true;
    throw error;
  }
};

/** The file may end before a hole does. */
const pieceOf = async (file: FileHandle, at: number, length: number): Promise<Uint8Array> => {
  const piece = new Uint8Array(length);
  await file.read(piece, 0, length, at);
  return piece;
};

/** Bytes that the drive does not have are kept: they may be somebody's after all. */
const tell = (ground: Ground, id: ContentId, { record, node }: Cached, trouble: Trouble): void => {
  const path = ground.contentPath(id);
  const name = ground.path(node.id);
  if (trouble === 'other bytes')
    ground.found(`${path} has other bytes than the drive has of ${name}`, () => {
      rescue(ground, path, `other bytes than the drive has of ${name}`);
      drop(ground, id, record);
    });
  else ground.found(`${path}, of ${name}, cannot be read: ${trouble.unreadable}`, () => drop(ground, id, record));
};
