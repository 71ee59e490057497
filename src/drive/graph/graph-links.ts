// Links of the graph dialect: made on demand, and made invalid by removing the permission behind them (docs: Graph, 12).
import type { ItemId, LinkKind } from '../drive.ts';
import { DriveError, isFault } from '../drive-error.ts';
import { isObject, type WireObject } from './graph-errors.ts';
import { thePlace } from './graph-ids.ts';
import type { GraphItems } from './graph-items.ts';
import { toPage } from './graph-wire.ts';

/** Rows without a type are those of owners; inherited ones are other items'. */
const isLink = (permission: WireObject, kind: LinkKind): boolean => {
  const { link, inheritedFrom, scope } = permission;
  return isObject(link) && link['type'] === kind && link['scope'] !== 'users' && !inheritedFrom && scope === undefined;
};

export class GraphLinks {
  readonly #items: GraphItems;

  constructor(items: GraphItems) {
    this.#items = items;
  }

  async link(id: ItemId, kind: LinkKind, signal: AbortSignal | undefined): Promise<string> {
    const url = `${this.#items.addresses.item(thePlace(id))}/createLink`;
    const body = { json: { type: kind, scope: 'anonymous' } };
    const { link } = await this.#items.requests.object({ method: 'POST', url, body, signal });
    const found = isObject(link) ? link[kind === 'embed' ? 'webHtml' : 'webUrl'] : undefined;
    if (typeof found !== 'string' || found === '')
      throw new DriveError('broken', `link to ${id}: the answer holds none`);
    return found;
  }

  async unlink(id: ItemId, kind: LinkKind, signal: AbortSignal | undefined): Promise<void> {
    const url = `${this.#items.addresses.item(thePlace(id))}/permissions`;
    const links = toPage(await this.#items.requests.object({ url, signal }), url).entries.filter((one) =>
      isLink(one, kind),
    );
    if (links.length === 0) throw new DriveError('missing', `${id} has no link of kind ${kind}`);
    for (const { id: permission } of links) {
      const address = `${url}/${encodeURIComponent(String(permission))}`;
      await this.#items.requests.answer({ method: 'DELETE', url: address, signal }).catch((error: unknown) => {
        // Somebody else was faster.
        if (!isFault(error, 'missing')) throw error;
      });
    }
  }
}
