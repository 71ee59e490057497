// All that is in a folder, where the service tells only what is directly in one: folder by folder, some at a time.
import type { Drive, Item, ItemId } from './drive.ts';
import { isFault } from './drive-error.ts';

const atATime = 6;

const childrenOf = async (
  drive: Pick<Drive, 'children'>,
  folder: ItemId,
  signal: AbortSignal | undefined,
): Promise<Item[]> => {
  const found: Item[] = [];
  for await (const page of drive.children(folder, signal)) found.push(...page);
  return found;
};

/** `missing` if the folder itself is gone; those in it may go meanwhile. */
export async function* descendantsByListing(
  drive: Pick<Drive, 'children'>,
  folder: ItemId,
  signal: AbortSignal | undefined,
): AsyncIterable<readonly Item[]> {
  const left: ItemId[] = [folder];
  while (left.length > 0) {
    const asked = left.splice(0, atATime).map((id) =>
      childrenOf(drive, id, signal).catch((error: unknown) => {
        if (id === folder || !isFault(error, 'missing')) throw error;
        return [];
      }),
    );
    const found = (await Promise.all(asked)).flat();
    left.push(...found.filter(({ kind }) => kind === 'folder').map(({ id }) => id));
    if (found.length > 0) yield found;
  }
}
