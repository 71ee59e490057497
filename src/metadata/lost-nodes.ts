// Nodes whose items are no longer where they were. They may turn up in another folder that is listed soon, and then keep their number
// and their content; else they go. Owned by open-file-system.ts.
import type { Log } from '../base/log.ts';
import type { NodeId } from './node.ts';

/** How long a node whose item has gone from its folder is kept, milliseconds. */
const lostForMs = 60_000;

export class LostNodes {
  readonly #forget: (node: NodeId) => void;
  readonly #log: Log;
  readonly #nodes = new Map<NodeId, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(forget: (node: NodeId) => void, log: Log) {
    this.#forget = forget;
    this.#log = log;
  }

  add(node: NodeId): void {
    this.#nodes.set(node, performance.now() + lostForMs);
    this.#timer ??= setTimeout(() => this.#sweep(), lostForMs).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [node, until] of this.#nodes) {
      if (until > now) continue;
      this.#nodes.delete(node);
      try {
        this.#forget(node);
      } catch (error) {
        this.#log.warn(`node ${node} could not be forgotten`, error);
      }
    }
    if (this.#nodes.size > 0) this.#timer = setTimeout(() => this.#sweep(), lostForMs).unref();
  }
}
