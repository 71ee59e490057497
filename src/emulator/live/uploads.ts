// Files by one request: PUT F/files/NAME, PUT X/content, POST F/files as a form (docs/live-connect-v5.md, 4.3). The name and the room are
// checked before the bytes are taken and again when they are stored; a broken upload changes nothing.

import type { ContentHashes } from '../content-hash.ts';
import { TooManyBytes } from '../content-store.ts';
import type { DriveItem } from '../drive-item.ts';
import { isFolder, type NewContent } from '../drive-state.ts';
import { readMediaFacts } from '../media-facts.ts';
import { htmlReply, Refusal, type Reply, redirectReply } from '../reply.ts';
import { type ItemCall, type LiveServices, readOverwrite } from './live-call.ts';
import { liveError } from './live-error.ts';
import { liveReply } from './live-json.ts';
import { liveType, uploadAnswer } from './live-object.ts';
import { readFormFile } from './multipart.ts';

/** The service's web server answers this one itself, without JSON. */
const tooLarge = (): Refusal => new Refusal(htmlReply(413, '<h1>413 Request Entity Too Large</h1>'));

/** What a stored content is to the drive. */
export const newContent = async (services: LiveServices, name: string, hashes: ContentHashes): Promise<NewContent> => ({
  hashes,
  media: await readMediaFacts(name, services.store.path(hashes.sha256)),
});

const receive = async (call: ItemCall, name: string, bytes: AsyncIterable<Uint8Array>): Promise<NewContent> => {
  const { services } = call;
  try {
    return await newContent(services, name, await services.store.receive(bytes, services.settings().uploadLimit));
  } catch (error) {
    throw error instanceof TooManyBytes ? tooLarge() : error;
  }
};

const checkSize = (call: ItemCall): void => {
  if ((call.exchange.contentLength ?? 0) > call.services.settings().uploadLimit) throw tooLarge();
};

const checkFolder = (call: ItemCall): void => {
  const { item } = call.subject;
  if (isFolder(item)) return;
  throw liveError('request_url_invalid', `Resource type '${liveType(item)}' doesn't support the path 'files'.`);
};

/** PUT F/files/NAME */
export const putFile = async (call: ItemCall): Promise<Reply> => {
  checkFolder(call);
  checkSize(call);
  const { drive, item } = call.subject;
  const onConflict = readOverwrite(call.exchange, 'replace');
  drive.checkPut(item.number, call.name, onConflict, call.exchange.contentLength ?? 0);
  const content = await receive(call, call.name, call.exchange.chunks());
  const put = drive.putFile(item.number, call.name, content, onConflict);
  return liveReply(put.created ? 201 : 200, uploadAnswer(call, drive, put.item));
};

/** PUT X/content: always replaces. */
export const putContent = async (call: ItemCall): Promise<Reply> => {
  const { drive, item } = call.subject;
  if (item.kind !== 'file') {
    throw liveError('request_url_invalid', `Resource type '${liveType(item)}' doesn't support the path 'content'.`);
  }
  checkSize(call);
  const content = await receive(call, item.name, call.exchange.chunks());
  return liveReply(200, uploadAnswer(call, drive, drive.setContent(item.number, content)));
};

/** A browser's form says where to go next. */
const afterForm = (call: ItemCall, item: DriveItem): Reply => {
  const answer = uploadAnswer(call, call.subject.drive, item);
  const redirect = call.exchange.query.get('redirect_uri');
  if (redirect === undefined) return liveReply(201, answer);
  const state = call.exchange.query.get('state');
  const fields = new URLSearchParams({ result: JSON.stringify(answer), ...(state === undefined ? {} : { state }) });
  return redirectReply(`${redirect}${redirect.includes('?') ? '&' : '?'}${fields.toString()}`);
};

/** POST F/files: one file as multipart/form-data. */
export const postFile = async (call: ItemCall): Promise<Reply> => {
  checkFolder(call);
  checkSize(call);
  const { drive, item } = call.subject;
  const onConflict = readOverwrite(call.exchange, 'replace');
  const received = await readFormFile(call.exchange, async (name, bytes) => {
    drive.checkPut(item.number, name, onConflict);
    return { name, content: await receive(call, name, bytes) };
  });
  return afterForm(call, drive.putFile(item.number, received.name, received.content, onConflict).item);
};
