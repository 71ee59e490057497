// GET F/files and its kin: filters, order, pages (docs/live-connect-v5.md, 4.2). `paging` appears with `limit`; its links are relative
// and without token, offset first, as real clients expect.
import type { DriveItem } from '../drive-item.ts';
import { type DriveState, isFolder } from '../drive-state.ts';
import type { Exchange } from '../exchange.ts';
import type { Reply } from '../reply.ts';
import type { ItemCall, LiveCall } from './live-call.ts';
import { liveError } from './live-error.ts';
import { itemId } from './live-ids.ts';
import { liveReply } from './live-json.ts';
import { liveObject, liveType } from './live-object.ts';

const wholeNumber = (exchange: Exchange, name: string, least: number): number | undefined => {
  const text = exchange.query.get(name);
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw liveError('request_parameter_invalid', `The value of query parameter '${name}' isn't valid.`);
};

type Order = (drive: DriveState) => (one: DriveItem, other: DriveItem) => number;

const byName: Order = () => {
  const { compare } = new Intl.Collator('en', { sensitivity: 'base', numeric: false });
  return (one, other) => compare(one.name, other.name) || one.number - other.number;
};

const byTime: Order = (drive) => (one, other) =>
  drive.mark(one).atMs - drive.mark(other).atMs || one.number - other.number;

const bySize: Order = (drive) => (one, other) => drive.size(one) - drive.size(other) || one.number - other.number;

const foldersFirst: Order = () => (one, other) =>
  Number(isFolder(other)) - Number(isFolder(one)) || one.number - other.number;

const orders = new Map<string, Order>([
  ['name', byName],
  ['updated', byTime],
  ['size', bySize],
  ['default', foldersFirst],
]);

/** In the order that the query asks for. */
export const sorted = (exchange: Exchange, drive: DriveState, items: readonly DriveItem[]): DriveItem[] => {
  const by = exchange.query.get('sort_by')?.toLowerCase() ?? 'default';
  const order = orders.get(by);
  if (order === undefined)
    throw liveError('request_parameter_invalid', `The value of query parameter 'sort_by' isn't valid.`);
  const inOrder = [...items].sort(order(drive));
  return exchange.query.get('sort_order')?.toLowerCase() === 'descending' ? inOrder.reverse() : inOrder;
};

/** `folders,photos` and the like; types that the service doesn't know match nothing. */
const filtered = (exchange: Exchange, items: readonly DriveItem[]): readonly DriveItem[] => {
  const filter = exchange.query.get('filter');
  if (filter === undefined || filter === '') return items;
  const wanted = filter.split(',').map((word) => word.trim().toLowerCase().replace(/s$/, ''));
  if (wanted.includes('all')) return items;
  return items.filter((item) => wanted.includes(liveType(item)) || (wanted.includes('folder') && isFolder(item)));
};

const pageLink = (exchange: Exchange, path: string, offset: number, limit: number): string => {
  const kept = ['q', 'sort_by', 'sort_order', 'filter'].flatMap((name) => {
    const value = exchange.query.get(name);
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  return `${path}?${[`offset=${offset}`, `limit=${limit}`, ...kept].join('&')}`;
};

export interface Listing<T> {
  readonly items: readonly T[];
  /** Of the listing itself, for the links to other pages. */
  readonly path: string;
  readonly defaultLimit?: number;
}

/** One page of a listing, as the answer. */
export const pageReply = <T>(exchange: Exchange, listing: Listing<T>, show: (item: T) => unknown): Reply => {
  const { items, path } = listing;
  const offset = wholeNumber(exchange, 'offset', 0) ?? 0;
  const limit = wholeNumber(exchange, 'limit', 1) ?? listing.defaultLimit;
  const data = items.slice(offset, limit === undefined ? undefined : offset + limit).map(show);
  if (limit === undefined) return liveReply(200, { data });
  const previous = offset > 0 ? { previous: pageLink(exchange, path, Math.max(0, offset - limit), limit) } : {};
  const next = offset + limit < items.length ? { next: pageLink(exchange, path, offset + limit, limit) } : {};
  return liveReply(200, { data, paging: { ...previous, ...next } });
};

const itemPage = (call: LiveCall, drive: DriveState, items: readonly DriveItem[], path: string): Reply => {
  const { exchange } = call;
  const chosen = sorted(exchange, drive, filtered(exchange, items));
  return pageReply(exchange, { items: chosen, path }, (item) => liveObject(call, drive, item));
};

/** GET F/files */
export const listFiles = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  if (!isFolder(item)) {
    const type = liveType(item);
    throw liveError('request_url_invalid', `Resource type '${type}' doesn't support the path 'files'.`);
  }
  return itemPage(call, drive, drive.children(item.number), `${itemId(drive.uid, item)}/files`);
};

/** GET F/photos, F/videos, F/albums: of the children, those of one type. */
export const listByType =
  (type: string) =>
  (call: ItemCall): Reply => {
    const { drive, item } = call.subject;
    const children = drive.children(item.number).filter((child) => liveType(child) === type);
    return itemPage(call, drive, children, `${itemId(drive.uid, item)}/${type}s`);
  };

/** GET me/albums: the albums in the root. */
export const listAlbums = (call: LiveCall): Reply => {
  const drive = call.services.accounts.drive(call.account);
  const albums = drive.children(drive.root.number).filter((item) => item.kind === 'album');
  return itemPage(call, drive, albums, 'me/albums');
};
