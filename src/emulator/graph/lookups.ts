// Ways of reading that lag behind the truth: each route to an item converges on its own (docs/graph-quirks.md, metadata). Called once per
// request with what the address named; throws what a client would be told.
import type { DriveItem, ItemNumber } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { Address } from './graph-address.ts';
import { GraphError, itemNotFound } from './graph-error.ts';
import type { QuirkName } from './quirk-table.ts';
import type { Quirks } from './quirks.ts';

interface Removal {
  readonly atMs: number;
  readonly item: DriveItem;
}

/** `gap`: something below `item` that isn't there. */
interface Present {
  readonly on: 'item' | 'gap';
  readonly drive: DriveState;
  readonly item: DriveItem;
}

const kept = 1000;

/** Operations that put something into a folder. */
const makingKinds = ['put', 'session-create', 'mkdir'];

/** When the item came to where it is. */
const arrivalOf = (item: DriveItem): number => (item.movedAt === item.sequence ? item.modifiedMs : item.createdMs);

export class Lookups {
  readonly #quirks: Quirks;
  readonly #now: () => number;
  readonly #removals = new Map<string, Removal[]>();
  readonly #parentsOfRemoved = new Map<string, number>();

  constructor(quirks: Quirks, now: () => number) {
    this.#quirks = quirks;
    this.#now = now;
  }

  noteRemoval(drive: DriveState, item: DriveItem, parent: DriveItem | undefined): void {
    const atMs = this.#now();
    const list = [...(this.#removals.get(drive.uid) ?? []), { atMs, item }].slice(-kept);
    this.#removals.set(drive.uid, list);
    if (parent !== undefined) this.#parentsOfRemoved.set(`${drive.uid} ${parent.number}`, atMs);
  }

  /** Children that are gone but still listed. */
  ghosts(drive: DriveState, folder: ItemNumber): DriveItem[] {
    if (!this.#quirks.on('delete-ghost-listed')) return [];
    const removals = (this.#removals.get(drive.uid) ?? []).filter(({ item }) => item.parent === folder);
    return removals.filter(({ atMs }) => this.#quirks.within('delete-ghost-listed', atMs)).map(({ item }) => item);
  }

  /** Children that are there but not listed yet. */
  isListed(item: DriveItem): boolean {
    return !this.#quirks.within('listing-lag', arrivalOf(item));
  }

  check(kind: string, method: string, address: Address, subject: Present): void {
    if (this.#isLost(kind, method, address, subject)) throw itemNotFound();
    if (method !== 'GET' && this.#quirks.strikes('lock-423')) {
      throw new GraphError(423, 'notAllowed', 'The resource is locked.', { inner: 'resourceLocked' });
    }
  }

  #isLost(kind: string, method: string, address: Address, { on, drive, item }: Present): boolean {
    const isRoot = item.parent === undefined;
    const first = (name: QuirkName): boolean => this.#quirks.within(name, arrivalOf(item));
    if (isRoot) return kind === 'list' && this.#quirks.strikes('root-404');
    if (makingKinds.includes(kind)) return (on === 'gap' || kind === 'mkdir') && first('parent-lag');
    if (method === 'DELETE') return this.#quirks.strikes('delete-404');
    if (kind === 'update') return this.#quirks.within('patch-after-put-404', item.modifiedMs);
    if (address.path.length === 0) return this.#lostById(kind, item);
    if (method !== 'GET') return false;
    const hidden = this.#parentsOfRemoved.get(`${drive.uid} ${item.number}`) ?? Number.NEGATIVE_INFINITY;
    return (
      first('path-lag') || this.#quirks.strikes('path-flap') || this.#quirks.within('parent-gone-after-delete', hidden)
    );
  }

  #lostById(kind: string, item: DriveItem): boolean {
    const { createdMs } = item;
    if (kind === 'list') return this.#quirks.within('children-404', createdMs);
    if (kind === 'delta') return this.#quirks.within('delta-folder-404', createdMs);
    return (kind === 'get' || kind === 'content') && this.#quirks.within('item-id-lag', createdMs);
  }
}
