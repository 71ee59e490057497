// Identifiers of the live dialect: `file.{uid}.{UID}!{n}` and its kin (docs/live-connect-v5.md, 3.1). The second uid has no leading
// zeros, which real clients trip over; that is kept.
import { canonicalUid } from '../accounts.ts';
import type { Comment, DriveItem, ItemNumber, Tag } from '../drive-item.ts';
import { isFolder } from '../drive-state.ts';
import { rootNumber } from '../drive-tree.ts';

/** `A6B2A7E8F2515E5E!110`: in links and BITS addresses. */
export const residOf = (uid: string, number: ItemNumber): string => `${uid.replace(/^0+/, '').toUpperCase()}!${number}`;

export const itemId = (uid: string, item: DriveItem): string => {
  if (item.number === rootNumber) return `folder.${uid}`;
  return `${isFolder(item) ? 'folder' : 'file'}.${uid}.${residOf(uid, item.number)}`;
};

export const commentId = (uid: string, comment: Comment): string =>
  `comment.${uid}.${residOf(uid, comment.item)}.${residOf(uid, comment.number)}`;

export const tagId = (uid: string, tag: Tag): string => `tag.${uid}.${residOf(uid, tag.item)}.${tag.id}`;

export type LiveId =
  | { readonly kind: 'item'; readonly uid: string; readonly number: ItemNumber; readonly wantsFolder: boolean }
  | { readonly kind: 'comment'; readonly uid: string; readonly number: ItemNumber }
  | { readonly kind: 'tag'; readonly uid: string; readonly tag: string };

const itemPattern =
  /^(folder|album|file|photo|video|audio|notebook)\.([0-9a-f]{1,16})(?:\.([0-9a-f]{1,16})!(\d{1,15}))?$/i;
const commentPattern = /^comment\.([0-9a-f]{1,16})\.[0-9a-f]{1,16}!\d+\.[0-9a-f]{1,16}!(\d{1,15})$/i;
const tagPattern = /^tag\.([0-9a-f]{1,16})\.[0-9a-f]{1,16}!\d+\.([0-9a-z]+)$/i;

const parseItemId = (text: string): LiveId | undefined => {
  const [, kind = '', uid = '', second, number] = itemPattern.exec(text) ?? [];
  const canonical = canonicalUid(uid);
  if (canonical === undefined || (second !== undefined && canonicalUid(second) !== canonical)) return undefined;
  const wantsFolder = /^(folder|album)$/i.test(kind);
  if (number === undefined)
    return wantsFolder ? { kind: 'item', uid: canonical, number: rootNumber, wantsFolder } : undefined;
  return { kind: 'item', uid: canonical, number: Number(number), wantsFolder };
};

export const parseLiveId = (text: string): LiveId | undefined => {
  const item = parseItemId(text);
  if (item !== undefined) return item;
  const [, commentUid = '', number] = commentPattern.exec(text) ?? [];
  if (number !== undefined) return { kind: 'comment', uid: canonicalUid(commentUid) ?? '', number: Number(number) };
  const [, tagUid = '', tag] = tagPattern.exec(text) ?? [];
  return tag === undefined ? undefined : { kind: 'tag', uid: canonicalUid(tagUid) ?? '', tag };
};

/** `UID!n` as BITS addresses name a folder. */
export const parseResid = (text: string): { readonly uid: string; readonly number: ItemNumber } | undefined => {
  const [, uid = '', number] = /^([0-9a-f]{1,16})!(\d{1,15})$/i.exec(text) ?? [];
  const canonical = canonicalUid(uid);
  return canonical === undefined ? undefined : { uid: canonical, number: Number(number) };
};
