// What becomes of a node when its content meets something: the first byte that the drive does not have, another version on the
// drive than the one wanted, bytes that are not those of the drive.
import { timestamp, timestampNow } from '../base/timestamp.ts';
import type { ContentFile } from '../content/content-file.ts';
import { DriveError } from '../drive/drive-error.ts';
import type { NodeId } from '../metadata/node.ts';
import type { FsParts } from './parts.ts';

/** In the transaction that notes it. */
export const becameDirty = ({ tree }: FsParts, id: NodeId): void => {
  const node = tree.get(id);
  if (node === undefined) return;
  tree.update(id, { ahead: { ...node.ahead, content: true }, base: node.base ?? node.item });
};

/** Reading met another version than the one it wanted: looks what the drive has now. True if `file` follows that. */
export const versionGone = async (parts: FsParts, file: ContentFile): Promise<boolean> => {
  const { changes, tree, drive, store, contents, clock } = parts;
  const wanted = file.item;
  if (wanted === undefined) return false;
  const asked = changes.asking();
  const item = await drive.get(wanted.id);
  // Another reader was faster.
  if (file.item !== wanted) return true;
  // What is to become a copy of the item is another node's.
  const node = tree.get(file.node as NodeId);
  const isNewer = item.contentVersion !== wanted.contentVersion || item.size !== wanted.size;
  if (node?.content === file.id && isNewer && file.moveOn(item)) {
    store.transact(() => {
      const own = node.item?.id === item.id ? { item } : {};
      const times = { mtime: timestamp(item.modified), ctime: timestampNow(clock.now()) };
      tree.update(node.id, { ...own, size: item.size, ...times });
      contents.save(file);
    });
    parts.kernel().invalidateNode(node.id);
    return true;
  }
  changes.applyItem(item, asked);
  if (isNewer) return false;
  // It has the version that was wanted, and gives out something else in its place: a page of a proxy, say.
  throw new DriveError('broken', `${item.name}: the service answers with other bytes than those of the file`);
};

/** Whoever opens the node next gets its content anew. */
export const damaged = ({ store, tree, contents, kernel }: FsParts, file: ContentFile): void => {
  const id = file.node as NodeId;
  if (tree.get(id)?.content !== file.id) return;
  store.transact(() => {
    tree.update(id, { content: undefined, holeBytes: undefined });
    contents.retire(file.id);
  });
  kernel().invalidateNode(id);
};
