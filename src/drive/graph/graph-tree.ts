// Changes of the tree in the graph dialect: folders made, items moved, described and removed. A request that answers nothing, or that
// something is missing which was there a moment ago, is looked after: the service says both of what it has done.
import type { Item, ItemId } from '../drive.ts';
import { DriveError, isFault } from '../drive-error.ts';
import { isObject, type WireObject } from './graph-errors.ts';
import { type Place, thePlace } from './graph-ids.ts';
import type { GraphItems } from './graph-items.ts';
import { checkName } from './graph-names.ts';
import { fromMs, tagsOf } from './graph-wire.ts';

export interface Destination {
  readonly parentId: ItemId;
  readonly name: string;
}

type Patch = Readonly<Record<string, unknown>>;

const pauseMs = 400;

export class GraphTree {
  readonly #items: GraphItems;

  constructor(items: GraphItems) {
    this.#items = items;
  }

  async makeFolder(parentId: ItemId, name: string, signal: AbortSignal | undefined): Promise<Item> {
    checkName(name);
    return await this.#items.inFolder(parentId, (folder) => this.#makeIn(folder, name, signal), signal);
  }

  async #makeIn(folder: Place, name: string, signal: AbortSignal | undefined): Promise<Item> {
    const { requests, addresses } = this.#items;
    const body = { json: { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' } };
    const ask = { method: 'POST', url: `${addresses.item(folder)}/children`, body, signal, batched: true };
    const answer = await requests.answer(ask);
    if (answer.object?.['id'] !== undefined) return this.#items.named(answer.object, folder.via, name);
    // Success without a word: the folder is there, and must not be made again.
    const made = await this.#items.child(folder, name, signal);
    if (made?.kind === 'folder') return made;
    throw requests.noObject(answer, ask);
  }

  async move(item: Item, to: Destination, signal: AbortSignal | undefined): Promise<Item> {
    checkName(to.name);
    const folder = this.#items.folder(to.parentId);
    if (!this.#items.sameDrive(item.id, folder)) {
      throw new DriveError('unsupported', `${item.id} cannot be moved into another drive, only copied`);
    }
    const isElsewhere = item.parentId !== to.parentId;
    const patch = {
      name: to.name,
      ...(isElsewhere ? { parentReference: { id: folder.item } } : {}),
      // A move into another folder may reset the time otherwise.
      ...(isElsewhere && item.kind === 'file'
        ? { fileSystemInfo: { lastModifiedDateTime: fromMs(item.modified) } }
        : {}),
    };
    const isDone = (now: Item): boolean => now.name === to.name && now.parentId === to.parentId;
    try {
      return await this.#patch(item.id, patch, isDone, signal);
    } catch (error) {
      return await this.#items.missing(error, [thePlace(item.id), folder], signal);
    }
  }

  async setDescription(id: ItemId, description: string, signal: AbortSignal | undefined): Promise<Item> {
    const isDone = (now: Item): boolean => (now.description ?? '') === description;
    try {
      const item = await this.#patch(id, { description }, isDone, signal);
      if (isDone(item)) return item;
    } catch (error) {
      return await this.#items.missing(error, [thePlace(id)], signal);
    }
    throw new DriveError('unsupported', `${id}: this drive keeps no descriptions`);
  }

  async setProperties(id: ItemId, properties: Patch, signal: AbortSignal | undefined): Promise<Item> {
    const { name, description } = properties;
    if (typeof name === 'string') checkName(name);
    const isDone = (now: Item): boolean =>
      (name === undefined || now.name === name) &&
      (description === undefined || (now.description ?? '') === description);
    try {
      return await this.#patch(id, properties, isDone, signal);
    } catch (error) {
      return await this.#items.missing(error, [thePlace(id)], signal);
    }
  }

  async setModified(id: ItemId, modified: number, signal: AbortSignal | undefined): Promise<Item> {
    const isDone = (now: Item): boolean => Math.abs(now.modified - modified) < 1000;
    try {
      return await this.#patch(id, { fileSystemInfo: { lastModifiedDateTime: fromMs(modified) } }, isDone, signal);
    } catch (error) {
      return await this.#items.missing(error, [thePlace(id)], signal);
    }
  }

  async #patch(id: ItemId, patch: Patch, isDone: (item: Item) => boolean, signal?: AbortSignal): Promise<Item> {
    const place = thePlace(id);
    const answered = await this.#patchAt(this.#items.addresses.item(place), patch, signal);
    if (answered !== undefined) return this.#renamed(this.#items.the(answered, place.via, id), patch);
    // Success without a word has been seen to mean nothing.
    const now = (await this.#items.at(place, signal)).item;
    return isDone(now) ? now : await this.#patchByPath(now, patch, isDone, signal);
  }

  /** Some answers tell names as they are in addresses. */
  #renamed(item: Item, patch: Patch): Item {
    const { name } = patch;
    return typeof name === 'string' && item.name === encodeURIComponent(name) ? { ...item, name } : item;
  }

  async #patchByPath(
    now: Item,
    patch: Patch,
    isDone: (item: Item) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<Item> {
    if (now.parentId !== undefined) {
      const url = this.#items.addresses.child(this.#items.folder(now.parentId), now.name);
      const answered = await this.#patchAt(url, patch, signal);
      const { item } = await this.#items.look(now.id, signal);
      if (answered !== undefined && isObject(answered) && isDone(item)) return item;
      if (isDone(item)) return item;
    }
    throw new DriveError('broken', `${now.id}: the service says that it was changed, and it was not`);
  }

  /** The object of the answer; undefined where it has none. */
  async #patchAt(url: string, json: Patch, signal: AbortSignal | undefined): Promise<WireObject | undefined> {
    const ask = { method: 'PATCH', url, body: { json }, signal, batched: true };
    try {
      return (await this.#items.requests.answer(ask)).object;
    } catch (error) {
      // No version was named: the service is busy with what it changes itself a moment after an upload.
      if (!isFault(error, 'changed')) throw error;
      await this.#items.requests.clock.sleep(pauseMs, signal);
      return (await this.#items.requests.answer(ask)).object;
    }
  }

  async remove(id: ItemId, ifVersion: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const place = thePlace(id);
    const headers = ifVersion === undefined ? {} : { 'if-match': tagsOf(ifVersion).item };
    try {
      const url = this.#items.addresses.item(place);
      await this.#items.requests.nothing({ method: 'DELETE', url, headers, signal, batched: true });
    } catch (error) {
      await this.#items.missing(error, [place], signal);
    }
  }
}
