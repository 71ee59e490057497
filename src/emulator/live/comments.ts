// Comments on items (docs/live-connect-v5.md, 4.4).
import { fullName } from '../accounts.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { pageReply } from './listing.ts';
import { readFields, requiredField } from './live-body.ts';
import type { ItemCall, LiveCall, Subject } from './live-call.ts';
import { liveError } from './live-error.ts';
import { itemId } from './live-ids.ts';
import { liveReply } from './live-json.ts';
import { commentObject } from './live-object.ts';

type CommentCall = LiveCall<Extract<Subject, { on: 'comment' }>>;

const longest = 10_000;

/** GET X/comments */
export const listComments = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  const items = drive.notes.comments(item.number);
  return pageReply(call.exchange, { items, path: `${itemId(drive.uid, item)}/comments` }, (comment) =>
    commentObject(drive, comment),
  );
};

/** POST X/comments */
export const addComment = async (call: ItemCall): Promise<Reply> => {
  const { drive, item } = call.subject;
  const message = requiredField(await readFields(call.exchange), 'message');
  if (message.length > longest) {
    throw liveError('request_parameter_invalid', "The value of input entity property 'message' isn't valid.");
  }
  const { account, services } = call;
  const from = { name: fullName(account), uid: account.uid };
  const comment = services.log.commit(() => drive.notes.addComment(item.number, from, message));
  return liveReply(201, commentObject(drive, comment));
};

/** GET {comment id} */
export const getComment = ({ subject }: CommentCall): Reply =>
  liveReply(200, commentObject(subject.drive, subject.comment));

/** DELETE {comment id} */
export const deleteComment = ({ subject }: CommentCall): Reply => {
  subject.drive.notes.removeComment(subject.comment);
  return emptyReply(204);
};
