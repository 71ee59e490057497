// Who still knows a node: the kernel (counted by lookups) and open handles. A node without a name is forgotten for good when
// nobody does.
import type { NodeId } from '../metadata/node.ts';

export class References {
  readonly #lookups = new Map<NodeId, number>();
  readonly #handles = new Map<NodeId, number>();
  readonly #outdated = new Set<NodeId>();

  lookedUp(node: NodeId): void {
    this.#lookups.set(node, (this.#lookups.get(node) ?? 0) + 1);
  }

  forget(node: NodeId, count: number): void {
    subtract(this.#lookups, node, count);
    if (!this.isUsed(node)) this.#outdated.delete(node);
  }

  opened(node: NodeId): void {
    this.#handles.set(node, (this.#handles.get(node) ?? 0) + 1);
  }

  closed(node: NodeId): void {
    subtract(this.#handles, node, 1);
    if (!this.isUsed(node)) this.#outdated.delete(node);
  }

  /** The drive has taken the node's name away: until the kernel has heard of it, programs come to the node by that name. */
  lostName(node: NodeId): void {
    if (this.isUsed(node)) this.#outdated.add(node);
  }

  hasLostName(node: NodeId): boolean {
    return this.#outdated.has(node);
  }

  isKnownToKernel(node: NodeId): boolean {
    return this.#lookups.has(node);
  }

  isUsed(node: NodeId): boolean {
    return this.#lookups.has(node) || this.#handles.has(node);
  }
}

const subtract = (counts: Map<NodeId, number>, node: NodeId, count: number): void => {
  const left = (counts.get(node) ?? 0) - count;
  if (left > 0) counts.set(node, left);
  else counts.delete(node);
};
