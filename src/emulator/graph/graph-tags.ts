// eTag and cTag of an item, and the conditions that name them (docs/graph-drive.md, 4 and 7). Opaque to clients; personal and business
// drives write them differently.
import type { DriveItem } from '../drive-item.ts';
import { type DriveState, isFolder } from '../drive-state.ts';
import type { Exchange } from '../exchange.ts';
import { guidOf } from './drive-types.ts';
import { resourceModified } from './graph-error.ts';
import type { GraphServices } from './graph-services.ts';

export interface Tags {
  readonly eTag: string;
  /** Business drives have none for folders. */
  readonly cTag?: string;
}

export const tagsOf = (services: Pick<GraphServices, 'types'>, drive: DriveState, item: DriveItem): Tags => {
  if (!services.types.isPersonal(drive.uid)) {
    const guid = guidOf(drive.uid, item.number);
    const eTag = `"{${guid}},${item.etag}"`;
    return item.kind === 'file' ? { eTag, cTag: `"c:{${guid}},${item.ctag}"` } : { eTag };
  }
  const id = `${drive.uid.toUpperCase()}!${item.number}`;
  const coded = (text: string): string => `a${Buffer.from(text).toString('base64').replace(/=+$/, '')}`;
  // A folder's cTag moves with anything below it.
  const content = isFolder(item) ? drive.mark(item).sequence : item.ctag;
  return { eTag: coded(`${id}.${item.etag}`), cTag: coded(`c:${id}.${content}`) };
};

const listOf = (exchange: Exchange, name: 'if-match' | 'if-none-match'): string | undefined => {
  const header: string | string[] | undefined = exchange.headers[name];
  return (Array.isArray(header) ? header.join() : header)?.trim();
};

const names = (list: string, { eTag, cTag }: Tags): boolean => {
  if (list === '*') return true;
  const bare = (tag: string): string => tag.replace(/^W\//, '').replace(/^"(.*)"$/s, '$1');
  const wanted = [list, ...list.split(/,\s*(?=W\/|"|a)/)].map((tag) => bare(tag.trim()));
  return [eTag, cTag].some((tag) => tag !== undefined && wanted.includes(bare(tag)));
};

/** If-Match and If-None-Match of a request that changes something; `item` undefined: it isn't there. */
export const checkConditions = (
  services: GraphServices,
  exchange: Exchange,
  drive: DriveState,
  item: DriveItem | undefined,
): void => {
  const [match, noneMatch] = [listOf(exchange, 'if-match'), listOf(exchange, 'if-none-match')];
  if (item === undefined) {
    if (match !== undefined && match !== '' && match !== '*') throw resourceModified();
    return;
  }
  const tags = tagsOf(services, drive, item);
  if (match !== undefined && match !== '' && !names(match, tags)) throw resourceModified();
  if (noneMatch !== undefined && noneMatch !== '' && names(noneMatch, tags)) throw resourceModified();
};

/** If-None-Match of a request that reads: true when nothing changed. */
export const isUnchanged = (
  services: GraphServices,
  exchange: Exchange,
  drive: DriveState,
  item: DriveItem,
): boolean => {
  const noneMatch = listOf(exchange, 'if-none-match');
  return noneMatch !== undefined && noneMatch !== '' && names(noneMatch, tagsOf(services, drive, item));
};
