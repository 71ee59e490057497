// Copies by the service: a request that starts one, and a monitor that is asked until it is done (docs: Graph, 10). The monitor's
// address is pre-authenticated, and never sees the token.
import type { Item, ItemId } from '../drive.ts';
import { DriveError, type Fault, isFault } from '../drive-error.ts';
import { isObject, type WireObject } from './graph-errors.ts';
import { canonicalDriveId, idOf, type Place, thePlace } from './graph-ids.ts';
import type { GraphItems } from './graph-items.ts';
import { checkName } from './graph-names.ts';
import type { Destination } from './graph-tree.ts';

const firstPauseMs = 200;
const longestPauseMs = 5000;
/** Large folders take long. */
const longestMs = 30 * 60_000;

const failures: Readonly<Record<string, Fault>> = {
  ...{ namealreadyexists: 'exists', quotalimitreached: 'full', itemnotfound: 'missing', accessdenied: 'denied' },
  ...{ invalidrequest: 'refused', activitylimitreached: 'busy', servicenotavailable: 'busy' },
};

const failed = (wire: WireObject, id: ItemId): DriveError => {
  const error = isObject(wire['error']) ? wire['error'] : {};
  const code = String(wire['errorCode'] ?? error['code'] ?? '');
  const fault = failures[code.toLowerCase().split('_')[0] ?? ''] ?? 'broken';
  return new DriveError(fault, `copy of ${id}: it failed (${code.slice(0, 100)})`);
};

export class GraphCopy {
  readonly #items: GraphItems;
  #ownDrive: string | undefined;

  constructor(items: GraphItems) {
    this.#items = items;
  }

  async copy(id: ItemId, to: Destination, signal: AbortSignal | undefined): Promise<Item> {
    checkName(to.name);
    const [source, folder] = [thePlace(id), this.#items.folder(to.parentId)];
    const monitor = await this.#start(source, folder, to.name, signal);
    const made = await this.#finished(monitor, id, signal);
    return (await this.#items.look(idOf(made, folder.via), signal)).item;
  }

  async #start(source: Place, folder: Place, name: string, signal: AbortSignal | undefined): Promise<string> {
    const isElsewhere = source.via?.drive !== folder.via?.drive;
    const drive = isElsewhere ? { driveId: folder.via?.drive ?? (await this.#ownDriveId(signal)) } : {};
    const json = { parentReference: { ...drive, id: folder.item }, name };
    const ask = { method: 'POST', url: `${this.#items.addresses.item(source)}/copy`, body: { json }, signal };
    try {
      const answer = await this.#items.requests.answer(ask);
      return this.#items.requests.outside(answer.header('location'), 'copy');
    } catch (error) {
      return await this.#items.missing(error, [source, folder], signal);
    }
  }

  async #ownDriveId(signal: AbortSignal | undefined): Promise<string> {
    const ask = { url: this.#items.addresses.drive(), query: { $select: 'id' }, signal };
    this.#ownDrive ??= canonicalDriveId(String((await this.#items.requests.object(ask))['id']));
    return this.#ownDrive;
  }

  /** The id of the copy. */
  async #finished(url: string, id: ItemId, signal: AbortSignal | undefined): Promise<string> {
    const { requests } = this.#items;
    const until = requests.clock.monotonic() + longestMs;
    for (
      let pauseMs = firstPauseMs;
      requests.clock.monotonic() < until;
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    ) {
      const wire = await this.#asked(url, signal);
      if (wire?.['status'] === 'completed' && typeof wire['resourceId'] === 'string') return wire['resourceId'];
      if (wire?.['status'] === 'failed' || wire?.['status'] === 'cancelled') throw failed(wire, id);
      await requests.clock.sleep(pauseMs, signal);
    }
    throw new DriveError('busy', `copy of ${id}: it is still under way`, { ambiguous: true });
  }

  /** Undefined: the monitor cannot be asked now. Its answer counts whatever the status; a redirect is not followed. */
  async #asked(url: string, signal: AbortSignal | undefined): Promise<WireObject | undefined> {
    const ask = { url, follow: false, signal };
    try {
      const answer = await this.#items.requests.sendOutside(ask);
      if (answer.status < 400) return answer.object;
      throw this.#items.requests.error(answer, { url: 'monitor of a copy' });
    } catch (error) {
      if (error instanceof DriveError && error.passing) return undefined;
      throw isFault(error, 'missing')
        ? new DriveError('broken', error.message, { ambiguous: true, cause: error })
        : error;
    }
  }
}
