// Items by id, as every part of the graph dialect needs them: where they are addressed, what an answer says of them, and what a 404
// means. Shortcuts to shared folders are followed here: known ones at once, others once a request has failed because of them.
import type { Item, ItemId } from '../drive.ts';
import { DriveError, isFault } from '../drive-error.ts';
import type { WireObject } from './graph-errors.ts';
import { type GraphAddresses, type Place, placeOf, thePlace, type Via } from './graph-ids.ts';
import { decodedName } from './graph-names.ts';
import { Recent } from './graph-recent.ts';
import type { GraphRequests } from './graph-requests.ts';
import { targetOf, toItem } from './graph-wire.ts';

/** All that an Item is made of; without the address of its content, which is longer than the rest. */
export const itemFields = [
  ...['id', 'name', 'size', 'eTag', 'cTag', 'createdDateTime', 'lastModifiedDateTime', 'fileSystemInfo'],
  ...['parentReference', 'webUrl', 'description', 'createdBy', 'file', 'folder', 'package', 'root', 'deleted'],
  ...['remoteItem', 'specialFolder', 'shared', 'image', 'photo', 'audio', 'video', 'location'],
].join(',');

export const downloadField = '@microsoft.graph.downloadUrl';

const maxShortcuts = 1000;

export interface Seen {
  readonly wire: WireObject;
  readonly item: Item;
  /** The service's clock when it answered, milliseconds since 1970. */
  readonly servedAt?: number;
}

export class GraphItems {
  readonly requests: GraphRequests;
  readonly addresses: GraphAddresses;
  readonly #shortcuts = new Recent<Via>(maxShortcuts);

  constructor(requests: GraphRequests, addresses: GraphAddresses) {
    this.requests = requests;
    this.addresses = addresses;
  }

  /** Undefined for what has no id. */
  read(wire: WireObject, via: Via | undefined): Item | undefined {
    const item = toItem(wire, via);
    const target = via === undefined && item !== undefined ? targetOf(wire) : undefined;
    if (item !== undefined && target !== undefined) this.#shortcuts.set(item.id, { shortcut: item.id, ...target });
    return item;
  }

  /** The item of an answer that must hold one. */
  the(wire: WireObject, via: Via | undefined, title: string): Item {
    const item = this.read(wire, via);
    if (item === undefined) throw new DriveError('broken', `${title}: the answer holds no item`, { ambiguous: true });
    return item;
  }

  /** As `the`, of an item that was just given this name; some answers tell names as they are in addresses. */
  named(wire: WireObject, via: Via | undefined, name: string): Item {
    const item = this.the(wire, via, `'${name}'`);
    return decodedName(item.name) === name ? { ...item, name } : item;
  }

  /** Shortcuts that were seen so far. */
  get shortcuts(): readonly Via[] {
    return this.#shortcuts.values();
  }

  /** Where the children of a folder are: behind a shortcut, in the folder that it leads to. */
  folder(id: ItemId): Place {
    const via = this.#shortcuts.get(id);
    return via === undefined ? thePlace(id) : { via, item: via.top };
  }

  /**
   * Work on what a folder holds. Where it fails although the folder is there, the folder may be a shortcut that was not seen as one
   * yet; and where it is `missing`, something else may be, or nothing: what was made a moment ago is not found everywhere at once.
   */
  async inFolder<T>(id: ItemId, work: (folder: Place) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const folder = this.folder(id);
    try {
      return await work(folder);
    } catch (error) {
      if (!isFault(error, 'missing') && !isFault(error, 'refused')) throw error;
      return await work(await this.elsewhere(folder, error, signal));
    }
  }

  /** Where the children of a folder may be, if not where `error` was met; throws where nowhere. */
  async elsewhere(folder: Place, error: DriveError, signal: AbortSignal | undefined): Promise<Place> {
    if (error.fault === 'refused' && folder.via !== undefined) throw error;
    const item = await this.#looked(folder, error, signal);
    const via = folder.via === undefined ? this.#shortcuts.get(item.id) : undefined;
    if (via !== undefined) return { via, item: via.top };
    throw error.fault === 'missing' && item.kind === 'folder' ? notYet(error) : error;
  }

  /** The folder after `error`; throws what came of looking only where that says more. */
  async #looked(folder: Place, error: unknown, signal: AbortSignal | undefined): Promise<Item> {
    try {
      return (await this.at(folder, signal)).item;
    } catch (looked) {
      if (isFault(looked, 'missing')) throw error;
      if (isFault(error, 'refused')) throw error;
      throw looked;
    }
  }

  /** An item that was just said to be missing: throws that error if it is, and a passing one if it is there after all. */
  async missing(error: unknown, places: readonly Place[], signal: AbortSignal | undefined): Promise<never> {
    if (!isFault(error, 'missing')) throw error;
    for (const place of places) await this.at(place, signal);
    throw notYet(error);
  }

  async at(place: Place, signal: AbortSignal | undefined, more = ''): Promise<Seen> {
    const query = { $select: `${itemFields}${more}` };
    const ask = { url: this.addresses.item(place), query, signal, batched: true };
    const answer = await this.requests.answer(ask);
    const wire = answer.object;
    if (wire === undefined) throw this.requests.noObject(answer, ask);
    const servedAt = Date.parse(answer.header('date') ?? '');
    return { wire, item: this.the(wire, place.via, place.item), ...(servedAt > 0 ? { servedAt } : {}) };
  }

  async look(id: ItemId, signal: AbortSignal | undefined, more = ''): Promise<Seen> {
    return await this.at(thePlace(id), signal, more);
  }

  /** What is under a name in a folder; undefined where nothing is. */
  async child(folder: Place, name: string, signal: AbortSignal | undefined): Promise<Item | undefined> {
    try {
      const query = { $select: itemFields };
      const wire = await this.requests.object({ url: this.addresses.child(folder, name), query, signal });
      const item = this.named(wire, folder.via, name);
      // Lookups by path have been seen to answer with an item of another place.
      return item.name.toLowerCase() === name.toLowerCase() ? item : undefined;
    } catch (error) {
      if (isFault(error, 'missing')) return undefined;
      throw error;
    }
  }

  /** Whether two ids are of one drive, so that items can be moved between them. */
  sameDrive(id: ItemId, folder: Place): boolean {
    return placeOf(id)?.via?.drive === folder.via?.drive;
  }
}

const notYet = (cause: DriveError): DriveError =>
  new DriveError('busy', `${cause.message} It is there, though: the service has not caught up yet.`, { cause });
