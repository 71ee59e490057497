// GET children: a folder's items in pages (docs/graph-drive.md, 5). Not a snapshot: a page starts where the last one ended by count.
import type { DriveItem } from '../drive-item.ts';
import { type DriveState, isFolder } from '../drive-state.ts';
import type { Exchange } from '../exchange.ts';
import type { Reply } from '../reply.ts';
import { expanded } from './expansions.ts';
import type { GraphCall, ItemCall } from './graph-call.ts';
import { GraphError, invalidRequest } from './graph-error.ts';
import { graphReply } from './graph-json.ts';
import { badOption, linkWith, option, shapeOf, topOf } from './graph-query.ts';
import type { GraphServices } from './graph-services.ts';
import type { Where } from './graph-viewer.ts';

const usualPage = 200;
const longestPage = 1000;

type Order = (drive: DriveState) => (one: DriveItem, other: DriveItem) => number;

const { compare } = new Intl.Collator('en', { sensitivity: 'base', numeric: false });

const byName: Order = () => (one, other) => compare(one.name, other.name) || one.number - other.number;

const orders: Readonly<Record<string, Order>> = {
  name: byName,
  url: byName,
  size: (drive) => (one, other) => drive.size(one) - drive.size(other) || one.number - other.number,
  lastmodifieddatetime: () => (one, other) => one.modifiedMs - other.modifiedMs || one.number - other.number,
  createddatetime: () => (one, other) => one.createdMs - other.createdMs || one.number - other.number,
};

/** In the order that the query asks for. */
const ordered = (call: GraphCall, drive: DriveState, items: readonly DriveItem[]): DriveItem[] => {
  const [by = 'name', direction = 'asc'] = (option(call.exchange, 'orderby') ?? 'name').trim().split(/\s+/);
  const personal = call.services.types.isPersonal(drive.uid);
  const order = personal || /^(name|url)$/i.test(by) ? orders[by.toLowerCase()] : undefined;
  if (order === undefined) {
    throw new GraphError(400, 'invalidRequest', `The $orderby query option '${by}' is not supported.`, {
      inner: 'invalidQueryOption',
    });
  }
  const sorted = [...items].sort(order(drive));
  return direction.toLowerCase() === 'desc' ? sorted.reverse() : sorted;
};

const skipOf = (exchange: Exchange): number => {
  const token = option(exchange, 'skiptoken');
  if (token === undefined) return 0;
  const at = Number(/^s(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1]);
  if (!Number.isSafeInteger(at)) throw badOption('The $skiptoken is not valid.');
  return at;
};

/** One page of a list, as the answer. */
export const pageReply = <T>(
  exchange: Exchange,
  items: readonly T[],
  show: (item: T) => unknown,
  extra: Readonly<Record<string, unknown>> = {},
): Reply => {
  const start = skipOf(exchange);
  const end = start + topOf(exchange, usualPage, longestPage);
  const token = Buffer.from(`s${end}`).toString('base64url');
  const next = end < items.length ? { '@odata.nextLink': linkWith(exchange, exchange.path, { skiptoken: token }) } : {};
  return graphReply(200, { ...extra, ...next, value: items.slice(start, end).map(show) });
};

export const itemPage = (
  call: GraphCall,
  drive: DriveState,
  items: readonly DriveItem[],
  where: Where = 'list',
  extra: Readonly<Record<string, unknown>> = {},
): Reply => {
  const shape = shapeOf(call.exchange);
  return pageReply(call.exchange, items, (item) => expanded(call, { drive, item, where }, shape), extra);
};

const wants = (exchange: Exchange, feature: string): boolean =>
  String(exchange.headers['prefer'] ?? '')
    .toLowerCase()
    .includes(feature);

/** Whether the item is told of in listings and in the change feed, as headers and quirks have it. */
export const isShown = ({ quirks }: GraphServices, exchange: Exchange, item: DriveItem): boolean => {
  const asks = wants(exchange, 'include-feature');
  if (item.graph?.vault === true) return quirks.word('vault') !== 'hidden' && (!asks || wants(exchange, 'vault'));
  if (item.graph?.shortcut === undefined) return true;
  if (quirks.on('shortcut-needs-header') && !wants(exchange, 'addtoonedrive')) return false;
  return !quirks.strikes('shortcut-blink');
};

/** GET F/children */
export const listChildren = (call: ItemCall): Reply => {
  const { exchange, services } = call;
  const { drive, item } = call.subject;
  if (item.graph?.vault === true) throw invalidRequest('ObjectHandle is Invalid', 'invalidResourceId');
  if (item.kind === 'file' || item.graph?.shortcut !== undefined) throw invalidRequest('The item is not a folder.');
  if (!isFolder(item)) return graphReply(200, { value: [] });
  if (exchange.query.has('$filter')) throw badOption('$filter is not supported on this API.');
  const present = drive
    .children(item.number)
    .filter((child) => isShown(services, exchange, child) && services.lookups.isListed(child));
  const all = ordered(call, drive, [...present, ...services.lookups.ghosts(drive, item.number)]);
  const context = { '@odata.context': `${exchange.base}/v1.0/$metadata#driveItems` };
  const count = services.types.isPersonal(drive.uid) ? { '@odata.count': all.length } : {};
  if (services.quirks.strikes('list-empty-page') && !option(exchange, 'skiptoken')) {
    const first = Buffer.from('s0').toString('base64url');
    return graphReply(200, {
      ...context,
      '@odata.nextLink': linkWith(exchange, exchange.path, { skiptoken: first }),
      value: [],
    });
  }
  return itemPage(call, drive, all, 'list', { ...context, ...count });
};
