// What programs have open, by the small numbers that libfuse 2 can carry (31 bits), and the files that lost their name while
// they were open. libfuse renames such a file to `.fuse_hidden…` and removes it after the last close; here that rename
// removes it at once, and the hidden name leads to the node as long as something is open. The folder has to stay until the file
// is closed: libfuse would have no path left for that, and fuse-native reads memory that it never filled then.
import { posix } from 'node:path';
import { FsError } from '../../base/errors.ts';
import type { FileSystem, HandleId, NodeId } from '../../fs/file-system.ts';

export interface OpenNode {
  readonly handle: HandleId;
  readonly node: NodeId;
  /** Whether a reference to the node comes with the handle; it is given back on release. */
  readonly referenced: boolean;
}

interface HiddenFile {
  readonly node: NodeId;
  /** The path of its folder. */
  readonly folder: string;
}

const largestNumber = 2 ** 31 - 1;
/**
 * The kernel tells of a release some time after the close, and what programs do next may overtake that. What is not released after so
 * long is open in another program, or by another descriptor; milliseconds.
 */
const releasingMs = 2_000;
const hiddenName = /^\.fuse_hidden[0-9a-f]{16}$/;

export class OpenFiles {
  readonly #fs: FileSystem;
  readonly #open = new Map<number, OpenNode>();
  /** When a program closed it, unless something was done with it since; milliseconds of performance.now(). */
  readonly #closedAt = new Map<number, number>();
  readonly #counts = new Map<NodeId, number>();
  readonly #hidden = new Map<string, HiddenFile>();
  #last = 0;

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  add(open: OpenNode): number {
    do this.#last = (this.#last % largestNumber) + 1;
    while (this.#open.has(this.#last));
    this.#open.set(this.#last, open);
    this.#counts.set(open.node, (this.#counts.get(open.node) ?? 0) + 1);
    return this.#last;
  }

  get(number: number): OpenNode {
    const open = this.#open.get(number);
    if (!open) throw new FsError('EBADF', `file ${number} is not open`);
    this.#closedAt.delete(number);
    return open;
  }

  /** As `get`, for a program's close: others may have the file open by the same number, who go on. */
  closing(number: number): OpenNode {
    const open = this.get(number);
    this.#closedAt.set(number, performance.now());
    return open;
  }

  async release(number: number): Promise<void> {
    const { handle, node, referenced } = this.get(number);
    this.#open.delete(number);
    const left = (this.#counts.get(node) ?? 1) - 1;
    if (left > 0) this.#counts.set(node, left);
    else this.#forgetNode(node);
    await this.#fs.release(handle);
    if (referenced) this.#fs.forget(node, 1);
  }

  /** Whether a rename of `node` to `path` is libfuse's way to remove what is open. */
  isHiding(node: NodeId, path: string): boolean {
    return this.#counts.has(node) && hiddenName.test(posix.basename(path));
  }

  /** The node lost its name; until its last handle is released, `path` leads to it. */
  hide(node: NodeId, path: string): void {
    this.#hidden.set(posix.basename(path), { node, folder: posix.dirname(path) });
  }

  /** Names of libfuse are unique within a mount, so the folder does not matter. */
  hidden(path: string): NodeId | undefined {
    return this.#hidden.get(posix.basename(path))?.node;
  }

  /** Fails with ENOTEMPTY, as any libfuse file system does, as long as a program has a file open that was removed from the folder. */
  checkUnused(folder: string): void {
    const hidden = [...this.#hidden.values()].filter((one) => one.folder === folder);
    if (hidden.some(({ node }) => this.#isInUse(node)))
      throw new FsError('ENOTEMPTY', `${folder}: a file that was removed from it is still open`);
  }

  #isInUse(node: NodeId): boolean {
    const since = performance.now() - releasingMs;
    const isClosed = (number: number): boolean => (this.#closedAt.get(number) ?? Number.NEGATIVE_INFINITY) >= since;
    return [...this.#open].some(([number, open]) => open.node === node && !isClosed(number));
  }

  /** A folder got another path, and what is hidden below it with it. */
  moved(from: string, to: string): void {
    for (const [name, { node, folder }] of this.#hidden)
      if (folder === from || folder.startsWith(`${from}/`))
        this.#hidden.set(name, { node, folder: to + folder.slice(from.length) });
  }

  #forgetNode(node: NodeId): void {
    this.#counts.delete(node);
    for (const [name, hidden] of this.#hidden) if (hidden.node === node) this.#hidden.delete(name);
  }
}
