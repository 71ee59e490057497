// Sends a file's content. What is sent is exactly one state of the staged bytes: a write meanwhile breaks the upload off
// before its last byte, and the entry stays for the new state.

import { milliseconds } from '../base/timestamp.ts';
import type { ContentFile } from '../content/content-file.ts';
import type { Item, ItemId, UploadTarget } from '../drive/drive.ts';
import { DriveError } from '../drive/drive-error.ts';
import type { Node } from '../metadata/node.ts';
import type { Place } from './intent.ts';
import {
  aheadOf,
  done,
  folderGone,
  folderItem,
  giveWay,
  holderOf,
  isFault,
  makeFolderFirst,
  type Parts,
  remoteName,
  type Send,
  type SendContext,
} from './sending.ts';
import { holdsSent, SentBytes, type SentMark } from './sent-bytes.ts';

const pieceSize = 1 << 20;

/** The content was written to while it was being sent. */
class ContentMoved extends Error {}

type ContentEntry = Parameters<Send<'put-content'>>[1];

export const sendContent: Send<'put-content'> = async (parts, entry, context) => {
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
}

const sendFile = async (parts: Parts, entry: ContentEntry, subject: Subject, context: SendContext): Promise<void> => {
  const { file } = subject;
  await file.ensure(0, file.size, context.signal);
  await file.sync();
  const { generation, size } = file;
  const sent = new SentBytes();
  try {
    note(parts, entry, subject, generation, await upload(parts, entry, { ...subject, sent }, context));
  } catch (error) {
    if (subject.place !== undefined && error instanceof DriveError && error.ambiguous)
      noteSent(parts, entry, sent.mark(size));
    // Whatever the drive made of the broken request: the bytes are others by now.
    if (file.generation !== generation) return;
    await mend(parts, entry, subject, context, error);
  }
};

const noteSent = ({ journal }: Parts, { seq }: ContentEntry, sent: SentMark | undefined): void => {
  const current = journal.get(seq);
  if (current !== undefined && sent !== undefined) journal.put({ ...current, sent });
};

const targetOf = (parts: Parts, { node, place }: Subject): UploadTarget => {
  if (node.item !== undefined) return { itemId: node.item.id };
  const at = place ?? { parent: node.parent ?? node.id, name: node.name };
  return { parentId: folderItem(parts, at.parent) as ItemId, name: remoteName(node, at.name) };
};

const upload = (
  parts: Parts,
  entry: ContentEntry,
  subject: Subject & { readonly sent: SentBytes },
  context: SendContext,
): Promise<Item> => {
  const { file, node, sent } = subject;
  const { size, generation, fingerprint } = file;
  const resumed = entry.session?.generation === fingerprint ? { session: entry.session.state } : {};
  return parts.drive.upload(
    {
      target: targetOf(parts, subject),
      size,
      modified: milliseconds((parts.tree.get(node.id) ?? node).mtime),
      body: (offset) => pieces(file, { offset, size, generation, sent }, context.signal),
      ...resumed,
      onSession: async (state) => {
        const current = parts.journal.get(entry.seq);
        if (current !== undefined) parts.journal.put({ ...current, session: { state, generation: fingerprint } });
      },
      onProgress: (bytes) => context.progress(bytes, size),
    },
    context.signal,
  );
};

async function* pieces(
  file: ContentFile,
  state: {
    readonly offset: number;
    readonly size: number;
    readonly generation: number;
    readonly sent: SentBytes;
  },
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  state.sent.startAt(state.offset);
  for (let at = state.offset; at < state.size; at += pieceSize) {
    const piece = await file.read(at, Math.min(pieceSize, state.size - at), signal);
    // Checked behind the read and before the bytes leave: the drive never gets a mixture.
    if (file.generation !== state.generation)
      throw new ContentMoved(`content ${file.id} was written to while it was sent`);
    state.sent.add(piece);
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
      tree.update(node.id, { item });
      journal.put({ seq: entry.seq, since: entry.since, attempts: 0, intent: { kind: 'put-content', node: node.id } });
      return;
    }
    done(parts, entry, item);
    if (item.size === file.size) {
      store.ifUndone(file.confirm(item));
      contents.save(file);
    } else changes.replaceContent(node.id, item);
    tree.update(node.id, { ahead: aheadOf(parts, node.id, entry) });
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
  } else throw error;
};

/** The item was removed by somebody else; the content survives as a new one. */
const makeAgain = (parts: Parts, entry: ContentEntry, node: Node): void => {
  const at = node.parent === undefined ? undefined : { parent: node.parent, name: node.name };
  parts.store.transact(() => {
    if (at === undefined) {
      done(parts, entry);
      return;
    }
    parts.tree.update(node.id, { item: undefined });
    const { session: _, ...afresh } = entry;
    parts.journal.put({ ...afresh, intent: { kind: 'put-content', node: node.id, at } });
  });
};

/** The item that has the name we want, if it is not one that the tree knows. */
const strangerAt = async (parts: Parts, node: Node, place: Place, signal: AbortSignal): Promise<Item | undefined> => {
  const folder = folderItem(parts, place.parent);
  const holder = folder && (await holderOf(parts, folder, remoteName(node, place.name), signal));
  return holder === undefined || parts.tree.byItem(holder.id) !== undefined ? undefined : holder;
};

/** Whether the item holds what the file holds now. */
const holdsSame = async (parts: Parts, file: ContentFile, item: Item, signal: AbortSignal): Promise<boolean> => {
  if (item.kind !== 'file' || item.size !== file.size) return false;
  const generation = file.generation;
  let offset = 0;
  for await (const piece of item.size === 0 ? [] : parts.drive.read(item, { start: 0, end: item.size }, signal)) {
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
  const item = await strangerAt(parts, node, place, context.signal);
  if (item !== undefined && (await holdsSame(parts, file, item, context.signal))) {
    note(parts, entry, subject, file.generation, item);
  } else if (item !== undefined && entry.sent && (await holdsSent(parts.drive, item, entry.sent, context.signal))) {
    // An earlier state of the file is there; the entry stays for the present one.
    note(parts, entry, subject, -1, item);
  } else giveWay(parts, entry, place, (at) => ({ kind: 'put-content', node: node.id, at }), context.enqueue);
};
