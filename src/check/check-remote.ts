// What is known of the folders that were listed, and what the drive says of them now. What waits to be sent is left out: it is
// meant to differ.
import type { Drive, Item } from '../drive/drive.ts';
import { isFault } from '../drive/drive-error.ts';
import { isSameContent } from '../metadata/base-version.ts';
import type { Node, NodeId } from '../metadata/node.ts';
import { nodesOf } from '../queue/intent.ts';
import type { Ground } from './ground.ts';

/** Rejects with a DriveError when the drive does not answer. */
export const checkRemote = async (ground: Ground, drive: Drive, signal: AbortSignal): Promise<void> => {
  const busy = new Set([...ground.journal.all()].flatMap(({ value }) => nodesOf(value.intent)));
  const folders = [...ground.nodes.keys()].filter((id) => isListed(ground.nodes.get(id)));
  for (const id of folders) {
    const items = await itemsIn(drive, ground.nodes.get(id), signal);
    const folder = ground.nodes.get(id);
    if (folder?.item === undefined || busy.has(id)) continue;
    if (items === undefined)
      ground.found(`${ground.path(id)} is not on the drive any more`, () => listAgain(ground, folder.parent));
    else compare(ground, folder, items, busy);
  }
};

const isListed = (node: Node | undefined): boolean =>
  node?.kind === 'folder' && node.listedAt !== undefined && node.item !== undefined;

const itemsIn = async (
  drive: Drive,
  folder: Node | undefined,
  signal: AbortSignal,
): Promise<Map<string, Item> | undefined> => {
  const items = new Map<string, Item>();
  if (folder?.item === undefined) return undefined;
  try {
    for await (const page of drive.children(folder.item.id, signal)) for (const item of page) items.set(item.id, item);
  } catch (error) {
    if (isFault(error, 'missing')) return undefined;
    throw error;
  }
  return items;
};

/** It is asked for when somebody uses it next. */
const listAgain = (ground: Ground, folder: NodeId | undefined): void => {
  const node = folder === undefined ? undefined : ground.nodes.get(folder);
  if (node === undefined) return;
  const { listedAt: _, ...unlisted } = node;
  ground.nodes.put(node.id, unlisted);
};

const compare = (ground: Ground, folder: Node, items: ReadonlyMap<string, Item>, busy: ReadonlySet<NodeId>): void => {
  const mend = (): void => listAgain(ground, folder.id);
  const known = new Set<string>();
  for (const { value } of ground.children.below(folder.id)) {
    const item = ground.nodes.get(value.id)?.item;
    if (item === undefined) continue;
    known.add(item.id);
    if (!busy.has(value.id)) compareOne(ground, value.id, items.get(item.id), mend);
  }
  for (const item of items.values())
    if (!known.has(item.id) && !isOnItsWay(ground, item, busy))
      ground.found(`${item.name} is in ${ground.path(folder.id)} on the drive, and not known here`, mend);
};

const compareOne = (ground: Ground, id: NodeId, now: Item | undefined, mend: () => void): void => {
  const node = ground.nodes.get(id);
  if (node?.item === undefined || Object.keys(node.ahead).length > 0) return;
  if (now === undefined) ground.found(`${ground.path(id)} is not there on the drive any more`, mend);
  else if (differs(node.item, now)) ground.found(`${ground.path(id)} is another version on the drive`, mend);
};

/** It was moved or removed here, and that waits to be sent. */
const isOnItsWay = (ground: Ground, item: Item, busy: ReadonlySet<NodeId>): boolean => {
  const node = ground.ids.get(item.id);
  return node !== undefined && (busy.has(node) || ground.nodes.get(node)?.parent === undefined);
};

const differs = (known: Item, now: Item): boolean => known.kind !== 'folder' && !isSameContent(known, now);
