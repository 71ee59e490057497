// A move in a dialect that can change a name or a folder, but not both in one request. Steps that were done are undone when a
// later one meets a taken name; after any other trouble the item stays where it came to, and the same call does the rest.
import { randomBytes } from 'node:crypto';
import type { Item, ItemId } from '../drive.ts';
import { DriveError, isFault, perhapsDone } from '../drive-error.ts';
import type { LiveRequests } from './live-requests.ts';
import { theItem } from './live-wire.ts';

export interface Destination {
  readonly parentId: ItemId;
  readonly name: string;
}

type Step = { readonly rename: string } | { readonly into: ItemId };

const isThere = (item: Item, to: Destination): boolean => item.parentId === to.parentId && item.name === to.name;

/** Ways from here to there, each passing through a name and a folder that may be taken for the moment. */
const waysTo = (from: Item, to: Destination): Step[][] => {
  const rename = { rename: to.name };
  const into = { into: to.parentId };
  if (from.parentId === to.parentId) return [[rename]];
  if (from.name === to.name) return [[into]];
  const between = { rename: `~${randomBytes(8).toString('hex')}` };
  return [
    [into, rename],
    [rename, into],
    [between, into, rename],
  ];
};

export class LiveMove {
  readonly #requests: LiveRequests;
  readonly #look: (id: ItemId, signal?: AbortSignal) => Promise<Item>;

  constructor(requests: LiveRequests, look: (id: ItemId, signal?: AbortSignal) => Promise<Item>) {
    this.#requests = requests;
    this.#look = look;
  }

  async move(item: Item, to: Destination, signal: AbortSignal | undefined): Promise<Item> {
    const first = await this.#from(item, item, to, signal);
    // The caller's item may be out of date: where the answer says so, the rest is done from where it really is.
    const second = isThere(first, to) ? first : await this.#from(item, first, to, signal);
    if (isThere(second, to)) return second;
    // It comes to rest some time.
    throw new DriveError('busy', `${item.id}: another client moves it too`);
  }

  async #from(told: Item, at: Item, to: Destination, signal: AbortSignal | undefined): Promise<Item> {
    try {
      return await this.#along(at, to, signal);
    } catch (error) {
      if (!isFault(error, 'exists')) throw error;
      const now = await this.#look(told.id, signal);
      if (now.parentId === at.parentId && now.name === at.name) throw error;
      return now;
    }
  }

  async #along(from: Item, to: Destination, signal: AbortSignal | undefined): Promise<Item> {
    let refusal: unknown;
    for (const way of waysTo(from, to)) {
      const tried = await this.#try(from, way, signal);
      if (!(tried instanceof TakenName)) return tried;
      refusal = tried.error;
      // The last step is the one to the name that is wanted: that name is taken, by whichever way.
      if (tried.isLast) break;
    }
    throw refusal;
  }

  async #try(from: Item, way: readonly Step[], signal: AbortSignal | undefined): Promise<Item | TakenName> {
    let at = from;
    const back: Step[] = [];
    for (const step of way) {
      const undo: Step = 'rename' in step ? { rename: at.name } : { into: at.parentId ?? step.into };
      try {
        at = await this.#stepFrom(from, at, step, signal);
      } catch (error) {
        if (!isFault(error, 'exists')) throw error;
        for (const earlier of back) at = await this.#stepFrom(from, at, earlier, signal);
        return new TakenName(error, step === way.at(-1));
      }
      back.unshift(undo);
    }
    return at;
  }

  /** Whoever moved the item knows it at `from`. */
  async #stepFrom(from: Item, at: Item, step: Step, signal: AbortSignal | undefined): Promise<Item> {
    try {
      return await this.#step(at, step, signal);
    } catch (error) {
      throw at === from ? error : perhapsDone(error);
    }
  }

  async #step(item: Item, step: Step, signal: AbortSignal | undefined): Promise<Item> {
    const path = [item.id];
    if ('rename' in step) {
      const wire = await this.#requests.object({ method: 'PUT', path, body: { json: { name: step.rename } }, signal });
      return theItem(wire, `rename of ${item.id}`);
    }
    const body = { json: { destination: step.into } };
    const query = { overwrite: 'false' };
    try {
      return theItem(await this.#requests.object({ method: 'MOVE', path, query, body, signal }), `move of ${item.id}`);
    } catch (error) {
      throw await this.#missingDestination(error, step.into, signal);
    }
  }

  /** The service calls a destination that is gone an invalid one. */
  async #missingDestination(error: unknown, id: ItemId, signal: AbortSignal | undefined): Promise<unknown> {
    if (!isFault(error, 'refused')) return error;
    try {
      await this.#look(id, signal);
    } catch (looked) {
      if (isFault(looked, 'missing')) return looked;
    }
    return error;
  }
}

/** A step met a name that is taken; what was done before it is undone. */
class TakenName {
  readonly error: DriveError;
  readonly isLast: boolean;

  constructor(error: DriveError, isLast: boolean) {
    this.error = error;
    this.isLast = isLast;
  }
}
