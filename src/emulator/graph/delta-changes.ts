// What changed in a drive between two positions, as the feed tells it: in the order in which items were made, ancestors before what is
// below them, deletions among the rest (docs/graph-drive.md, 11). Knows nothing of requests.
import type { DriveItem, ItemNumber } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';

export interface DeltaEntry {
  readonly item: DriveItem;
  /** Gone from the drive, or from below the folder whose feed it is. */
  readonly gone: boolean;
}

export interface DeltaScope {
  readonly drive: DriveState;
  readonly folder: DriveItem;
  readonly since: number;
  /** Later changes are not told yet; 0: all are. */
  readonly upTo: number;
  readonly withAncestors: boolean;
  /** Whether what went with a removed folder is told beside it. */
  readonly withDescendants: boolean;
}

/** The item and all folders above it, up to `top`; undefined: it isn't below that. */
const chainTo = (drive: DriveState, item: DriveItem, top: ItemNumber): DriveItem[] | undefined => {
  const chain: DriveItem[] = [];
  for (
    let at: DriveItem | undefined = item;
    at !== undefined;
    at = at.parent === undefined ? undefined : drive.get(at.parent)
  ) {
    chain.push(at);
    if (at.number === top) return chain;
  }
  return undefined;
};

const removalOf = ({ since, withDescendants }: DeltaScope, item: DriveItem): DeltaEntry | undefined => {
  const told = since > 0 && item.sequence > since && (withDescendants || item.removedWith === item.number);
  return told ? { item, gone: true } : undefined;
};

const entryOf = (scope: DeltaScope, item: DriveItem): DeltaEntry | undefined => {
  const { drive, folder, since, upTo } = scope;
  if (item.sequence > upTo) return undefined;
  if (item.removedWith !== undefined) return removalOf(scope, item);
  const chain = chainTo(drive, item, folder.number);
  const movedLately = (one: DriveItem): boolean => (one.movedAt ?? 0) > since;
  if (chain === undefined) return since > 0 && movedLately(item) ? { item, gone: true } : undefined;
  // What was moved here from elsewhere is new here with all that is in it.
  const arrived = folder.parent !== undefined && chain.slice(0, -1).some(movedLately);
  return item.sequence > since || arrived ? { item, gone: false } : undefined;
};

export interface DeltaPage {
  readonly entries: readonly DeltaEntry[];
  /** The last item that this page is about; undefined: there is no more. */
  readonly after: ItemNumber | undefined;
}

/** The first changes of items with numbers above `after`, one more than a page needs. */
const changesAfter = (scope: DeltaScope, after: ItemNumber, size: number): DeltaEntry[] => {
  const found: DeltaEntry[] = [];
  // Items are kept in the order in which they were made.
  for (const item of scope.drive.all()) {
    const entry = item.number > after ? entryOf(scope, item) : undefined;
    if (entry !== undefined) found.push(entry);
    if (found.length > size) break;
  }
  return found;
};

/** From the top down. What is gone has changed the folder that it was in. */
const ancestorsOf = ({ drive, folder }: DeltaScope, { item, gone }: DeltaEntry): DeltaEntry[] => {
  const lowest = gone ? drive.get(item.parent ?? folder.number) : item;
  const chain = lowest === undefined ? [] : (chainTo(drive, lowest, folder.number) ?? []);
  return chain.reverse().map((above) => ({ item: above, gone: false }));
};

/** Up to `size` changes of items with numbers above `after`, and the ancestors that belong to them. */
export const deltaPage = (scope: DeltaScope, after: ItemNumber, size: number): DeltaPage => {
  const found = changesAfter(scope, after, size);
  const chosen = found.slice(0, size);
  const told = new Map<ItemNumber, DeltaEntry>();
  for (const entry of chosen) {
    const above = scope.withAncestors ? ancestorsOf(scope, entry) : [];
    for (const each of [...above, entry]) if (!told.has(each.item.number)) told.set(each.item.number, each);
  }
  return { entries: [...told.values()], after: found.length > size ? chosen.at(-1)?.item.number : undefined };
};
