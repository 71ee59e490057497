// The slow audit: folders are listed now and then although the feed keeps them, because a feed may forget things (graph-quirks, delta).
// First those of which there is a doubt, then all of them in turn, a few in an hour: those that hold folders before the others, since
// their listings tell how much each of those holds.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { DriveError } from '../drive/drive-error.ts';
import { type NodeId, rootNode } from './node.ts';
import type { Tree } from './tree.ts';

export interface DoubtParts {
  readonly tree: Tree;
  readonly clock: Clock;
  readonly log: Log;
  /** Lists a folder, whatever is known of it. */
  renew(folder: NodeId): Promise<void>;
  /** What has just been said of these folders is how much they hold. */
  counted(folders: readonly NodeId[]): void;
}

/** When a folder of which there is a doubt is listed, one listing after the other; milliseconds. */
const doubtMs = [3_000, 30_000, 10 * 60_000];
/** Between two folders that are listed in turn. */
const auditMs = 6 * 60_000;
const maxDoubts = 1_000;

interface Doubt {
  readonly due: number;
  readonly listed: number;
}

export class FolderDoubts {
  readonly #parts: DoubtParts;
  readonly #doubts = new Map<NodeId, Doubt>();
  /** Folders still to be listed in this round; the next is the last. */
  #round: NodeId[] = [];
  #auditAt: number;

  constructor(parts: DoubtParts) {
    this.#parts = parts;
    this.#auditAt = parts.clock.monotonic() + auditMs;
  }

  add(folder: NodeId): void {
    if (this.#doubts.size < maxDoubts) this.#note(folder, 0);
  }

  /** Lists the folders whose time has come. */
  async listDue(signal: AbortSignal): Promise<void> {
    const now = this.#parts.clock.monotonic();
    for (const [folder, { due, listed }] of [...this.#doubts]) {
      if (due > now) continue;
      await this.#list(folder, signal);
      // Also of a doubt that this listing brought up itself: in the end it is as it is.
      this.#doubts.delete(folder);
      this.#note(folder, listed + 1);
    }
    if (now < this.#auditAt) return;
    this.#auditAt = now + auditMs;
    await this.#listNext(signal);
  }

  #note(folder: NodeId, listed: number): void {
    const delayMs = doubtMs[listed];
    if (delayMs === undefined) return;
    this.#doubts.set(folder, { due: this.#parts.clock.monotonic() + delayMs, listed });
  }

  async #listNext(signal: AbortSignal): Promise<void> {
    const { tree, counted } = this.#parts;
    if (this.#round.length === 0) this.#round = [rootNode];
    const folder = this.#round.pop() as NodeId;
    const node = tree.get(folder);
    if (node?.listedAt === undefined || node.item === undefined || node.item.foreign === true) return;
    const isListed = await this.#list(folder, signal);
    const subfolders = [...tree.children(folder)].filter(({ kind }) => kind === 'folder').map(({ id }) => id);
    if (isListed) counted(subfolders);
    // In another order each time: rounds that are broken off reach all parts of the drive too.
    subfolders.sort(() => Math.random() - 0.5);
    const holdsFolders = (id: NodeId): boolean => (tree.get(id)?.subfolders ?? 0) > 0;
    const [later, sooner] = [subfolders.filter((id) => !holdsFolders(id)), subfolders.filter(holdsFolders)];
    this.#round = [...later, ...this.#round, ...sooner];
  }

  /** False: it could not be listed. */
  async #list(folder: NodeId, signal: AbortSignal): Promise<boolean> {
    const { log, renew, tree } = this.#parts;
    signal.throwIfAborted();
    if (tree.get(folder) === undefined) return false;
    try {
      await renew(folder);
      return true;
    } catch (error) {
      if (!(error instanceof DriveError)) throw error;
      log.info(`folder ${tree.path(folder) ?? folder} could not be looked over: ${error.message}`);
      return false;
    }
  }
}
