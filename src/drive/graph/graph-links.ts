// Links and permissions of the graph dialect: links are made on demand, and made invalid by removing the permission behind them
// (docs: Graph, 12).
import type { ItemId, LinkKind, Permission } from '../drive.ts';
import { DriveError, isFault } from '../drive-error.ts';
import { isObject, type WireObject } from './graph-errors.ts';
import { thePlace } from './graph-ids.ts';
import type { GraphItems } from './graph-items.ts';
import { nameIn, toPage } from './graph-wire.ts';

/** Rows without a type are those of owners; inherited ones are other items'. */
const isLink = (permission: WireObject, kind: LinkKind): boolean => {
  const { link, inheritedFrom, scope } = permission;
  return isObject(link) && link['type'] === kind && link['scope'] !== 'users' && !inheritedFrom && scope === undefined;
};

/** The newer names of who it is given to before the older ones. */
const whoIn = (permission: WireObject): string | undefined => {
  const several = permission['grantedToIdentitiesV2'] ?? permission['grantedToIdentities'];
  const given = [permission['grantedToV2'] ?? permission['grantedTo'], ...(Array.isArray(several) ? several : [])];
  const names = given.flatMap((one) => nameIn(one) ?? []);
  return names.length === 0 ? undefined : names.join(', ');
};

const toPermission = (wire: WireObject): Permission => {
  const { id, roles, link, inheritedFrom } = wire;
  const who = whoIn(wire);
  const [url, scope] = isObject(link) ? [link['webUrl'], link['scope']] : [];
  return {
    id: String(id ?? ''),
    roles: Array.isArray(roles) ? roles.map(String) : [],
    ...(who === undefined ? {} : { who }),
    ...(typeof url === 'string' ? { link: url } : {}),
    ...(typeof scope === 'string' ? { scope } : {}),
    inherited: isObject(inheritedFrom),
  };
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

  #url(id: ItemId): string {
    return `${this.#items.addresses.item(thePlace(id))}/permissions`;
  }

  async #all(id: ItemId, signal: AbortSignal | undefined): Promise<readonly WireObject[]> {
    const url = this.#url(id);
    return toPage(await this.#items.requests.object({ url, signal }), url).entries;
  }

  async permissions(id: ItemId, signal: AbortSignal | undefined): Promise<readonly Permission[]> {
    return (await this.#all(id, signal)).map(toPermission);
  }

  async unlink(id: ItemId, kind: LinkKind, signal: AbortSignal | undefined): Promise<void> {
    const links = (await this.#all(id, signal)).filter((one) => isLink(one, kind));
    if (links.length === 0) throw new DriveError('missing', `${id} has no link of kind ${kind}`);
    for (const { id: permission } of links) {
      const address = `${this.#url(id)}/${encodeURIComponent(String(permission))}`;
      await this.#items.requests.nothing({ method: 'DELETE', url: address, signal }).catch((error: unknown) => {
        // Somebody else was faster.
        if (!isFault(error, 'missing')) throw error;
      });
    }
  }
}
