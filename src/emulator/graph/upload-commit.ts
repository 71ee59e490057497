// The end of an upload session: its bytes become the content of a file, under the terms of the session or under new ones.
import type { DriveItem, OnConflict } from '../drive-item.ts';
import type { ItemPatch } from '../drive-state.ts';
import type { Exchange } from '../exchange.ts';
import { emptyReply, type Reply } from '../reply.ts';
import type { UploadSession } from '../upload-sessions.ts';
import { conflictIn } from './conflicts.ts';
import { aftermath, checkPlace, contentOf, type Place, placeOf, store } from './contents.ts';
import { readFields, textField } from './graph-body.ts';
import type { GraphCall, ItemCall, PlaceCall } from './graph-call.ts';
import { GraphError, invalidRequest, itemNotFound } from './graph-error.ts';
import type { GraphServices } from './graph-services.ts';
import { itemReply } from './items.ts';
import type { UploadRecord } from './upload-records.ts';

export interface OpenSession {
  readonly record: UploadRecord;
  readonly bytes: UploadSession;
}

export const sessionNotFound = (): GraphError =>
  new GraphError(404, 'itemNotFound', 'The upload session was not found', { inner: 'uploadSessionNotFound' });

/** Where the session's file goes at this moment: the file that was there may have been moved, renamed or removed meanwhile. */
export const currentPlace = ({ accounts }: GraphServices, record: UploadRecord): Place => {
  const account = accounts.byUid(record.uid);
  if (account === undefined) throw sessionNotFound();
  const drive = accounts.drive(account);
  const known = record.present === undefined ? undefined : drive.get(record.present);
  const folder = drive.get(known?.parent ?? record.folder);
  if (folder === undefined) throw itemNotFound();
  const name = known?.name ?? record.name;
  return { drive, present: known ?? drive.named(folder.number, name), folder, missing: [], name };
};

const patchOf = ({ description, createdMs, modifiedMs }: UploadRecord): ItemPatch => ({
  ...(description === undefined ? {} : { description }),
  ...(createdMs === undefined ? {} : { clientCreatedMs: createdMs }),
  ...(modifiedMs === undefined ? {} : { clientModifiedMs: modifiedMs }),
});

export interface Terms {
  readonly place: Place;
  readonly conflict: OnConflict;
}

/** What the rest of an answer needs beside the item. */
type Asked = Pick<GraphCall, 'services' | 'exchange'>;

const answer = ({ services, exchange }: Asked, place: Place, item: DriveItem, status: number): Reply => {
  const account = services.accounts.byUid(place.drive.uid) ?? services.accounts.first;
  const grant = { uid: account.uid, clientId: '', scopes: [] };
  const address = {
    on: 'item',
    drive: { by: 'me' },
    anchor: { by: 'root' },
    path: [],
    rest: [],
    words: [],
    args: {},
  } as const;
  const bare: Exchange = { ...exchange, query: new Map() };
  const subject = { on: 'item', drive: place.drive, item } as const;
  const call: ItemCall = { services, exchange: bare, account, grant, address, subject };
  return itemReply(call, item, status, 'made');
};

/** Throws when the terms can't be met; the session is as it was then. */
export const commitSession = async (asked: Asked, { record, bytes }: OpenSession, terms: Terms): Promise<Reply> => {
  const { services } = asked;
  const { place, conflict } = terms;
  checkPlace(place, conflict, bytes.total ?? 0);
  if (!services.uploads.take(record.id)) throw sessionNotFound();
  const hashes = await services.sessions.finish(bytes);
  const content = await contentOf(services, place.name, hashes);
  const { item, created } = store(services, place, content, conflict, patchOf(record));
  if (!created && services.quirks.on('b-double-version')) place.drive.setContent(item.number, content);
  const reply = answer(asked, place, item, created ? 201 : 200);
  await aftermath(services, place.drive, item);
  return services.quirks.strikes('session-empty-body') ? emptyReply(reply.status) : reply;
};

const sessionIdIn = (services: GraphServices, exchange: Exchange, url: string): string => {
  const query = new Map(new URL(url).searchParams);
  return services.preauth.read({ ...exchange, query }, false)?.detail ?? '';
};

/** PUT P:/NAME with `@microsoft.graph.sourceUrl`: ends a session under new terms. */
export const commitUnderName = async (call: PlaceCall): Promise<Reply> => {
  const { services, exchange } = call;
  const fields = await readFields(exchange);
  const source = textField(fields, '@microsoft.graph.sourceUrl');
  if (source === undefined || !/^https?:\/\//.test(source))
    throw invalidRequest('The sourceUrl is missing or not valid.');
  const session = await services.uploads.find(sessionIdIn(services, exchange, source));
  if (session === undefined) throw sessionNotFound();
  if (session.bytes.total === undefined || session.bytes.received < session.bytes.total) {
    throw new GraphError(400, 'invalidRequest', 'The upload session is incomplete.', {
      inner: 'uploadSessionIncomplete',
    });
  }
  const place = placeOf(call);
  return await commitSession(call, session, { place, conflict: conflictIn(fields) ?? 'fail' });
};
