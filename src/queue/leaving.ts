// What a removal does away with: changes of the node that need not be sent any more, and what is known of those that may have been.
import type { NodeId } from '../metadata/node.ts';
import type { Entry, Gone, Intent } from './intent.ts';
import { type Entries, isTakingOver } from './saves.ts';
import type { Parts } from './sending.ts';

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

/** A removal knows what was sent of it by those whose place it takes. */
export const withMarks = (removal: Removal, before: readonly Entry[]): Removal => {
  const sent = before.flatMap((entry) => entry.sent ?? []);
  return sent.length === 0 ? removal : { ...removal, sent };
};

/** What a removal removes. */
export const goneWith = ({ intent }: Entry): Gone[] => {
  if (intent.kind !== 'remove') return [];
  const { kind: _, also = [], ...gone } = intent;
  return [...also, gone];
};
