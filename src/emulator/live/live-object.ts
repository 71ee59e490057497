// Items as the service described them: fields and their order per type (docs/live-connect-v5.md, 3.2).
import { fullName } from '../accounts.ts';
import type { Comment, DriveItem, Tag } from '../drive-item.ts';
import { type DriveState, isFolder } from '../drive-state.ts';
import { rootNumber } from '../drive-tree.ts';
import type { Exchange } from '../exchange.ts';
import { mediaKind } from '../media-facts.ts';
import type { LiveServices } from './live-call.ts';
import { commentId, itemId, residOf, tagId } from './live-ids.ts';
import { liveTime } from './live-json.ts';
import { photoFields, videoFields } from './live-media.ts';

export type LiveObject = Record<string, unknown>;

export const liveType = (item: DriveItem): string => (item.kind === 'file' ? mediaKind(item.name) : item.kind);

export interface Viewer {
  readonly exchange: Exchange;
  readonly services: LiveServices;
}

/** A URL of the bytes that needs no token, for a while. */
export const sourceUrl = (
  { exchange, services }: Viewer,
  drive: DriveState,
  item: DriveItem,
  attachment = false,
): string => `${exchange.base}${services.links.path(drive.uid, item, attachment)}`;

const webLink = (drive: DriveState, item: DriveItem, key?: string): string => {
  if (item.number === rootNumber && key === undefined) return `https://skydrive.live.com?cid=${drive.uid}`;
  const page = isFolder(item) ? 'self' : 'view';
  const parent = item.parent === undefined ? '' : `&parid=${residOf(drive.uid, item.parent)}`;
  const authority = key === undefined ? '' : `&authkey=${key}`;
  return `https://skydrive.live.com/redir.aspx?cid=${drive.uid}&page=${page}&resid=${residOf(drive.uid, item.number)}${parent}${authority}`;
};

/** The link that works for anybody; the key is its authority. */
export const sharedLink = (drive: DriveState, item: DriveItem, key: string): string => webLink(drive, item, key);

const creator = (services: LiveServices, item: DriveItem): { name: string | null; id: string | null } => {
  const account = item.number === rootNumber ? undefined : services.accounts.byUid(item.creator);
  return account === undefined ? { name: null, id: null } : { name: fullName(account), id: account.uid };
};

const uploadLocation = ({ exchange }: Viewer, drive: DriveState, item: DriveItem): LiveObject => {
  if (item.kind === 'notebook') return {};
  const below = isFolder(item) ? 'files' : 'content';
  return { upload_location: `${exchange.base}/v5.0/${itemId(drive.uid, item)}/${below}/` };
};

const typeFields = (viewer: Viewer, drive: DriveState, item: DriveItem): LiveObject => {
  if (isFolder(item)) return { count: drive.childCount(item.number), ...(item.sortBy ? { sort_by: item.sortBy } : {}) };
  if (item.kind === 'notebook') return {};
  const source = sourceUrl(viewer, drive, item);
  const tags = { tags_count: drive.notes.tags(item.number).length, tags_enabled: true };
  switch (mediaKind(item.name)) {
    case 'photo':
      return { ...tags, ...photoFields(item, source) };
    case 'video':
      return { ...tags, ...videoFields(source) };
    case 'audio': {
      const unset = { title: null, artist: null, album: null, album_artist: null, genre: null };
      return { source, ...unset, ...item.audio, duration: 0, picture: `${source}?psid=1` };
    }
    case 'file':
      return { source };
  }
};

const times = (drive: DriveState, item: DriveItem): LiveObject => ({
  created_time: item.number === rootNumber ? null : liveTime(item.createdMs),
  updated_time: liveTime(drive.mark(item).atMs),
  client_updated_time: liveTime(isFolder(item) ? drive.mark(item).atMs : item.clientModifiedMs),
});

const parentId = (drive: DriveState, item: DriveItem): string | null => {
  const parent = item.parent === undefined ? undefined : drive.get(item.parent);
  return parent === undefined ? null : itemId(drive.uid, parent);
};

export const liveObject = (viewer: Viewer, drive: DriveState, item: DriveItem): LiveObject => {
  const isRoot = item.number === rootNumber;
  return {
    id: itemId(drive.uid, item),
    from: creator(viewer.services, item),
    name: item.name,
    description: item.description,
    parent_id: parentId(drive, item),
    size: drive.size(item),
    ...uploadLocation(viewer, drive, item),
    comments_count: drive.notes.commentCount(item.number),
    comments_enabled: !isRoot,
    is_embeddable: !isRoot,
    ...typeFields(viewer, drive, item),
    link: webLink(drive, item),
    type: liveType(item),
    shared_with: { access: item.sharing?.access ?? 'Just me' },
    ...times(drive, item),
  };
};

/** The three fields that an upload answers with. */
export const uploadAnswer = (viewer: Viewer, drive: DriveState, item: DriveItem): LiveObject => ({
  id: itemId(drive.uid, item),
  name: item.name,
  source: sourceUrl(viewer, drive, item),
});

export const commentObject = (drive: DriveState, comment: Comment): LiveObject => ({
  id: commentId(drive.uid, comment),
  from: { name: comment.from.name, id: comment.from.uid },
  message: comment.message,
  created_time: liveTime(comment.createdMs),
});

export const tagObject = (drive: DriveState, tag: Tag): LiveObject => ({
  id: tagId(drive.uid, tag),
  user: { name: tag.user.name, id: tag.user.uid ?? null },
  ...(tag.x === undefined ? {} : { x: tag.x, y: tag.y ?? 0 }),
  created_time: liveTime(tag.createdMs),
});
