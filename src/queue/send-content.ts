// Sends a file's content. What is sent is exactly one state of the staged bytes: a write meanwhile breaks the upload off
// before its last byte, and the entry stays for the new state. New content for an item is sent on condition that the item
// still holds the version that ours is based on.

import { milliseconds } from '../base/timestamp.ts';
import type { ContentFile } from '../content/content-file.ts';
import type { FrozenContent } from '../content/frozen-content.ts';
import { contentOf } from '../drive/content-of.ts';
import type { Item, ItemId, UploadTarget } from '../drive/drive.ts';
import { isSameContent, rebased } from '../metadata/base-version.ts';
import type { Node } from '../metadata/node.ts';
import { giveWay, partWays, takenBy } from './give-way.ts';
import type { Place } from './intent.ts';
import { keepForReaders } from './keep-for-readers.ts';
import { endIfSuperseded } from './leaving.ts';
import { inherit } from './saves.ts';
import {
  baseAfter,
  done,
  folderGone,
  folderItem,
  isFault,
  makeFolderFirst,
  type Parts,
  remoteName,
  type Send,
  type SendContext,
} from './sending.ts';
import { holdsSent, SentBytes, withMark } from './sent-bytes.ts';

const pieceSize = 1 << 20;

/** The content was written to while it was being sent. */
class ContentMoved extends Error {}

type ContentEntry = Parameters<Send<'put-content'>>[1];

export const sendContent: Send<'put-content'> = async (parts, given, context) => {
  const { replaces } = given.intent;
  // Where there may be a new item, that has to be found out first.
  if (parts.tree.get(given.intent.node)?.item !== undefined && endIfSuperseded(parts, given)) return;
  if (replaces !== undefined) await keepForReaders(parts, parts.tree.get(replaces.node), context.signal);
  const entry = inherit(parts, { enter: context.enqueue, replace: context.replace }, given);
  const node = parts.tree.get(entry.intent.node);
  if (node?.content === undefined || parts.contents.record(node.content) === undefined) {
    done(parts, entry);
    return;
  }
  const place = node.item === undefined ? entry.intent.at : undefined;
  if (place !== undefined && folderItem(parts, place.parent) === undefined) {
    makeFolderFirst(parts, entry, place.parent, context.enqueue);
    return;
  }
  const file = parts.contents.open(node.content);
  try {
    await sendFile(parts, entry, { node, file, place }, context);
  } finally {
    parts.contents.close(file);
  }
};

interface Subject {
  readonly node: Node;
  readonly file: ContentFile;
  /** Where the item is to be made; undefined when there is one. */
  readonly place: Place | undefined;
  /** The state that is sent, if the file is written to meanwhile. */
  readonly frozen?: FrozenContent | undefined;
}

const sendFile = async (parts: Parts, entry: ContentEntry, subject: Subject, context: SendContext): Promise<void> => {
  const { file, node } = subject;
  if (!(await bring(parts, entry, subject, context))) return;
  await file.sync();
  // An attempt without an answer may have changed the item: by us, which is no conflict.
  if (node.item !== undefined && entry.sent !== undefined && (await hasMovedOn(parts, entry, subject, context))) return;
  const { generation } = file;
  // Where others may write past us, nothing can be put aside before.
  const frozen = entry.brokenOff === true && !file.isHandedOut ? file.freeze() : undefined;
  try {
    note(parts, entry, subject, generation, await upload(parts, entry, { ...subject, frozen }, context));
  } catch (error) {
    // Whatever the drive made of the broken request: the bytes are others by now.
    if (frozen === undefined && file.generation !== generation) noteBrokenOff(parts, entry);
    else await mend(parts, entry, subject, context, error);
  } finally {
    frozen?.release();
  }
};

/** All of it to this disk. False: what it was to be a copy of is gone from the drive before any of it came, and so is the copy. */
const bring = async (
  parts: Parts,
  entry: ContentEntry,
  { file, node }: Subject,
  { signal }: SendContext,
): Promise<boolean> => {
  try {
    await file.ensure(0, file.size, signal);
    return true;
  } catch (error) {
    if (!isFault(error, 'missing') || !file.isYetToCome || node.item !== undefined) throw error;
  }
  const { store, tree, contents, changes, log } = parts;
  log.warn(`${node.name} is not stored: what it was to be a copy of has been removed from the drive`);
  store.transact(() => {
    tree.update(node.id, { content: undefined });
    contents.retire(file.id);
    done(parts, entry);
    changes.lose(node.id);
  });
  return false;
};

/** A file that is written all the time would never be sent. */
const noteBrokenOff = ({ journal }: Parts, { seq }: ContentEntry): void => {
  const current = journal.get(seq);
  if (current !== undefined) journal.put({ ...current, brokenOff: true });
};

const targetOf = (parts: Parts, { node, place }: Subject): UploadTarget => {
  const { item, base = item } = parts.tree.get(node.id) ?? node;
  if (item !== undefined && base !== undefined) return { itemId: item.id, ifVersion: base.version };
  const at = place ?? { parent: node.parent ?? node.id, name: node.name };
  return { parentId: folderItem(parts, at.parent) as ItemId, name: remoteName(node, at.name) };
};

const upload = (parts: Parts, entry: ContentEntry, subject: Subject, context: SendContext): Promise<Item> => {
  const { file, node, frozen } = subject;
  const { size, generation, fingerprint } = file;
  const { journal } = parts;
  const resumed = entry.session?.generation === fingerprint ? { session: entry.session.state } : {};
  const change = (changes: (now: ContentEntry) => Partial<ContentEntry>): void => {
    const now = journal.get(entry.seq) as ContentEntry | undefined;
    if (now !== undefined) journal.put({ ...now, ...changes(now) });
  };
  const leaving = (sent: SentBytes): void => change((now) => ({ sent: withMark(now.sent, sent.mark()) }));
  return parts.drive.upload(
    {
      target: targetOf(parts, subject),
      size,
      modified: milliseconds((parts.tree.get(node.id) ?? node).mtime),
      body: (offset) => pieces(file, { offset, size, generation, leaving, frozen }, context.signal),
      ...resumed,
      onSession: async (state) => change(() => ({ session: { state, generation: fingerprint } })),
      onProgress: (bytes) => context.progress(bytes, size),
    },
    context.signal,
  );
};

interface Sending {
  readonly offset: number;
  readonly size: number;
  readonly generation: number;
  readonly frozen: FrozenContent | undefined;
  /** All bytes but the last piece have left; with that one, the drive may have the file, whatever we hear of it. */
  readonly leaving: (sent: SentBytes) => void;
}

async function* pieces(file: ContentFile, state: Sending, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const { offset, size } = state;
  const sent = new SentBytes();
  await sent.startWith(range(file, { ...state, offset: 0, size: offset }, signal));
  if (offset >= size) state.leaving(sent);
  let at = offset;
  for await (const piece of range(file, state, signal)) {
    sent.add(piece);
    at += piece.length;
    if (at >= size) state.leaving(sent);
    yield piece;
  }
}

async function* range(
  file: ContentFile,
  { offset, size, generation, frozen }: Omit<Sending, 'leaving'>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for (let at = offset; at < size; at += pieceSize) {
    const length = Math.min(pieceSize, size - at);
    const piece = frozen === undefined ? await file.read(at, length, signal) : frozen.read(at, length);
    // Checked behind the read and before the bytes leave: the drive never gets a mixture.
    const isOther = frozen === undefined && file.generation !== generation;
    if (piece === undefined || isOther) throw new ContentMoved(`content ${file.id} was written to while it was sent`);
    yield piece;
  }
}

/** The drive has the bytes of `generation` (none: -1). If there are newer ones, the entry stays for them. */
const note = (parts: Parts, entry: ContentEntry, subject: Subject, generation: number, item: Item): void => {
  const { store, tree, contents, journal, changes } = parts;
  const { file, node } = subject;
  changes.settle(item.id);
  store.transact(() => {
    if (file.generation !== generation) {
      tree.update(node.id, { item, base: baseAfter(parts, entry, item) });
      const since = parts.clock.now();
      journal.put({ seq: entry.seq, since, attempts: 0, intent: { kind: 'put-content', node: node.id } });
      return;
    }
    if (item.size === file.size) {
      store.ifUndone(file.confirm(item));
      contents.save(file);
    } else changes.replaceContent(node.id, item);
    done(parts, entry, item);
  });
};

const mend = async (
  parts: Parts,
  entry: ContentEntry,
  subject: Subject,
  context: SendContext,
  error: unknown,
): Promise<void> => {
  const { node, place } = subject;
  if (isFault(error, 'missing') && node.item !== undefined) {
    makeAgain(parts, entry, node);
  } else if (isFault(error, 'missing') && place !== undefined) {
    folderGone(parts, entry, place.parent, context.enqueue);
  } else if (isFault(error, 'exists') && place !== undefined) {
    await nameTaken(parts, entry, { ...subject, place }, context);
  } else if (isFault(error, 'changed') && node.item !== undefined) {
    // Else only what does not count has changed: the entry stays, and is sent on the newer version.
    if (!(await hasMovedOn(parts, entry, subject, context)) && entry.attempts >= maxRefusals) throw error;
  } else throw error;
};

/** How often a content may be refused although the drive holds the very version that it is based on. */
const maxRefusals = 5;

/** Looks whether the item holds another content than ours is based on, and if it does, deals with the entry. */
const hasMovedOn = async (
  parts: Parts,
  entry: ContentEntry,
  subject: Subject,
  context: SendContext,
): Promise<boolean> => {
  const { tree, store, drive, journal } = parts;
  const { file, node } = subject;
  const { item, base = item } = tree.get(node.id) ?? node;
  if (item === undefined || base === undefined) return false;
  const now = await whatIs(parts, entry, node, context.signal);
  if (now === undefined) return true;
  const isNews = !isSameContent(base, now);
  const generation = file.generation;
  if ((isNews || mayHideOurs(parts, entry)) && (await holdsSame(parts, file, now, context.signal))) {
    note(parts, entry, subject, generation, now);
  } else if (!isNews || (await holdsSent(drive, now, entry.sent ?? [], context.signal))) {
    store.transact(() => {
      tree.update(node.id, { item: now, base: rebased(base, now, { content: true, place: false }) });
      const current = journal.get(entry.seq);
      if (current !== undefined) journal.put({ ...current, attempts: entry.attempts + 1 });
    });
    return false;
  } else partWays(parts, entry, tree.get(node.id) ?? node, now, context);
  return true;
};

/** Where versions are times of whole seconds, what we sent ourselves a moment ago may look like what was there before. */
const mayHideOurs = ({ drive }: Parts, { sent }: ContentEntry): boolean =>
  !drive.features.conditionalWrites && sent !== undefined && sent.length > 0;

/** The node's item as it is on the drive. Undefined if it is gone, which has been dealt with then. */
const whatIs = async (
  parts: Parts,
  entry: ContentEntry,
  node: Node,
  signal: AbortSignal,
): Promise<Item | undefined> => {
  try {
    return await parts.drive.get((node.item as Item).id, signal);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
    makeAgain(parts, entry, node);
    return undefined;
  }
};

/** The item was removed by somebody else; the content survives as a new one. */
const makeAgain = (parts: Parts, entry: ContentEntry, node: Node): void => {
  const at = node.parent === undefined ? undefined : { parent: node.parent, name: node.name };
  parts.store.transact(() => {
    if (at === undefined) {
      done(parts, entry);
      return;
    }
    parts.tree.update(node.id, { item: undefined, base: undefined });
    parts.changes.missing(node);
    const { session: _, ...afresh } = entry;
    parts.journal.put({ ...afresh, intent: { kind: 'put-content', node: node.id, at } });
  });
};

/** Whether the item holds what the file holds now. */
const holdsSame = async (parts: Parts, file: ContentFile, item: Item, signal: AbortSignal): Promise<boolean> => {
  if (item.kind !== 'file' || item.size !== file.size) return false;
  const generation = file.generation;
  let offset = 0;
  for await (const piece of contentOf(parts.drive, item, signal)) {
    const ours = await file.read(offset, piece.length, signal);
    if (file.generation !== generation || Buffer.compare(ours, piece) !== 0) return false;
    offset += piece.length;
  }
  return file.generation === generation;
};

/** The name is taken. Equal contents are no conflict, and neither is what we sent ourselves when the answer was lost. */
const nameTaken = async (
  parts: Parts,
  entry: ContentEntry,
  subject: Subject & { readonly place: Place },
  context: SendContext,
): Promise<void> => {
  const { node, file, place } = subject;
  const wanted = { folder: folderItem(parts, place.parent), name: remoteName(node, place.name) };
  const holder = await takenBy(parts, entry, wanted, context);
  const item = holder === undefined || parts.tree.byItem(holder.id) !== undefined ? undefined : holder;
  if (item !== undefined && (await holdsSame(parts, file, item, context.signal))) {
    note(parts, entry, subject, file.generation, item);
  } else if (item !== undefined && (await holdsSent(parts.drive, item, entry.sent ?? [], context.signal))) {
    // An earlier state of the file is there; the entry stays for the present one.
    note(parts, entry, subject, -1, item);
  } else giveWay(parts, entry, place, (at) => ({ kind: 'put-content', node: node.id, at }), context.enqueue);
};
