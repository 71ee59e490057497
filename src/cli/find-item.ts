// From what people write to an item: ids and paths, as the ancestor's tools take them.

import { ControlError } from '../daemon/protocol.ts';
import type { Drive, Item } from '../drive/drive.ts';

const isId = (text: string): boolean =>
  /^(?:(?:file|folder|photo|album|video|audio|notebook)\.[0-9a-f]{16}\.[0-9A-F]{16}!\d+|folder\.[0-9a-f]{16})$/.test(
    text,
  );

/** The ancestor's name of the root. */
const rootId = 'me/skydrive';

const childNamed = async (drive: Drive, folder: Item, name: string): Promise<Item | undefined> => {
  let found: Item | undefined;
  for await (const page of drive.children(folder.id)) {
    // Two items of one name may be in a folder; the last one has always been it.
    found = page.findLast((item) => item.name === name) ?? found;
  }
  return found;
};

/** An id of the service, or a path from the root whose names are looked up one by one, in their exact case. */
export const findItem = async (drive: Drive, place: string): Promise<Item> => {
  if (isId(place)) return drive.get(place);
  const path = place === rootId || place.startsWith(`${rootId}/`) ? place.slice(rootId.length) : place;
  let item = await drive.root();
  for (const name of path.split('/').filter((part) => part !== '')) {
    const child = item.kind === 'folder' ? await childNamed(drive, item, name) : undefined;
    if (child === undefined)
      throw new ControlError(
        `there is no "${name}" in "${item.parentId === undefined ? '/' : item.name}" on the drive`,
        {
          kind: 'missing',
        },
      );
    item = child;
  }
  return item;
};
