// One breach of each kind, on the folder that check.test.ts makes: how it is planted, and what is said of it.
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import type { Ground } from '../../src/check/ground.ts';
import type { Node, NodeId } from '../../src/metadata/node.ts';

export interface Breach {
  readonly title: string;
  plant(ground: Ground): void;
  /** Every finding. */
  readonly says: RegExp;
  /** What is only a cached copy, and may go. */
  readonly forgotten?: readonly string[];
  /** What is elsewhere afterwards. */
  readonly moved?: Readonly<Record<string, string>>;
}

export const named = ({ nodes }: Ground, name: string): Node => {
  const found = [...nodes.all()].find(({ value }) => value.name === name);
  assert.ok(found, name);
  return found.value;
};

export const contentOf = (ground: Ground, name: string): number => named(ground, name).content as number;

const root = 1 as NodeId;
const key = (parent: NodeId | undefined, name: string): [NodeId, string] => [parent as NodeId, name];

const inTree: readonly Breach[] = [
  {
    title: 'a node that its folder does not list',
    plant: (ground) => ground.children.remove(key(named(ground, 'new').parent, 'new')),
    says: /^\/folder\/new is not found in its folder$/,
  },
  {
    title: 'a name that leads to no node',
    plant: (ground) => ground.children.put(key(root, 'ghost'), { id: 999 as NodeId, name: 'ghost', kind: 'file' }),
    says: /^\/ lists ghost, which is not there$/,
  },
  {
    title: 'a node in a folder that does not exist',
    plant: (ground) => {
      const node = named(ground, 'inside');
      ground.children.remove(key(node.parent, 'inside'));
      ground.nodes.put(node.id, { ...node, parent: 998 as NodeId });
    },
    says: /^inside \(node \d+\) is in a folder that does not exist/,
    moved: { 'made/inside': 'inside' },
  },
  {
    title: 'two folders in each other',
    plant: (ground) => {
      const [outer, inner] = [named(ground, 'folder'), named(ground, 'deep')];
      ground.children.remove(key(root, 'folder'));
      ground.nodes.put(outer.id, { ...outer, parent: inner.id });
      ground.children.put(key(inner.id, 'folder'), { id: outer.id, name: 'folder', kind: 'folder' });
    },
    says: /is in a folder that does not exist, or in itself$|has \d folders, and counts \d$/,
  },
  {
    title: 'a nameless node that is not listed as such',
    plant: (ground) => {
      const node = named(ground, 'a');
      ground.children.remove(key(node.parent, 'a'));
      ground.nodes.put(node.id, { ...node, parent: undefined });
    },
    says: /^a \(node \d+\) has no folder, and is not listed/,
    forgotten: ['folder/a'],
  },
  {
    title: 'a node with a folder among those without one',
    plant: (ground) => ground.orphans.put(named(ground, 'a').id, true),
    says: /^\/folder\/a is listed among those without a folder$/,
  },
  {
    title: 'a nameless node that does not exist',
    plant: (ground) => ground.orphans.put(994 as NodeId, true),
    says: /^node 994 is listed among those without a folder, and does not exist$/,
  },
  {
    title: 'an item that leads to no node',
    plant: (ground) => ground.ids.put('item-of-nobody', 997 as NodeId),
    says: /^item item-of-nobody of the drive leads to node 997, which is another$/,
  },
  {
    title: 'a node that is not found by its item',
    plant: (ground) => ground.ids.remove(named(ground, 'a').item?.id ?? ''),
    says: /^\/folder\/a is not found by its id on the drive$/,
  },
  {
    title: 'two nodes of one item',
    plant: (ground) => {
      const node = named(ground, 'new');
      const { item } = named(ground, 'a');
      ground.nodes.put(node.id, { ...node, ...(item === undefined ? {} : { item }) });
    },
    says: /^\/folder\/new and \/folder\/a stand for one item of the drive$/,
  },
  {
    title: 'a folder that counts its folders wrongly',
    plant: (ground) => ground.nodes.put(root, { ...(ground.nodes.get(root) as Node), subfolders: 7 }),
    says: /^\/ has 2 folders, and counts 7$/,
  },
  {
    title: 'a wrong number of nodes, and numbers that would be given again',
    plant: (ground) => {
      ground.about.put('nodes', 99);
      for (const name of ['last-node', 'last-content', 'last-entry']) ground.about.put(name, 1);
    },
    says: /a number that would be given again$|are counted$/,
  },
];

const inQueue: readonly Breach[] = [
  {
    title: 'a change of nothing',
    plant: (ground) => {
      const intent = { kind: 'describe', node: 996 as NodeId, text: '' } as const;
      ground.journal.put(77, { seq: 77, since: 0, attempts: 0, intent });
    },
    says: /^change 77 .*about node 996, which does not exist$|^change 77 has a number/,
  },
  {
    title: 'a file that nothing would send',
    plant: (ground) => {
      for (const { key: seq, value } of [...ground.journal.all()])
        if (value.intent.node === named(ground, 'new').id) ground.journal.remove(seq);
    },
    says: /^\/folder\/new is not on the drive, and nothing waits to make it$/,
  },
  {
    title: 'a folder that nothing would make',
    plant: (ground) => {
      for (const { key: seq, value } of [...ground.journal.all()])
        if (value.intent.kind === 'create-folder') ground.journal.remove(seq);
    },
    says: /^\/made is not on the drive, and nothing waits to make it$/,
  },
  {
    title: 'flags of what waits that nothing stands behind',
    plant: (ground) => {
      const node = named(ground, 'a');
      ground.nodes.put(node.id, { ...node, ahead: { content: true, place: true, description: true } });
    },
    says: /^\/folder\/a is said to have a (content|place|description) that waits to be sent, and none does$/,
  },
  {
    title: 'unsent content that does not say so',
    plant: (ground) => {
      const node = named(ground, 'new');
      ground.nodes.put(node.id, { ...node, ahead: {} });
    },
    says: /^\/folder\/new has content that waits to be sent, and does not say so$/,
  },
  {
    title: 'attributes and conflicts of nobody',
    plant: (ground) => {
      ground.xattrs.put([995 as NodeId, 'user.x'], new Uint8Array(1));
      ground.conflicts.put(995 as NodeId, { node: 995 as NodeId, path: '/x', at: 0 });
    },
    says: /of node 995, which does not exist$/,
  },
];

const inContents: readonly Breach[] = [
  {
    title: 'a record that was lost, of bytes that are there',
    plant: (ground) => ground.contents.remove(contentOf(ground, 'new')),
    says: /^nothing is noted of the bytes of \/folder\/new, which are not on the drive$/,
  },
  {
    title: 'a cached file that is shorter than noted',
    plant: (ground) => truncateSync(ground.contentPath(contentOf(ground, 'a')), 2),
    says: /has 2 bytes of 10 of \/folder\/a$/,
  },
  {
    title: 'ranges that make no sense',
    plant: (ground) => {
      const id = contentOf(ground, 'a');
      const record = ground.contents.get(id);
      if (record !== undefined) ground.contents.put(id, { ...record, present: [[5, 3]] });
    },
    says: /^what is here of \/folder\/a is noted in a way that makes no sense$/,
  },
  {
    title: 'a size that is shown wrongly',
    plant: (ground) => ground.nodes.put(named(ground, 'new').id, { ...named(ground, 'new'), size: 3 }),
    says: /^\/folder\/new has 9 bytes, and is shown with 3$/,
  },
];

export const breaches: readonly Breach[] = [...inTree, ...inQueue, ...inContents];
