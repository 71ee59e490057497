// The bytes of contents that are only cached, and those that the drive has of them: their hash against the one that it told, where it
// tells one. All of them are read for that, a piece at a time.
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../base/errors.ts';
import { Ranges } from '../base/ranges.ts';
import type { ContentId, ContentRecord } from '../content/content-record.ts';
import { ContentCheck } from '../drive/content-check.ts';
import type { Item } from '../drive/drive.ts';
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

/** `sound`: contents whose bytes have been found to be those; they are left out, and added to. */
export const checkBytes = async (ground: Ground, sound: Set<ContentId>, signal: AbortSignal): Promise<void> => {
  for (const id of [...ground.contents.keys()]) {
    const cached = sound.has(id) ? undefined : cachedAs(ground, id);
    if (cached === undefined) continue;
    const trouble = await troubleOf(ground.contentPath(id), cached.item, signal);
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

const troubleOf = async (path: string, item: Item, signal: AbortSignal): Promise<Trouble | undefined> => {
  try {
    await using file = await open(path, 'r');
    return (await isAsTold(file, item, signal)) ? undefined : 'other bytes';
  } catch (error) {
    signal.throwIfAborted();
    return { unreadable: messageOf(error) };
  }
};

const isAsTold = async (file: FileHandle, item: Item, signal: AbortSignal): Promise<boolean> => {
  const check = new ContentCheck(item);
  const piece = new Uint8Array(Math.min(pieceSize, item.size));
  for (let at = 0; at < item.size; at += piece.length) {
    signal.throwIfAborted();
    const length = Math.min(piece.length, item.size - at);
    const { bytesRead } = await file.read(piece, 0, length, at);
    // The file may end before a hole does.
    check.add(piece.fill(0, bytesRead).subarray(0, length));
  }
  return check.passes();
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
