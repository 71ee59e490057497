// The change feed (docs: Graph, 11): one request a page, positions are the service's own links, kept as they are. What one page says
// of an item is its last word there; whether the feed is to be believed at all (links in circles, positions that stopped working) is
// decided here, and ends in a reset: the whole drive is told again.
import { createHash } from 'node:crypto';
import { Breather } from '../../base/breather.ts';
import type { HttpAnswer } from '../../http/http-answer.ts';
import type { Change, ChangePage, ItemId } from '../drive.ts';
import { DriveError } from '../drive-error.ts';
import type { WireObject } from './graph-errors.ts';
import { type GraphItems, itemFields } from './graph-items.ts';
import type { GraphPages } from './graph-pages.ts';
import type { GraphSizes } from './graph-sizes.ts';
import { removedId, toPage, type WirePage } from './graph-wire.ts';

const headers = { prefer: 'Include-Feature=AddToOneDrive, deltashowremoteitemsaliasid' };
const title = 'changes of the drive';
/** Empty pages that lead on are followed at once, so many of them. */
const maxEmptyPages = 20;
/** A position that fails for this long is given up, milliseconds. */
const patienceMs = 10 * 60_000;
/** Pages of one run whose items are remembered, to notice circles. */
const maxPages = 5000;
/** Entries of a page whose repetition is no accident. */
const minCircle = 20;

interface Fetched {
  readonly page: WirePage;
  readonly reset: boolean;
}

const isStale = (answer: HttpAnswer): boolean => answer.status === 410 || answer.status === 400;

/** Both ask for the same; the path may be spelled in another way. */
const sameAddress = (one: string, other: string): boolean => {
  const query = (link: string): string => decodeURIComponent(link.slice(link.indexOf('?') + 1).replaceAll('+', ' '));
  return query(one) === query(other);
};

const digest = ({ entries }: WirePage): string => {
  const hash = createHash('sha1');
  for (const entry of entries) hash.update(`${entry['id']} `);
  return hash.digest('base64');
};

/** Removals first, and folders before what is in them: an answer has its own order, and some have none. */
const inOrder = (changes: ReadonlyMap<ItemId, Change>): Change[] => {
  const ordered = new Map<ItemId, Change>();
  const climbing = new Set<ItemId>();
  const add = (change: Change): void => {
    if (!('item' in change) || ordered.has(change.item.id)) return;
    const { id, parentId } = change.item;
    const parent = parentId === undefined || parentId === id ? undefined : changes.get(parentId);
    if (parent !== undefined && !ordered.has(parentId ?? id) && !climbing.has(id)) {
      climbing.add(id);
      add(parent);
    }
    ordered.set(id, change);
  };
  for (const [id, change] of changes) if ('removed' in change) ordered.set(id, change);
  for (const change of changes.values()) add(change);
  return [...ordered.values()];
};

const noFeed = (cause: DriveError): DriveError =>
  new DriveError('unsupported', `${title}: ${cause.message}`, { status: 400, cause });

export class GraphDelta {
  readonly #items: GraphItems;
  readonly #pages: GraphPages;
  readonly #sizes: GraphSizes;
  readonly #pageSize: number;
  /** Pages that the present run had: what they listed, and the link that they came from. */
  readonly #run = new Map<string, string>();
  #failing: { readonly cursor: string; readonly since: number } | undefined;

  constructor(items: GraphItems, pages: GraphPages, sizes: GraphSizes, pageSize: number) {
    this.#items = items;
    this.#pages = pages;
    this.#sizes = sizes;
    this.#pageSize = pageSize;
  }

  async changes(cursor: string | undefined, signal: AbortSignal | undefined): Promise<ChangePage> {
    const { page, reset } = await this.#fetch(cursor, signal);
    const next = page.delta ?? page.next;
    if (next === undefined) throw new DriveError('broken', `${title}: the answer does not say where it goes on`);
    if (page.delta !== undefined) this.#run.clear();
    return {
      changes: await this.#changesIn(page, signal),
      cursor: this.#items.requests.within(next, title),
      more: page.delta === undefined,
      reset,
    };
  }

  async #changesIn(page: WirePage, signal: AbortSignal | undefined): Promise<Change[]> {
    const last = await this.#lastWords(page);
    const items = [...last.values()].flatMap((change) => ('item' in change ? change.item : []));
    for (const item of await this.#pages.trueNames(items, signal)) {
      last.set(item.id, { item: this.#sizes.corrected(item) });
    }
    return inOrder(last);
  }

  async #lastWords({ entries }: WirePage): Promise<Map<ItemId, Change>> {
    const last = new Map<ItemId, Change>();
    const breather = new Breather();
    for (const entry of entries) {
      if (breather.isTired) await breather.breathe();
      const change = this.#changeIn(entry);
      if (change === undefined) continue;
      const id = 'item' in change ? change.item.id : change.removed;
      last.delete(id);
      last.set(id, change);
    }
    return last;
  }

  #changeIn(entry: WireObject): Change | undefined {
    const removed = removedId(entry);
    if (removed !== undefined) return { removed };
    const item = entry['deleted'] === undefined ? this.#items.read(entry, undefined) : undefined;
    return item === undefined ? undefined : { item };
  }

  async #fetch(cursor: string | undefined, signal: AbortSignal | undefined): Promise<Fetched> {
    if (cursor === undefined) return { page: await this.#first(signal), reset: false };
    // Links that lead out of the API are none of the service's.
    const link = this.#items.requests.within(cursor, title);
    const page = await this.#continued(link, signal);
    if (page !== undefined) return { page, reset: false };
    this.#run.clear();
    return { page: await this.#first(signal), reset: true };
  }

  async #first(signal: AbortSignal | undefined): Promise<WirePage> {
    this.#run.clear();
    const url = `${this.#items.addresses.drive()}/root/delta`;
    const ask = { url, query: { $select: itemFields, $top: String(this.#pageSize) }, headers, signal };
    try {
      const page = toPage(await this.#items.requests.object(ask), title);
      const link = `?${Object.entries(ask.query)
        .map(([name, value]) => `${name}=${value}`)
        .join('&')}`;
      if (this.#isCircle(page, link)) throw new DriveError('broken', `${title}: they begin in circles`);
      return await this.#filled(page, signal);
    } catch (error) {
      // Some clouds, and some drives, have no feed.
      throw error instanceof DriveError && error.status === 400 ? noFeed(error) : error;
    }
  }

  /** Undefined: the position is of no use any more. */
  async #continued(link: string, signal: AbortSignal | undefined): Promise<WirePage | undefined> {
    const answer = await this.#asked(link, signal);
    // The answer to a position that is gone may say where to begin; that place is not always good, and the beginning is.
    if (isStale(answer)) return undefined;
    if (!answer.ok) {
      if (this.#isStuck(link)) return undefined;
      throw this.#items.requests.error(answer, { url: link });
    }
    this.#failing = undefined;
    // Long, and read anew whenever it is asked for.
    const { object } = answer;
    if (object === undefined) throw this.#items.requests.noObject(answer, { url: link });
    const page = toPage(object, title);
    if (this.#isCircle(page, link)) return this.#left(link);
    return await this.#filled(page, signal);
  }

  /** It leads back to itself, or to what another link had told already. */
  #isCircle(page: WirePage, link: string): boolean {
    if (page.delta !== undefined || page.entries.length === 0) return false;
    if (page.next !== undefined && sameAddress(page.next, link)) return true;
    if (page.entries.length < minCircle) return false;
    const listed = digest(page);
    const teller = this.#run.get(listed);
    if (teller === undefined && this.#run.size < maxPages) this.#run.set(listed, link);
    return teller !== undefined && teller !== link;
  }

  /** A link that leads back gets one more chance. */
  #left(link: string): undefined {
    if (this.#failing?.cursor === link) return undefined;
    this.#failing = { cursor: link, since: this.#items.requests.clock.monotonic() };
    throw new DriveError('broken', `${title}: they go on in circles`);
  }

  /** Stored links have been refused once and then worked. */
  async #asked(link: string, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const first = await this.#items.requests.send({ url: link, headers, signal });
    return first.status === 400 ? await this.#items.requests.send({ url: link, headers, signal }) : first;
  }

  #isStuck(link: string): boolean {
    const now = this.#items.requests.clock.monotonic();
    if (this.#failing?.cursor !== link) this.#failing = { cursor: link, since: now };
    return now - this.#failing.since > patienceMs;
  }

  /** Empty pages that lead on say nothing: the first one that says something is the answer. */
  async #filled(first: WirePage, signal: AbortSignal | undefined): Promise<WirePage> {
    let page = first;
    for (
      let followed = 0;
      page.entries.length === 0 && page.next !== undefined && page.delta === undefined;
      followed++
    ) {
      if (followed >= maxEmptyPages) throw new DriveError('broken', `${title}: nothing but empty pages`);
      const url = this.#items.requests.within(page.next, title);
      const wire: WireObject = await this.#items.requests.object({ url, headers, signal });
      page = toPage(wire, title);
    }
    return page;
  }
}
