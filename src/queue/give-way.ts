// Conflicts: both contents are kept. What the drive has keeps its name, its id and all that hangs on that; ours goes on
// beside it under a name that says so.
import type { Item, ItemId } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';
import { withInfix } from '../metadata/names.ts';
import type { Node, NodeId } from '../metadata/node.ts';
import { pathAt } from './entry-path.ts';
import { type Entry, type Intent, isTakingOver, type Place } from './intent.ts';
import { aheadOf, done, type Enqueue, holderOf, type Parts, type SendContext } from './sending.ts';

const conflictMark = / \(conflict [^()]* \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\)( \d+)?/g;

/** `name (conflict HOST 2026-11-23 14.05.07).ext`, local time; a further one of that second has a number behind it. */
const conflictName = (name: string, hostName: string, now: Date, number: number): string => {
  const two = (part: number): string => String(part).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`;
  const infix = ` (conflict ${hostName} ${date} ${time})${number === 1 ? '' : ` ${number}`}`;
  return withInfix(name.replace(conflictMark, ''), infix);
};

const freeConflictName = ({ tree, hostName, clock }: Parts, { parent, name }: Place): string => {
  const now = new Date(clock.now());
  for (let number = 1; ; number += 1) {
    const free = conflictName(name, hostName, now, number);
    if (tree.childAnyCase(parent, free) === undefined) return free;
  }
};

/** In a transaction: the copy gets its name, and is listed. */
const setBeside = (parts: Parts, node: NodeId, place: Place, item: Item | undefined): string => {
  const { tree, store, conflicts, clock, changes } = parts;
  const name = freeConflictName(parts, place);
  const path = pathAt(tree, place);
  const before = tree.get(node);
  tree.place(node, place.parent, name);
  if (before !== undefined) changes.left(before);
  // Where even the name of a copy is taken, the next one stands beside the same as before.
  const earlier = item === undefined ? conflicts.of(node) : undefined;
  const theirs = item === undefined ? {} : { item: item.id };
  conflicts.add(earlier ?? { node, folder: place.parent, path, at: clock.now(), ...theirs });
  store.afterCommit(() => parts.renamed(place.parent, place.name, name));
  return name;
};

/** The content is to go into another item all the same. */
const takesOverLater = ({ journal }: Parts, { seq, intent }: Entry): boolean =>
  journal.of(intent.node).some((other) => other.seq > seq && isTakingOver(other.intent));

/** How often the drive may say that a name is taken which nothing in the folder has, before that is believed. */
const maxUnseen = 6;

/**
 * What has the name that the drive refused as taken. Undefined if nothing that can be seen has it although it was refused again and
 * again; until then it is tried again: an answer may be late, or wrong.
 */
export const takenBy = async (
  parts: Parts,
  entry: Entry,
  at: { readonly folder: ItemId | undefined; readonly name: string },
  context: SendContext,
): Promise<Item | undefined> => {
  const { folder, name } = at;
  const holder = folder === undefined ? undefined : await holderOf(parts, folder, name, context.signal);
  if (holder === undefined && entry.attempts < maxUnseen)
    throw new DriveError('busy', `the drive says that ${name} is taken, and has nothing of that name`);
  return holder;
};

/** Somebody else has taken the name on the drive: theirs keeps it, ours goes on beside it under another. */
export const giveWay = (
  parts: Parts,
  entry: Entry,
  place: Place,
  again: (at: Place) => Intent,
  enqueue: Enqueue,
): void => {
  const { tree, store, journal } = parts;
  const node = tree.get(entry.intent.node);
  const isStillThere = node?.parent === place.parent && node.name === place.name;
  const isOnItsWay = !isStillThere && (entry.intent.kind === 'move' || takesOverLater(parts, entry));
  if (node?.parent === undefined || isOnItsWay) {
    // A later entry takes it elsewhere, or is its removal, which must not come before it is made under yet another name.
    done(parts, entry);
    return;
  }
  store.transact(() => {
    const name = isStillThere ? setBeside(parts, node.id, place, undefined) : freeConflictName(parts, place);
    journal.remove(entry);
    enqueue(again({ parent: place.parent, name }));
    parts.log.warn(`${pathAt(parts.tree, place)} exists on the drive already: ours is kept as ${name}`);
  });
  parts.renew(place.parent);
};

/** In a transaction: the item, and what hangs on it, is another node's from now on. */
const arrive = ({ changes, tree, itemPassed }: Parts, ours: NodeId, theirs: Item): void => {
  changes.arrived(theirs);
  const other = tree.byItem(theirs.id);
  if (other !== undefined) itemPassed(ours, other.id);
};

/**
 * Somebody else gave the item another content than the one that ours is based on: theirs stays in the item, and ours becomes
 * a new item beside it. What was to be done to the item's name is left undone: it was meant for both.
 */
export const partWays = (parts: Parts, entry: Entry, node: Node, theirs: Item, context: SendContext): void => {
  const { tree, store, journal } = parts;
  const { parent } = node;
  if (parent === undefined) {
    // Ours was removed since, and what becomes of theirs is up to that removal.
    done(parts, entry);
    return;
  }
  if (takesOverLater(parts, entry)) {
    store.transact(() => {
      tree.update(node.id, { item: undefined, base: undefined });
      done(parts, entry);
      arrive(parts, node.id, theirs);
    });
    return;
  }
  const place = { parent, name: node.name };
  store.transact(() => {
    for (const other of journal.of(node.id)) if (other.intent.kind === 'move') context.drop(other);
    tree.update(node.id, { item: undefined, base: undefined });
    const name = setBeside(parts, node.id, place, theirs);
    journal.remove(entry);
    context.enqueue({ kind: 'put-content', node: node.id, at: { parent, name } });
    tree.update(node.id, { ahead: { ...aheadOf(parts, node.id), content: true } });
    arrive(parts, node.id, theirs);
    parts.log.warn(`${pathAt(parts.tree, place)} was changed on the drive meanwhile: ours is kept as ${name}`);
  });
};
