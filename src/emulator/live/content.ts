// GET X/content: a redirect to a URL that needs no token (docs/live-connect-v5.md, 4.2).
import { type Reply, redirectReply } from '../reply.ts';
import type { ItemCall } from './live-call.ts';
import { liveError } from './live-error.ts';
import { liveType, sourceUrl } from './live-object.ts';

export const getContent = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  if (item.kind !== 'file') {
    throw liveError('request_url_invalid', `Resource type '${liveType(item)}' doesn't support the path 'content'.`);
  }
  const attachment = call.exchange.query.get('download')?.toLowerCase() === 'true';
  return redirectReply(sourceUrl(call, drive, item, attachment));
};
