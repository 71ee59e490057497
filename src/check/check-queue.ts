// The journal and the tree agree: every entry is about something that exists, everything that is ahead of the drive has an entry
// that will bring it there, and nothing says that it is ahead that is not.
import { type Ahead, type Node, type NodeId, rootNode } from '../metadata/node.ts';
import { type Entry, type Intent, nodesOf } from '../queue/intent.ts';
import type { Ground } from './ground.ts';

/** What waits to be sent of a node; `replaced`: its item passes, or has passed, to another node, which is not sent yet. */
type Kind = Intent['kind'] | 'making' | 'replaced';
type Kinds = ReadonlySet<Kind>;

export const checkQueue = async (ground: Ground, signal: AbortSignal): Promise<void> => {
  const entries = [...ground.journal.all()];
  await ground.each(entries, ({ key, value }) => checkEntry(ground, key, value), signal);
  const kinds = kindsByNode([...ground.journal.all()].map(({ value }) => value));
  const ids = [...ground.nodes.keys()];
  await ground.each(ids, (id) => checkNode(ground, id, kinds.get(id) ?? new Set()), signal);
  for (const key of [...ground.conflicts.keys()])
    if (ground.nodes.get(key) === undefined)
      ground.found(`a conflict is listed of node ${key}, which does not exist`, () => ground.conflicts.remove(key));
  await ground.each([...ground.xattrs.keys()], (key) => checkAttribute(ground, key), signal);
};

const checkAttribute = (ground: Ground, key: [NodeId, string]): void => {
  if (ground.nodes.get(key[0]) === undefined)
    ground.found(`the attribute ${key[1]} is of node ${key[0]}, which does not exist`, () => ground.xattrs.remove(key));
};

const checkEntry = (ground: Ground, seq: number, entry: Entry): void => {
  const { intent } = entry;
  if (entry.seq !== seq)
    ground.found(`change ${seq} says that it is change ${entry.seq}`, () => ground.journal.put(seq, { ...entry, seq }));
  if (ground.nodes.get(intent.node) === undefined)
    ground.found(`change ${seq} (${intent.kind}) is about node ${intent.node}, which does not exist`, () =>
      ground.journal.remove(seq),
    );
  if (seq > (ground.about.get('last-entry') ?? 0))
    ground.found(`change ${seq} has a number that would be given again`, () => ground.about.put('last-entry', seq));
};

const kindsByNode = (entries: readonly Entry[]): ReadonlyMap<NodeId, Kinds> => {
  const found = new Map<NodeId, Set<Kind>>();
  const note = (node: NodeId, kind: Kind): void => void found.set(node, (found.get(node) ?? new Set()).add(kind));
  for (const { intent } of entries) {
    for (const node of nodesOf(intent)) note(node, intent.kind);
    if ('at' in intent && intent.at !== undefined) note(intent.node, 'making');
    if (intent.kind === 'put-content' && intent.replaces !== undefined) note(intent.replaces.node, 'replaced');
  }
  return found;
};

const checkNode = (ground: Ground, id: NodeId, kinds: Kinds): void => {
  const node = ground.nodes.get(id);
  if (node === undefined || id === rootNode) return;
  const record = node.content === undefined ? undefined : ground.contents.get(node.content);
  const isDirty = record?.dirty ?? false;
  checkAhead(ground, node, kinds, isDirty);
  if (node.parent === undefined || ground.isInUse(node.content)) return;
  if (node.item === undefined && !kinds.has('making')) checkUnmade(ground, node, record !== undefined);
  else if (isDirty && !kinds.has('put-content'))
    ground.found(`the content of ${ground.path(id)} is not on the drive, and nothing waits to send it`, () =>
      enqueue(ground, { kind: 'put-content', node: id }),
    );
};

const flags: readonly { readonly aspect: keyof Ahead; readonly kinds: readonly Kind[] }[] = [
  { aspect: 'place', kinds: ['move', 'remove', 'replaced', 'making'] },
  { aspect: 'description', kinds: ['describe'] },
  { aspect: 'content', kinds: ['put-content', 'remove', 'replaced'] },
];

const checkAhead = (ground: Ground, node: Node, kinds: Kinds, isDirty: boolean): void => {
  for (const { aspect, kinds: reasons } of flags) {
    const isReason = reasons.some((kind) => kinds.has(kind)) || (aspect === 'content' && isDirty);
    if (node.ahead[aspect] === true && !isReason)
      ground.found(`${ground.path(node.id)} is said to have a ${aspect} that waits to be sent, and none does`, () => {
        const { [aspect]: _, ...ahead } = (ground.nodes.get(node.id) ?? node).ahead;
        ground.nodes.put(node.id, { ...(ground.nodes.get(node.id) ?? node), ahead });
      });
  }
  const isContent = kinds.has('put-content') || isDirty;
  if (isContent && node.ahead.content !== true && node.parent !== undefined)
    ground.found(`${ground.path(node.id)} has content that waits to be sent, and does not say so`, () => {
      const current = ground.nodes.get(node.id) ?? node;
      ground.nodes.put(node.id, { ...current, ahead: { ...current.ahead, content: true } });
    });
};

/** It is not on the drive, and no entry makes it. */
const checkUnmade = (ground: Ground, node: Node, hasContent: boolean): void => {
  const { id, kind, parent, name } = node;
  if (parent === undefined) return;
  const text = `${ground.path(id)} is not on the drive, and nothing waits to make it`;
  const at = { parent, name };
  if (kind === 'folder') ground.found(text, () => enqueue(ground, { kind: 'create-folder', node: id, at }));
  else if (hasContent) ground.found(text, () => enqueue(ground, { kind: 'put-content', node: id, at }));
  // Without a record, what there is of its bytes is looked for with the contents.
};

/** In a transaction. */
export const enqueue = (ground: Ground, intent: Intent): void => {
  const seq = (ground.about.get('last-entry') ?? 0) + 1;
  ground.about.put('last-entry', seq);
  ground.journal.put(seq, { seq, intent, since: ground.now, attempts: 0 });
  const node = ground.nodes.get(intent.node);
  if (node !== undefined && intent.kind === 'put-content')
    ground.nodes.put(node.id, { ...node, ahead: { ...node.ahead, content: true } });
};
