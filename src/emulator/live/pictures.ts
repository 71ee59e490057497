// Pictures of items (docs/live-connect-v5.md, 4.2): of a photo its own bytes, of other media a small generated image.
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import { type Reply, redirectReply } from '../reply.ts';
import { percentDecode } from '../url-text.ts';
import type { ItemCall, LiveCall } from './live-call.ts';
import { liveError, notFound } from './live-error.ts';
import { parseResid } from './live-ids.ts';
import { pictureSizes } from './live-media.ts';
import { liveType, sourceUrl, type Viewer } from './live-object.ts';

const checkType = (type: string | undefined): void => {
  if (type === undefined || type === 'small' || pictureSizes.some((size) => size.type === type.toLowerCase())) return;
  throw liveError('request_parameter_invalid', "The value of query parameter 'type' isn't valid.");
};

const pictureUrl = (viewer: Viewer, drive: DriveState, item: DriveItem): string => {
  const type = liveType(item);
  if (type === 'photo') return sourceUrl(viewer, drive, item);
  if (type === 'video' || type === 'audio' || type === 'album') return `${viewer.exchange.base}/pictures/${type}.png`;
  throw liveError('request_url_invalid', `Resource type '${type}' doesn't support the path 'picture'.`);
};

/** GET X/picture */
export const getPicture = (call: ItemCall): Reply => {
  checkType(call.exchange.query.get('type'));
  return redirectReply(pictureUrl(call, call.subject.drive, call.subject.item));
};

/** GET skydrive/get_item_preview?url=LINK: the picture behind a link of ours; no token. */
export const getPreview = (call: LiveCall): Reply => {
  checkType(call.exchange.query.get('type'));
  const link = call.exchange.query.get('url') ?? '';
  const resid = parseResid(percentDecode(/[?&]resid=([^&]*)/.exec(link)?.[1] ?? '').trim());
  const account = resid === undefined ? undefined : call.services.accounts.byUid(resid.uid);
  const drive = account === undefined ? undefined : call.services.accounts.drive(account);
  const item = resid === undefined ? undefined : drive?.get(resid.number);
  if (drive === undefined || item === undefined) throw notFound(link);
  return redirectReply(pictureUrl(call, drive, item));
};
