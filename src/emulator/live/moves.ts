// MOVE and COPY (docs/live-connect-v5.md, 4.3). The destination must be the id of a folder: friendly names are refused, as the service
// refused them. A taken name fails unless `overwrite` says otherwise.
import type { ItemNumber } from '../drive-item.ts';
import { isFolder } from '../drive-state.ts';
import type { Reply } from '../reply.ts';
import { readFields, textField } from './live-body.ts';
import { type ItemCall, readOverwrite } from './live-call.ts';
import { badDestination, liveError, missingParameter } from './live-error.ts';
import { parseLiveId } from './live-ids.ts';
import { liveReply } from './live-json.ts';
import { liveObject } from './live-object.ts';

const destinationOf = async (call: ItemCall): Promise<ItemNumber> => {
  const fields = await readFields(call.exchange);
  const text = textField(fields, 'destination');
  if (text === undefined) throw missingParameter('destination');
  const id = parseLiveId(text);
  const { drive } = call.subject;
  if (id?.kind !== 'item' || id.uid !== drive.uid) throw badDestination();
  const folder = drive.get(id.number);
  if (folder === undefined || !isFolder(folder)) throw badDestination();
  return folder.number;
};

/** MOVE X */
export const moveItem = async (call: ItemCall): Promise<Reply> => {
  const { drive, item } = call.subject;
  const onConflict = readOverwrite(call.exchange, 'fail');
  const parent = await destinationOf(call);
  const moved = drive.move(item.number, { parent }, onConflict);
  return liveReply(201, liveObject(call, drive, moved));
};

/** COPY X: files only. */
export const copyItem = async (call: ItemCall): Promise<Reply> => {
  const { drive, item } = call.subject;
  const onConflict = readOverwrite(call.exchange, 'fail');
  const parent = await destinationOf(call);
  if (item.kind !== 'file') throw liveError('request_url_invalid', "Folders and notebooks can't be copied.");
  const copy = drive.copy(item.number, parent, { onConflict });
  return liveReply(201, liveObject(call, drive, copy));
};
