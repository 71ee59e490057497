// What must reach the drive: one record per change, complete in itself. And what each of them claims: the order in which
// they may be sent follows from the claims alone.

import type { Fault } from '../drive/drive-error.ts';
import { foldName } from '../metadata/names.ts';
import type { NodeId } from '../metadata/node.ts';
import type { SentMark } from './sent-bytes.ts';

export interface Place {
  readonly parent: NodeId;
  /** Name in the tree. */
  readonly name: string;
}

/** What is removed, and where from. */
export interface Gone {
  readonly node: NodeId;
  readonly from: Place;
  /** Of bytes of it that were sent without an answer: an item that holds them is nobody else's change. */
  readonly sent?: readonly SentMark[];
  /** What was said of it, and need not be sent unless the removal is taken back. */
  readonly said?: readonly Remark[];
}

/** The node whose item gets a content in its place; see saves.ts. */
interface Replaced {
  readonly node: NodeId;
  /** Where the item is that the content had before, if it had one. */
  readonly left: Place | undefined;
}

/** What is said of an item, beside its content. */
export type Remark =
  | { readonly kind: 'describe'; readonly node: NodeId; readonly text: string }
  | { readonly kind: 'add-comment'; readonly node: NodeId; readonly text: string }
  | { readonly kind: 'remove-comment'; readonly node: NodeId; readonly commentId: string };

export type Intent =
  | { readonly kind: 'create-folder'; readonly node: NodeId; readonly at: Place }
  /**
   * The node's content as it is when it is sent. With `at`, it makes the item. `source`: the node whose item holds those of its bytes
   * that are not here.
   */
  | {
      readonly kind: 'put-content';
      readonly node: NodeId;
      readonly at?: Place;
      readonly replaces?: Replaced;
      readonly source?: NodeId;
    }
  | { readonly kind: 'move'; readonly node: NodeId; readonly from: Place; readonly to: Place }
  /** With all that was in a folder, and was removed from it before (`also`, the lowest first). */
  | ({ readonly kind: 'remove'; readonly also?: readonly Gone[] } & Gone)
  | Remark;

export type TakingOver = Extract<Intent, { kind: 'put-content' }> & { readonly at: Place; readonly replaces: Replaced };

/** The item has not passed to the node yet. */
export const isTakingOver = (intent: Intent): intent is TakingOver =>
  intent.kind === 'put-content' && intent.replaces !== undefined && intent.at !== undefined;

/** An entry of the journal. */
export interface Entry {
  /** Position in the order of changes. */
  readonly seq: number;
  readonly intent: Intent;
  /** When it was journaled, milliseconds since 1970. */
  readonly since: number;
  readonly attempts: number;
  /** An earlier attempt may have taken effect: look before repeating. */
  readonly ambiguous?: true;
  /** State of a broken upload, and of which bytes it was. */
  readonly session?: { readonly state: string; readonly generation: string };
  /** Of bytes that were sent, or are about to be: an item that holds them is ours, whether or not an answer came. */
  readonly sent?: readonly SentMark[];
  /** A content that was written to while it was sent: it is sent as it is at one moment, whatever is written meanwhile. */
  readonly brokenOff?: true;
  /** Why it is not tried any more until somebody asks for it. */
  readonly parked?: string;
  /** The fault that it was parked for, where the drive said so. */
  readonly fault?: Fault;
  /** The program that wrote the content was refused the rest of it: only part of what it meant is there. */
  readonly half?: true;
}

/** The drive may have done it, and has not said so. A refusal is an answer, but none to attempts before that one. */
export const mayBeDone = ({ ambiguous, sent, parked }: Entry): boolean =>
  ambiguous === true || (parked === undefined && sent !== undefined);

/** A thing that an entry needs: `alone`, or together with others that share it. */
export interface Claim {
  readonly key: string;
  readonly alone: boolean;
}

export const nodeKey = (node: NodeId): string => `node ${node}`;
export const nameClaim = ({ parent, name }: Place): Claim => ({ key: `name ${parent}/${foldName(name)}`, alone: true });
export const placeClaims = (place: Place): Claim[] => [{ key: nodeKey(place.parent), alone: false }, nameClaim(place)];

const across = (folder: Place, name: Place): Place => ({ parent: folder.parent, name: name.name });

const placesOf = (intent: Intent): readonly Place[] => {
  switch (intent.kind) {
    case 'create-folder':
      return [intent.at];
    case 'put-content':
      return intent.at === undefined ? [] : [intent.at];
    case 'move':
      // A dialect that changes folder and name in two requests passes through one of the other two.
      return [intent.from, intent.to, across(intent.from, intent.to), across(intent.to, intent.from)];
    case 'remove':
      return [intent.from];
    default:
      return [];
  }
};

/** The nodes that an entry is about. */
export const nodesOf = (intent: Intent): NodeId[] => {
  const also = intent.kind === 'remove' ? (intent.also ?? []) : [];
  return [intent.node, ...also.map(({ node }) => node)];
};

/** Other nodes whose items a content is about. */
export const otherItemsOf = (
  intent: Intent,
): { readonly replaced?: NodeId | undefined; readonly source?: NodeId | undefined } =>
  intent.kind === 'put-content' ? { replaced: intent.replaces?.node, source: intent.source } : {};

/** The folders that an entry happens in. */
export const foldersOf = (intent: Intent): NodeId[] => placesOf(intent).map(({ parent }) => parent);

/**
 * Its node alone (one change of a node after the other; a folder's own after those of its children), the folders it
 * happens in, and the node that it reads from, shared with others, and the names it takes or gives up alone.
 */
export const claimsOf = (intent: Intent): readonly Claim[] => {
  const claims = new Map<string, Claim>();
  const { replaced, source } = otherItemsOf(intent);
  const own = replaced === undefined ? nodesOf(intent) : [...nodesOf(intent), replaced];
  const nodes = own.map((node) => ({ key: nodeKey(node), alone: true }));
  const sources = source === undefined ? [] : [{ key: nodeKey(source), alone: false }];
  const all = [...nodes, ...sources, ...placesOf(intent).flatMap(placeClaims)];
  for (const claim of all)
    claims.set(claim.key, { key: claim.key, alone: claim.alone || (claims.get(claim.key)?.alone ?? false) });
  return [...claims.values()];
};
