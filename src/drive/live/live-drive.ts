// The port `Drive` in requests of the live dialect: the Live Connect REST API v5.0 of SkyDrive. How many requests each intent
// takes is in test/drive/live/live-requests.test.ts.
import { type Clock, systemClock } from '../../base/clock.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { isSameVersion } from '../counted-version.ts';
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
import { DriveError, isFault } from '../drive-error.ts';
import { LiveContent } from './live-content.ts';
import { type Destination, LiveMove } from './live-move.ts';
import { checkName } from './live-names.ts';
import { LiveRequests } from './live-requests.ts';
import { LiveUpload, type LiveUploadOptions } from './live-upload.ts';
import { LiveVersions } from './live-versions.ts';
import { idParts, objects, theComment, theItem, toComments, toPage, toQuota, type WirePage } from './live-wire.ts';

export interface LiveDriveOptions extends Partial<LiveUploadOptions> {
  /** Its base is the API's address, and it may show the token to the storage host. */
  readonly http: HttpClient;
  readonly clock?: Clock;
  /** Items asked for in one page of a listing. */
  readonly pageSize?: number;
}

/** The service took 100 MB in one request; clients went over to BITS a little before. */
const defaultLimits = { simpleUploadLimit: 95_000_000, maxFileSize: 10 * 2 ** 30, fragmentSize: 10 * 2 ** 20 };

const linkPaths: Readonly<Record<LinkKind, string>> = {
  view: 'shared_read_link',
  edit: 'shared_edit_link',
  embed: 'embed',
};

const idPattern =
  /^((file|folder|photo|album|video|audio|notebook)\.[0-9a-f]{16}\.[0-9a-f]{1,16}!\d+|folder\.[0-9a-f]{16})$/i;

const specialPaths: Readonly<Record<SpecialFolder, string>> = {
  documents: 'my_documents',
  photos: 'my_photos',
  public: 'public_documents',
  'camera-roll': 'camera_roll',
};

const pictures: Readonly<Record<ThumbnailSize, string>> = { small: 'thumbnail', medium: 'album', large: 'normal' };

const noVersions = (): DriveError => new DriveError('unsupported', 'this drive does not tell of earlier contents');

/** Where files are uploaded to in fragments: a host per account at the real service, else the API's own. */
export const defaultStorageUrl = (apiUrl: string): string => {
  const { origin } = new URL(apiUrl);
  return origin === 'https://apis.live.net' ? 'https://cid-{uid}.users.storage.live.com' : origin;
};

export class LiveDrive implements Drive {
  readonly features: DriveFeatures;
  readonly #requests: LiveRequests;
  readonly #versions = new LiveVersions();
  readonly #content: LiveContent;
  readonly #upload: LiveUpload;
  readonly #move: LiveMove;
  readonly #pageSize: number;

  constructor(options: LiveDriveOptions) {
    const { http } = options;
    const storageUrl = defaultStorageUrl(http.base.href);
    const limits: LiveUploadOptions = { ...defaultLimits, storageUrl, ...options };
    this.features = {
      ...{ conditionalWrites: false, changeFeed: false, comments: true, links: ['view', 'edit', 'embed'] },
      ...{ linkRevocation: false, permissions: false, storesTimes: false, versions: false, copiesFolders: false },
      ...{ idPattern, describable: idPattern },
      specialFolders: Object.keys(specialPaths) as SpecialFolder[],
      ...{ simpleUploadLimit: limits.simpleUploadLimit, maxFileSize: limits.maxFileSize },
    };
    this.#requests = new LiveRequests(http, options.clock ?? systemClock);
    this.#pageSize = options.pageSize ?? 500;
    const parts = {
      ...{ requests: this.#requests, versions: this.#versions },
      look: (id: ItemId, signal?: AbortSignal) => this.get(id, signal),
      children: (id: ItemId, signal?: AbortSignal) => this.children(id, signal),
    };
    this.#content = new LiveContent(parts);
    const read: Drive['read'] = (item, range, signal) => this.#content.read(item, range, signal);
    this.#upload = new LiveUpload({ ...parts, read }, limits);
    this.#move = new LiveMove(this.#requests, parts.look);
  }

  async account(signal?: AbortSignal): Promise<Account> {
    const { id, name } = await this.#requests.object({ path: ['me'], signal });
    if (typeof id !== 'string' || id === '') throw new DriveError('broken', 'me: the answer holds no id');
    return { id, name: typeof name === 'string' ? name : '' };
  }

  async root(signal?: AbortSignal): Promise<Item> {
    const item = theItem(await this.#requests.object({ path: ['me', 'skydrive'], signal }), 'root');
    return this.#versions.distinct(item);
  }

  async special(folder: SpecialFolder, signal?: AbortSignal): Promise<Item> {
    const path = ['me', 'skydrive', specialPaths[folder]];
    return this.#versions.distinct(theItem(await this.#requests.object({ path, signal }), `folder ${folder}`));
  }

  async original(id: ItemId, signal?: AbortSignal): Promise<Original> {
    return await this.#requests.object({ path: [this.#id(id)], signal });
  }

  async *originalChildren(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Original[]> {
    for await (const entries of this.#listingOf(id, signal)) yield entries.map(({ wire }) => wire);
  }

  async originalAccount(signal?: AbortSignal): Promise<Original> {
    return await this.#requests.object({ path: ['me'], signal });
  }

  async recent(signal?: AbortSignal): Promise<readonly Original[]> {
    return objects(await this.#requests.object({ path: ['me', 'skydrive', 'recent_docs'], signal }), 'recent');
  }

  async get(id: ItemId, signal?: AbortSignal): Promise<Item> {
    return this.#versions.distinct(theItem(await this.#requests.object({ path: [this.#id(id)], signal }), id));
  }

  /** Anything else as an id would be the address of something else. */
  #id(id: ItemId): ItemId {
    if (idParts(id) !== undefined) return id;
    throw new DriveError('missing', `'${id}' is no id of this drive`);
  }

  async *children(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Item[]> {
    yield* this.#itemsOf(this.#listingOf(id, signal));
  }

  async *#itemsOf(listing: AsyncIterable<WirePage['entries']>): AsyncIterable<readonly Item[]> {
    for await (const entries of listing) yield entries.map(({ item }) => this.#versions.distinct(item));
  }

  #listingOf(id: ItemId, signal: AbortSignal | undefined): AsyncIterable<WirePage['entries']> {
    return this.#listing(`${encodeURIComponent(this.#id(id))}/files?`, `children of ${id}`, signal);
  }

  search(text: string, signal?: AbortSignal): AsyncIterable<readonly Item[]> {
    return this.#itemsOf(this.#listing(`me/skydrive/search?q=${encodeURIComponent(text)}&`, 'search', signal));
  }

  /**
   * The service says which page follows; where it does not, a full page is taken for a sign that one does. Pages that bring
   * nothing new end the listing: some servers ignore the offset.
   */
  async *#listing(path: string, title: string, signal: AbortSignal | undefined): AsyncIterable<WirePage['entries']> {
    const seen = new Set<ItemId>();
    let listed = 0;
    for (let url: string | undefined = `${path}offset=0&limit=${this.#pageSize}`; url !== undefined; ) {
      const page: WirePage = toPage(await this.#requests.objectAt(url, { signal }), title);
      const fresh = page.entries.filter(({ item }) => !seen.has(item.id));
      for (const { item } of fresh) seen.add(item.id);
      listed += page.count;
      yield fresh;
      url = fresh.length === 0 ? undefined : this.#next(page, path, listed);
    }
  }

  #next(page: WirePage, path: string, listed: number): string | undefined {
    if (page.next === undefined) {
      const mayGoOn = !page.saysPages && page.count === this.#pageSize;
      return mayGoOn ? `${path}offset=${listed}&limit=${this.#pageSize}` : undefined;
    }
    const { base } = this.#requests.http;
    const next = URL.canParse(page.next, base.href) ? new URL(page.next, base) : undefined;
    if (next?.href.startsWith(base.href)) return next.href;
    throw new DriveError('broken', `${path}: the next page is said to be outside of the API`);
  }

  descendants(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Item[]> {
    return descendantsByListing(this, id, signal);
  }

  async changes(): Promise<ChangePage> {
    throw new DriveError('unsupported', 'this drive has no change feed');
  }

  async versions(): Promise<readonly FileVersion[]> {
    throw noVersions();
  }

  // biome-ignore lint/correctness/useYield: there is nothing to give.
  async *readVersion(): AsyncIterable<Uint8Array> {
    throw noVersions();
  }

  async restoreVersion(): Promise<void> {
    throw noVersions();
  }

  async permissions(): Promise<readonly Permission[]> {
    throw new DriveError('unsupported', 'this drive does not tell who may do what');
  }

  async thumbnail(id: ItemId, size: ThumbnailSize, signal?: AbortSignal): Promise<Uint8Array> {
    try {
      const path = [this.#id(id), 'picture'];
      return await this.#requests.bytes({ path, query: { type: pictures[size] }, signal });
    } catch (error) {
      // So it says of what has no picture.
      throw isFault(error, 'refused')
        ? new DriveError('missing', `${id} has no small picture`, { cause: error })
        : error;
    }
  }

  read(item: Item, range: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#content.read(item, range, signal);
  }

  async upload(upload: Upload, signal?: AbortSignal): Promise<Item> {
    return await this.#upload.upload(upload, signal);
  }

  async makeFolder(parentId: ItemId, name: string, signal?: AbortSignal): Promise<Item> {
    checkName(name, true);
    const body = { json: { name } };
    const wire = await this.#requests.object({ method: 'POST', path: [this.#id(parentId)], body, signal });
    return theItem(wire, `new folder '${name}'`);
  }

  async move(item: Item, to: Destination, signal?: AbortSignal): Promise<Item> {
    checkName(to.name, item.kind === 'folder');
    return this.#versions.distinct(await this.#move.move(item, to, signal));
  }

  async remove(id: ItemId, ifVersion?: string, signal?: AbortSignal): Promise<void> {
    if (idParts(id)?.resid === undefined) throw new DriveError('refused', `${id}: the root cannot be removed`);
    if (ifVersion !== undefined) {
      const { version } = await this.get(id, signal);
      if (!isSameVersion(ifVersion, version))
        throw new DriveError('changed', `${id} is ${version}, no longer ${ifVersion}`);
    }
    await this.#requests.nothing({ method: 'DELETE', path: [id], signal });
  }

  /** The copy is made under whatever name is free, since the old one often is not, and then gets its own. */
  async copy(id: ItemId, to: Destination, signal?: AbortSignal): Promise<Item> {
    checkName(to.name, false);
    if (idParts(id)?.kind === 'folder') throw new DriveError('unsupported', 'this drive copies files only');
    const source = await this.get(id, signal);
    const wire = await this.#requests.object({
      ...{ method: 'COPY', path: [id], body: { json: { destination: to.parentId } }, signal },
      query: { overwrite: source.name === to.name ? 'false' : 'ChooseNewName' },
    });
    const copy = theItem(wire, `copy of ${id}`);
    try {
      return await this.move(copy, to, signal);
    } catch (error) {
      if (isFault(error, 'exists')) await this.remove(copy.id, undefined, signal);
      throw error;
    }
  }

  async setDescription(id: ItemId, description: string, signal?: AbortSignal): Promise<Item> {
    const body = { json: { description } };
    const wire = await this.#requests.object({ method: 'PUT', path: [this.#id(id)], body, signal });
    return this.#versions.distinct(theItem(wire, `description of ${id}`));
  }

  async setProperties(id: ItemId, properties: Original, signal?: AbortSignal): Promise<Item> {
    const { name } = properties;
    if (typeof name === 'string') checkName(name, idParts(id)?.kind === 'folder');
    const ask = { method: 'PUT', path: [this.#id(id)], body: { json: properties }, signal };
    return this.#versions.distinct(theItem(await this.#requests.object(ask), `properties of ${id}`));
  }

  async quota(signal?: AbortSignal): Promise<Quota> {
    return toQuota(await this.#requests.object({ path: ['me', 'skydrive', 'quota'], signal }));
  }

  async link(id: ItemId, kind: LinkKind, signal?: AbortSignal): Promise<string> {
    const wire = await this.#requests.object({ path: [this.#id(id), linkPaths[kind]], signal });
    const link = wire[kind === 'embed' ? 'embed_html' : 'link'];
    if (typeof link !== 'string' || link === '') throw new DriveError('broken', `link to ${id}: the answer holds none`);
    return link;
  }

  async unlink(): Promise<void> {
    throw new DriveError('unsupported', 'links of this drive stay valid');
  }

  async comments(id: ItemId, signal?: AbortSignal): Promise<readonly Comment[]> {
    const title = `comments on ${id}`;
    return toComments(await this.#requests.object({ path: [this.#id(id), 'comments'], signal }), title);
  }

  async addComment(id: ItemId, text: string, signal?: AbortSignal): Promise<Comment> {
    const ask = { method: 'POST', path: [this.#id(id), 'comments'], body: { json: { message: text } }, signal };
    return theComment(await this.#requests.object(ask), `comment on ${id}`);
  }

  async removeComment(_id: ItemId, commentId: string, signal?: AbortSignal): Promise<void> {
    // Only comments: this request could remove anything else as well.
    if (idParts(commentId)?.kind !== 'comment') throw new DriveError('missing', `there is no comment ${commentId}`);
    await this.#requests.nothing({ method: 'DELETE', path: [commentId], signal });
  }
}
