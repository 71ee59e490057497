// What the quirks of docs/graph-quirks.md make of an item before a client sees it. The item in the drive stays as it is.
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { GraphObject, Viewer, Where } from './graph-viewer.ts';

interface Shown {
  readonly drive: DriveState;
  readonly item: DriveItem;
  readonly where: Where;
}

type Distortion = (viewer: Viewer, shown: Shown, object: GraphObject) => GraphObject;

const within = (object: GraphObject, name: string, change: (part: GraphObject) => GraphObject): GraphObject => {
  const part = object[name];
  return typeof part === 'object' && part !== null ? { ...object, [name]: change(part as GraphObject) } : object;
};

const reference = (object: GraphObject, change: (part: GraphObject) => GraphObject): GraphObject =>
  within(within(object, 'parentReference', change), 'remoteItem', (remote) =>
    within(remote, 'parentReference', change),
  );

const driveIds: Distortion = ({ services }, { where }, object) => {
  const { quirks } = services;
  const shortens = where !== 'item' && where !== 'list' && quirks.strikes('id-drop-zero');
  const flips = quirks.strikes('id-case-flip');
  if (!shortens && !flips) return object;
  return reference(object, (part) => {
    const id = String(part['driveId'] ?? '');
    if (id.startsWith('b!')) return part;
    const short = shortens ? id.replace(/^0/, '') : id;
    return { ...part, driveId: flips ? short.toUpperCase() : short };
  });
};

const parentPaths: Distortion = ({ services }, _shown, object) => {
  const how = services.quirks.word('parent-path');
  if (how === undefined || how === 'plain') return object;
  return within(object, 'parentReference', ({ path, ...rest }) => {
    if (how === 'absent' || path === undefined) return rest;
    return { ...rest, path: String(path).replace(/root:/, '') };
  });
};

const hexOf = (base64: unknown): string => Buffer.from(String(base64), 'base64').toString('hex');

const hashes: Distortion = ({ services }, { item, where }, object) => {
  const { quirks } = services;
  if (item.content === undefined) return object;
  const empty = item.content.size === 0 && quirks.on('hash-none-empty');
  const unread = quirks.on('hash-after-download') && !services.downloaded.has(item.content.sha256);
  const missing = (where === 'list' || where === 'delta') && quirks.strikes('hash-missing');
  const flux = quirks.within('meta-flux', item.modifiedMs);
  return within(object, 'file', (file) => {
    if (empty || unread || missing) return { ...file, hashes: {} };
    return within(file, 'hashes', (known) => {
      if (flux || quirks.on('dl-never-matches')) return { quickXorHash: 'aW4gZmx1eCwgbm90IHlldCByaWdodA==' };
      return quirks.on('hash-hex') ? { ...known, quickXorHash: hexOf(known['quickXorHash']) } : known;
    });
  });
};

const sizes: Distortion = ({ services }, { item }, object) => {
  const { quirks } = services;
  if (item.kind !== 'file') return object;
  const shrunk = quirks.on('dl-shrunk-heic') && /\.heic$/i.test(item.name);
  const size = item.content?.size ?? 0;
  if (shrunk || quirks.on('dl-never-matches')) return { ...object, size: size + 4096 };
  return object;
};

const times: Distortion = ({ services }, _shown, object) =>
  services.quirks.strikes('time-garbage')
    ? {
        ...object,
        lastModifiedDateTime: '0001-01-01T00:00:00Z',
        fileSystemInfo: { createdDateTime: '0001-01-01T00:00:00Z', lastModifiedDateTime: '0001-01-01T00:00:00-08:00' },
      }
    : object;

const names: Distortion = ({ services }, { where }, object) =>
  where !== 'item' && services.quirks.strikes('name-encoded')
    ? { ...object, name: encodeURIComponent(String(object['name'])) }
    : object;

const urls: Distortion = ({ services }, { item }, object) => {
  if (item.content?.size !== 0 || !services.quirks.on('dl-no-url-empty')) return object;
  const { '@microsoft.graph.downloadUrl': _gone, ...rest } = object;
  return rest;
};

const distortions: readonly Distortion[] = [driveIds, parentPaths, hashes, sizes, times, names, urls];

export const distorted: Distortion = (viewer, shown, object) =>
  distortions.reduce((seen, distort) => distort(viewer, shown, seen), object);
