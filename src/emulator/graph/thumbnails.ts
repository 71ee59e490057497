// Thumbnails: small pictures by URL that need no token (docs/graph-drive.md, 12). Photos are their own picture, other media a coloured one.
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import { mediaKind } from '../media-facts.ts';
import { type Reply, redirectReply } from '../reply.ts';
import type { ItemCall } from './graph-call.ts';
import { itemNotFound } from './graph-error.ts';
import { downloadUrl } from './graph-item.ts';
import { graphReply } from './graph-json.ts';
import { option } from './graph-query.ts';
import type { GraphObject, Viewer } from './graph-viewer.ts';

const sizes: Readonly<Record<string, number>> = { small: 96, medium: 176, large: 800 };

const pictureUrl = (viewer: Viewer, drive: DriveState, item: DriveItem): string => {
  const photo = item.media !== undefined;
  const word = `${drive.uid}.${item.number}`;
  return photo ? downloadUrl(viewer, drive, item) : `${viewer.exchange.base}/pictures/${word}.png`;
};

const hasPicture = (item: DriveItem): boolean => item.kind === 'file' && mediaKind(item.name) !== 'file';

/** The side in pixels of a named size or of `c300x400`. */
const sideOf = (size: string): number | undefined => {
  const [, wide, high] = /^c(\d+)x(\d+)(?:_crop)?$/i.exec(size) ?? [];
  return Object.hasOwn(sizes, size)
    ? sizes[size]
    : wide === undefined
      ? undefined
      : Math.max(Number(wide), Number(high));
};

const thumbnail = (viewer: Viewer, drive: DriveState, item: DriveItem, side: number): GraphObject => {
  const { width, height } = item.media ?? { width: side, height: side };
  const scale = Math.min(1, side / Math.max(width, height, 1));
  const [wide, high] = [width, height].map((length) => Math.max(1, Math.round(length * scale)));
  return { height: high, width: wide, url: pictureUrl(viewer, drive, item) };
};

export const thumbnailsOf = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject[] => {
  if (!hasPicture(item)) return [];
  const named = Object.entries(sizes).map(([name, side]) => [name, thumbnail(viewer, drive, item, side)]);
  return [{ id: '0', ...Object.fromEntries(named) }];
};

/** GET thumbnails */
export const listThumbnails = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  const custom = (option(call.exchange, 'select') ?? '').split(',').filter((size) => /^c\d+x\d+/i.test(size));
  const added = custom.map((size) => [size, thumbnail(call, drive, item, sideOf(size) ?? 96)]);
  const value = thumbnailsOf(call, drive, item).map((set) => ({ ...set, ...Object.fromEntries(added) }));
  return graphReply(200, { value });
};

/** GET thumbnails/{id}/{size} */
export const getThumbnail = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  const [, id, size = ''] = call.address.words;
  const side = sideOf(size);
  if (id !== '0' || side === undefined || !hasPicture(item)) throw itemNotFound();
  return graphReply(200, thumbnail(call, drive, item, side));
};

/** GET thumbnails/{id}/{size}/content */
export const getThumbnailContent = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  const [, id, size = ''] = call.address.words;
  if (id !== '0' || sideOf(size) === undefined || !hasPicture(item)) throw itemNotFound();
  return redirectReply(pictureUrl(call, drive, item));
};
