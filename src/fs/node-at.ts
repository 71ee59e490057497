// From a path to the node that it leads to, for those who are not the kernel.
import { FsError } from '../base/errors.ts';
import { rootNode } from '../metadata/node.ts';
import type { FileSystem, NodeId } from './file-system.ts';

/** ENOENT if a name is not there. Keeps no reference. */
export const nodeAt = async (fs: FileSystem, path: string, signal: AbortSignal): Promise<NodeId> => {
  let node: NodeId = rootNode;
  for (const name of path.split('/').filter((part) => part !== '')) {
    const entry = await fs.lookup(node, name, signal);
    if (entry === undefined) throw new FsError('ENOENT', `there is no ${path}`);
    node = entry.attributes.node;
    fs.forget(node, 1);
  }
  return node;
};
