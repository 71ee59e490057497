// GET, PATCH, DELETE of an item, and its two ends beyond: permanentDelete and restore (docs/graph-drive.md, 4 and 9).
import type { DriveItem, ItemNumber, OnConflict } from '../drive-item.ts';
import type { DriveState, ItemPatch } from '../drive-state.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { conflictIn } from './conflicts.ts';
import { expanded } from './expansions.ts';
import { decodedPart } from './graph-address.ts';
import { type Fields, objectField, readFields, textField, timeField } from './graph-body.ts';
import type { DriveCall, ItemCall } from './graph-call.ts';
import { GraphError, invalidRequest, itemNotFound } from './graph-error.ts';
import { precisionOf } from './graph-item.ts';
import { graphReply } from './graph-json.ts';
import { checkName } from './graph-names.ts';
import { shapeOf } from './graph-query.ts';
import { checkConditions, isUnchanged, tagsOf } from './graph-tags.ts';
import type { Where } from './graph-viewer.ts';

/** The item as an answer of its own. */
export const itemReply = (call: ItemCall, item: DriveItem, status = 200, where: Where = 'item'): Reply => {
  const { drive } = call.subject;
  const context = `${call.exchange.base}/v1.0/$metadata#drives('${call.services.types.driveId(drive.uid)}')/items/$entity`;
  const { eTag } = tagsOf(call.services, drive, item);
  const object = expanded(call, { drive, item, where }, shapeOf(call.exchange));
  return graphReply(
    status,
    { '@odata.context': context, ...object },
    { ETag: eTag.startsWith('"') ? eTag : `"${eTag}"` },
  );
};

/** GET an item */
export const getItem = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  if (isUnchanged(call.services, call.exchange, drive, item)) return emptyReply(304);
  return itemReply(call, item);
};

/** Members of fileSystemInfo that the drive keeps. */
export const fileTimes = (
  call: Pick<ItemCall, 'services' | 'exchange'>,
  drive: DriveState,
  fields: Fields,
): Pick<ItemPatch, 'clientCreatedMs' | 'clientModifiedMs'> => {
  const info = objectField(fields, 'fileSystemInfo') ?? {};
  const precision = precisionOf(call, drive);
  const clientCreatedMs = timeField(info, 'createdDateTime', precision);
  const clientModifiedMs = timeField(info, 'lastModifiedDateTime', precision);
  return {
    ...(clientCreatedMs === undefined ? {} : { clientCreatedMs }),
    ...(clientModifiedMs === undefined ? {} : { clientModifiedMs }),
  };
};

/** A folder by `/drive/root:/a/b` or `/drives/{id}/root:/a/b`. */
const folderByPath = (drive: DriveState, text: string): DriveItem => {
  const [, names] = /^(?:\/?drives?(?:\/[^/]+)?)?\/root(?::(.*))?$/s.exec(text) ?? [];
  if (!/root/.test(text)) throw invalidRequest('The parentReference.path is not valid.', 'invalidPath');
  let folder: DriveItem | undefined = drive.root;
  for (const part of (names ?? '').split('/').filter((name) => name !== '')) {
    folder = folder === undefined ? undefined : drive.named(folder.number, decodedPart(part));
  }
  if (folder === undefined) throw itemNotFound();
  return folder;
};

/** The folder that parentReference names; undefined: the item stays where it is. */
const parentOf = (
  call: Pick<ItemCall, 'services'>,
  drive: DriveState,
  reference: Fields | undefined,
): DriveItem | undefined => {
  const [id, path, driveId] = ['id', 'path', 'driveId'].map((name) => textField(reference ?? {}, name));
  if (driveId !== undefined && call.services.types.owner(driveId)?.uid !== drive.uid) {
    throw invalidRequest('Moving items between drives is not supported.', 'notSupported');
  }
  const byPath = path === undefined ? undefined : folderByPath(drive, path);
  if (id === undefined) return byPath;
  const number = call.services.types.itemNumber(drive.uid, id);
  const byId = number === undefined ? undefined : drive.get(number);
  if (id === 'root' || byId === undefined)
    throw id === 'root' ? invalidRequest('The parentReference.id must be the real id.') : itemNotFound();
  if (byPath !== undefined && byPath.number !== byId.number)
    throw invalidRequest('The id and the path of parentReference disagree.');
  return byId;
};

/** Replacing is for files; a folder is never replaced. */
const conflictOf = (fields: Fields): OnConflict => conflictIn(fields) ?? 'fail';

const target = (call: ItemCall, fields: Fields): { parent: ItemNumber; name: string; moves: boolean } => {
  const { drive, item } = call.subject;
  const folder = parentOf(call, drive, objectField(fields, 'parentReference'));
  const name = textField(fields, 'name') ?? item.name;
  const parent = folder?.number ?? item.parent ?? item.number;
  const moves = parent !== item.parent || name !== item.name;
  if (moves && item.parent !== undefined) {
    if (name !== item.name || folder !== undefined) checkName(call.services, drive, drive.get(parent) ?? item, name);
  }
  return { parent, name, moves };
};

const patchOf = (call: ItemCall, fields: Fields, moves: boolean): ItemPatch => {
  const { drive } = call.subject;
  const times = fileTimes(call, drive, fields);
  const description = fields['description'];
  const reset = moves && call.services.quirks.on('move-resets-mtime') ? { clientModifiedMs: call.services.now() } : {};
  return { ...reset, ...times, ...(typeof description === 'string' ? { description } : {}) };
};

/** PATCH an item: rename, move, times, description, in one change. */
export const updateItem = async (call: ItemCall): Promise<Reply> => {
  const { exchange, services } = call;
  const { drive } = call.subject;
  const fields = await readFields(exchange);
  const item = drive.get(call.subject.item.number);
  if (item === undefined) throw itemNotFound();
  checkConditions(services, exchange, drive, item);
  if (services.quirks.on('patch-noop-204') && call.address.anchor.by === 'id') return emptyReply(204);
  const to = target(call, fields);
  const patch = patchOf(call, fields, to.moves);
  if (item.parent === undefined && to.moves) throw invalidRequest('The root folder cannot be renamed or moved.');
  const place = { parent: to.parent, name: to.name };
  const changed = to.moves
    ? drive.move(item.number, place, conflictOf(fields), patch)
    : drive.update(item.number, patch);
  return services.quirks.strikes('patch-204') ? emptyReply(204) : itemReply(call, changed);
};

const checkDeletable = (call: ItemCall): void => {
  const { drive, item } = call.subject;
  if (item.parent === undefined) throw invalidRequest('The root folder cannot be deleted.');
  checkConditions(call.services, call.exchange, drive, item);
};

/** DELETE an item: to the recycle bin, with all that is in it. */
export const deleteItem = (call: ItemCall): Reply => {
  checkDeletable(call);
  const { drive, item } = call.subject;
  const parent = item.parent === undefined ? undefined : drive.get(item.parent);
  drive.remove(item.number);
  call.services.lookups.noteRemoval(drive, item, parent);
  return emptyReply(204);
};

/** POST permanentDelete: business drives only. */
export const deleteForGood = (call: ItemCall): Reply => {
  if (call.services.types.isPersonal(call.subject.drive.uid))
    throw new GraphError(405, 'notAllowed', 'The request is not allowed.');
  return deleteItem(call);
};

/** POST restore: back from the recycle bin, by id alone. */
export const restoreItem = async (call: DriveCall): Promise<Reply> => {
  const { services, address } = call;
  const { drive } = call.subject;
  const wish = services.quirks.word('restore') ?? 'both';
  const kind = services.types.isPersonal(drive.uid) ? 'P' : 'B';
  if (wish !== 'both' && wish !== kind) throw new GraphError(405, 'notAllowed', 'The request is not allowed.');
  const number = address.anchor.by === 'id' ? services.types.itemNumber(drive.uid, address.anchor.id) : undefined;
  const removed = [...drive.all()].find((item) => item.number === number && item.removedWith === number);
  if (removed === undefined) throw itemNotFound();
  const fields = await readFields(call.exchange);
  const folder = parentOf(call, drive, objectField(fields, 'parentReference'));
  const name = textField(fields, 'name');
  const restored = services.log.commit(() => {
    const back = drive.restore(removed.number);
    if (folder === undefined && name === undefined) return back;
    const to = { ...(folder === undefined ? {} : { parent: folder.number }), ...(name === undefined ? {} : { name }) };
    return drive.move(back.number, to);
  });
  return itemReply({ ...call, subject: { on: 'item', drive, item: restored } }, restored);
};
