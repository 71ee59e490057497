// From paths to nodes: each call walks its path by lookups, which are warm, and gives every reference back when it is over.
// Nothing is kept between calls, so there is nothing to be renamed or to go stale.
import { FsError } from '../../base/errors.ts';
import type { Attributes, Entry, FileSystem, NodeId, Place } from '../../fs/file-system.ts';
import { rootNode } from '../../metadata/node.ts';
import type { OpenFiles } from './open-files.ts';

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '');

/** What fuse-native makes of bytes that are no UTF-8: they cannot be told apart any more. */
const replacement = '\ufffd';

export class Paths {
  readonly #fs: FileSystem;
  readonly #open: OpenFiles;
  readonly #signal: AbortSignal;

  constructor(fs: FileSystem, open: OpenFiles, signal: AbortSignal) {
    this.#fs = fs;
    this.#open = open;
    this.#signal = signal;
  }

  /** Lets `use` work with the node at `path`. */
  async at<T>(path: string, use: (attributes: Attributes, held: Held) => Promise<T>): Promise<T> {
    const held = new Held(this.#fs);
    try {
      const hidden = this.#open.hidden(path);
      const node = hidden === undefined ? this.#walk(namesOf(path), held) : this.#fs.getattr(hidden, this.#signal);
      return await use((await node).attributes, held);
    } finally {
      held.release();
    }
  }

  /** Lets `use` make something at `path`: its folder is there, the last name may be. */
  async placeOf<T>(path: string, use: (place: Place, held: Held) => Promise<T>): Promise<T> {
    const held = new Held(this.#fs);
    try {
      const names = namesOf(path);
      const name = names.pop();
      if (name === undefined) throw new FsError('EBUSY', 'the root of the drive');
      const { node } = (await this.#walk(names, held)).attributes;
      return await use({ parent: node, name }, held);
    } finally {
      held.release();
    }
  }

  /** As `placeOf`, for what gives something a name. */
  async newPlace<T>(path: string, use: (place: Place, held: Held) => Promise<T>): Promise<T> {
    if (path.includes(replacement)) throw new FsError('EILSEQ', 'a name that is no UTF-8');
    return this.placeOf(path, use);
  }

  async #walk(names: readonly string[], held: Held): Promise<Entry> {
    let entry: Entry | undefined;
    for (const name of names) {
      const parent: NodeId = entry?.attributes.node ?? rootNode;
      const found = await this.#fs.lookup(parent, name, this.#signal);
      if (found === undefined) throw new FsError('ENOENT', `${name} is not there`);
      entry = held.add(found);
    }
    return entry ?? this.#fs.getattr(rootNode, this.#signal);
  }
}

/** The references that one call took. */
export class Held {
  readonly #fs: FileSystem;
  readonly #nodes: NodeId[] = [];

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  add(entry: Entry): Entry {
    this.#nodes.push(entry.attributes.node);
    return entry;
  }

  /** Leaves one reference to `node` with the caller; false if there is none: a node without a name was not looked up. */
  keep(node: NodeId): boolean {
    const index = this.#nodes.lastIndexOf(node);
    if (index >= 0) this.#nodes.splice(index, 1);
    return index >= 0;
  }

  release(): void {
    for (const node of this.#nodes) this.#fs.forget(node, 1);
  }
}
