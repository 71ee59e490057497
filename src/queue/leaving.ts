// What a removal does away with: changes of the node that need not be sent any more, and what is known of those that may have been.
import type { NodeId } from '../metadata/node.ts';
import { type Entry, type Gone, type Intent, isTakingOver, type Remark } from './intent.ts';
import type { Entries } from './saves.ts';
import { done, type Parts } from './sending.ts';
import type { SentMark } from './sent-bytes.ts';

export type Removal = Extract<Intent, { kind: 'remove' }>;

/** Entries of a node that need not be sent once it is removed. Of one that is not on the drive: all, or none. */
export const leavingWith = (
  { journal }: Parts,
  { isRunning, isOpen }: Pick<Entries, 'isRunning' | 'isOpen'>,
  node: NodeId,
  isOnDrive: boolean,
): Entry[] => {
  const entries = journal.of(node);
  // What comes before it is about the item that the node has until then.
  const { seq: save = 0 } = entries.findLast(({ intent }) => isTakingOver(intent)) ?? {};
  // A content that may be there goes with the item. Where the item may be, or whether there is one, has to be found out before.
  const isUncertain = (entry: Entry): boolean =>
    isOnDrive && entry.intent.kind !== 'move' ? isRunning(entry) : isOpen(entry);
  const free = entries.filter((entry) => entry.seq > save && !isUncertain(entry));
  return isOnDrive || free.length === entries.length ? free : [];
};

const isRemark = (intent: Intent): intent is Remark =>
  intent.kind === 'describe' || intent.kind === 'add-comment' || intent.kind === 'remove-comment';

/** A removal knows what was sent of it by those whose place it takes, and what they were to say of it. */
export const withMarks = (removal: Removal, before: readonly Entry[]): Removal => {
  const sent = before.flatMap((entry) => entry.sent ?? []);
  const said = before.map(({ intent }) => intent).filter(isRemark);
  return { ...removal, ...(sent.length === 0 ? {} : { sent }), ...(said.length === 0 ? {} : { said }) };
};

const ofNode = <G extends Gone>(gone: G, node: NodeId, sent: readonly SentMark[]): G =>
  gone.node === node ? { ...gone, sent: [...(gone.sent ?? []), ...sent] } : gone;

/** What is known of the node's bytes, for whoever deals with its item next. */
const handedOn = (entry: Entry, node: NodeId, sent: readonly SentMark[]): Entry => {
  const { intent } = entry;
  if (intent.kind !== 'remove') return { ...entry, sent: [...(entry.sent ?? []), ...sent] };
  const { also } = ofNode(intent, node, sent);
  const inside = also === undefined ? {} : { also: also.map((gone) => ofNode(gone, node, sent)) };
  return { ...entry, intent: { ...ofNode(intent, node, sent), ...inside } };
};

/**
 * A content of a file that was removed, or whose name a save has taken, since this was sent for the first time: nobody would see
 * it any more, and it must not keep others waiting. True if the entry was such a one, which it is the end of.
 */
export const endIfSuperseded = (parts: Parts, entry: Entry): boolean => {
  const { journal, store, tree } = parts;
  const { node, kind } = entry.intent;
  // What was put aside for a save, and lives on as another item, is seen.
  if (tree.get(node)?.parent !== undefined) return false;
  const next = journal.ending(node).find(({ seq }) => seq > entry.seq);
  if (kind !== 'put-content' || isTakingOver(entry.intent) || next === undefined) return false;
  store.transact(() => {
    if (entry.sent !== undefined) handOn(parts, next, entry);
    done(parts, entry);
  });
  return true;
};

/** Who deals with the item that the entry was about: once its node takes over another's, that one has it, and removes it. */
const handOn = ({ journal }: Parts, next: Entry, { seq, intent, sent = [] }: Entry): void => {
  const save = journal.of(intent.node).find((one) => one.seq > seq && isTakingOver(one.intent))?.intent;
  const former = save !== undefined && isTakingOver(save) ? save.replaces.node : undefined;
  const leaving = former === undefined ? undefined : journal.of(former).find((one) => one.intent.kind === 'remove');
  if (former === undefined || leaving === undefined) journal.put(handedOn(next, intent.node, sent));
  else journal.put(handedOn(leaving, former, sent));
};

/** What a removal removes. */
export const goneWith = ({ intent }: Entry): Gone[] => {
  if (intent.kind !== 'remove') return [];
  const { kind: _, also = [], ...gone } = intent;
  return [...also, gone];
};
