// Nodes, children, ids and orphans agree with each other: every node is found by the name it has, and by the item it stands for.
import { foldName } from '../metadata/names.ts';
import { type Node, type NodeId, rootNode } from '../metadata/node.ts';
import type { Ground } from './ground.ts';

export const checkTree = async (ground: Ground, signal: AbortSignal): Promise<void> => {
  const ids = [...ground.nodes.keys()];
  const reached = new Set<NodeId>([rootNode]);
  await ground.each(ids, (id) => checkNode(ground, id, reached), signal);
  await ground.each([...ground.children.keys()], (key) => checkChild(ground, key), signal);
  await ground.each([...ground.ids.keys()], (item) => checkId(ground, item), signal);
  await ground.each([...ground.orphans.keys()], (id) => checkOrphan(ground, id), signal);
  const left = [...ground.nodes.keys()];
  await ground.each(left, (id) => checkFolder(ground, id), signal);
  checkCounts(ground, left);
};

const checkNode = (ground: Ground, id: NodeId, reached: Set<NodeId>): void => {
  const node = ground.nodes.get(id);
  if (node === undefined) return;
  if (node.id !== id) {
    ground.found(`the record of node ${id} says that it is node ${node.id}`, () =>
      ground.nodes.put(id, { ...node, id }),
    );
    return;
  }
  if (id === rootNode) return;
  if (node.parent === undefined) checkNameless(ground, node);
  else if (!leadsToTop(ground, node, reached)) checkLost(ground, node);
  else checkNamed(ground, node);
  if (node.item !== undefined) checkItem(ground, node);
};

const checkNameless = (ground: Ground, { id, name }: Node): void => {
  if (ground.orphans.get(id) === undefined)
    ground.found(`${name} (node ${id}) has no folder, and is not listed among those that have none`, () =>
      ground.orphans.put(id, true),
    );
};

/** Whether the folders above lead to the root, or to one that was removed. */
const leadsToTop = (ground: Ground, node: Node, reached: Set<NodeId>): boolean => {
  const way: NodeId[] = [];
  for (let at = node; ; ) {
    way.push(at.id);
    if (at.parent === undefined || reached.has(at.parent)) break;
    const above = ground.nodes.get(at.parent);
    if (above === undefined || above.kind !== 'folder' || way.includes(above.id)) return false;
    at = above;
  }
  for (const id of way) reached.add(id);
  return true;
};

/** What is only here goes where it can be found; the rest the drive tells again. */
const checkLost = (ground: Ground, node: Node): void => {
  const isOnlyHere = node.item === undefined || Object.keys(node.ahead).length > 0 || node.kind === 'folder';
  ground.found(`${node.name} (node ${node.id}) is in a folder that does not exist, or in itself`, () => {
    const { parent, name } = node;
    if (parent !== undefined && ground.children.get([parent, foldName(name)])?.id === node.id)
      ground.children.remove([parent, foldName(name)]);
    if (isOnlyHere) ground.moveToRoot(node, foldName);
    else forget(ground, node);
  });
};

const forget = (ground: Ground, { id, item }: Node): void => {
  if (item !== undefined && ground.ids.get(item.id) === id) ground.ids.remove(item.id);
  ground.orphans.remove(id);
  ground.nodes.remove(id);
};

const checkNamed = (ground: Ground, node: Node): void => {
  const { id, name, kind, parent } = node;
  if (parent === undefined) return;
  if (ground.orphans.get(id) !== undefined)
    ground.found(`${ground.path(id)} is listed among those without a folder`, () => ground.orphans.remove(id));
  const row = ground.children.get([parent, foldName(name)]);
  if (row?.id === id && row.name === name && row.kind === kind) return;
  const isTaken = row !== undefined && row.id !== id && ground.nodes.get(row.id)?.parent === parent;
  ground.found(`${ground.path(id)} is not found in its folder`, () => {
    if (isTaken) ground.moveToRoot(node, foldName);
    else ground.children.put([parent, foldName(name)], { id, name, kind });
  });
};

const checkItem = (ground: Ground, node: Node): void => {
  const { id, item } = node;
  if (item === undefined) return;
  const holder = ground.ids.get(item.id);
  if (holder === id) return;
  const other = holder === undefined ? undefined : ground.nodes.get(holder);
  if (other?.item?.id !== item.id) {
    ground.found(`${ground.path(id)} is not found by its id on the drive`, () => ground.ids.put(item.id, id));
    return;
  }
  ground.found(`${ground.path(id)} and ${ground.path(other.id)} stand for one item of the drive`, () => {
    const { item: _, base: _base, ...without } = node;
    if (Object.keys(node.ahead).length > 0 || node.kind === 'folder') ground.nodes.put(id, without);
    else {
      if (node.parent !== undefined) ground.children.remove([node.parent, foldName(node.name)]);
      ground.orphans.remove(id);
      ground.nodes.remove(id);
    }
  });
};

const checkChild = (ground: Ground, key: [NodeId, string]): void => {
  const [parent, folded] = key;
  const row = ground.children.get(key);
  if (row === undefined) return;
  const node = ground.nodes.get(row.id);
  if (node?.parent === parent && foldName(node.name) === folded) return;
  ground.found(`${ground.path(parent)} lists ${row.name}, which is not there`, () => ground.children.remove(key));
};

const checkId = (ground: Ground, item: string): void => {
  const id = ground.ids.get(item);
  if (id === undefined || ground.nodes.get(id)?.item?.id === item) return;
  ground.found(`item ${item} of the drive leads to node ${id}, which is another`, () => ground.ids.remove(item));
};

const checkOrphan = (ground: Ground, id: NodeId): void => {
  if (ground.nodes.get(id) === undefined)
    ground.found(`node ${id} is listed among those without a folder, and does not exist`, () =>
      ground.orphans.remove(id),
    );
};

const checkFolder = (ground: Ground, id: NodeId): void => {
  const node = ground.nodes.get(id);
  if (node?.kind !== 'folder') return;
  let subfolders = 0;
  for (const { value } of ground.children.below(id)) if (value.kind === 'folder') subfolders += 1;
  if (subfolders !== node.subfolders)
    ground.found(`${ground.path(id)} has ${subfolders} folders, and counts ${node.subfolders}`, () =>
      ground.nodes.put(id, { ...node, subfolders }),
    );
};

const checkCounts = (ground: Ground, ids: readonly NodeId[]): void => {
  const count = ground.about.get('nodes') ?? 0;
  if (count !== ids.length)
    ground.found(`there are ${ids.length} files and folders, and ${count} are counted`, () =>
      ground.about.put('nodes', ids.length),
    );
  const highest = ids.reduce((most, id) => Math.max(most, id), 1);
  if (highest > (ground.about.get('last-node') ?? 1))
    ground.found(`node ${highest} has a number that would be given again`, () =>
      ground.about.put('last-node', highest),
    );
};
