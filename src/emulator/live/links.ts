// Links that anybody can use. Asking for one makes the item shared: a GET that changes state, as the service had it
// (docs/live-connect-v5.md, 4.2).
import { randomBytes } from 'node:crypto';
import type { DriveItem } from '../drive-item.ts';
import type { Reply } from '../reply.ts';
import type { ItemCall } from './live-call.ts';
import { liveError } from './live-error.ts';
import { residOf } from './live-ids.ts';
import { liveReply } from './live-json.ts';
import { sharedLink } from './live-object.ts';

type KeyName = 'readKey' | 'editKey' | 'embedKey';

/** The item's key of that kind, made and noted when there is none yet. */
const keyOf = (call: ItemCall, name: KeyName): string => {
  const { drive, item } = call.subject;
  if (item.parent === undefined) throw liveError('request_url_invalid', "The root folder can't be shared.");
  const known = item.sharing?.[name];
  if (known !== undefined) return known;
  const key = `!A${randomBytes(10).toString('base64url')}`;
  const access = item.sharing?.access ?? 'People with a link';
  drive.update(item.number, { sharing: { ...item.sharing, access, [name]: key } });
  return key;
};

/** GET X/shared_read_link, X/shared_edit_link */
export const getSharedLink =
  (name: KeyName) =>
  (call: ItemCall): Reply => {
    const { drive, item } = call.subject;
    return liveReply(200, { link: sharedLink(drive, item, keyOf(call, name)) });
  };

const embedUrl = (uid: string, item: DriveItem, key: string): string =>
  `https://skydrive.live.com/embed?cid=${uid.toUpperCase()}&resid=${residOf(uid, item.number)}&authkey=${key}`;

/** GET X/embed */
export const getEmbed = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  const url = embedUrl(drive.uid, item, keyOf(call, 'embedKey'));
  return liveReply(200, {
    embed_html: `<iframe src="${url}" width="98" height="120" frameborder="0" scrolling="no"></iframe>`,
  });
};
