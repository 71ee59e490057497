// Attributes of this computer that hold for a file or folder and for all that is below: the nearest one counts.
import type { NodeId } from '../metadata/node.ts';
import type { FsParts } from './parts.ts';

/** `user.skydrive.` and one of these. */
export type InheritedName = 'durability' | 'pin';

/** What may be set, by name. */
export const inheritedValues: Readonly<Record<InheritedName, readonly string[]>> = {
  durability: ['local', 'remote'],
  pin: ['1'],
};

export const isInherited = (name: string): name is InheritedName => Object.hasOwn(inheritedValues, name);

/** The value that holds for the node, if one was set on it or above. */
export const inherited = (
  { tree, xattrs }: Pick<FsParts, 'tree' | 'xattrs'>,
  id: NodeId,
  name: InheritedName,
): string | undefined => {
  const attribute = `user.skydrive.${name}`;
  // Asked at every close, and nobody has set it as a rule.
  let at: NodeId | undefined = xattrs.isUsed(attribute) ? id : undefined;
  while (at !== undefined) {
    const value = xattrs.get(at, attribute);
    if (value !== undefined) return Buffer.from(value).toString();
    at = tree.get(at)?.parent;
  }
  return undefined;
};

/** Whether fsync and close wait for the drive. */
export const isRemote = (parts: FsParts, id: NodeId): boolean =>
  (inherited(parts, id, 'durability') ?? parts.settings.durability) === 'remote';
