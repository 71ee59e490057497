// Items of a listing, page by page, with what the service gets wrong in listings put right: items that come twice, names as they
// are in addresses, links that lead back to where they came from.
import type { Item } from '../drive.ts';
import { DriveError, isFault } from '../drive-error.ts';
import type { Via } from './graph-ids.ts';
import { thePlace } from './graph-ids.ts';
import type { GraphItems } from './graph-items.ts';
import { decodedName } from './graph-names.ts';
import { Recent } from './graph-recent.ts';
import { toPage, type WirePage } from './graph-wire.ts';

const maxEmptyPages = 50;
const maxNames = 10_000;
/** An item that a listing tells of may be found by id only a while later (docs: Graph quirks, `item-id-lag`), milliseconds. */
const namePausesMs = [250, 500, 1000, 2000];

export class GraphPages {
  readonly #items: GraphItems;
  /** Names that look encoded, and what they are. */
  readonly #names = new Recent<string>(maxNames);

  constructor(items: GraphItems) {
    this.#items = items;
  }

  /** `url`: of the first page. */
  async *items(
    url: string,
    query: Readonly<Record<string, string>>,
    via: Via | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<readonly Item[]> {
    const listed = new Set<string>();
    for await (const { entries } of this.pages(url, query, signal)) {
      const all = entries.flatMap((entry) => this.#items.read(entry, via) ?? []);
      const fresh = all.filter(({ id }) => !listed.has(id));
      for (const { id } of fresh) listed.add(id);
      yield await this.trueNames(fresh, signal);
    }
  }

  async *pages(
    url: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): AsyncIterable<WirePage> {
    const { requests } = this.#items;
    const links = new Set<string>();
    let page = toPage(await requests.object({ url, query, signal }), url);
    for (let empty = 0; ; empty = page.entries.length > 0 ? 0 : empty + 1) {
      yield page;
      if (page.next === undefined) return;
      if (links.has(page.next) || empty > maxEmptyPages)
        throw new DriveError('broken', `${url}: it goes on in circles`);
      links.add(page.next);
      page = toPage(await requests.object({ url: requests.within(page.next, url), signal }), url);
    }
  }

  /** `%` may be part of a name: only another answer tells whether it is. */
  async trueNames(items: readonly Item[], signal: AbortSignal | undefined): Promise<readonly Item[]> {
    if (!items.some(({ name }) => decodedName(name) !== undefined)) return items;
    const named: Item[] = [];
    for (const item of items) {
      const isSuspect = decodedName(item.name) !== undefined;
      named.push(isSuspect ? { ...item, name: await this.#trueName(item, signal) } : item);
    }
    return named;
  }

  async #trueName(item: Item, signal: AbortSignal | undefined): Promise<string> {
    const key = `${item.id} ${item.name}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = await this.#nameById(item, signal);
    if (name === undefined) return item.name;
    const found = name === decodedName(item.name) ? name : item.name;
    this.#names.set(key, found);
    return found;
  }

  /** Undefined: the item is gone, or cannot be found by id. */
  async #nameById({ id }: Item, signal: AbortSignal | undefined): Promise<string | undefined> {
    const { requests, addresses } = this.#items;
    const ask = { url: addresses.item(thePlace(id)), query: { $select: 'id,name' }, signal };
    for (const pauseMs of [0, ...namePausesMs]) {
      if (pauseMs > 0) await requests.clock.sleep(pauseMs, signal);
      try {
        const { name } = await requests.object(ask);
        return typeof name === 'string' ? name : undefined;
      } catch (error) {
        if (!isFault(error, 'missing')) throw error;
      }
    }
    return undefined;
  }
}
