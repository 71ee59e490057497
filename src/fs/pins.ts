// What is pinned is brought to this disk in the background, and brought again when the drive has a newer version. Owns the
// list of what is still to be looked at; whether something is pinned, the attributes of the tree say.
import { DriveError } from '../drive/drive-error.ts';
import { type NodeId, rootNode } from '../metadata/node.ts';
import { inherited } from './inherited-attributes.ts';
import type { FsParts } from './parts.ts';

export interface PinsOptions {
  readonly parts: FsParts;
  /** Brings all bytes of a file here. */
  bring(node: NodeId, signal: AbortSignal): Promise<void>;
}

/** How long after a failure nothing is tried, milliseconds. */
const restMs = 30_000;

export class Pins {
  readonly #options: PinsOptions;
  readonly #todo = new Set<NodeId>();
  readonly #end = new AbortController();
  /** Pins that are set. */
  #count = 0;
  #isWorking = false;
  #wake = new AbortController();

  constructor(options: PinsOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier run left. */
  start(): void {
    const pinned = this.#options.parts.xattrs.having('user.skydrive.pin');
    this.#count = pinned.length;
    for (const node of pinned) this.look(node);
  }

  /** A pin was set, or removed. */
  changed(node: NodeId, isSet: boolean): void {
    this.#count = Math.max(0, this.#count + (isSet ? 1 : -1));
    if (isSet) this.look(node);
    else this.#options.parts.contents.reconsider();
  }

  isPinned(node: NodeId): boolean {
    return this.#count > 0 && inherited(this.#options.parts, node, 'pin') !== undefined;
  }

  /** The node may be pinned, and not be here: it is new, has come from elsewhere, or has changed. */
  look(node: NodeId): void {
    if (this.#count === 0 || this.#end.signal.aborted) return;
    this.#todo.add(node);
    if (!this.#isWorking) void this.#work();
  }

  /** What could not be brought may be brought now. */
  wake(): void {
    this.#wake.abort();
  }

  close(): void {
    this.#end.abort(new Error('the pins are closing'));
    this.#wake.abort();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // Whoever made it work is in a transaction, perhaps.
    await Promise.resolve();
    try {
      for (const node of this.#todo) {
        if (this.#end.signal.aborted) return;
        this.#todo.delete(node);
        if (this.isPinned(node)) await this.#bring(node);
      }
    } finally {
      this.#isWorking = false;
    }
  }

  async #bring(id: NodeId): Promise<void> {
    const { tree, log } = this.#options.parts;
    const node = tree.get(id);
    if (node === undefined || (node.parent === undefined && id !== rootNode)) return;
    try {
      if (node.kind === 'folder') await this.#lookBelow(id);
      else if (node.item?.kind !== 'notebook') await this.#options.bring(id, this.#end.signal);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      log.info(`pinned, and not here yet: ${tree.path(id) ?? id}`, error);
      await this.#rest();
      if (!(error instanceof DriveError) || error.passing) this.#todo.add(id);
    }
  }

  async #lookBelow(folder: NodeId): Promise<void> {
    const { tree, listings } = this.#options.parts;
    await listings.known(folder, this.#end.signal);
    for (const child of tree.children(folder)) this.#todo.add(child.id);
  }

  async #rest(): Promise<void> {
    this.#wake = new AbortController();
    await this.#options.parts.clock.sleep(restMs, this.#wake.signal).catch(() => {});
  }
}
