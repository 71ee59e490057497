// POST createUploadSession (docs/graph-drive.md, 8).
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { Exchange } from '../exchange.ts';
import type { Reply } from '../reply.ts';
import { conflictIn } from './conflicts.ts';
import { checkPlace, type Place, placeOf } from './contents.ts';
import { type Fields, objectField, readFields, textField } from './graph-body.ts';
import type { PlaceCall } from './graph-call.ts';
import { GraphError, invalidRequest, nameTaken, resourceModified } from './graph-error.ts';
import { graphReply, graphTime } from './graph-json.ts';
import type { GraphServices } from './graph-services.ts';
import { checkConditions } from './graph-tags.ts';
import { fileTimes } from './items.ts';
import { preauthRoots } from './preauth-urls.ts';
import type { UploadRecord } from './upload-records.ts';

const daySeconds = 86_400;
/** The URL outlives the session, which has an end of its own. */
const urlDays = 30;

export const expiryOf = ({ quirks, types, now }: GraphServices, uid: string): number => {
  const usual = types.isPersonal(uid) ? 7 * daySeconds : daySeconds;
  return now() + (quirks.number('session-ttl') || usual) * 1000;
};

export const uploadUrl = (services: GraphServices, exchange: Exchange, record: UploadRecord): string => {
  const { types, preauth, quirks, now } = services;
  const expiresMs = now() + urlDays * daySeconds * 1000;
  const base = preauth.base(exchange, types.isPersonal(record.uid), quirks.word('hosts'));
  const ticket = { uid: record.uid, number: record.folder, detail: record.id, expiresMs };
  return `${base}${preauth.path(preauthRoots.upload, ticket, record.name)}`;
};

const sizeOf = (item: Fields): number => {
  const size = item['fileSize'] ?? 0;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalidRequest('The fileSize is not valid.');
  return size;
};

const isOffice = (item: DriveItem | undefined): item is DriveItem =>
  item !== undefined && /\.xls[xm]?$/i.test(item.name);

/** SharePoint loses the first session for a workbook that is there already. */
const isLost = ({ quirks, officeFirst }: GraphServices, drive: DriveState, item: DriveItem | undefined): boolean => {
  if (!quirks.on('session-office-404') || !isOffice(item)) return false;
  const key = `${drive.uid} ${item.number} ${item.etag}`;
  const first = !officeFirst.has(key);
  officeFirst.add(key);
  return first;
};

const checkCreation = (call: PlaceCall, place: Place): void => {
  const { services, exchange } = call;
  const { quirks } = services;
  checkConditions(services, exchange, place.drive, place.present);
  if (exchange.headers['if-match'] !== undefined && quirks.strikes('session-ifmatch-412')) throw resourceModified();
  const single = quirks.on('session-one-per-name');
  if (single && services.uploads.openFor(place.drive.uid, place.folder.number, place.name) !== undefined) {
    throw new GraphError(409, 'nameAlreadyExists', 'The file is already being uploaded.');
  }
};

/** The folder of the file; those that are missing are made now, not with the last byte. */
const madeFolder = ({ drive, folder, missing }: Place): DriveItem =>
  missing.reduce((parent, name) => drive.named(parent.number, name) ?? drive.createFolder(parent.number, name), folder);

const recordOf = (call: PlaceCall, place: Place, fields: Fields): Omit<UploadRecord, 'id' | 'folder'> => {
  const { services } = call;
  const item = objectField(fields, 'item') ?? {};
  const name = textField(item, 'name') ?? place.name;
  if (name.toLowerCase() !== place.name.toLowerCase())
    throw invalidRequest('The name in the body differs from the name in the url.');
  const { clientCreatedMs, clientModifiedMs } = fileTimes(call, place.drive, item);
  const description = services.types.isPersonal(place.drive.uid) ? textField(item, 'description') : undefined;
  return {
    uid: place.drive.uid,
    name: place.name,
    ...(place.present === undefined ? {} : { present: place.present.number }),
    // The reference says `fail`, but what clients that ask for nothing get is a replaced file.
    conflict: conflictIn(item) ?? conflictIn(fields) ?? 'replace',
    ...(description === undefined ? {} : { description }),
    ...(clientCreatedMs === undefined ? {} : { createdMs: clientCreatedMs }),
    ...(clientModifiedMs === undefined ? {} : { modifiedMs: clientModifiedMs }),
    fileSize: sizeOf(item),
    deferred: fields['deferCommit'] === true || item['deferCommit'] === true,
    dead: isLost(services, place.drive, place.present),
    expiresMs: expiryOf(services, place.drive.uid),
  };
};

/** POST P:/NAME:/createUploadSession, POST X/createUploadSession */
export const createSession = async (call: PlaceCall): Promise<Reply> => {
  const { services, exchange } = call;
  const place = placeOf(call);
  const record = recordOf(call, place, await readFields(exchange));
  checkCreation(call, place);
  if (place.present !== undefined && place.present.kind !== 'file') throw nameTaken();
  const reserved = services.quirks.on('session-reserve-quota') ? services.uploads.reserved(place.drive.uid) : 0;
  checkPlace(place, record.conflict, record.fileSize + reserved);
  const made = services.log.commit(() => services.uploads.create({ ...record, folder: madeFolder(place).number }));
  const ranges = services.quirks.word('session-first-ranges') === 'absent' ? {} : { nextExpectedRanges: ['0-'] };
  return graphReply(200, {
    '@odata.context': `${exchange.base}/v1.0/$metadata#microsoft.graph.uploadSession`,
    uploadUrl: uploadUrl(services, exchange, made),
    expirationDateTime: graphTime(made.expiresMs, 'ms'),
    ...ranges,
  });
};
