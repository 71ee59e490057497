// Sends descriptions and comments. They wait for the item that they are about, and go with it.
import type { Entry } from './intent.ts';
import { afterCreation, done, isFault, itemGone, type Parts, type Send } from './sending.ts';

export const sendDescription: Send<'describe'> = async (parts, entry, { signal, enqueue }) => {
  const { intent } = entry;
  const item = parts.tree.get(intent.node)?.item;
  if (item === undefined) {
    afterCreation(parts, entry, enqueue);
    return;
  }
  try {
    const described = await parts.drive.setDescription(item.id, intent.text, signal);
    parts.changes.settle(described.id);
    done(parts, entry, described);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
    itemGone(parts, entry);
  }
};

/** Done, with so many comments more: what the item said before counts until it is looked at again. */
const doneWith = (parts: Parts, entry: Entry, more: number): void => {
  const { store, tree } = parts;
  store.transact(() => {
    const item = tree.get(entry.intent.node)?.item;
    if (item !== undefined) {
      const commentCount = Math.max(0, (item.commentCount ?? 0) + more);
      tree.update(entry.intent.node, { item: { ...item, commentCount } });
    }
    done(parts, entry);
  });
};

type CommentEntry = Parameters<Send<'add-comment'>>[1];

export const sendComment: Send<'add-comment'> = async (parts, entry, { signal, enqueue }) => {
  const { intent } = entry;
  const item = parts.tree.get(intent.node)?.item;
  if (item === undefined) {
    afterCreation(parts, entry, enqueue);
    return;
  }
  try {
    const isRepeat =
      entry.ambiguous === true &&
      (await parts.drive.comments(item.id, signal)).some((comment) => isOurs(comment, entry));
    if (!isRepeat) await parts.drive.addComment(item.id, intent.text, signal);
    doneWith(parts, entry, 1);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
    itemGone(parts, entry);
  }
};

/** Clocks differ, so a comment counts as ours from a while before we sent it. */
const clockSkewMs = 10 * 60_000;

const isOurs = (comment: { readonly text: string; readonly created: number }, entry: CommentEntry): boolean =>
  comment.text === entry.intent.text && comment.created >= entry.since - clockSkewMs;

export const sendCommentRemoval: Send<'remove-comment'> = async (parts, entry, { signal }) => {
  const { intent } = entry;
  const item = parts.tree.get(intent.node)?.item;
  try {
    if (item !== undefined) await parts.drive.removeComment(item.id, intent.commentId, signal);
  } catch (error) {
    if (!isFault(error, 'missing')) throw error;
  }
  doneWith(parts, entry, -1);
};
