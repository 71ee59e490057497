// The port `Drive` in requests of the graph dialect: the Microsoft Graph v1.0 drive API of OneDrive and SharePoint. How many
// requests each intent takes is in test/drive/graph/graph-requests.test.ts.
import { type Clock, systemClock } from '../../base/clock.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { descendantsByListing } from '../descendants.ts';
import type {
  Account,
  ByteRange,
  ChangePage,
  Comment,
  Drive,
  DriveFeatures,
  FileVersion,
  Item,
  ItemId,
  LinkKind,
  Original,
  Permission,
  Quota,
  SpecialFolder,
  ThumbnailSize,
  Upload,
} from '../drive.ts';
import { DriveError, type Fault, isFault } from '../drive-error.ts';
import { GraphContent } from './graph-content.ts';
import { GraphCopy } from './graph-copy.ts';
import { GraphDelta } from './graph-delta.ts';
import { isObject } from './graph-errors.ts';
import { canonicalDriveId, GraphAddresses, type Place, thePlace, type Via } from './graph-ids.ts';
import { GraphItems, itemFields } from './graph-items.ts';
import { GraphLinks } from './graph-links.ts';
import { GraphPages } from './graph-pages.ts';
import { GraphRequests } from './graph-requests.ts';
import { fragmentUnit, GraphSession } from './graph-session.ts';
import { GraphSizes } from './graph-sizes.ts';
import { type Destination, GraphTree } from './graph-tree.ts';
import { GraphUpload, type GraphUploadOptions } from './graph-upload.ts';
import { GraphVersions } from './graph-versions.ts';
import { downloadUrlIn, toQuota } from './graph-wire.ts';

export interface GraphDriveOptions extends Partial<GraphUploadOptions> {
  /** Its base is the API's address. */
  readonly http: HttpClient;
  readonly clock?: Clock;
  /** Another drive than the account's own: a document library, or somebody else's. */
  readonly driveId?: string;
  /** The account's own, where that is known already: requests name it. */
  readonly ownDriveId?: string;
  /** Items asked for in one page; the service may give fewer. */
  readonly pageSize?: number;
  /** Bytes of an upload in one request; cut to a multiple of 320 KiB. */
  readonly fragmentSize?: number;
}

/** Some deployments take no more than 4 MiB in one request. */
const defaults = { simpleUploadLimit: 4 * 2 ** 20, maxFileSize: 250 * 2 ** 30, timeSlackMs: 60_000 };
const defaultPageSize = 1000;
const defaultFragmentSize = 32 * fragmentUnit;

/** Personal accounts count in their own number; SharePoint's ids are base32 behind the number of a site. */
const idPattern = /^([0-9A-F]{8,16}!s?[0-9a-z]+|01[A-Z2-7]{32})$/i;

/** Organisations' drives take a description without a word, and keep none. */
const describable = /![^>]*$/;

const specialNames: Readonly<Partial<Record<SpecialFolder, string>>> = {
  documents: 'documents',
  photos: 'photos',
  'camera-roll': 'cameraroll',
};

export class GraphDrive implements Drive {
  readonly features: DriveFeatures;
  readonly #requests: GraphRequests;
  readonly #items: GraphItems;
  readonly #sizes = new GraphSizes();
  readonly #pages: GraphPages;
  readonly #delta: GraphDelta;
  readonly #content: GraphContent;
  readonly #upload: GraphUpload;
  readonly #tree: GraphTree;
  readonly #copy: GraphCopy;
  readonly #links: GraphLinks;
  readonly #versions: GraphVersions;
  readonly #pageSize: number;

  constructor(options: GraphDriveOptions) {
    const limits: GraphUploadOptions = { ...defaults, ...options };
    this.features = {
      ...{ conditionalWrites: true, changeFeed: true, comments: false, links: ['view', 'edit', 'embed'] },
      ...{ linkRevocation: true, storesTimes: true, copiesFolders: true, versions: true, permissions: true },
      ...{ idPattern, describable },
      specialFolders: Object.keys(specialNames) as SpecialFolder[],
      ...{ simpleUploadLimit: limits.simpleUploadLimit, maxFileSize: limits.maxFileSize },
    };
    this.#pageSize = options.pageSize ?? defaultPageSize;
    this.#requests = new GraphRequests(options.http, options.clock ?? systemClock);
    const addresses = new GraphAddresses(options.http.base, options.driveId);
    if (options.ownDriveId !== undefined) addresses.settle(options.ownDriveId);
    this.#items = new GraphItems(this.#requests, addresses);
    this.#pages = new GraphPages(this.#items);
    this.#delta = new GraphDelta(this.#items, this.#pages, this.#sizes, this.#pageSize);
    this.#content = new GraphContent(this.#items, this.#sizes);
    const session = new GraphSession(this.#requests, options.fragmentSize ?? defaultFragmentSize);
    const read: Drive['read'] = (item, range, signal) => this.#content.read(this.#sizes.corrected(item), range, signal);
    this.#upload = new GraphUpload(this.#items, session, { read }, limits);
    this.#tree = new GraphTree(this.#items);
    this.#copy = new GraphCopy(this.#items);
    this.#links = new GraphLinks(this.#items);
    this.#versions = new GraphVersions(this.#items, read);
  }

  /** Of the drive, rather than of the user: who may use files only may not ask for more, and a library is nobody's. */
  async account(signal?: AbortSignal): Promise<Account> {
    const query = { $select: 'id,driveType,name,owner' };
    const { addresses } = this.#items;
    const wire = await this.#requests.object({ url: addresses.asked, query, signal });
    const { id, owner, name } = wire;
    if (typeof id !== 'string' || id === '') throw new DriveError('broken', 'drive: the answer holds no id');
    addresses.settle(id);
    const user = isObject(owner) ? (owner['user'] ?? owner['group']) : undefined;
    const said = isObject(user) ? user['displayName'] : name;
    return { id: canonicalDriveId(id), name: typeof said === 'string' ? said : '' };
  }

  async root(signal?: AbortSignal): Promise<Item> {
    const ask = { url: `${this.#items.addresses.drive()}/root`, query: { $select: itemFields }, signal };
    return this.#items.the(await this.#requests.object(ask), undefined, 'root');
  }

  async special(folder: SpecialFolder, signal?: AbortSignal): Promise<Item> {
    const name = specialNames[folder];
    if (name === undefined) throw noFolder('unsupported', folder);
    const ask = { url: `${this.#items.addresses.drive()}/special/${name}`, query: { $select: itemFields }, signal };
    try {
      return this.#items.the(await this.#requests.object(ask), undefined, `folder ${folder}`);
    } catch (error) {
      // Libraries know fewer of them, and call the others invalid.
      throw isFault(error, 'refused') ? noFolder('missing', folder, error) : error;
    }
  }

  async original(id: ItemId, signal?: AbortSignal): Promise<Original> {
    return await this.#requests.object({ url: this.#items.addresses.item(thePlace(id)), signal });
  }

  async *originalChildren(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Original[]> {
    const url = `${this.#items.addresses.item(this.#items.folder(id))}/children`;
    for await (const { entries } of this.#pages.pages(url, { $top: String(this.#pageSize) }, signal)) yield entries;
  }

  async originalAccount(signal?: AbortSignal): Promise<Original> {
    return await this.#requests.object({ url: this.#items.addresses.drive(), signal });
  }

  async recent(signal?: AbortSignal): Promise<readonly Original[]> {
    const found: Original[] = [];
    const url = `${this.#items.addresses.drive()}/recent`;
    for await (const { entries } of this.#pages.pages(url, {}, signal)) found.push(...entries);
    return found;
  }

  search(text: string, signal?: AbortSignal): AsyncIterable<readonly Item[]> {
    const words = encodeURIComponent(text.replaceAll("'", "''"));
    return this.#itemsAt(`${this.#items.addresses.drive()}/root/search(q='${words}')`, undefined, signal);
  }

  async get(id: ItemId, signal?: AbortSignal): Promise<Item> {
    return this.#sizes.corrected((await this.#items.look(id, signal)).item);
  }

  async *children(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Item[]> {
    signal?.throwIfAborted();
    const folder = this.#items.folder(id);
    let isListed = false;
    try {
      for await (const page of this.#listing(folder, signal)) {
        isListed = true;
        yield page;
      }
    } catch (error) {
      if (isListed || !(isFault(error, 'refused') || isFault(error, 'missing'))) throw error;
      yield* this.#listing(await this.#items.elsewhere(folder, error, signal), signal);
    }
  }

  #listing(folder: Place, signal: AbortSignal | undefined): AsyncIterable<readonly Item[]> {
    return this.#itemsAt(`${this.#items.addresses.item(folder)}/children`, folder.via, signal);
  }

  async *#itemsAt(url: string, via: Via | undefined, signal: AbortSignal | undefined): AsyncIterable<readonly Item[]> {
    const query = { $select: itemFields, $top: String(this.#pageSize) };
    for await (const page of this.#pages.items(url, query, via, signal)) {
      yield page.map((item) => this.#sizes.corrected(item));
    }
  }

  /** Of a folder alone, the feed tells everything in a few pages; business drives have it for the whole drive only. */
  async *descendants(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Item[]> {
    const folder = this.#items.folder(id);
    let isTold = false;
    try {
      if (folder.via !== undefined) throw new DriveError('unsupported', `${id} is another drive's`);
      const url = `${this.#items.addresses.item(folder)}/delta`;
      for await (const page of this.#itemsAt(url, folder.via, signal)) {
        isTold = true;
        yield page.filter((item) => item.id !== id || item.treeVersion !== undefined);
      }
    } catch (error) {
      if (isTold || !(isFault(error, 'unsupported') || isFault(error, 'refused'))) throw error;
      yield* descendantsByListing(this, id, signal);
    }
  }

  async changes(cursor: string | undefined, signal?: AbortSignal): Promise<ChangePage> {
    return await this.#delta.changes(cursor, signal);
  }

  read(item: Item, range: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#content.read(item, range, signal);
  }

  async versions(id: ItemId, signal?: AbortSignal): Promise<readonly FileVersion[]> {
    return await this.#versions.list(id, signal);
  }

  readVersion(version: FileVersion, range: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#versions.read(version, range, signal);
  }

  async restoreVersion(version: FileVersion, signal?: AbortSignal): Promise<void> {
    await this.#versions.restore(version, signal);
  }

  async thumbnail(id: ItemId, size: ThumbnailSize, signal?: AbortSignal): Promise<Uint8Array> {
    const url = `${this.#items.addresses.item(thePlace(id))}/thumbnails/0/${size}/content`;
    return (await this.#requests.answer({ url, signal })).bytes;
  }

  async upload(upload: Upload, signal?: AbortSignal): Promise<Item> {
    const { item, wire } = await this.#upload.upload(upload, signal);
    if (wire !== undefined) this.#content.noteAddress(item, downloadUrlIn(wire));
    return item;
  }

  async makeFolder(parentId: ItemId, name: string, signal?: AbortSignal): Promise<Item> {
    return await this.#tree.makeFolder(parentId, name, signal);
  }

  async move(item: Item, to: Destination, signal?: AbortSignal): Promise<Item> {
    return this.#sizes.corrected(await this.#tree.move(item, to, signal));
  }

  async remove(id: ItemId, ifVersion?: string, signal?: AbortSignal): Promise<void> {
    await this.#tree.remove(id, ifVersion, signal);
  }

  async copy(id: ItemId, to: Destination, signal?: AbortSignal): Promise<Item> {
    return await this.#copy.copy(id, to, signal);
  }

  async setDescription(id: ItemId, description: string, signal?: AbortSignal): Promise<Item> {
    return this.#sizes.corrected(await this.#tree.setDescription(id, description, signal));
  }

  async setProperties(id: ItemId, properties: Original, signal?: AbortSignal): Promise<Item> {
    return this.#sizes.corrected(await this.#tree.setProperties(id, properties, signal));
  }

  async quota(signal?: AbortSignal): Promise<Quota> {
    const ask = { url: this.#items.addresses.drive(), query: { $select: 'quota' }, signal };
    const quota = toQuota(await this.#requests.object(ask));
    if (quota === undefined) throw new DriveError('unsupported', 'this drive does not say how large it is');
    return quota;
  }

  async link(id: ItemId, kind: LinkKind, signal?: AbortSignal): Promise<string> {
    return await this.#links.link(id, kind, signal);
  }

  async unlink(id: ItemId, kind: LinkKind, signal?: AbortSignal): Promise<void> {
    await this.#links.unlink(id, kind, signal);
  }

  async permissions(id: ItemId, signal?: AbortSignal): Promise<readonly Permission[]> {
    return await this.#links.permissions(id, signal);
  }

  async comments(): Promise<readonly Comment[]> {
    throw noComments();
  }

  async addComment(): Promise<Comment> {
    throw noComments();
  }

  async removeComment(): Promise<void> {
    throw noComments();
  }
}

const noFolder = (fault: Fault, folder: SpecialFolder, cause?: unknown): DriveError =>
  new DriveError(fault, `this drive has no special folder '${folder}'`, { cause });

const noComments = (): DriveError => new DriveError('unsupported', 'this drive has no comments');
