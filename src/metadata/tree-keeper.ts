// PORT: who keeps the tree true without being asked for each folder. Implemented by the change feed, used by the listings.
import type { Node, NodeId } from './node.ts';

export interface TreeKeeper {
  /** What is known of the folder stays true by itself: it need not be listed again. */
  keeps(folder: Node): boolean;
  /**
   * Resolves when a folder that is not known yet may be listed on its own, or need not be any more: while the whole drive is being
   * told, many folders are known sooner that way.
   */
  turn(isKnown: () => boolean, signal: AbortSignal): Promise<void>;
  /** Somebody uses the tree. */
  used(): void;
  /** A listing of the folder says something else than what was kept. */
  contradicted(folder: NodeId): void;
}
