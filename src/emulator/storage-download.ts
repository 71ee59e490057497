// Bytes of files by pre-signed URL: ranges, conditions, HEAD; no token is looked at. Serves the item's content of this moment; ETag and
// Last-Modified tell which that is. Both dialects hand out these URLs.
import type { Accounts } from './accounts.ts';
import type { ContentStore } from './content-store.ts';
import type { DownloadLinks } from './download-links.ts';
import type { DriveItem } from './drive-item.ts';
import type { Exchange } from './exchange.ts';
import { mediaKind } from './media-facts.ts';
import { emptyReply, type Reply, textReply } from './reply.ts';

export interface DownloadParts {
  readonly accounts: Accounts;
  readonly links: DownloadLinks;
  readonly store: ContentStore;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A single range; undefined: none, or one that isn't understood and therefore ignored. */
const parseRange = (header: string | undefined, size: number): Span | 'unsatisfiable' | undefined => {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(from);
  const end = to === '' ? size : Math.min(Number(to) + 1, size);
  if (to !== '' && Number(to) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
};

const etagOf = (uid: string, item: DriveItem): string => `"${uid.toUpperCase()}!${item.number}.${item.ctag}"`;

const contentTypes: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.bmp': 'image/bmp',
  '.txt': 'text/plain',
  '.pdf': 'application/pdf',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
};

export const typeOf = (name: string): string =>
  contentTypes[/\.[^.]*$/.exec(name)?.[0].toLowerCase() ?? ''] ??
  (mediaKind(name) === 'photo' ? 'image/*' : 'application/octet-stream');

const headersOf = (uid: string, item: DriveItem, attachment: boolean): Record<string, string> => ({
  'Content-Type': typeOf(item.name),
  'Accept-Ranges': 'bytes',
  ETag: etagOf(uid, item),
  'Last-Modified': new Date(item.clientModifiedMs).toUTCString(),
  ...(attachment ? { 'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(item.name)}` } : {}),
});

const textOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

/** The answer of a condition that isn't met. */
const failedCondition = (exchange: Exchange, headers: Record<string, string>): Reply | undefined => {
  const etag = headers['ETag'] ?? '';
  const match = textOf(exchange.headers['if-match']);
  if (match !== undefined && match !== '*' && !match.includes(etag)) return emptyReply(412, headers);
  const noneMatch = textOf(exchange.headers['if-none-match']);
  if (noneMatch !== undefined && (noneMatch === '*' || noneMatch.includes(etag))) return emptyReply(304, headers);
  return undefined;
};

const spanReply = (
  parts: Pick<DownloadParts, 'store'>,
  exchange: Exchange,
  item: DriveItem,
  headers: Record<string, string>,
): Reply => {
  const { sha256 = '', size = 0 } = item.content ?? {};
  const condition = textOf(exchange.headers['if-range']);
  const usable = condition === undefined || condition === headers['ETag'] || condition === headers['Last-Modified'];
  const span = usable ? parseRange(exchange.headers.range, size) : undefined;
  if (span === 'unsatisfiable') return emptyReply(416, { ...headers, 'Content-Range': `bytes */${size}` });
  const { start, end } = span ?? { start: 0, end: size };
  const body = { length: end - start, bytes: () => parts.store.read(sha256, start, end) };
  if (span === undefined) return { status: 200, headers, body };
  return { status: 206, headers: { ...headers, 'Content-Range': `bytes ${start}-${end - 1}/${size}` }, body };
};

/** The bytes of an item, as the request's ranges and conditions want them. */
export const sendContent = (
  parts: Pick<DownloadParts, 'store'>,
  exchange: Exchange,
  { uid, item, attachment }: { readonly uid: string; readonly item: DriveItem; readonly attachment: boolean },
): Reply => {
  const headers = headersOf(uid, item, attachment);
  return failedCondition(exchange, headers) ?? spanReply(parts, exchange, item, headers);
};

/** GET or HEAD /download/{ticket}/{name} */
export const download = (parts: DownloadParts, exchange: Exchange): Reply => {
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return emptyReply(405, { Allow: 'GET, HEAD' });
  const link = parts.links.read(exchange.segments[1] ?? '');
  if (link === undefined) return textReply(403, 'This address is no longer valid.\n');
  const account = parts.accounts.byUid(link.uid);
  const item = account === undefined ? undefined : parts.accounts.drive(account).get(link.number);
  if (item?.content === undefined) return textReply(404, 'There is no such file.\n');
  const attachment = link.attachment || exchange.query.get('download') === 'true';
  return sendContent(parts, exchange, { uid: link.uid, item, attachment });
};
