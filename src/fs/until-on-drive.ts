// Waiting until the drive has what a program saved, for `durability: remote`: with the true reason when it cannot, and never
// longer than nothing moves.
import { FsError } from '../base/errors.ts';
import { linkedSignal } from '../base/linked-signal.ts';
import { DriveError } from '../drive/drive-error.ts';
import type { NodeId } from '../metadata/node.ts';
import type { Entry } from '../queue/intent.ts';
import type { Pending } from '../queue/upload-queue.ts';
import type { FsParts } from './parts.ts';

/** How often it is looked whether something moves, milliseconds. */
const lookMs = 500;

/** Whether the entry is one of a name in this folder. */
const isIn = ({ intent }: Entry, folder: NodeId): boolean =>
  [
    'at' in intent ? intent.at : undefined,
    'from' in intent ? intent.from : undefined,
    'to' in intent ? intent.to : undefined,
  ].some((place) => place?.parent === folder);

/** What is left, and how far each has come at best: an attempt that begins anew is no progress. */
const stateOf = (pending: readonly Pending[], best: Map<number, number>): string =>
  pending
    .map(({ entry: { seq }, progress }) => {
      best.set(seq, Math.max(best.get(seq) ?? 0, progress?.sent ?? 0));
      return `${seq}:${best.get(seq)}`;
    })
    .join(' ');

const reasonOf = (entry: Entry): unknown => {
  const message = `not on the drive: ${entry.parked}`;
  return entry.fault === undefined ? new FsError('EIO', message) : new DriveError(entry.fault, message);
};

/**
 * Resolves when the drive has all changes of the node, and of the names in it if it is a folder. Rejects with what keeps them
 * from it; ETIMEDOUT after `settings.remotePatienceMs` in which nothing moved; EBUSY where somebody else's version has taken
 * the place, and ours is kept beside it.
 */
export const untilOnDrive = async (parts: FsParts, id: NodeId, signal: AbortSignal): Promise<void> => {
  const { queue, tree, conflicts } = parts;
  const known = conflicts.of(id)?.at;
  const concerns = (entry: Entry): boolean => entry.intent.node === id || isIn(entry, id);
  const isFolder = tree.get(id)?.kind === 'folder';
  const look = (): Pending[] =>
    isFolder ? queue.pending().filter(({ entry }) => concerns(entry)) : queue.pendingOf(id);
  const stuck = new AbortController();
  const over = linkedSignal([signal, stuck.signal]);
  try {
    const draining = queue.drain(concerns, over.signal);
    const [parked] = await Promise.race([draining, watch(parts, look, stuck, over.signal).then(() => draining)]);
    if (parked !== undefined) throw reasonOf(parked);
    if (conflicts.of(id)?.at !== known)
      throw new FsError('EBUSY', 'somebody else stored another version: both are kept');
  } finally {
    stuck.abort();
    over.unlink();
  }
};

/** Aborts `stuck`, with the reason, when waiting on is of no use. */
const watch = async (
  { clock, settings, wanted }: FsParts,
  look: () => readonly Pending[],
  stuck: AbortController,
  over: AbortSignal,
): Promise<void> => {
  const best = new Map<number, number>();
  let last = '';
  let since = clock.monotonic();
  while (!over.aborted) {
    const pending = look();
    if (pending.length > 0) wanted();
    const state = stateOf(pending, best);
    if (state !== last) since = clock.monotonic();
    last = state;
    if (clock.monotonic() - since >= settings.remotePatienceMs)
      stuck.abort(new FsError('ETIMEDOUT', `nothing moved for ${settings.remotePatienceMs} ms`));
    await clock.sleep(lookMs, over).catch(() => {});
  }
};
