// JSON of the graph dialect -> Item, Quota, pages. Wire shapes end here, and so do lies that could be noticed: no id, impossible
// sizes, times of the year 1, hashes in another spelling. What is missing is unknown, never equal.
import type { Item, ItemId, ItemKind, Quota } from '../drive.ts';
import { DriveError } from '../drive-error.ts';
import { isObject, type WireObject } from './graph-errors.ts';
import { toFacts } from './graph-facts.ts';
import { canonicalDriveId, canonicalItemId, idOf, type Via } from './graph-ids.ts';

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const member = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

const earliest = Date.UTC(1601, 0, 2);
const latest = Date.UTC(2200, 0, 1);

/** Milliseconds since 1970; undefined for what cannot be a time. */
const toMs = (value: unknown): number | undefined => {
  const ms = Date.parse(text(value) ?? '');
  return ms > earliest && ms < latest ? ms : undefined;
};

/** A time as the service takes it. */
export const fromMs = (ms: number): string => new Date(Math.min(latest, Math.max(earliest, ms))).toISOString();

const toSize = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

const hex = (value: unknown, digits: number): string | undefined => {
  const found = text(value)?.toLowerCase();
  return found !== undefined && /^[0-9a-f]+$/.test(found) && found.length === digits ? found : undefined;
};

/** In base64, or in hex as it came for a while. */
const quickXor = (value: unknown): string | undefined => {
  const plain = hex(value, 40);
  if (plain !== undefined) return plain;
  const bytes = Buffer.from(text(value) ?? '', 'base64');
  return bytes.length === 20 ? bytes.toString('hex') : undefined;
};

interface Hashes {
  readonly quickXor: string | undefined;
  /** As the port has it. */
  readonly best: string | undefined;
}

const hashesOf = (wire: WireObject): Hashes => {
  const hashes = member(wire['file'], 'hashes');
  const sha256 = hex(member(hashes, 'sha256Hash'), 64);
  const sha1 = hex(member(hashes, 'sha1Hash'), 40);
  const xor = quickXor(member(hashes, 'quickXorHash'));
  const named = [
    ['sha256', sha256],
    ['sha1', sha1],
    ['quickxor', xor],
  ].find(([, value]) => value !== undefined);
  return { quickXor: xor, best: named?.join(':') };
};

const hashOf = (kind: ItemKind, { best }: Hashes): Pick<Item, 'hash'> =>
  kind !== 'file' || best === undefined ? {} : { hash: best };

/** Where a shortcut leads to; undefined for what is none, or does not say. */
export const targetOf = (wire: WireObject): { readonly drive: string; readonly top: string } | undefined => {
  const { remoteItem } = wire;
  const drive = text(member(member(remoteItem, 'parentReference'), 'driveId'));
  const top = text(member(remoteItem, 'id'));
  if (drive === undefined || top === undefined || !isObject(member(remoteItem, 'folder'))) return undefined;
  return { drive: canonicalDriveId(drive), top: canonicalItemId(top) };
};

/** What has no facet that says it, has neither content nor children that could be asked for: vaults, albums, notebooks. */
const kindOf = (wire: WireObject): ItemKind => {
  if (isObject(wire['package']) || member(wire['specialFolder'], 'name') === 'vault') return 'notebook';
  if (isObject(wire['remoteItem'])) return targetOf(wire) === undefined ? 'notebook' : 'folder';
  if (isObject(wire['folder']) || isObject(wire['root'])) return 'folder';
  // A file whose size makes no sense can be seen but not read.
  return isObject(wire['file']) && toSize(wire['size']) !== undefined ? 'file' : 'notebook';
};

const businessTag = /^"\{[0-9A-F-]{36}\},\d+"$/i;

/** Tags that name a state of the item, and of its content. */
export interface Tags {
  readonly item: string;
  /** Undefined where the service has none that is told everywhere. */
  readonly content: string | undefined;
}

/** Personal drives: both tags, as one. Others tell the second one in some answers only, so it is not relied on. */
const toVersion = (eTag: string, cTag: string | undefined): string =>
  cTag === undefined || businessTag.test(eTag) || /\s/.test(eTag + cTag) ? eTag : `${eTag} ${cTag}`;

/** What `Item.version` is made of. */
export const tagsOf = (version: string): Tags => {
  const [item = '', content] = version.split(' ');
  return { item, content };
};

const versionsOf = (wire: WireObject, kind: ItemKind, hashes: Hashes): Pick<Item, 'version' | 'contentVersion'> => {
  const eTag = text(wire['eTag']) ?? '';
  const cTag = kind === 'file' ? text(wire['cTag']) : undefined;
  const isBusiness = businessTag.test(eTag) && hashes.quickXor !== undefined;
  const contentVersion = isBusiness ? `${hashes.quickXor}.${toSize(wire['size']) ?? 0}` : (cTag ?? eTag);
  return { version: toVersion(eTag, cTag), contentVersion: kind === 'file' ? contentVersion : '' };
};

/** Personal drives: a folder's tag of content moves with anything below it. A shortcut's says nothing of what it leads to. */
const treeVersionOf = (wire: WireObject, kind: ItemKind): Pick<Item, 'treeVersion'> => {
  const cTag = kind === 'folder' && targetOf(wire) === undefined ? text(wire['cTag']) : undefined;
  return cTag === undefined || /\s/.test(cTag) || businessTag.test(text(wire['eTag']) ?? '')
    ? {}
    : { treeVersion: cTag };
};

const timesOf = (wire: WireObject): Pick<Item, 'created' | 'modified'> => {
  const info = wire['fileSystemInfo'];
  const created = toMs(member(info, 'createdDateTime')) ?? toMs(wire['createdDateTime']);
  const modified = toMs(member(info, 'lastModifiedDateTime')) ?? toMs(wire['lastModifiedDateTime']) ?? created ?? 0;
  return { created: created ?? modified, modified };
};

/** A shortcut's own facet says nothing of the folder that it leads to. */
const countOf = (wire: WireObject, kind: ItemKind): Pick<Item, 'childCount'> => {
  const count = kind === 'folder' ? toSize(member(wire['folder'], 'childCount')) : undefined;
  return count === undefined ? {} : { childCount: count };
};

/** What the change feed of the own drive does not tell of. */
const isForeign = (wire: WireObject, via: Via | undefined): boolean =>
  via !== undefined || targetOf(wire) !== undefined;

/** Undefined for what has no usable id: it cannot be addressed, so it is as good as not there. */
export const toItem = (wire: WireObject, via: Via | undefined): Item | undefined => {
  const id = text(wire['id']);
  if (id === undefined || /[=>/\s]/.test(id)) return undefined;
  const kind = kindOf(wire);
  const hashes = hashesOf(wire);
  const parent = isObject(wire['root']) && via === undefined ? undefined : text(member(wire['parentReference'], 'id'));
  const description = text(wire['description']);
  return {
    ...{ id: idOf(id, via), parentId: parent === undefined ? undefined : idOf(parent, via) },
    ...{ name: text(wire['name']) ?? '', kind, size: kind === 'file' ? (toSize(wire['size']) ?? 0) : 0 },
    ...timesOf(wire),
    ...versionsOf(wire, kind, hashes),
    ...hashOf(kind, hashes),
    ...(description === undefined ? {} : { description }),
    ...countOf(wire, kind),
    ...treeVersionOf(wire, kind),
    ...(isForeign(wire, via) ? { foreign: true as const } : {}),
    facts: toFacts(wire, kind),
  };
};

/** Whom a set of identities names, as people know them. */
export const nameIn = (identities: unknown): string | undefined =>
  ['user', 'siteUser', 'group', 'siteGroup', 'application']
    .map((kind) => text(member(member(identities, kind), 'displayName')))
    .find((name) => name !== undefined);

export interface WirePage {
  readonly entries: readonly WireObject[];
  /** Where it goes on, and where the feed does after the last page. */
  readonly next: string | undefined;
  readonly delta: string | undefined;
}

export const toPage = (wire: WireObject, title: string): WirePage => {
  const { value } = wire;
  if (!Array.isArray(value)) throw new DriveError('broken', `${title}: the answer holds no list`);
  return {
    entries: value.filter(isObject),
    next: text(wire['@odata.nextLink']),
    delta: text(wire['@odata.deltaLink']),
  };
};

/** The id of an item that the feed says is gone. */
export const removedId = (wire: WireObject): ItemId | undefined => {
  const id = text(wire['id']);
  return id === undefined || !isObject(wire['deleted']) || isObject(wire['root']) ? undefined : canonicalItemId(id);
};

/** When the service last saw the item change, and where its bytes are to be had. */
export const serviceTime = (wire: WireObject): number | undefined => toMs(wire['lastModifiedDateTime']);
export const downloadUrlIn = (wire: WireObject): string | undefined => text(wire['@microsoft.graph.downloadUrl']);

/** Undefined where the drive does not know, which some libraries say with zeros. */
export const toQuota = (wire: WireObject): Quota | undefined => {
  const { quota } = wire;
  const total = toSize(member(quota, 'total'));
  const remaining = member(quota, 'remaining');
  if (total === undefined || total === 0 || typeof remaining !== 'number') return undefined;
  return { total, free: Math.min(total, Math.max(0, remaining)) };
};
