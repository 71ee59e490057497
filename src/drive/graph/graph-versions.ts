// Earlier contents of files in the graph dialect (docs: Graph, 12): listed, read, and made the present one again.
import { contentSpan, cutTo, isWithin } from '../content-span.ts';
import type { ByteRange, FileVersion, Item, ItemId } from '../drive.ts';
import { DriveError } from '../drive-error.ts';
import { toDriveError } from '../http-faults.ts';
import type { WireObject } from './graph-errors.ts';
import { thePlace } from './graph-ids.ts';
import type { GraphItems } from './graph-items.ts';
import { nameIn, toPage } from './graph-wire.ts';
import { isPageItself, saysPage } from './web-pages.ts';

/** The service lists them newest first; the first is the present one. */
const toVersion = (itemId: ItemId, wire: WireObject, index: number): FileVersion => {
  const { id, lastModifiedDateTime, size } = wire;
  if (typeof id !== 'string' || id === '') throw new DriveError('broken', `versions of ${itemId}: one has no id`);
  const by = nameIn(wire['lastModifiedBy']);
  return {
    ...{ itemId, id, current: index === 0 },
    modified: Date.parse(String(lastModifiedDateTime)) || 0,
    size: typeof size === 'number' ? size : 0,
    ...(by === undefined ? {} : { by }),
  };
};

/** The present bytes of an item. */
type ReadItem = (item: Item, range: ByteRange, signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>;

export class GraphVersions {
  readonly #items: GraphItems;
  readonly #readItem: ReadItem;

  constructor(items: GraphItems, readItem: ReadItem) {
    this.#items = items;
    this.#readItem = readItem;
  }

  #url(itemId: ItemId, version?: string): string {
    const versions = `${this.#items.addresses.item(thePlace(itemId))}/versions`;
    return version === undefined ? versions : `${versions}/${encodeURIComponent(version)}`;
  }

  async list(id: ItemId, signal: AbortSignal | undefined): Promise<readonly FileVersion[]> {
    const url = this.#url(id);
    const { entries } = toPage(await this.#items.requests.object({ url, signal }), url);
    return entries.map((wire, index) => toVersion(id, wire, index));
  }

  /** The present content has no address as a version on some drives. */
  async *read(version: FileVersion, range: ByteRange, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    if (version.current) {
      const { item } = await this.#items.look(version.itemId, signal);
      yield* this.#readItem(item, range, signal);
      return;
    }
    if (range.start >= range.end) return;
    const { requests } = this.#items;
    const title = `version ${version.id} of ${version.itemId}`;
    const url = `${this.#url(version.itemId, version.id)}/content`;
    const opened = await requests.openOutside({
      url: await this.#address(url, signal),
      headers: rangeOf(range),
      signal,
    });
    try {
      if (opened.status !== 200 && opened.status !== 206) throw await requests.openedError(opened, title);
      if (saysPage(opened) && !isPageItself((await this.#items.look(version.itemId, signal)).item))
        throw new DriveError('broken', `${title}: a web page came in its place`, { status: opened.status });
      const span =
        opened.status === 206 ? contentSpan(opened.header('content-range')) : { start: 0, end: version.size };
      if (span === undefined || !isWithin(span, range))
        throw new DriveError('broken', `${title}: it came in another range than asked for`);
      yield* cutTo(opened.body, range.start - span.start, range.end - range.start);
    } catch (error) {
      throw toDriveError(error, { mutates: false });
    } finally {
      opened.dispose();
    }
  }

  async #address(url: string, signal: AbortSignal | undefined): Promise<string> {
    const { requests } = this.#items;
    const answer = await requests.send({ url, signal, follow: false });
    const location = answer.header('location');
    if (answer.status >= 300 && answer.status < 400 && location !== undefined) return requests.outside(location, url);
    throw requests.error(answer, { url });
  }

  async restore({ itemId, id }: FileVersion, signal: AbortSignal | undefined): Promise<void> {
    const url = `${this.#url(itemId, id)}/restoreVersion`;
    await this.#items.requests.nothing({ method: 'POST', url, signal });
  }
}

const rangeOf = ({ start, end }: ByteRange): Readonly<Record<string, string>> => ({
  range: `bytes=${start}-${end - 1}`,
});
