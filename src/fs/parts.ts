// What the parts of the file system work with together, and the small questions that all of them ask.
import type { Clock } from '../base/clock.ts';
import { FsError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type Timestamp, timestampNow } from '../base/timestamp.ts';
import type { Contents } from '../content/contents.ts';
import type { Drive } from '../drive/drive.ts';
import type { FreeSpace } from '../metadata/free-space.ts';
import type { Listings } from '../metadata/listings.ts';
import type { LocalXattrs } from '../metadata/local-xattrs.ts';
import type { Node, NodeId } from '../metadata/node.ts';
import type { RemoteChanges } from '../metadata/remote-changes.ts';
import type { Tree } from '../metadata/tree.ts';
import type { Conflicts } from '../queue/conflicts.ts';
import type { Journal } from '../queue/journal.ts';
import type { UploadQueue } from '../queue/upload-queue.ts';
import type { Store } from '../store/store.ts';
import type { KernelCache } from './file-system.ts';
import type { References } from './references.ts';

export interface FsSettings {
  /** Owner and group of nodes that no program gave others. */
  readonly uid: number;
  readonly gid: number;
  /** Taken off 0777 for folders and 0666 for files that no program gave a mode. */
  readonly umask: number;
  /** With `remote`, fsync and close return when the drive has the bytes. */
  readonly durability: 'local' | 'remote';
  /** How long fsync and close wait for a drive that has nothing to show for it, milliseconds. */
  readonly remotePatienceMs: number;
  readonly readOnly: boolean;
}

export interface FsParts {
  readonly store: Store;
  readonly tree: Tree;
  readonly listings: Listings;
  readonly changes: RemoteChanges;
  readonly contents: Contents;
  readonly journal: Journal;
  readonly conflicts: Conflicts;
  readonly queue: UploadQueue;
  readonly drive: Drive;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: FsSettings;
  readonly references: References;
  readonly xattrs: LocalXattrs;
  readonly space: FreeSpace;
  /** Somebody waits for the drive: whether it can be reached again is found out soon. */
  readonly wanted: () => void;
  /** What the kernel keeps of names, attributes and contents. */
  readonly kernel: () => KernelCache;
}

export const now = ({ clock }: FsParts): Timestamp => timestampNow(clock.now());

/** ESTALE for a node that the tree has forgotten: a kernel that still asks for it missed its removal. */
export const needNode = ({ tree }: FsParts, id: NodeId): Node => {
  const node = tree.get(id);
  if (node === undefined) throw new FsError('ESTALE', `node ${id} is gone`);
  return node;
};

/**
 * ESTALE for a change of a node whose name the drive has taken away: the kernel, which has not heard of it, looks the name up anew and
 * tries again (the VFS does so for whatever is named by a path).
 */
export const checkNamed = ({ tree, references }: FsParts, id: NodeId): void => {
  const node = tree.get(id);
  if (node?.parent === undefined && references.hasLostName(id))
    throw new FsError('ESTALE', `${node?.name ?? id} is another file by now, or gone`);
};

export const needFolder = (parts: FsParts, id: NodeId): Node => {
  const node = needNode(parts, id);
  if (node.kind !== 'folder') throw new FsError('ENOTDIR', `${node.name} is not a folder`);
  return node;
};

export const checkWritable = ({ settings }: FsParts): void => {
  if (settings.readOnly) throw new FsError('EROFS', 'the drive is mounted read-only');
};
