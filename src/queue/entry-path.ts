// What people call an entry of the journal: the path of what it is about.
import type { Tree } from '../metadata/tree.ts';
import type { Entry } from './intent.ts';

/** In the tree, from the root with a slash; what was removed has the path that it had. */
export const entryPath = (tree: Tree, { intent }: Entry): string => {
  const was = intent.kind === 'remove' ? `${tree.path(intent.from.parent) ?? ''}/${intent.from.name}` : undefined;
  const path = was ?? tree.path(intent.node) ?? tree.get(intent.node)?.name ?? `node ${intent.node}`;
  return path.replace(/^\/\//, '/');
};

/** `/` and the empty path are above all others. */
export const isBelow = (path: string, top: string): boolean => {
  const above = top.replace(/\/+$/, '');
  return above === '' || path === above || path.startsWith(`${above}/`);
};
