// Changes that have not been sent yet become one, where that is the same to everybody else: a later one takes the place of an
// earlier one, or the earlier one is done with the later one, or both come to nothing. What makes it the same are the claims:
// an entry may pass others that claim nothing of what it does.
import { type Claim, claimsOf, type Entry, type Intent, mayBeDone, nameClaim, nodeKey, type Place } from './intent.ts';
import type { Journal } from './journal.ts';
import type { Turns } from './turns.ts';

type Move = Extract<Intent, { kind: 'move' }>;

const isSame = (one: Place, other: Place): boolean => one.parent === other.parent && one.name === other.name;

const isPlacing = ({ intent }: Entry): boolean => intent.kind === 'move' || ('at' in intent && intent.at !== undefined);

/** It may yet turn out that there is an item which it is a new content of. */
const isSave = ({ intent }: Entry): boolean => intent.kind === 'put-content' && intent.replaces !== undefined;

/** Both as one; `nothing` if they undo each other. */
const merged = (earlier: Intent, later: Move): Intent | 'nothing' => {
  if (earlier.kind !== 'move') return { ...earlier, at: later.to } as Intent;
  return isSame(earlier.from, later.to) ? 'nothing' : { ...earlier, to: later.to };
};

/** Claims of `wanted` that `had` does not hold as firmly. */
const further = (wanted: readonly Claim[], had: readonly Claim[]): Claim[] =>
  wanted.filter(({ key, alone }) => !had.some((claim) => claim.key === key && (claim.alone || !alone)));

interface Fold {
  /** The entry that goes; its work is done by `kept`, or need not be done. */
  readonly gone: readonly Entry[];
  readonly kept?: Entry;
}

/** What becomes of a move that is the last entry of the journal, together with what its node waits for before. */
export const foldMove = (journal: Journal, turns: Turns, last: Entry & { readonly intent: Move }): Fold | undefined => {
  const earlier = journal.of(last.intent.node).findLast((entry) => entry.seq < last.seq && isPlacing(entry));
  // What may have happened on the drive already has to be found out first, where it was to be.
  if (earlier === undefined || isSave(earlier) || turns.isRunning(earlier.seq) || mayBeDone(earlier)) return undefined;
  const whole = merged(earlier.intent, last.intent);
  const claims = claimsOf(earlier.intent);
  // The work on a node, and in a folder that is moved, is the same wherever the node is.
  const own = nodeKey(last.intent.node);
  const others = claims.filter(({ key }) => earlier.intent.kind !== 'move' || key !== own);
  if (whole === 'nothing')
    return turns.isAwaited(earlier.seq, others, last.seq) ? undefined : { gone: [earlier, last] };
  const { seq, since } = earlier;
  // A name that only passed through may still be another's then, who gives it up later.
  const wanted = [...further(claimsOf(whole), claims), nameClaim(last.intent.to)];
  if (!turns.isAwaited(seq, wanted, last.seq))
    return { gone: [last], kept: { seq, since, attempts: 0, intent: whole } };
  if (!turns.isAwaited(seq, others, last.seq)) return { gone: [earlier], kept: { ...last, intent: whole } };
  return undefined;
};

/** Removals from a folder that may as well happen with the removal of the folder itself. */
export const foldableRemovals = (journal: Journal, turns: Turns, folder: Place['parent']): Entry[] => {
  const key = nodeKey(folder);
  return journal.in(folder).filter(({ seq, intent }) => {
    if (intent.kind !== 'remove' || intent.from.parent !== folder || turns.isRunning(seq)) return false;
    const claims = claimsOf(intent).filter((claim) => claim.key !== key);
    return !turns.isAwaited(seq, claims);
  });
};
