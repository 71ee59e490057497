// Trouble on demand: what goes wrong, for which requests, how often. Drawn once per request, before it is handled; carried out by
// http-server.ts (before), faulty-json.ts (contents) and send-reply.ts (on the wire). docs/emulator.md lists all of it for users.

/** Which requests a fault is for; all members that are given must fit. */
interface FaultMatch {
  /** One or more of the kinds that the request log shows: `list`, `put`, `download`, `bits-fragment`, ... */
  readonly kind?: string | readonly string[];
  readonly method?: string;
  /** A regular expression for the path (without the query, encoded as it came). */
  readonly path?: string;
  /** A regular expression for the query. */
  readonly query?: string;
}

export type FaultAction =
  /** Answered so, instead of being carried out. */
  | {
      readonly do: 'answer';
      readonly status: number;
      /** An error of the service with this code; else `body` as it is. */
      readonly code?: string;
      readonly message?: string;
      readonly body?: string;
      readonly type?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Waits before it is carried out. */
  | { readonly do: 'delay'; readonly ms: number }
  /** The connection is reset after so many bytes of the request's or the reply's body. */
  | { readonly do: 'reset'; readonly in?: 'request' | 'reply'; readonly afterBytes?: number }
  /** Nothing moves any more after so many bytes; for ever, or for `ms`. */
  | { readonly do: 'stall'; readonly in?: 'request' | 'reply'; readonly afterBytes?: number; readonly ms?: number }
  /** The body ends early, in good order, though Content-Length said more. */
  | { readonly do: 'cut'; readonly afterBytes: number }
  /** Content-Length is wrong by this much. */
  | { readonly do: 'length'; readonly delta: number }
  /** Carried out, but the answer never arrives: a reset, or an error status. */
  | { readonly do: 'lose-reply'; readonly status?: number }
  /** The token that came with it is no longer valid, from now on. */
  | { readonly do: 'expire-token' }
  /** Objects in the answer get other fields; `drop` leaves some out. `name`: only objects whose name fits. */
  | {
      readonly do: 'lie';
      readonly set?: Readonly<Record<string, unknown>>;
      readonly drop?: readonly string[];
      readonly name?: string;
    }
  /** Sizes in the answer are wrong by `delta`, or are all `size`. */
  | { readonly do: 'size'; readonly delta?: number; readonly size?: number; readonly name?: string }
  /** Objects of a listing get these names, one after the other. */
  | { readonly do: 'names'; readonly names: readonly string[] }
  /** All objects of a listing get the name of the first. */
  | { readonly do: 'duplicates' };

export interface Fault {
  readonly match?: FaultMatch;
  readonly action: FaultAction;
  /** Spares the first so many requests that fit. */
  readonly skip?: number;
  /** Happens so often, then no more; default: always. */
  readonly count?: number;
  /** 0 to 1; default 1. */
  readonly probability?: number;
  /** Of the sequence of random numbers behind `probability`; equal seeds give equal sequences. Default 1. */
  readonly seed?: number;
}

/** A fault that is set, and how often it was looked at and happened. */
export interface FaultStatus extends Fault {
  readonly id: number;
  readonly fitted: number;
  readonly happened: number;
}

export interface FaultSubject {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
}

const fits = (match: FaultMatch, subject: FaultSubject): boolean => {
  const kinds = match.kind === undefined ? undefined : [match.kind].flat();
  if (kinds !== undefined && !kinds.includes(subject.kind)) return false;
  if (match.method !== undefined && match.method.toUpperCase() !== subject.method) return false;
  if (match.path !== undefined && !new RegExp(match.path).test(subject.path)) return false;
  return match.query === undefined || new RegExp(match.query).test(subject.query);
};

/** Mulberry32: small, and the same everywhere. */
export const randomNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

interface SetFault {
  readonly id: number;
  readonly fault: Fault;
  readonly random: () => number;
  fitted: number;
  happened: number;
}

const knownActions: Readonly<Record<FaultAction['do'], true>> = {
  answer: true,
  delay: true,
  reset: true,
  stall: true,
  cut: true,
  length: true,
  'lose-reply': true,
  'expire-token': true,
  lie: true,
  size: true,
  names: true,
  duplicates: true,
};

const checkStatus = (action: FaultAction): void => {
  const status = 'status' in action ? action.status : undefined;
  if (status === undefined && action.do === 'answer') throw new RangeError("'answer' needs a 'status'");
  const isStatus = Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599;
  if (status !== undefined && !isStatus) throw new RangeError(`'status' must be from 200 to 599, not ${status}`);
};

/** Faults come from JSON too: what would only fail when it strikes is refused when it is set. */
const check = ({ match = {}, action }: Fault): void => {
  if (!Object.hasOwn(knownActions, action.do)) throw new RangeError(`there is no fault '${action.do}'`);
  if (action.do === 'names' && !Array.isArray(action.names)) throw new RangeError("'names' needs a list of 'names'");
  const name = 'name' in action ? action.name : undefined;
  for (const text of [match.path, match.query, name]) if (text !== undefined) new RegExp(text);
  const { method }: { readonly method?: unknown } = match;
  if (method !== undefined && typeof method !== 'string') throw new RangeError("'method' must be the name of one");
  checkStatus(action);
};

export class Faults {
  #set: SetFault[] = [];
  #lastId = 0;

  /** The id under which it can be cleared. Throws RangeError or SyntaxError for a fault that can't be. */
  add(fault: Fault): number {
    check(fault);
    this.#lastId += 1;
    this.#set.push({ id: this.#lastId, fault, random: randomNumbers(fault.seed ?? 1), fitted: 0, happened: 0 });
    return this.#lastId;
  }

  list(): FaultStatus[] {
    return this.#set.map(({ id, fault, fitted, happened }) => ({ ...fault, id, fitted, happened }));
  }

  /** Without an id: all. */
  clear(id?: number): void {
    this.#set = id === undefined ? [] : this.#set.filter((set) => set.id !== id);
  }

  /** What happens to this request, in the order in which the faults were set. `onlyByKind`: faults for any kind spare it. */
  draw(subject: FaultSubject, onlyByKind = false): FaultAction[] {
    const chosen = this.#set.filter((set) => !onlyByKind || set.fault.match?.kind !== undefined);
    return chosen.filter((set) => this.#strikes(set, subject)).map((set) => set.fault.action);
  }

  #strikes(set: SetFault, subject: FaultSubject): boolean {
    const { match = {}, skip = 0, count = Number.POSITIVE_INFINITY, probability = 1 } = set.fault;
    if (!fits(match, subject)) return false;
    set.fitted += 1;
    if (set.fitted <= skip || set.happened >= count || set.random() >= probability) return false;
    set.happened += 1;
    return true;
  }
}
