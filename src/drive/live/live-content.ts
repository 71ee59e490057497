// Bytes of files: a redirect to a pre-signed address, kept for a while, and ranges from there. What comes out is of exactly
// the content version that was asked for, or nothing comes out: the storage host's own tag is tied to that version first.
import type { Exchange } from '../../http/exchange.ts';
import { contentSpan, cutTo, isWithin } from '../content-span.ts';
import { isSameVersion } from '../counted-version.ts';
import type { ByteRange, Item, ItemId } from '../drive.ts';
import { DriveError, isFault } from '../drive-error.ts';
import { toDriveError } from '../http-faults.ts';
import type { LiveRequests } from './live-requests.ts';
import type { LiveVersions } from './live-versions.ts';

/** Addresses live for about an hour; they are forgotten long before. */
const keptMs = 10 * 60_000;
const maxKept = 500;
/** How often a read goes on after its connection broke. */
const maxBreaks = 2;
/** A server that ignores ranges is put up with when this much at most has to be thrown away. */
const maxSkip = 4 * 2 ** 20;

interface Known {
  readonly url: string;
  readonly until: number;
}

/** Addresses that no longer work; the item, or the right to it, may be fine. */
const deadStatuses: ReadonlySet<number> = new Set([401, 403, 404, 410]);

const isLength = ({ start, end }: ByteRange, length: string | undefined): boolean =>
  length === undefined || Number(length) === end - start;

/** The storage host's tag of the bytes that it sends. */
const tagOf = (opened: Exchange): string | undefined => opened.header('etag') ?? opened.header('last-modified');

export interface LiveContentParts {
  readonly requests: LiveRequests;
  readonly versions: LiveVersions;
  look(id: ItemId, signal?: AbortSignal): Promise<Item>;
}

export class LiveContent {
  readonly #parts: LiveContentParts;
  readonly #requests: LiveRequests;
  readonly #known = new Map<string, Known>();
  /** By item and content version: the tag that the storage host gave it. */
  readonly #tags = new Map<string, string>();

  constructor(parts: LiveContentParts) {
    this.#parts = parts;
    this.#requests = parts.requests;
  }

  async *read(item: Item, range: ByteRange, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    signal?.throwIfAborted();
    this.#checkAsked(item, range);
    let at = range.start;
    for (let breaks = 0; at < range.end; breaks++) {
      if (breaks > maxBreaks) throw this.#short(item, at, range.end);
      try {
        for await (const piece of this.#once(item, { start: at, end: range.end }, signal)) {
          at += piece.length;
          yield piece;
        }
      } catch (error) {
        // A server that cannot be reached at all is not asked again here: whoever waits decides about that.
        if (!isFault(error, 'offline') || at === range.start) throw error;
      }
    }
  }

  #checkAsked(item: Item, range: ByteRange): void {
    if (item.kind !== 'file') throw new DriveError('denied', `${item.id}: a ${item.kind} has no content`);
    if (range.end > item.size) throw new DriveError('refused', `${item.id}: bytes to ${range.end} of ${item.size}`);
  }

  #short(item: Item, at: number, end: number, cause?: unknown): DriveError {
    return new DriveError('broken', `${item.id}: its content broke off at ${at}, again and again, before ${end}`, {
      cause,
    });
  }

  /** One answer of the storage host; may end early. */
  async *#once(item: Item, range: ByteRange, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    const opened = await this.#open(item, range, signal);
    try {
      const span = this.#checkSpan(opened, item, range);
      await this.#checkTag(opened, item, signal);
      yield* this.#converted(cutTo(opened.body, range.start - span.start, range.end - range.start));
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

  async #open(item: Item, range: ByteRange, signal: AbortSignal | undefined, isRenewed = false): Promise<Exchange> {
    const key = `${item.id} ${item.contentVersion}`;
    const known = this.#known.get(key);
    const isKnown = known !== undefined && known.until > this.#requests.clock.now();
    const opened = await this.#ask(isKnown ? known.url : await this.#locate(item, key, signal), range, signal);
    if (opened.status === 200 || opened.status === 206) return opened;
    if (opened.status === 416) {
      opened.dispose();
      throw this.#changed(item, 'it is shorter now');
    }
    const error = await this.#requests.openedError(opened, `content of ${item.id}`);
    this.#known.delete(key);
    if (!deadStatuses.has(opened.status)) throw error;
    if (isRenewed) throw this.#judged(error);
    return await this.#open(item, range, signal, true);
  }

  /** The storage host has no sign-in of ours to refuse, and knows nothing of items: what it says is said of its address. */
  #judged(error: DriveError): DriveError {
    if (error.fault === 'denied') return error;
    return new DriveError('broken', `${error.message} (at an address that was just given out)`, { cause: error });
  }

  async #locate(item: Item, key: string, signal: AbortSignal | undefined): Promise<string> {
    const url = await this.#requests.location({ path: [item.id, 'content'], signal });
    this.#known.delete(key);
    this.#known.set(key, { url, until: this.#requests.clock.now() + keptMs });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxKept) break;
      this.#known.delete(oldest);
    }
    return url;
  }

  async #ask(url: string, { start, end }: ByteRange, signal: AbortSignal | undefined): Promise<Exchange> {
    const headers = { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity' };
    return await this.#requests.open({ url, headers, bearer: false, signal });
  }

  #changed(item: Item, why: string): DriveError {
    this.#known.delete(`${item.id} ${item.contentVersion}`);
    return new DriveError('changed', `${item.id}: the content is no longer that of ${item.contentVersion}: ${why}`);
  }

  /** Where the body begins. Its end, and the size of the whole, must be those of the version that is wanted. */
  #checkSpan(opened: Exchange, item: Item, range: ByteRange): { readonly start: number } {
    const title = `content of ${item.id}`;
    if (opened.header('content-encoding') !== undefined) {
      throw new DriveError('broken', `${title}: it came encoded, though that was not asked for`);
    }
    const length = opened.header('content-length');
    if (opened.status === 200) {
      if (length !== undefined && Number(length) !== item.size) throw this.#changed(item, `${length} bytes`);
      if (range.start > maxSkip) throw new DriveError('broken', `${title}: the server gives no ranges`);
      return { start: 0 };
    }
    const span = contentSpan(opened.header('content-range'));
    if (span?.total !== undefined && span.total !== item.size) throw this.#changed(item, `${span.total} bytes`);
    if (span !== undefined && isWithin(span, range) && isLength(span, length)) return span;
    throw new DriveError('broken', `${title}: it came in another range than asked for`);
  }

  /**
   * The tag must be the one that belongs to the content version. It is learnt with the first answer: where the storage host
   * dates it like the service dates the version, that is the version; else the item is looked at once more. If it still has
   * the version after its bytes began to come, these bytes are of that version.
   */
  async #checkTag(opened: Exchange, item: Item, signal: AbortSignal | undefined): Promise<void> {
    const key = `${item.id} ${item.contentVersion}`;
    const tag = tagOf(opened);
    const expected = this.#tags.get(key);
    if (expected !== undefined && tag !== undefined) {
      if (tag === expected) return;
      this.#parts.versions.wasReplaced(item);
      throw this.#changed(item, 'its tag differs');
    }
    if (Date.parse(opened.header('last-modified') ?? '') !== item.modified) {
      const now = await this.#parts.look(item.id, signal);
      if (!isSameVersion(item.contentVersion, now.contentVersion))
        throw this.#changed(item, `it is ${now.contentVersion} now`);
    }
    if (tag !== undefined) this.#remember(key, tag);
  }

  #remember(key: string, tag: string): void {
    this.#tags.set(key, tag);
    for (const oldest of this.#tags.keys()) {
      if (this.#tags.size <= maxKept * 4) break;
      this.#tags.delete(oldest);
    }
  }
}
