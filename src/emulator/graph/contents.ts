// Bytes: GET content redirects to a URL that needs no token, PUT content stores a new content in one request (docs/graph-drive.md, 6, 7).
import type { ContentHashes } from '../content-hash.ts';
import { TooManyBytes } from '../content-store.ts';
import type { DriveItem, OnConflict } from '../drive-item.ts';
import { type DriveState, type ItemPatch, isFolder, type NewContent } from '../drive-state.ts';
import { readMediaFacts } from '../media-facts.ts';
import { emptyReply, type Reply, redirectReply } from '../reply.ts';
import { conflictInQuery } from './conflicts.ts';
import type { GraphCall, ItemCall, PlaceCall } from './graph-call.ts';
import { accessDenied, GraphError, invalidRequest, nameTaken } from './graph-error.ts';
import { downloadUrl } from './graph-item.ts';
import { checkName, freeName } from './graph-names.ts';
import { reachOf } from './graph-place.ts';
import type { GraphServices } from './graph-services.ts';
import { checkConditions, isUnchanged } from './graph-tags.ts';
import { itemReply } from './items.ts';

const largestPut = 250 * 1024 * 1024;

/** GET X/content */
export const getContent = (call: ItemCall): Reply => {
  const { services, exchange, account } = call;
  const { drive, item } = call.subject;
  if (item.content === undefined) throw invalidRequest('The item has no content.');
  const viewOnly = services.quirks.on('dl-403-viewonly') && reachOf(services, account, drive, item) !== 'write';
  if (viewOnly) throw accessDenied();
  if (isUnchanged(services, exchange, drive, item)) return emptyReply(304);
  services.downloaded.add(item.content.sha256);
  return redirectReply(downloadUrl(call, drive, item));
};

/** Where a content goes: onto an item, or under a name into a folder that may have to be made first. */
export interface Place {
  readonly drive: DriveState;
  readonly present: DriveItem | undefined;
  /** Deepest folder that is there. */
  readonly folder: DriveItem;
  /** Folders to make below it. */
  readonly missing: readonly string[];
  readonly name: string;
}

export const placeOf = ({ services, subject, address }: Pick<PlaceCall, 'services' | 'subject' | 'address'>): Place => {
  const { drive, item } = subject;
  if (subject.on === 'gap') {
    const missing = subject.names.slice(0, -1);
    const name = subject.names.at(-1) ?? '';
    for (const [at, part] of subject.names.entries())
      checkName(services, drive, item, part, subject.names.slice(0, at));
    return { drive, present: undefined, folder: item, missing, name };
  }
  const folder = item.parent === undefined ? undefined : drive.get(item.parent);
  if (folder === undefined) throw invalidRequest('File name not provided in url');
  // By id a folder isn't a place for a content; by path it is a name that is taken.
  if (isFolder(item) && address.path.length === 0) throw invalidRequest('File name not provided in url');
  return { drive, present: item, folder, missing: [], name: item.name };
};

/** Throws what storing would throw, before the bytes are taken. */
export const checkPlace = (place: Place, conflict: OnConflict, size: number): void => {
  const { drive, present, folder, missing, name } = place;
  if (present !== undefined && present.kind !== 'file' && conflict !== 'rename') throw nameTaken();
  // A file that is addressed is replaced under `replace`; another wish is about its name.
  if (missing.length === 0) drive.checkPut(folder.number, name, conflict, size);
  else drive.checkPut(drive.root.number, `${name}-`, 'rename', size);
};

export const contentOf = async (services: GraphServices, name: string, hashes: ContentHashes): Promise<NewContent> => ({
  hashes,
  media: await readMediaFacts(name, services.store.path(hashes.sha256)),
});

export interface Stored {
  readonly item: DriveItem;
  readonly created: boolean;
}

/** One commit: the folders that were missing, the content, its properties. */
export const store = (
  services: GraphServices,
  place: Place,
  content: NewContent,
  conflict: OnConflict,
  patch: ItemPatch = {},
): Stored =>
  services.log.commit(() => {
    const { drive } = place;
    const folder = place.missing.reduce(
      (parent, part) => (drive.named(parent, part) ?? drive.createFolder(parent, part)).number,
      place.folder.number,
    );
    const at = drive.get(folder) ?? place.folder;
    const name = conflict === 'rename' ? freeName(services, drive, at, place.name) : place.name;
    const stored = drive.putFile(folder, name, content, conflict);
    if (Object.keys(patch).length === 0) return stored;
    return { item: drive.update(stored.item.number, patch), created: stored.created };
  });

/** SharePoint writes into files that it understands. */
const enrich = async (services: GraphServices, drive: DriveState, item: DriveItem): Promise<void> => {
  if (!services.quirks.on('b-enrich') || !/\.(docx|xlsx|pptx|pdf|html?)$/i.test(item.name)) return;
  const { sha256 = '' } = item.content ?? {};
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield* services.store.read(sha256);
    yield Buffer.from('<!-- added by SharePoint -->');
  };
  drive.setContent(item.number, { hashes: await services.store.receive(bytes()) });
};

/** What happens between the storing of a file and the answer: the service changes it, or answers as if it had failed. */
export const aftermath = async (services: GraphServices, drive: DriveState, item: DriveItem): Promise<void> => {
  const { quirks } = services;
  if (quirks.strikes('etag-bump-after-put')) drive.update(item.number, {});
  await enrich(services, drive, item);
  if (quirks.strikes('commit-then-5xx')) throw new GraphError(504, 'UnknownError', '');
};

const limitOf = ({ settings, quirks }: GraphServices): number =>
  Math.min(largestPut, settings().uploadLimit, quirks.number('put-limit') || largestPut);

const tooLarge = (): GraphError =>
  new GraphError(413, 'invalidRequest', 'The request is too large.', { inner: 'maxFileSizeExceeded' });

const checkLength = (call: GraphCall): void => {
  const { exchange } = call;
  const chunked = exchange.headers['transfer-encoding'] !== undefined;
  if (exchange.contentLength === undefined && !chunked) {
    throw new GraphError(411, 'invalidRequest', 'Content-Length is required.');
  }
  if ((exchange.contentLength ?? 0) > limitOf(call.services)) throw tooLarge();
};

const receive = async (call: GraphCall, name: string): Promise<NewContent> => {
  const { services, exchange } = call;
  try {
    return await contentOf(services, name, await services.store.receive(exchange.chunks(), limitOf(services)));
  } catch (error) {
    throw error instanceof TooManyBytes ? tooLarge() : error;
  }
};

/** PUT P:/NAME:/content, PUT X/content */
export const putContent = async (call: PlaceCall): Promise<Reply> => {
  const { services, exchange } = call;
  const place = placeOf(call);
  checkLength(call);
  const conflict = conflictInQuery(exchange) ?? 'replace';
  checkConditions(services, exchange, place.drive, place.present);
  checkPlace(place, conflict, exchange.contentLength ?? 0);
  const content = await receive(call, place.name);
  // Others may have been faster while the bytes came.
  const now =
    place.present === undefined
      ? place.drive.named(place.folder.number, place.name)
      : place.drive.get(place.present.number);
  if (place.missing.length === 0) checkConditions(services, exchange, place.drive, now);
  const moved =
    now !== undefined && place.present !== undefined
      ? { name: now.name, folder: place.drive.get(now.parent ?? 0) }
      : {};
  const target: Place = { ...place, ...(moved.folder === undefined ? {} : { name: moved.name, folder: moved.folder }) };
  const { item, created } = store(services, target, content, conflict);
  const reply = itemReply(
    { ...call, subject: { on: 'item', drive: place.drive, item } },
    item,
    created ? 201 : 200,
    'made',
  );
  await aftermath(services, place.drive, item);
  return reply;
};
