// Why the queue begins with nothing new, by who wants it so. Those of people and of the brake outlive the process. The only
// owner of its table.
import type { Store, Table } from '../store/store.ts';

/**
 * - `offline`: the service is out of reach
 * - `unconfirmed`: it is not known yet whether the sign-in is for the account that the changes are of
 * - `signed-out`: nobody is signed in, so that this cannot be known
 * - `account`: the sign-in is for another account
 * - `user`: somebody said so
 * - `damaged`: what is known of the drive cannot be read any more
 * - `brake`: more was removed or rewritten in a short time than anybody is likely to mean
 */
export type HoldKind = 'offline' | 'unconfirmed' | 'signed-out' | 'account' | 'damaged' | 'user' | 'brake';

export interface Hold {
  readonly kind: HoldKind;
  /** For people. */
  readonly reason: string;
}

const lasting: ReadonlySet<HoldKind> = new Set(['user', 'brake']);
/** They end by themselves, or are no fault of the changes: these do not count as given up. */
const awaited: ReadonlySet<HoldKind> = new Set(['offline', 'unconfirmed', 'signed-out']);

export class Holds {
  readonly #table: Table<HoldKind, string>;
  readonly #holds = new Map<HoldKind, string>();

  constructor(store: Store) {
    this.#table = store.table('holds');
    for (const { key, value } of this.#table.all()) this.#holds.set(key, value);
  }

  set(kind: HoldKind, reason: string): void {
    if (lasting.has(kind)) this.#table.put(kind, reason);
    this.#holds.set(kind, reason);
  }

  end(kind: HoldKind): void {
    if (lasting.has(kind)) this.#table.remove(kind);
    this.#holds.delete(kind);
  }

  get any(): boolean {
    return this.#holds.size > 0;
  }

  reasonOf(kind: HoldKind): string | undefined {
    return this.#holds.get(kind);
  }

  all(): Hold[] {
    return [...this.#holds].map(([kind, reason]) => ({ kind, reason }));
  }

  /** One that somebody has to end. */
  lasting(): Hold | undefined {
    return this.all().find(({ kind }) => !awaited.has(kind));
  }
}
