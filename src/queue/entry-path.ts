// What people call an entry of the journal: the path of what it is about.
import type { Tree } from '../metadata/tree.ts';
import type { Entry, Intent, Place } from './intent.ts';

/** In the tree, from the root with a slash; what was removed has the path that it had, if that is known: else `…` stands for folders. */
export const entryPath = (tree: Tree, { intent }: Entry): string => {
  const place = placeIn(intent);
  const path = (intent.kind === 'remove' ? undefined : tree.path(intent.node)) ?? (place && pathAt(tree, place));
  return path ?? `/…/${tree.get(intent.node)?.name ?? `node ${intent.node}`}`;
};

const placeIn = (intent: Intent): Place | undefined => {
  if ('from' in intent) return intent.kind === 'remove' ? intent.from : intent.to;
  return 'at' in intent ? intent.at : undefined;
};

/** Of what is, or was, at a place. */
export const pathAt = (tree: Tree, { parent, name }: Place): string =>
  `${tree.path(parent) ?? '/…'}/${name}`.replace(/^\/\//, '/');

/** `/` and the empty path are above all others. */
export const isBelow = (path: string, top: string): boolean => {
  const above = top.replace(/\/+$/, '');
  return above === '' || path === above || path.startsWith(`${above}/`);
};
