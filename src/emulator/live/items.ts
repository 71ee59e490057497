// GET, PUT, POST and DELETE of an item itself: its object, its properties, a new folder below it, its end
// (docs/live-connect-v5.md, 4.2 and 4.3).
import type { ItemPatch } from '../drive-state.ts';
import { isFolder } from '../drive-state.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { type Fields, readFields, requiredField, textField } from './live-body.ts';
import type { ItemCall, LiveCall } from './live-call.ts';
import { liveError } from './live-error.ts';
import { liveReply } from './live-json.ts';
import { liveObject, liveType } from './live-object.ts';

/** GET X */
export const getItem = (call: ItemCall): Reply =>
  liveReply(200, liveObject(call, call.subject.drive, call.subject.item));

/** POST F: a folder in it. */
export const createFolder = async (call: ItemCall): Promise<Reply> => {
  const { drive, item } = call.subject;
  if (!isFolder(item)) throw liveError('request_method_invalid', "The provided HTTP method 'POST' is not allowed.");
  const fields = await readFields(call.exchange);
  const name = requiredField(fields, 'name');
  const description = textField(fields, 'description') ?? '';
  const made = drive.createFolder(item.number, name, { description });
  return liveReply(201, liveObject(call, drive, made));
};

/** POST me/albums: an album, always in the root. */
export const createAlbum = async (call: LiveCall): Promise<Reply> => {
  const drive = call.services.accounts.drive(call.account);
  const fields = await readFields(call.exchange);
  const description = textField(fields, 'description') ?? '';
  const made = drive.createFolder(drive.root.number, requiredField(fields, 'name'), { kind: 'album', description });
  return liveReply(201, liveObject(call, drive, made));
};

const audioFields = ['title', 'artist', 'album', 'album_artist', 'genre'];

/** What of the body can be set; the rest is ignored, as the service did. */
const patchOf = (call: ItemCall, fields: Fields): ItemPatch => {
  const { item } = call.subject;
  const name = textField(fields, 'name');
  const description = textField(fields, 'description') ?? (fields.has('description') ? '' : undefined);
  const sortBy = isFolder(item) ? textField(fields, 'sort_by') : undefined;
  const audio =
    liveType(item) === 'audio'
      ? audioFields.flatMap((field) => (fields.has(field) ? [[field, textField(fields, field) ?? '']] : []))
      : [];
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(sortBy === undefined ? {} : { sortBy }),
    ...(audio.length === 0 ? {} : { audio: { ...item.audio, ...Object.fromEntries(audio) } }),
  };
};

/** PUT X */
export const updateItem = async (call: ItemCall): Promise<Reply> => {
  const { drive, item } = call.subject;
  const fields = await readFields(call.exchange);
  if (fields.size === 0 || fields === call.exchange.query) {
    const needed = "'name', 'description'";
    throw liveError(
      'request_parameter_missing',
      `The request entity body must include at least one of these parameters: ${needed}.`,
    );
  }
  const patch = patchOf(call, fields);
  if (patch.name === item.name) delete (patch as { name?: string }).name;
  if (patch.name !== undefined && item.parent === undefined) {
    throw liveError('request_parameter_invalid', "The root folder can't be renamed.");
  }
  const updated = Object.keys(patch).length === 0 ? item : drive.update(item.number, patch);
  return liveReply(200, liveObject(call, drive, updated));
};

/** DELETE X: to the recycle bin. */
export const deleteItem = (call: ItemCall): Reply => {
  call.subject.drive.remove(call.subject.item.number);
  return emptyReply(204);
};

/** DELETE of an id that is gone already is answered like the first one. */
export const deleteGone = (): Reply => emptyReply(204);
