// Takes up what a run left that ended without notice: unsent bytes that the journal does not know of yet, and nodes without a name.
import type { ContentId, ContentRecord } from '../content/content-record.ts';
import type { Node, NodeId } from '../metadata/node.ts';
import type { FsParts } from './parts.ts';

/** For the start, before anything is in use. `settled`: nobody knows the node any more. */
export const recover = (parts: FsParts, settled: (node: NodeId) => void): void => {
  const { contents, tree } = parts;
  for (const [id, record] of [...contents.dirty()]) {
    const node = tree.get(record.node as NodeId);
    if (node?.content !== id) contents.setAside(id);
    else if (node.parent !== undefined) takeUp(parts, { ...node, parent: node.parent, content: id }, record);
  }
  for (const orphan of tree.orphans()) settled(orphan);
};

interface Written extends Node {
  readonly parent: NodeId;
  readonly content: ContentId;
}

const takeUp = (parts: FsParts, node: Written, record: ContentRecord): void => {
  const { contents, tree, journal, store, log, clock } = parts;
  const entry = journal.of(node.id).find(({ intent }) => intent.kind === 'put-content');
  const at = node.item === undefined ? { at: { parent: node.parent, name: node.name } } : {};
  store.transact(() => {
    const ahead = { ...node.ahead, content: true as const };
    tree.update(node.id, { size: record.size, ahead, base: node.base ?? node.item });
    const kept = entry ?? journal.add({ kind: 'put-content', node: node.id, ...at }, clock.now());
    if (!contents.isSuspect(record)) return;
    log.error(`${tree.path(node.id)} was being written when the power failed: it is not sent until you say so`);
    journal.put({ ...kept, parked: 'written when the power failed: parts may be missing' });
  });
};
