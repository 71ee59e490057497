// Attributes of a node as programs see them: the record, the mount's defaults, and what an open content knows better.
import type { Timestamp } from '../base/timestamp.ts';
import type { ContentFile } from '../content/content-file.ts';
import { type Node, type NodeId, rootNode } from '../metadata/node.ts';
import type { Attributes, Entry } from './file-system.ts';
import { type FsParts, needNode } from './parts.ts';

const permissions = { file: 0o666, folder: 0o777, symlink: 0o777 } as const;

/** When contents that are open were last written to, until that is saved with them. */
export type Written = ReadonlyMap<NodeId, Timestamp>;

/** `file`: the version that is asked about. */
export const attributesOf = (
  parts: FsParts,
  node: Node,
  written: Written,
  file: ContentFile | undefined = parts.contents.used(node.content),
): Attributes => {
  const { settings } = parts;
  const size = file?.size ?? node.size;
  const holes = file?.holeBytes ?? node.holeBytes ?? 0;
  const writtenAt = written.get(node.id);
  const mtime = writtenAt ?? node.mtime;
  const mask = node.kind === 'symlink' ? 0 : settings.umask;
  return {
    node: node.id,
    kind: node.kind,
    size: node.kind === 'folder' ? 0 : size,
    blocks: node.kind === 'folder' ? 0 : Math.ceil((size - holes) / 512),
    mode: node.mode ?? permissions[node.kind] & ~mask,
    links: linksOf(node),
    uid: node.uid ?? settings.uid,
    gid: node.gid ?? settings.gid,
    atime: node.atime ?? mtime,
    mtime,
    ctime: writtenAt ?? node.ctime,
  };
};

const linksOf = ({ id, kind, parent, subfolders }: Node): number => {
  if (parent === undefined && id !== rootNode) return 0;
  return kind === 'folder' ? 2 + subfolders : 1;
};

export const entryOf = (parts: FsParts, id: NodeId, written: Written, file?: ContentFile): Entry => {
  const node = needNode(parts, id);
  return { attributes: attributesOf(parts, node, written, file), validMs: parts.listings.validMs(node) };
};
