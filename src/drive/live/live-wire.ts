// JSON of the live dialect <-> Item. Wire shapes end here, and so do lies that could be noticed: no id, impossible sizes,
// fields of the wrong type. Names are passed on as they are; metadata/ makes names of the tree of them.
import { createHash } from 'node:crypto';
import type { Comment, Item, ItemId, ItemKind, Quota } from '../drive.ts';
import { DriveError } from '../drive-error.ts';
import type { WireObject } from './live-requests.ts';

/** `file.a6b2a7e8f2515e5e.A6B2A7E8F2515E5E!113`, `folder.a6b2a7e8f2515e5e` (the root) and their kin. */
const idPattern = /^(?<kind>[a-z]+)\.(?<uid>[0-9a-f]{1,16})(\.(?<resid>[0-9A-F]{1,16}![\w.!-]+))?$/i;

export interface IdParts {
  readonly kind: string;
  readonly uid: string;
  /** Undefined for the root. */
  readonly resid: string | undefined;
}

/** Undefined for what is no id of this dialect. */
export const idParts = (id: ItemId): IdParts | undefined => {
  const { kind, uid, resid } = idPattern.exec(id)?.groups ?? {};
  return kind === undefined || uid === undefined ? undefined : { kind, uid, resid };
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The service spells the user's part in either case; one item has one id here. */
const validId = (value: unknown): ItemId | undefined => {
  const id = text(value);
  const parts = id === undefined ? undefined : idParts(id);
  if (id === undefined || parts === undefined) return undefined;
  const owner = `${parts.kind.toLowerCase()}.${parts.uid.toLowerCase()}`;
  if (parts.resid === undefined) return owner;
  return `${owner}.${/^[0-9a-f]+!\d+$/i.test(parts.resid) ? parts.resid.toUpperCase() : parts.resid}`;
};

/** `2013-03-03T14:11:12+0000`; undefined where there is no time. */
const toMs = (value: unknown): number | undefined => {
  const [, stamp, sign, hours, minutes] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|([+-])(\d\d):?(\d\d))$/.exec(text(value) ?? '') ?? [];
  if (stamp === undefined) return undefined;
  const offset = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  const ms = Date.parse(`${stamp}Z`) - offset;
  return Number.isNaN(ms) ? undefined : ms;
};

const toSize = (value: unknown): number | undefined => {
  const size = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : undefined;
};

const kinds: Readonly<Record<string, ItemKind>> = { folder: 'folder', album: 'folder', notebook: 'notebook' };

/** Types that the service may have learnt since are files. */
const toKind = (wire: WireObject): ItemKind => kinds[text(wire['type']) ?? ''] ?? 'file';

const plainFacts = ['type', 'when_taken', 'camera_make', 'camera_model', 'width', 'height', 'duration', 'bitrate'];
const audioFacts = ['title', 'artist', 'album', 'album_artist', 'genre'];

/** A fact is a short text or a number; everything else is none. */
const fact = (value: unknown): string | undefined => {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const found = text(value);
  return found === undefined || found === '' || found.length > 1000 || found.includes('\0') ? undefined : found;
};

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as WireObject)[name] : undefined;

const place = (wire: WireObject): string | undefined => {
  const [latitude, longitude] = [member(wire['location'], 'latitude'), member(wire['location'], 'longitude')];
  return typeof latitude === 'number' && typeof longitude === 'number' ? `${latitude},${longitude}` : undefined;
};

const toFacts = (wire: WireObject): Record<string, string> => {
  const named: [string, unknown][] = [
    ...[...plainFacts, ...audioFacts].map((name): [string, unknown] => [name, wire[name]]),
    ['web_url', wire['link']],
    ['shared', member(wire['shared_with'], 'access')],
    ['owner', member(wire['from'], 'name')],
    ['created', wire['created_time']],
    ['modified', wire['client_updated_time'] ?? wire['updated_time']],
    ['location', place(wire)],
  ];
  return Object.fromEntries(
    named.flatMap(([name, value]) => {
      const found = fact(value);
      return found === undefined ? [] : [[name, found]];
    }),
  );
};

/**
 * The service has no version tags, and times of whole seconds. What can be seen to differ makes a version: a rename within
 * the second of an upload is noticed by its name, a save within the second of another by its size. Two saves of the same
 * length within one second cannot be told apart by anybody.
 */
const versions = (wire: WireObject, kind: ItemKind): Pick<Item, 'version' | 'contentVersion'> => {
  const updated = text(wire['updated_time']) ?? '';
  const size = String(wire['size'] ?? '');
  // A folder's size and count are those of what is below it: its own properties are the same.
  const own = [wire['name'], wire['parent_id'], wire['description'] ?? '', kind === 'folder' ? '' : size];
  const content = [text(wire['client_updated_time']) ?? updated, size, ...(kind === 'folder' ? [wire['count']] : [])];
  const digest = createHash('sha1')
    .update(JSON.stringify([...own, content]))
    .digest('base64url')
    .slice(0, 12);
  const folderDigest = createHash('sha1').update(JSON.stringify(own)).digest('base64url').slice(0, 12);
  return { version: `${updated}.${kind === 'folder' ? folderDigest : digest}`, contentVersion: content.join('.') };
};

/** Undefined for what has no usable id: it cannot be addressed, so it is as good as not there. */
export const toItem = (wire: WireObject): Item | undefined => {
  const id = validId(wire['id']);
  if (id === undefined) return undefined;
  const size = toSize(wire['size']);
  // A file whose size makes no sense can be seen but not read; so can a notebook.
  const kind = toKind(wire) === 'file' && size === undefined ? 'notebook' : toKind(wire);
  const updated = toMs(wire['updated_time']) ?? toMs(wire['client_updated_time']) ?? 0;
  const description = text(wire['description']);
  const commentCount = toSize(wire['comments_count']);
  return {
    ...{ id, parentId: validId(wire['parent_id']), name: text(wire['name']) ?? '', kind },
    size: kind === 'file' ? (size ?? 0) : 0,
    created: toMs(wire['created_time']) ?? updated,
    modified: toMs(wire['client_updated_time']) ?? updated,
    ...versions(wire, kind),
    ...(description === undefined || description === '' ? {} : { description }),
    facts: toFacts(wire),
    ...(commentCount === undefined ? {} : { commentCount }),
  };
};

/** The item of an answer that must hold one. */
export const theItem = (wire: WireObject, title: string): Item => {
  const item = toItem(wire);
  if (item === undefined) throw new DriveError('broken', `${title}: the answer holds no item`);
  return item;
};

export const objects = (wire: WireObject, title: string): readonly WireObject[] => {
  const data = wire['data'];
  if (!Array.isArray(data)) throw new DriveError('broken', `${title}: the answer holds no list`);
  return data.filter((value): value is WireObject => typeof value === 'object' && value !== null);
};

export interface WirePage {
  /** What is usable of it, each with the object that it was made of. */
  readonly entries: readonly { readonly item: Item; readonly wire: WireObject }[];
  /** What the service listed, usable or not. */
  readonly count: number;
  /** Relative to the API's base; undefined where no page is said to follow. */
  readonly next: string | undefined;
  /** The service speaks of pages at all, so that its silence means something. */
  readonly saysPages: boolean;
}

export const toPage = (wire: WireObject, title: string): WirePage => {
  const listed = objects(wire, title);
  const { paging } = wire;
  const next = text(member(paging, 'next'));
  return {
    entries: listed.flatMap((one) => {
      const item = toItem(one);
      return item === undefined ? [] : [{ item, wire: one }];
    }),
    count: listed.length,
    ...{ next: next === '' ? undefined : next, saysPages: typeof paging === 'object' && paging !== null },
  };
};

const toComment = (wire: WireObject): Comment | undefined => {
  const id = validId(wire['id']);
  if (id === undefined) return undefined;
  const author = text(member(wire['from'], 'name')) ?? '';
  const authorId = text(member(wire['from'], 'id'));
  return {
    ...{ id, author, created: toMs(wire['created_time']) ?? 0, text: text(wire['message']) ?? '' },
    ...(authorId === undefined ? {} : { authorId }),
  };
};

export const theComment = (wire: WireObject, title: string): Comment => {
  const comment = toComment(wire);
  if (comment === undefined) throw new DriveError('broken', `${title}: the answer holds no comment`);
  return comment;
};

/** Oldest first. Within a second the numbers in the ids tell the order. */
export const toComments = (wire: WireObject, title: string): readonly Comment[] => {
  const number = (comment: Comment): number => Number(/!(\d+)$/.exec(comment.id)?.[1] ?? 0);
  return objects(wire, title)
    .flatMap((one) => toComment(one) ?? [])
    .sort((a, b) => a.created - b.created || number(a) - number(b));
};

export const toQuota = (wire: WireObject): Quota => {
  const [total, free] = [toSize(wire['quota']), toSize(wire['available'])];
  if (total === undefined || free === undefined) throw new DriveError('broken', 'quota: the answer holds no numbers');
  return { total, free: Math.min(free, total) };
};
