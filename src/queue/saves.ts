// Programs save by writing another file and giving it the name of the old one, or by putting the old one aside first. For the drive
// both are new contents of the item that has the name: its id, links, comments and versions live on.
import type { Item } from '../drive/drive.ts';
import { foldName, toRemoteName } from '../metadata/names.ts';
import type { NodeId } from '../metadata/node.ts';
import { isBackupName } from './backup-names.ts';
import {
  type Claim,
  type Entry,
  type Intent,
  isTakingOver,
  mayBeDone,
  nameClaim,
  type Place,
  placeClaims,
  type TakingOver,
} from './intent.ts';
import type { Journal } from './journal.ts';
import { aheadOf, folderItem, type Parts, type Send, type SendContext } from './sending.ts';

/** What the queue does with its entries, in the running transaction. */
export interface Entries {
  /** Being sent now. */
  isRunning(entry: Entry): boolean;
  /** Being sent now, or it may have been: what the drive made of it is not known. */
  isOpen(entry: Entry): boolean;
  /** A later entry has to wait for these claims of the entry. */
  isAwaited(entry: Entry, claims: readonly Claim[]): boolean;
  enter(intent: Intent, delayMs?: number): Entry;
  replace(entry: Entry): void;
  drop(entry: Entry): void;
}

export interface Save {
  /** The node that has the name from now on. */
  readonly heir: NodeId;
  /** The node that had it, and with it the item. */
  readonly former: NodeId;
  /** The name. */
  readonly at: Place;
}

const isSamePlace = (one: Place, other: Place): boolean =>
  one.parent === other.parent && foldName(one.name) === foldName(other.name);

/** In the transaction that takes the name from `former`, and before it is given to `heir`. */
export const saveOver = (parts: Parts, entries: Entries, save: Save): void => {
  const { journal, tree } = parts;
  const { heir, at } = save;
  const removal = removalFrom(parts, entries, at);
  if (removal?.intent.node === save.former) takeBack(entries, removal);
  const left = giveUpSave(parts, entries, heir) ?? placeOnDrive(parts, entries, heir);
  dropPlacing(parts, entries, heir);
  const former = firstFormer(parts, entries, save.former);
  const isOnDrive = tree.get(former)?.item !== undefined;
  const pendingMoves = journal.of(former).filter(isMove);
  const isToStay = staysAt(entries, pendingMoves, at);
  const superseded = journal
    .of(former)
    .filter((one) => (isMove(one) ? isToStay : isSuperseded(one) && !isBusy(entries, one, isOnDrive)));
  const sent = superseded.flatMap((one) => one.sent ?? []);
  for (const one of superseded) entries.drop(one);
  makeDirty(parts, heir);
  const pending = [...journal.of(heir), ...journal.of(former)];
  const isQuiet = isOnDrive && !pending.some((one) => entries.isOpen(one) || isTakingOver(one.intent));
  // Names and descriptions are those of the item.
  if (isQuiet) for (const one of journal.of(former)) entries.replace(withNode(one, heir));
  const intent = { kind: 'put-content', node: heir, at, replaces: { node: former, left } } as const;
  const entry = { ...entries.enter(intent), intent, ...(sent.length === 0 ? {} : { sent }) };
  if (sent.length > 0) journal.put(entry);
  if (isQuiet) inherit(parts, entries, entry);
  // What comes of the new content under its first name goes before anybody else may have that name.
  else if (left !== undefined) entries.enter({ kind: 'remove', node: former, from: left });
};

/** It does not happen: what was to be said of the item before is to be said. */
const takeBack = (entries: Entries, removal: RemovalEntry): void => {
  entries.drop(removal);
  for (const remark of removal.intent.said ?? []) entries.enter(remark);
};

/**
 * Of the file that had the name until a moment ago: the removal of its item from there, as long as it may as well not happen. There
 * are programs that remove the document before they give its name to what they have written (zip, 7z, many in Java).
 */
export const removalFrom = (
  parts: Parts,
  entries: Pick<Entries, 'isOpen' | 'isAwaited'>,
  at: Place,
): RemovalEntry | undefined => {
  const { journal, tree } = parts;
  const removal = journal.removalsFrom(at).findLast(isRemoval);
  if (removal === undefined || removal.parked !== undefined || entries.isOpen(removal)) return undefined;
  const { node: former, from, also, sent } = removal.intent;
  const { item, base = item, kind, parent } = tree.get(former) ?? {};
  const isFile = kind === 'file' && item?.kind === 'file' && parent === undefined && also === undefined;
  // The removal alone knows of bytes of ours that may have got there unheard, and who else moves is not sure while answers are missing.
  const isKnown = sent === undefined && journal.all().every(({ ambiguous }) => ambiguous !== true);
  // Somebody else may have given the item another place since. And what a save leaves behind has the item that it takes over until then.
  const [name, parentId] = [toRemoteName(at.name, false), folderItem(parts, at.parent)];
  const isAt = (one: Item | undefined): boolean => one?.name === name && one.parentId === parentId;
  const isThere = isAt(item) && isAt(base) && from.name === at.name && !journal.isReplaced(former);
  const isQuiet = journal.of(former).every((one) => one.seq === removal.seq || isSuperseded(one));
  return isFile && isKnown && isThere && isQuiet && !entries.isAwaited(removal, [nameClaim(at)]) ? removal : undefined;
};

/** What came of the new content under other names does not matter any more, and nobody has to wait for it. */
const dropPlacing = ({ journal }: Parts, entries: Pick<Entries, 'isOpen' | 'drop'>, heir: NodeId): void => {
  for (const entry of journal.of(heir))
    if (['put-content', 'move'].includes(entry.intent.kind) && !entries.isOpen(entry)) entries.drop(entry);
};

/** In a transaction: what was to happen with the item that the node was to leave. It may be to go with a folder. */
const dropLeaving = (parts: Parts, entries: Entries, former: NodeId): void => {
  for (const entry of parts.journal.of(former)) {
    const { intent } = entry;
    if (intent.kind !== 'remove' || entries.isRunning(entry)) continue;
    const { also = [] } = intent;
    if (intent.node === former) entries.drop(entry);
    else entries.replace({ ...entry, intent: { ...intent, also: also.filter(({ node }) => node !== former) } });
  }
};

const withNode = (entry: Entry, node: NodeId): Entry => ({ ...entry, intent: { ...entry.intent, node } as Intent });

const isBusy = (entries: Entries, entry: Entry, isOnDrive: boolean): boolean =>
  isOnDrive ? entries.isRunning(entry) : entries.isOpen(entry);

/** Its content is replaced. */
const isSuperseded = ({ intent }: Entry): boolean => intent.kind === 'put-content' && !isTakingOver(intent);

/** The item is where its new content belongs, and need not leave. */
const staysAt = (entries: Entries, moves: readonly Entry[], at: Place): boolean => {
  const [first] = moves;
  const isThere = first?.intent.kind === 'move' && isSamePlace(first.intent.from, at);
  return isThere && !moves.some((move) => entries.isOpen(move));
};

/** If the node was itself to take over an item, and has not done so, that is what counts; its own may go. */
const firstFormer = (parts: Parts, entries: Entries, node: NodeId): NodeId => {
  const save = revocableSave(parts, entries, node);
  if (save === undefined) return node;
  // What is being made of it now has to be dealt with first.
  if (parts.journal.of(node).some((entry) => entries.isOpen(entry))) return node;
  const { replaces } = save.intent;
  const own = ownOf(parts, node);
  dropLeaving(parts, entries, replaces.node);
  for (const entry of parts.journal.of(node)) {
    const { kind } = entry.intent;
    if (kind === 'put-content' || kind === 'move') entries.drop(entry);
    // What is said of the document stays with it.
    else if (kind !== 'remove') entries.replace(withNode(entry, replaces.node));
  }
  if (own !== undefined) leave(parts, entries, { id: node, own, from: replaces.left });
  return replaces.node;
};

/**
 * In a transaction: the node will not take over an item after all, which goes in its place. Returns where the node's own item is,
 * if it was to take over one.
 */
export const giveUpSave = (parts: Parts, entries: Entries, node: NodeId): Place | undefined => {
  const save = revocableSave(parts, entries, node);
  if (save === undefined) return undefined;
  const { replaces, at } = save.intent;
  for (const entry of parts.journal.of(node))
    if (entry === save || (isMove(entry) && entry.seq > save.seq)) entries.drop(entry);
  dropLeaving(parts, entries, replaces.node);
  entries.enter({ kind: 'remove', node: replaces.node, from: at });
  return replaces.left;
};

/** Others wait for a name that the save, and what is to be removed after it, give up: it has to happen before them. */
const isAwaited = ({ journal }: Parts, entries: Entries, save: SaveEntry): boolean => {
  const { at, replaces } = save.intent;
  const leaving = journal.of(replaces.node).find(({ intent }) => intent.kind === 'remove');
  if (entries.isAwaited(save, [nameClaim(at)])) return true;
  return leaving !== undefined && replaces.left !== undefined && entries.isAwaited(leaving, [nameClaim(replaces.left)]);
};

/** All of its content is on this disk. */
const isHere = ({ tree, contents }: Parts, id: NodeId): boolean => {
  const { content, size = 0 } = tree.get(id) ?? {};
  if (content === undefined || contents.record(content) === undefined) return size === 0;
  const file = contents.open(content);
  try {
    return file.isComplete;
  } finally {
    contents.close(file);
  }
};

/**
 * False if its content is not here, and others may yet change it on the drive, or if others wait for a place that the node leaves,
 * or takes over, before: that has to stay where it is in the order of changes.
 */
export const canSaveOver = (parts: Parts, entries: Entries, heir: NodeId): boolean =>
  isHere(parts, heir) &&
  !parts.journal.of(heir).some((entry) => {
    const { intent } = entry;
    if (intent.kind === 'move') return entries.isAwaited(entry, placeClaims(intent.from));
    return isSaveEntry(entry) && isAwaited(parts, entries, entry);
  });

type SaveEntry = Entry & { readonly intent: TakingOver };
type RemovalEntry = Entry & { readonly intent: Extract<Intent, { kind: 'remove' }> };

const isRemoval = (entry: Entry): entry is RemovalEntry => entry.intent.kind === 'remove';

const isSaveEntry = (entry: Entry): entry is SaveEntry => isTakingOver(entry.intent);

/** The save that the node waits for, if it can still be taken back. */
const revocableSave = (parts: Parts, entries: Entries, node: NodeId): SaveEntry | undefined => {
  const save = parts.journal.of(node).find(isSaveEntry);
  return save === undefined || entries.isOpen(save) || isAwaited(parts, entries, save) ? undefined : save;
};

/** Where the node's item is on the drive once its moves that may have been sent are done, or is to be made. */
const placeOnDrive = ({ journal, tree }: Parts, { isOpen }: Pick<Entries, 'isOpen'>, id: NodeId): Place | undefined => {
  const moves = journal.of(id).filter(isMove);
  const open = moves.findLast(isOpen)?.intent;
  if (open?.kind === 'move') return open.to;
  const first = moves[0]?.intent;
  if (first?.kind === 'move') return first.from;
  const node = tree.get(id);
  return node?.parent === undefined ? undefined : { parent: node.parent, name: node.name };
};

/** All of the content is to be sent, whether or not the drive has it as another item. */
const makeDirty = ({ tree, contents }: Parts, id: NodeId): void => {
  const node = tree.get(id);
  if (node === undefined) return;
  const known = node.content === undefined ? undefined : contents.record(node.content);
  const content = known === undefined ? contents.create(id, node.item) : (node.content as number);
  if (known === undefined) tree.update(id, { content });
  const file = contents.open(content);
  try {
    file.markDirty();
  } finally {
    contents.close(file);
  }
};

type Inheriting = Entry & { readonly intent: Extract<Intent, { kind: 'put-content' }> };

/** The item of the node that had the name becomes that of the node that has it; the other way round, what the heir has goes. */
export const inherit = (parts: Parts, entries: Pick<Entries, 'enter' | 'replace'>, entry: Inheriting): Inheriting => {
  const { tree, store } = parts;
  const { replaces, node: heir } = entry.intent;
  const former = replaces === undefined ? undefined : tree.get(replaces.node);
  if (replaces === undefined || former?.item === undefined || entry.intent.at === undefined) return entry;
  return store.transact(() => {
    const own = ownOf(parts, heir);
    const reading = parts.journal.reading(heir);
    pass(parts, entries, former.id, heir);
    readFrom(entries, reading, former.id);
    const { at: _, ...intent } = entry.intent;
    const inheriting = { ...entry, intent };
    entries.replace(inheriting);
    tree.update(heir, { ahead: aheadOf(parts, heir) });
    const isLeaving = parts.journal.of(former.id).some((one) => one.intent.kind === 'remove');
    if (own !== undefined && isLeaving) tree.update(former.id, { ...own, ahead: { place: true, content: true } });
    else if (own !== undefined) leave(parts, entries, { id: former.id, own, from: replaces.left });
    return inheriting;
  });
};

const pass = (parts: Parts, entries: Pick<Entries, 'replace'>, from: NodeId, to: NodeId): void => {
  const former = ownOf(parts, from);
  if (former === undefined) return;
  parts.tree.update(from, { item: undefined, base: undefined });
  parts.tree.update(to, { ...former });
  readFrom(entries, parts.journal.reading(from), to);
  parts.itemPassed(from, to);
};

/** The item that these read from is another node's by now. */
const readFrom = (entries: Pick<Entries, 'replace'>, reading: readonly Entry[], source: NodeId): void => {
  for (const entry of reading) entries.replace({ ...entry, intent: { ...entry.intent, source } as Intent });
};

interface Own {
  readonly item: Item;
  /** What of it was seen here: what others made of it since must not go with it. */
  readonly base: Item;
}

const ownOf = ({ tree }: Parts, id: NodeId): Own | undefined => {
  const { item, base = item } = tree.get(id) ?? {};
  return item === undefined || base === undefined ? undefined : { item, base };
};

/** The item under which the new content was on the drive for a while is not needed any more. */
const leave = (
  { tree }: Parts,
  entries: Pick<Entries, 'enter'>,
  { id, own, from }: { readonly id: NodeId; readonly own: Own; readonly from: Place | undefined },
): void => {
  const { item } = own;
  tree.update(id, { ...own, ahead: { place: true, content: true } });
  const parent = from?.parent ?? (item.parentId === undefined ? undefined : tree.byItem(item.parentId)?.id);
  if (parent !== undefined) entries.enter({ kind: 'remove', node: id, from: from ?? { parent, name: item.name } });
};

/**
 * The node whose item still has this name on the drive, and has been given another name here a moment ago. Not while it is being
 * sent: then the move, which comes after that, finds the heir (see `keepItem`).
 */
export const putAside = (
  { journal }: Parts,
  entries: Pick<Entries, 'isOpen' | 'isRunning'>,
  at: Place,
): NodeId | undefined => {
  // With its letters in another case it is another name here, and that of the item would stay as it is.
  const isFrom = ({ intent }: Entry): boolean => intent.kind === 'move' && intent.from.name === at.name;
  const moves = journal.movesFrom(at).filter((entry) => isFrom(entry) && !entries.isOpen(entry));
  const first = moves.find(({ seq, intent }) => firstMove(journal, intent.node)?.seq === seq);
  if (first === undefined || journal.of(first.intent.node).some((entry) => entries.isRunning(entry))) return undefined;
  return first.intent.node;
};

const isMove = ({ intent }: Entry): boolean => intent.kind === 'move';

/** What takes the node's item from where it is on the drive. One that is to take over another's item has none there yet. */
const firstMove = (journal: Journal, node: NodeId): Entry | undefined => {
  const entries = journal.of(node);
  return entries.some(({ intent }) => isTakingOver(intent)) ? undefined : entries.find(isMove);
};

/** A new file that waits to be made under the name that the node's item still has on the drive. */
export const heirOf = (parts: Parts, entries: Pick<Entries, 'isOpen'>, id: NodeId): Save | undefined => {
  const { journal } = parts;
  const move = firstMove(journal, id);
  const isUnderWay = journal.of(id).some((entry) => isMove(entry) && entries.isOpen(entry));
  if (move?.intent.kind !== 'move' || isUnderWay) return undefined;
  const at = move.intent.from;
  const making = journal.making(at).find(({ intent }) => intent.kind === 'put-content' && intent.at?.name === at.name);
  if (making === undefined || entries.isOpen(making)) return undefined;
  return { heir: making.intent.node, former: id, at };
};

/** Kinds of changes that may as well be made to the item that a new file takes over. */
const passing: ReadonlySet<Intent['kind']> = new Set(['put-content', 'describe', 'add-comment']);

/** All of the new file is here, nothing of it can be on the drive, and it is only to be made there. */
export const canSaveBeside = (parts: Parts, entries: Pick<Entries, 'isOpen'>, heir: NodeId): boolean =>
  parts.tree.get(heir)?.item === undefined &&
  isHere(parts, heir) &&
  parts.journal
    .of(heir)
    .every((entry) => passing.has(entry.intent.kind) && !isTakingOver(entry.intent) && !entries.isOpen(entry));

/**
 * In a transaction: `heir`, a new file, takes over the item of `former`, which was put aside and keeps its content: that becomes a
 * new item, before the old one gets new content.
 */
export const saveBeside = (
  parts: Parts,
  entries: Pick<Entries, 'isOpen' | 'drop' | 'replace' | 'enter'>,
  { heir, former }: Save,
  delayMs: number,
): void => {
  const { journal, tree } = parts;
  const node = tree.get(former);
  if (node?.parent === undefined) return;
  dropPlacing(parts, entries, heir);
  // What the item may hold although no answer came: that is no change of somebody else's.
  const sent = journal.of(former).flatMap((one) => one.sent ?? []);
  for (const one of journal.of(former)) {
    const { intent } = one;
    if (intent.kind === 'move' || intent.kind === 'put-content') entries.drop(one);
    else if (intent.kind !== 'remove') entries.replace(withNode(one, heir));
  }
  makeDirty(parts, former);
  pass(parts, entries, former, heir);
  tree.update(former, { ahead: { content: true } });
  // What is not here yet is read from the item: nothing may happen to that before.
  const source = isHere(parts, former) ? {} : { source: heir };
  entries.enter({ kind: 'put-content', node: former, at: { parent: node.parent, name: node.name }, ...source });
  const entry = entries.enter(
    { kind: 'put-content', node: heir, replaces: { node: former, left: undefined } },
    delayMs,
  );
  if (sent.length > 0) journal.put({ ...entry, sent });
};

/**
 * Before the move is sent that gives the document the name of a backup: if a new file waits for the document's name, that takes over
 * the item, and nothing moves. True in that case.
 */
export const keepItem = (
  parts: Parts,
  move: Parameters<Send<'move'>>[1],
  { drop, replace, enqueue }: SendContext,
): boolean => {
  const { journal, tree, store } = parts;
  const { node: former, from } = move.intent;
  const isOpen = (entry: Entry): boolean => entry.seq !== move.seq && mayBeDone(entry);
  const save = mayBeDone(move) ? undefined : heirOf(parts, { isOpen }, former);
  const { parent, name = '', kind, item } = tree.get(former) ?? {};
  const isBackup = parent === from.parent && isBackupName(name, from.name);
  if (save === undefined || !isBackup || !canSaveBeside(parts, { isOpen }, save.heir)) return false;
  const areFiles = kind === 'file' && item?.kind === 'file' && tree.get(save.heir)?.kind === 'file';
  if (!areFiles) return false;
  const dropped = (entry: Entry): void => (entry.seq === move.seq ? journal.remove(entry) : drop(entry));
  store.transact(() => saveBeside(parts, { isOpen, drop: dropped, replace, enter: enqueue }, save, 0));
  return true;
};
