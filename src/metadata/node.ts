// One record per node of the tree: what the drive last said of it, and what differs here. Records are never changed in
// place; Tree owns them.
import type { Timestamp } from '../base/timestamp.ts';
import type { Item } from '../drive/drive.ts';

/** Inode number. Ours, persistent, never used again for another node. The root is 1. */
export type NodeId = number & { readonly __node: true };

export const rootNode = 1 as NodeId;

export type NodeKind = 'file' | 'folder' | 'symlink';

/** Which aspects are ahead of the drive: a journal entry is waiting, and what the drive says of them is old. */
export interface Ahead {
  readonly content?: true;
  readonly place?: true;
  readonly description?: true;
}

export interface Node {
  readonly id: NodeId;
  readonly kind: NodeKind;
  /** Undefined when it has no name any more: it lives on only while it is open or known to the kernel. */
  readonly parent: NodeId | undefined;
  /** Its name in the tree; see names.ts for what it is on the drive. */
  readonly name: string;
  /** Of the content, bytes. While a file is open for writing, content/ knows better. */
  readonly size: number;
  /** Of a sparse file: how much of its size takes no space. */
  readonly holeBytes?: number;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  /** Only where a program set it; else it follows mtime. */
  readonly atime?: Timestamp;
  /** Only where a program set them; else the mount's defaults hold. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** When it was made, if that was here; milliseconds since 1970. */
  readonly born?: number;
  /** What the drive last said. Undefined until the node exists there. */
  readonly item?: Item;
  /** While something is ahead: the item as it was when that was done here. See base-version.ts. */
  readonly base?: Item;
  /** Where its bytes are kept on this disk; see content/. */
  readonly content?: number;
  readonly ahead: Ahead;
  /** Of a folder: number of folders in it, as far as known. */
  readonly subfolders: number;
  /**
   * Of a folder: when all its children became known, milliseconds since 1970. Undefined: not all are known. A folder that
   * was made here and is not on the drive yet is complete without any listing.
   */
  readonly listedAt?: number;
  /** Number of the last listing of the whole drive that its item turned up in. */
  readonly listing?: number;
  /** Of a folder: number of the listing of the whole drive during which what it holds was forgotten: that one does not tell all of it. */
  readonly forgotten?: number;
}
