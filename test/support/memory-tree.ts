// Nodes of the file system in memory: names, kinds, times, references. Knows nothing of handles and of bytes inside files.
// A node lives as long as it has a name, a reference or a handle. Owned by memory-file-system.ts.
import { FsError } from '../../src/base/errors.ts';
import { timestampNow } from '../../src/base/timestamp.ts';
import type { Attributes, NodeId, NodeKind, Place, Timestamp } from '../../src/fs/file-system.ts';
import { rootNode } from '../../src/metadata/node.ts';
import { type SpaceMeter, SparseBytes } from './sparse-bytes.ts';

export interface MemoryNode {
  readonly id: NodeId;
  readonly kind: NodeKind;
  readonly content: SparseBytes;
  readonly target: string;
  readonly children: Map<string, MemoryNode>;
  /** The children by their name in lower case. */
  readonly folded: Map<string, MemoryNode>;
  readonly xattrs: Map<string, Uint8Array>;
  /** Undefined once the node has no name; the root is its own. */
  parent: MemoryNode | undefined;
  /** How many of the children are folders. */
  folders: number;
  mode: number;
  uid: number;
  gid: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
  references: number;
  handles: number;
  /** Grows with every change of the content. */
  version: number;
  /** `version` at the last open. */
  openedVersion: number;
}

export interface NewNode {
  readonly kind: NodeKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly target?: string;
}

const longestName = 255;

export class MemoryTree {
  readonly space: SpaceMeter = { bytes: 0 };
  readonly nodes = new Map<NodeId, MemoryNode>();
  #lastId: number = rootNode - 1;

  constructor(uid: number, gid: number) {
    const root = this.#make({ kind: 'folder', mode: 0o755, uid, gid });
    root.parent = root;
  }

  now(): Timestamp {
    return timestampNow(performance.timeOrigin + performance.now());
  }

  node(id: NodeId): MemoryNode {
    const node = this.nodes.get(id);
    if (!node) throw new FsError('ESTALE', `no node ${id}`);
    return node;
  }

  folder(id: NodeId): MemoryNode {
    const node = this.node(id);
    if (node.kind !== 'folder') throw new FsError('ENOTDIR', `node ${id} is no folder`);
    return node;
  }

  find({ parent, name }: Place): MemoryNode | undefined {
    if (Buffer.byteLength(name) > longestName) throw new FsError('ENAMETOOLONG', name);
    return this.folder(parent).children.get(name);
  }

  child(place: Place): MemoryNode {
    const node = this.find(place);
    if (!node) throw new FsError('ENOENT', `${place.name} in node ${place.parent}`);
    return node;
  }

  /** The place must be free, also of names that differ in case alone. */
  add(place: Place, what: NewNode): MemoryNode {
    this.checkFree(place, undefined);
    const node = this.#make(what);
    this.#attach(place, node);
    return node;
  }

  /** EEXIST if the name, or one that differs in case alone, leads to another node than `mover`. */
  checkFree({ parent, name }: Place, mover: MemoryNode | undefined): void {
    if (Buffer.byteLength(name) > longestName) throw new FsError('ENAMETOOLONG', name);
    const folder = this.folder(parent);
    if (!folder.parent) throw new FsError('ENOENT', `folder ${parent} was removed`);
    const taken = folder.folded.get(name.toLowerCase());
    if (taken && taken !== mover) throw new FsError('EEXIST', `${name} in node ${parent}`);
  }

  remove(place: Place): void {
    const node = this.child(place);
    this.#detach(place, node);
    this.dropIfUnused(node);
  }

  /** The target must be free or have been checked: it loses its name. */
  move(from: Place, to: Place): void {
    const node = this.child(from);
    const old = this.folder(to.parent).children.get(to.name);
    if (old && old !== node) this.#detach(to, old);
    this.#detach(from, node);
    this.#attach(to, node);
    if (old && old !== node) this.dropIfUnused(old);
  }

  exchange(from: Place, to: Place): void {
    const [one, two] = [this.child(from), this.child(to)];
    this.#detach(from, one);
    this.#detach(to, two);
    this.#attach(from, two);
    this.#attach(to, one);
  }

  isWithin(node: MemoryNode, ancestor: MemoryNode): boolean {
    for (let at: MemoryNode | undefined = node; at; at = at.parent === at ? undefined : at.parent)
      if (at === ancestor) return true;
    return false;
  }

  dropIfUnused(node: MemoryNode): void {
    if (node.parent || node.references > 0 || node.handles > 0) return;
    node.content.truncate(0);
    this.nodes.delete(node.id);
  }

  attributes(node: MemoryNode): Attributes {
    const named = node.parent ? 1 : 0;
    const sizes = { file: node.content.size, symlink: Buffer.byteLength(node.target), folder: 4096 };
    return {
      node: node.id,
      kind: node.kind,
      size: sizes[node.kind],
      blocks: node.content.allocated / 512,
      mode: node.mode,
      links: node.kind === 'folder' ? (named && 2) + node.folders : named,
      uid: node.uid,
      gid: node.gid,
      atime: node.atime,
      mtime: node.mtime,
      ctime: node.ctime,
    };
  }

  touch(node: MemoryNode): void {
    node.ctime = this.now();
    node.mtime = node.ctime;
  }

  #make({ kind, mode, uid, gid, target = '' }: NewNode): MemoryNode {
    this.#lastId += 1;
    const time = this.now();
    const node: MemoryNode = {
      id: this.#lastId as NodeId,
      kind,
      content: new SparseBytes(this.space),
      target,
      children: new Map(),
      folded: new Map(),
      folders: 0,
      xattrs: new Map(),
      parent: undefined,
      mode: mode & 0o7777,
      uid,
      gid,
      atime: time,
      mtime: time,
      ctime: time,
      references: 0,
      handles: 0,
      version: 0,
      openedVersion: -1,
    };
    this.nodes.set(node.id, node);
    return node;
  }

  #attach(place: Place, node: MemoryNode): void {
    const folder = this.folder(place.parent);
    folder.children.set(place.name, node);
    folder.folded.set(place.name.toLowerCase(), node);
    folder.folders += node.kind === 'folder' ? 1 : 0;
    node.parent = folder;
    node.ctime = this.now();
    this.touch(folder);
  }

  #detach(place: Place, node: MemoryNode): void {
    const folder = this.folder(place.parent);
    folder.children.delete(place.name);
    folder.folded.delete(place.name.toLowerCase());
    folder.folders -= node.kind === 'folder' ? 1 : 0;
    node.parent = undefined;
    node.ctime = this.now();
    this.touch(folder);
  }
}
