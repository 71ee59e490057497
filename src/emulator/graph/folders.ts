// POST children: a new folder (docs/graph-drive.md, 9).
import type { DriveItem, OnConflict } from '../drive-item.ts';
import { isFolder } from '../drive-state.ts';
import type { Reply } from '../reply.ts';
import { conflictIn, conflictInQuery } from './conflicts.ts';
import { store } from './contents.ts';
import { type Fields, readFields, textField } from './graph-body.ts';
import type { ItemCall } from './graph-call.ts';
import { GraphError, invalidRequest, nameTaken } from './graph-error.ts';
import { checkName, freeName } from './graph-names.ts';
import { fileTimes, itemReply } from './items.ts';

interface Made {
  readonly item: DriveItem;
  readonly created: boolean;
}

const makeFolder = (call: ItemCall, name: string, conflict: OnConflict, fields: Fields): Made => {
  const { services } = call;
  const { drive, item: parent } = call.subject;
  const present = drive.named(parent.number, name);
  if (present !== undefined && conflict === 'replace' && isFolder(present)) return { item: present, created: false };
  if (present !== undefined && conflict !== 'rename') throw nameTaken();
  const description = services.types.isPersonal(drive.uid) ? (textField(fields, 'description') ?? '') : '';
  const times = services.quirks.on('mkdir-drop-mtime') ? {} : fileTimes(call, drive, fields);
  const item = services.log.commit(() => {
    const free = conflict === 'rename' ? freeName(services, drive, parent, name) : name;
    const made = drive.createFolder(parent.number, free, {
      description,
      onConflict: conflict === 'rename' ? 'rename' : 'fail',
    });
    return Object.keys(times).length === 0 ? made : drive.update(made.number, times);
  });
  return { item, created: true };
};

/** A member `file` instead of `folder`: an empty file. */
const makeEmptyFile = (call: ItemCall, name: string, conflict: OnConflict, fields: Fields): Reply => {
  const { services } = call;
  const { drive, item: folder } = call.subject;
  if (fields['file'] === undefined) throw invalidRequest('Only folders and empty files can be created in this way.');
  const place = { drive, present: undefined, folder, missing: [], name };
  const content = { hashes: services.store.putSync(Buffer.alloc(0)) };
  const { item, created } = store(services, place, content, conflict, fileTimes(call, drive, fields));
  return itemReply(call, item, created ? 201 : 200, 'made');
};

/** POST F/children */
export const createFolder = async (call: ItemCall): Promise<Reply> => {
  const { exchange, services } = call;
  const { drive, item: parent } = call.subject;
  const fields = await readFields(exchange);
  const name = textField(fields, 'name');
  if (fields['remoteItem'] !== undefined)
    throw new GraphError(503, 'serviceNotAvailable', 'The service is not available.');
  if (name === undefined) throw invalidRequest('Name is required.');
  checkName(services, drive, parent, name);
  const conflict = conflictIn(fields) ?? conflictInQuery(exchange) ?? 'fail';
  if (fields['folder'] === undefined) return makeEmptyFile(call, name, conflict, fields);
  const { item, created } = makeFolder(call, name, conflict, fields);
  if (created && services.quirks.strikes('post-503-late-commit')) {
    throw new GraphError(503, 'serviceNotAvailable', 'The service is not available.');
  }
  if (created && services.quirks.strikes('empty-success')) return { status: 200, headers: {} };
  return itemReply(call, item, created ? 201 : 200, 'made');
};
