// Bytes of files: a pre-authenticated address, kept for a while, and ranges from there, without the token. What comes out is of
// exactly the content version that was asked for, or nothing comes out: the storage host's own tag is tied to that version first.
import { abortable } from '../../base/abortable.ts';
import { SingleFlight } from '../../base/single-flight.ts';
import type { Exchange } from '../../http/exchange.ts';
import { contentSpan, cutTo, isWithin } from '../content-span.ts';
import type { ByteRange, Item } from '../drive.ts';
import { DriveError, isFault } from '../drive-error.ts';
import { toDriveError } from '../http-faults.ts';
import { thePlace } from './graph-ids.ts';
import { downloadField, type GraphItems, itemFields, type Seen } from './graph-items.ts';
import { Recent } from './graph-recent.ts';
import type { GraphSizes } from './graph-sizes.ts';
import { downloadUrlIn, serviceTime } from './graph-wire.ts';
import { isWebPage } from './web-pages.ts';

/** Addresses live for minutes to an hour. */
const keptMs = 10 * 60_000;
const maxKept = 500;
/** How often a read goes on after its connection broke. */
const maxBreaks = 2;
/** A server that ignores ranges is put up with when this much at most has to be thrown away. */
const maxSkip = 4 * 2 ** 20;
/** A change that comes after this long bears another time, whatever the clocks of the service's parts say. */
const settledMs = 5000;

interface Known {
  readonly url: string;
  readonly until: number;
  /** Times that the storage host may give for this version; undefined where they prove nothing, since it is so new. */
  readonly times: readonly number[] | undefined;
}

/** Addresses that no longer work; the item, or the right to it, may be fine. */
const deadStatuses: ReadonlySet<number> = new Set([401, 403, 404, 410]);
const isDead = (status: number): boolean => deadStatuses.has(status);
/** New addresses that are asked for when one is refused. */
const maxRenewals = 2;

const isLength = ({ start, end }: ByteRange, length: string | undefined): boolean =>
  length === undefined || Number(length) === end - start;

/** The storage host's tag of the bytes that it sends. */
const tagIn = (opened: Exchange): string | undefined => opened.header('etag') ?? opened.header('last-modified');

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000);

const leaving = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
  signal === undefined ? work : abortable(work, signal);

const brokenOff = (item: Item, at: number): DriveError =>
  new DriveError('broken', `${item.id}: its content broke off at ${at}, again and again`);

const keyOf = (item: Item): string => `${item.id} ${item.contentVersion}`;

export class GraphContent {
  readonly #items: GraphItems;
  readonly #sizes: GraphSizes;
  readonly #known = new Recent<Known>(maxKept);
  /** The tag that the storage host gave a version. */
  readonly #tags = new Recent<string>(maxKept * 4);
  readonly #locating = new SingleFlight<string, Known>();
  readonly #looking = new SingleFlight<string, Seen>();

  constructor(items: GraphItems, sizes: GraphSizes) {
    this.#items = items;
    this.#sizes = sizes;
  }

  /** An answer told where the content of this item is. */
  noteAddress(item: Item, url: string | undefined): void {
    if (url === undefined) return;
    const known = { url: this.#items.requests.outside(url, item.id), until: this.#now() + keptMs, times: undefined };
    this.#known.set(keyOf(item), known);
  }

  #now(): number {
    return this.#items.requests.clock.now();
  }

  async *read(item: Item, range: ByteRange, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    signal?.throwIfAborted();
    if (item.kind !== 'file') throw new DriveError('denied', `${item.id}: a ${item.kind} has no content`);
    if (range.end > item.size) throw new DriveError('refused', `${item.id}: bytes to ${range.end} of ${item.size}`);
    let at = range.start;
    for (let breaks = 0; at < range.end; breaks++) {
      if (breaks > maxBreaks) throw brokenOff(item, at);
      for await (const piece of this.#unbroken(item, range, at, signal)) {
        at += piece.length;
        yield piece;
      }
    }
  }

  /** From `at` on, as far as one connection goes. */
  async *#unbroken(
    item: Item,
    range: ByteRange,
    at: number,
    signal: AbortSignal | undefined,
  ): AsyncIterable<Uint8Array> {
    let hasBegun = at > range.start;
    try {
      for await (const piece of this.#once(item, { start: at, end: range.end }, signal)) {
        hasBegun = true;
        yield piece;
      }
    } catch (error) {
      // A server that cannot be reached at all is not asked again here: whoever waits decides about that.
      if (!isFault(error, 'offline') || !hasBegun) throw error;
    }
  }

  /** One answer of the storage host; may end early. */
  async *#once(item: Item, range: ByteRange, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    const { opened, known } = await this.#open(item, range, signal);
    try {
      const start = await this.#start(opened, item, range, signal);
      await this.#checkTag(opened, item, known, signal);
      yield* this.#converted(cutTo(opened.body, range.start - start, range.end - range.start));
    } finally {
      opened.dispose();
    }
  }

  async *#converted(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    try {
      yield* pieces;
    } catch (error) {
      throw toDriveError(error, { mutates: false });
    }
  }

  /** Addresses that were given out a moment ago have been refused too: a second new one is asked for, and no third. */
  async #open(
    item: Item,
    range: ByteRange,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly opened: Exchange; readonly known: Known }> {
    const key = keyOf(item);
    for (let renewals = 0; ; renewals++) {
      const kept = this.#known.get(key);
      const known = kept !== undefined && kept.until > this.#now() ? kept : await this.#locate(item, signal);
      const headers = { range: `bytes=${range.start}-${range.end - 1}` };
      const opened = await this.#items.requests.openOutside({ url: known.url, headers, signal });
      if (opened.status === 200 || opened.status === 206) return { opened, known };
      this.#known.delete(key);
      const error = await this.#refusal(opened, item, known === kept, signal);
      if (error.fault !== 'broken' || !isDead(opened.status) || renewals >= maxRenewals) throw error;
    }
  }

  /** `broken`: at another address it may be answered. */
  async #refusal(opened: Exchange, item: Item, isKept: boolean, signal: AbortSignal | undefined): Promise<DriveError> {
    if (opened.status === 416) {
      opened.dispose();
      return await this.#shorter(item, signal);
    }
    const error = await this.#items.requests.openedError(opened, `content of ${item.id}`);
    // Refused at an address that was just given out: the item may be looked at, and not read.
    if (!isDead(opened.status) || (opened.status === 403 && !isKept)) return error;
    // The storage host has no sign-in of ours to refuse, and knows nothing of items: it speaks of its address.
    return new DriveError('broken', `${error.message} (said of its address)`, { status: opened.status, cause: error });
  }

  /** One request, for all ranges that wait for it, tells whether the version is still there and where its bytes are. */
  async #locate(item: Item, signal: AbortSignal | undefined): Promise<Known> {
    const key = keyOf(item);
    signal?.throwIfAborted();
    const locating = this.#locating.run(key, async () => {
      const { wire, item: now, servedAt = 0 } = await this.#found(item);
      this.#checkVersion(item, now);
      const url = this.#items.requests.outside(downloadUrlIn(wire), `content of ${item.id}`);
      const changed = serviceTime(wire);
      const isSettled = changed !== undefined && servedAt - changed > settledMs;
      const known = { url, until: this.#now() + keptMs, times: isSettled ? [changed, now.modified] : undefined };
      this.#known.set(key, known);
      return known;
    });
    return await leaving(locating, signal);
  }

  /** Another look at the item, for all that want one for the same reason at this moment. */
  async #look(item: Item, why: string, signal: AbortSignal | undefined): Promise<Item> {
    const looking = this.#looking.run(`${item.id} ${why}`, () => this.#found(item));
    return (await leaving(looking, signal)).item;
  }

  /** New items are not found by their id everywhere at once; another way to the same item settles whether it is gone. */
  async #found(item: Item): Promise<Seen> {
    const more = `,${downloadField}`;
    try {
      return await this.#items.look(item.id, undefined, more);
    } catch (error) {
      if (!isFault(error, 'missing') || item.parentId === undefined) throw error;
      const url = this.#items.addresses.child(this.#items.folder(item.parentId), item.name);
      const wire = await this.#items.requests
        .object({ url, query: { $select: `${itemFields}${more}` } })
        .catch(() => undefined);
      const found = wire === undefined ? undefined : this.#items.read(wire, thePlace(item.id).via);
      if (wire === undefined || found?.id !== item.id) throw error;
      return { wire, item: found };
    }
  }

  #checkVersion(item: Item, now: Item): void {
    if (this.#sizes.corrected(now).contentVersion === item.contentVersion) return;
    throw this.#changed(item, `it is ${now.contentVersion} now`);
  }

  #changed(item: Item, why: string): DriveError {
    this.#known.delete(keyOf(item));
    return new DriveError('changed', `${item.id}: the content is no longer that of ${item.contentVersion}: ${why}`);
  }

  async #shorter(item: Item, signal: AbortSignal | undefined): Promise<DriveError> {
    const answer = await this.#items.requests.sendOutside({
      ...{ url: (await this.#locate(item, signal)).url, headers: { range: 'bytes=0-0' }, signal },
    });
    const total = contentSpan(answer.header('content-range'))?.total;
    return total === undefined ? this.#changed(item, 'it is shorter now') : await this.#resized(item, total, signal);
  }

  /**
   * Another size than the drive says. If the drive still says it, it is wrong for good (photos that are converted on the way,
   * protected documents): what is delivered counts from now on.
   */
  async #resized(item: Item, total: number, signal: AbortSignal | undefined): Promise<DriveError> {
    const now = await this.#look(item, 'size', signal);
    const isSame = this.#sizes.corrected(now).contentVersion === item.contentVersion;
    if (isSame) this.#sizes.delivered(now, total);
    return this.#changed(item, `${total} bytes, not ${item.size}`);
  }

  /** Who answers with a page may do so for hours: believing its size would make it the content for good. */
  async #checkPage(opened: Exchange, item: Item): Promise<void> {
    let isPage: boolean;
    try {
      isPage = await isWebPage(opened, item);
    } catch (error) {
      throw toDriveError(error, { mutates: false });
    }
    if (!isPage) return;
    this.#known.delete(keyOf(item));
    throw new DriveError('broken', `content of ${item.id}: a web page came in its place`, {
      ...{ status: opened.status, page: true },
    });
  }

  async #checkWhole(opened: Exchange, item: Item, signal: AbortSignal | undefined): Promise<void> {
    const length = opened.header('content-length');
    if (Number(length) === item.size) return;
    await this.#checkPage(opened, item);
    if (length !== undefined) throw await this.#resized(item, Number(length), signal);
  }

  /** Where the body begins. Its end, and the size of the whole, must be those of the version that is wanted. */
  async #start(opened: Exchange, item: Item, range: ByteRange, signal: AbortSignal | undefined): Promise<number> {
    const title = `content of ${item.id}`;
    if (opened.header('content-encoding') !== undefined) {
      throw new DriveError('broken', `${title}: it came encoded, though that was not asked for`);
    }
    const length = opened.header('content-length');
    if (opened.status === 200) {
      await this.#checkWhole(opened, item, signal);
      if (range.start > maxSkip) throw new DriveError('broken', `${title}: the server gives no ranges`);
      return 0;
    }
    const span = contentSpan(opened.header('content-range'));
    if (span?.total !== undefined && span.total !== item.size) throw await this.#resized(item, span.total, signal);
    if (span !== undefined && isWithin(span, range) && isLength(span, length)) return span.start;
    throw new DriveError('broken', `${title}: it came in another range than asked for`);
  }

  /**
   * The tag must be the one that belongs to the content version. It is learnt with the first answer: where the storage host dates
   * it like the service dated a version that was no longer new, that is the version; else the item is looked at once more. If it
   * still has the version after its bytes began to come, these bytes are of that version.
   */
  async #checkTag(opened: Exchange, item: Item, known: Known, signal: AbortSignal | undefined): Promise<void> {
    const key = keyOf(item);
    const tag = tagIn(opened);
    const expected = this.#tags.get(key);
    if (expected !== undefined && tag !== undefined) {
      if (tag === expected) return;
      throw this.#changed(item, 'its tag differs');
    }
    const dated = Date.parse(opened.header('last-modified') ?? '');
    if (known.times?.some((time) => wholeSeconds(time) === wholeSeconds(dated)) !== true) {
      this.#checkVersion(
        item,
        tag === undefined ? (await this.#found(item)).item : await this.#look(item, tag, signal),
      );
    }
    if (tag !== undefined) this.#tags.set(key, tag);
  }
}
