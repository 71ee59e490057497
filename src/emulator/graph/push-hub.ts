// Tells whoever wants to know that a drive has changed. Looks at the drives' sequences, because changes come from every dialect and from
// admin calls; several changes within one look are one. Owned by graph-services.ts.
import type { Accounts } from '../accounts.ts';

const lookEveryMs = 50;

interface Watch {
  readonly uid: string;
  readonly tell: () => void;
  seen: number;
}

export class PushHub {
  readonly #accounts: Accounts;
  readonly #watches = new Set<Watch>();
  #timer: NodeJS.Timeout | undefined;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  /** Calls `tell` after every change of the drive from now on, until the function that it gives back is called. */
  watch(uid: string, tell: () => void): () => void {
    const watch = { uid, tell, seen: this.#sequence(uid) };
    this.#watches.add(watch);
    this.#timer ??= setInterval(() => this.#look(), lookEveryMs).unref();
    return () => {
      this.#watches.delete(watch);
      if (this.#watches.size === 0) this.close();
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sequence(uid: string): number {
    const account = this.#accounts.byUid(uid);
    return account === undefined ? 0 : this.#accounts.drive(account).sequence;
  }

  #look(): void {
    for (const watch of this.#watches) {
      const sequence = this.#sequence(watch.uid);
      const changed = sequence !== watch.seen;
      watch.seen = sequence;
      if (changed) watch.tell();
    }
  }
}
