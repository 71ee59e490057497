// driveItem as Graph shows it (docs/graph-drive.md, 4, 15 and 16): fields and facets by kind of item and type of drive. What quirks make
// of it is item-quirks.ts's.
import { type Account, fullName } from '../accounts.ts';
import type { ContentHashes } from '../content-hash.ts';
import type { DriveItem } from '../drive-item.ts';
import { type DriveState, isFolder } from '../drive-state.ts';
import { mediaKind } from '../media-facts.ts';
import { typeOf } from '../storage-download.ts';
import { graphTime } from './graph-json.ts';
import { pathOf } from './graph-names.ts';
import { specialOf } from './graph-place.ts';
import { tagsOf } from './graph-tags.ts';
import type { GraphObject, Viewer, Where } from './graph-viewer.ts';
import { distorted } from './item-quirks.ts';
import { preauthRoots } from './preauth-urls.ts';

export const precisionOf = ({ services }: Viewer, drive: DriveState): 'ms' | 's' => {
  const wish = services.quirks.word('time-precision');
  if (wish === 'ms' || wish === 's') return wish;
  return services.types.isPersonal(drive.uid) ? 'ms' : 's';
};

/** A URL of the bytes that needs no token, for a while; `sha256`: of a former content. */
export const downloadUrl = (viewer: Viewer, drive: DriveState, item: DriveItem, sha256?: string): string => {
  const { exchange, services } = viewer;
  const expiresMs = services.now() + services.settings().downloadSeconds * 1000;
  const ticket = {
    uid: drive.uid,
    number: item.number,
    expiresMs,
    ...(sha256 === undefined ? {} : { detail: sha256 }),
  };
  const base = services.preauth.base(exchange, services.types.isPersonal(drive.uid), services.quirks.word('hosts'));
  return `${base}${services.preauth.path(preauthRoots.download, ticket, item.name)}`;
};

export const userObject = (account: Account | undefined): GraphObject =>
  account === undefined ? {} : { user: { id: account.uid, displayName: fullName(account), email: account.email } };

const encodedPath = (names: readonly string[]): string => names.map((name) => `/${encodeURIComponent(name)}`).join('');

const parentReference = ({ services }: Viewer, drive: DriveState, item: DriveItem, where: Where): GraphObject => {
  const { types } = services;
  const driveId = types.driveId(drive.uid);
  const drivePart = { driveType: types.of(drive.uid), driveId };
  const parent = item.parent === undefined ? undefined : drive.get(item.parent);
  if (parent === undefined) return drivePart;
  const personal = types.isPersonal(drive.uid);
  const root = personal ? '/drive/root:' : `/drives/${driveId}/root:`;
  const name = parent.parent === undefined ? 'root' : parent.name;
  const untold = personal && where === 'delta' && services.quirks.word('parent-path') !== 'plain';
  const path = untold ? {} : { path: `${root}${encodedPath(pathOf(drive, parent))}` };
  return { ...drivePart, id: types.itemId(drive.uid, parent.number), name, ...path };
};

/** By type of drive: only quickXorHash is everywhere. */
const hashesOf = ({ services }: Viewer, drive: DriveState, content: ContentHashes): GraphObject => {
  const quickXorHash = content.quickXor;
  if (!services.types.isPersonal(drive.uid)) return { quickXorHash };
  const sha1 = services.quirks.on('hash-no-sha1') ? {} : { sha1Hash: content.sha1.toUpperCase() };
  return { quickXorHash, ...sha1, sha256Hash: content.sha256.toUpperCase() };
};

const mediaFacets = ({ name, media, audio }: DriveItem): GraphObject => {
  const kind = mediaKind(name);
  if (kind === 'audio') return { audio: { ...audio } };
  if (kind === 'video') return { video: {} };
  if (media === undefined) return {};
  const { width, height, taken, make, model, focalRatio, focalLength, latitude, longitude, altitude } = media;
  const takenDateTime =
    taken === undefined ? {} : { takenDateTime: `${taken.replace(/^(\d+):(\d+):(\d+) /, '$1-$2-$3T')}Z` };
  const camera = { cameraMake: make, cameraModel: model, fNumber: focalRatio, focalLength };
  const known = Object.fromEntries(Object.entries(camera).filter(([, value]) => value !== undefined));
  const place =
    latitude === undefined
      ? {}
      : { location: { latitude, longitude, ...(altitude === undefined ? {} : { altitude }) } };
  return { image: { width, height }, photo: { ...known, ...takenDateTime }, ...place };
};

const fileFacets = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject => {
  const hashes = item.content === undefined ? {} : hashesOf(viewer, drive, item.content);
  const file = { mimeType: typeOf(item.name), hashes };
  return { '@microsoft.graph.downloadUrl': downloadUrl(viewer, drive, item), file, ...mediaFacets(item) };
};

const folderFacets = (drive: DriveState, item: DriveItem): GraphObject => {
  const view = { viewType: 'thumbnails', sortBy: 'name', sortOrder: 'ascending' };
  const special = specialOf(item);
  const known = special === undefined || special === 'public' ? {} : { specialFolder: { name: special } };
  return { folder: { childCount: drive.childCount(item.number), view }, ...known };
};

const sharedScope = (item: DriveItem): string | undefined => {
  const { sharing } = item;
  if (sharing === undefined || sharing.access === 'Just me') return undefined;
  return (sharing.with ?? []).length > 0 ? 'users' : 'anonymous';
};

const sharedFacet = ({ services }: Viewer, drive: DriveState, item: DriveItem): GraphObject => {
  const scope = sharedScope(item);
  if (scope === undefined) return {};
  const owner = services.quirks.on('shared-no-owner') ? {} : { owner: userObject(services.accounts.byUid(drive.uid)) };
  return { shared: { scope, ...owner } };
};

const remoteFacet = (viewer: Viewer, item: DriveItem): GraphObject => {
  const { services } = viewer;
  const target = item.graph?.shortcut;
  const owner = target === undefined ? undefined : services.accounts.byUid(target.uid);
  const drive = owner === undefined ? undefined : services.accounts.drive(owner);
  const remote = target === undefined ? undefined : drive?.get(target.number);
  if (drive === undefined || remote === undefined) return { remoteItem: {} };
  return { remoteItem: remoteObject(viewer, drive, remote) };
};

/** An item of another drive, as it is told in this one. */
export const remoteObject = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject => {
  const { types } = viewer.services;
  const { driveId, driveType, id } = parentReference(viewer, drive, item, 'shared');
  const kind = isFolder(item) ? folderFacets(drive, item) : { file: { mimeType: typeOf(item.name) } };
  const shared = viewer.services.quirks.on('shortcut-no-shared') ? {} : sharedFacet(viewer, drive, item);
  return {
    id: types.itemId(drive.uid, item.number),
    name: item.name,
    size: drive.size(item),
    ...kind,
    parentReference: { driveId, driveType, ...(id === undefined ? {} : { id }) },
    ...shared,
  };
};

const kindFacets = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject => {
  if (item.graph?.shortcut !== undefined) return remoteFacet(viewer, item);
  if (item.graph?.vault === true) {
    return viewer.services.quirks.word('vault') === 'special' ? { specialFolder: { name: 'vault' } } : {};
  }
  if (item.kind === 'notebook') return { package: { type: 'oneNote' } };
  return item.kind === 'file' ? fileFacets(viewer, drive, item) : folderFacets(drive, item);
};

const webUrl = ({ services }: Viewer, drive: DriveState, item: DriveItem): GraphObject => {
  if (item.graph?.vault === true) return {};
  if (services.types.isPersonal(drive.uid)) {
    return { webUrl: `https://onedrive.live.com/redir?resid=${services.types.itemId(drive.uid, item.number)}` };
  }
  return {
    webUrl: `https://contoso-my.sharepoint.com/personal/${drive.uid}/Documents${encodedPath(pathOf(drive, item))}`,
  };
};

const sizeOf = (drive: DriveState, item: DriveItem): number => (item.kind === 'notebook' ? 0 : drive.size(item));

export const itemObject = (viewer: Viewer, drive: DriveState, item: DriveItem, where: Where = 'item'): GraphObject => {
  const { services } = viewer;
  const personal = services.types.isPersonal(drive.uid);
  const time = (ms: number): string => graphTime(ms, precisionOf(viewer, drive));
  const { eTag, cTag } = tagsOf(services, drive, item);
  const noContentTag = cTag === undefined || (!personal && where === 'delta' && isFolder(item));
  const by = userObject(services.accounts.byUid(item.creator));
  const changedMs = personal && isFolder(item) ? drive.mark(item).atMs : item.modifiedMs;
  const plain: GraphObject = {
    createdDateTime: time(item.createdMs),
    ...(noContentTag ? {} : { cTag }),
    eTag,
    id: services.types.itemId(drive.uid, item.number),
    lastModifiedDateTime: time(changedMs),
    name: item.parent === undefined ? 'root' : item.name,
    size: sizeOf(drive, item),
    ...webUrl(viewer, drive, item),
    ...(personal && item.description !== '' ? { description: item.description } : {}),
    createdBy: by,
    lastModifiedBy: by,
    parentReference: parentReference(viewer, drive, item, where),
    ...kindFacets(viewer, drive, item),
    fileSystemInfo: { createdDateTime: time(item.clientCreatedMs), lastModifiedDateTime: time(item.clientModifiedMs) },
    ...(item.parent === undefined ? { root: {} } : {}),
    ...sharedFacet(viewer, drive, item),
  };
  return distorted(viewer, { drive, item, where }, plain);
};

/** What the change feed tells of an item that is gone. */
export const deletedObject = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject => {
  const { services } = viewer;
  const personal = services.types.isPersonal(drive.uid);
  const { driveId, driveType } = parentReference(viewer, drive, item, 'delta');
  const parent = item.parent === undefined ? {} : { id: services.types.itemId(drive.uid, item.parent) };
  const stale = item.content !== undefined && services.quirks.on('hash-on-deleted');
  return {
    id: services.types.itemId(drive.uid, item.number),
    ...(personal ? { name: item.name } : {}),
    parentReference: { driveId, driveType, ...parent },
    ...(isFolder(item)
      ? { folder: {} }
      : { file: stale ? { hashes: { quickXorHash: 'c3RhbGUgYW5kIGludmVudGVkIQA=' } } : {} }),
    deleted: { state: 'deleted' },
  };
};
