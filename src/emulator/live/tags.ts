// Tags: marks of people on photos and videos (docs/live-connect-v5.md, 4.4).
import { fullName } from '../accounts.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { pageReply } from './listing.ts';
import { readFields, textField } from './live-body.ts';
import type { ItemCall, LiveCall, Subject } from './live-call.ts';
import { liveError } from './live-error.ts';
import { itemId } from './live-ids.ts';
import { liveReply } from './live-json.ts';
import { liveType, tagObject } from './live-object.ts';

type TagCall = LiveCall<Extract<Subject, { on: 'tag' }>>;

const checkTaggable = (call: ItemCall): void => {
  const type = liveType(call.subject.item);
  if (type === 'photo' || type === 'video') return;
  throw liveError('request_url_invalid', `Resource type '${type}' doesn't support the path 'tags'.`);
};

/** GET X/tags */
export const listTags = (call: ItemCall): Reply => {
  checkTaggable(call);
  const { drive, item } = call.subject;
  const items = drive.notes.tags(item.number);
  return pageReply(call.exchange, { items, path: `${itemId(drive.uid, item)}/tags` }, (tag) => tagObject(drive, tag));
};

const percent = (text: string | undefined): number | undefined => {
  const value = Number(text);
  return text !== undefined && value >= 0 && value <= 100 ? value : undefined;
};

/** POST X/tags */
export const addTag = async (call: ItemCall): Promise<Reply> => {
  checkTaggable(call);
  const { drive, item } = call.subject;
  const fields = await readFields(call.exchange);
  const name = textField(fields, 'user') ?? textField(fields, 'name');
  const known = call.services.accounts.find(name ?? call.account.uid);
  const user = known === undefined ? { name: name ?? '' } : { name: fullName(known), uid: known.uid };
  const x = percent(textField(fields, 'x'));
  const y = percent(textField(fields, 'y'));
  const place = liveType(item) === 'photo' && x !== undefined && y !== undefined ? { x, y } : {};
  return liveReply(201, tagObject(drive, drive.notes.addTag(item.number, { user, ...place })));
};

/** GET {tag id} */
export const getTag = ({ subject }: TagCall): Reply => liveReply(200, tagObject(subject.drive, subject.tag));

/** DELETE {tag id} */
export const deleteTag = ({ subject }: TagCall): Reply => {
  subject.drive.notes.removeTag(subject.tag.id);
  return emptyReply(204);
};
