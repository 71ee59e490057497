// What was asked and answered: the last requests, and counters of all since the last reset. Tokens are never in it. Tests read
// request budgets from here.

export interface LoggedRequest {
  readonly order: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  /** Without access_token and its like. */
  readonly query: string;
  /** What it asks for, in the emulator's words: `list`, `get`, `put`, `download`, ... */
  readonly kind: string;
  /** 0: no answer was sent. */
  readonly status: number;
  readonly ms: number;
  /** Bytes of the bodies. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The connection ended before the answer was complete. */
  readonly aborted: boolean;
  /** Faults that struck. */
  readonly faults: readonly string[];
}

export interface RequestCounters {
  readonly total: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A request that the service doesn't document, seen in strict mode. */
export interface Violation {
  readonly method: string;
  readonly path: string;
  readonly reason: string;
}

const headersOfInterest = [
  'accept',
  'bits-packet-type',
  'bits-session-id',
  'content-length',
  'content-range',
  'content-type',
  'expect',
  'if-match',
  'if-none-match',
  'if-range',
  'overwrite',
  'prefer',
  'range',
  'transfer-encoding',
  'user-agent',
];

const secretFields = /^(access_token|refresh_token|client_secret|code|authkey|token|tempauth)=/i;

export const withoutSecrets = (query: string): string =>
  query
    .split('&')
    .filter((pair) => !secretFields.test(pair))
    .join('&');

export const interestingHeaders = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    headersOfInterest.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );

export class RequestLog {
  readonly #limit: number;
  #entries: LoggedRequest[] = [];
  #violations: Violation[] = [];
  #order = 0;
  #total = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #byKind = new Map<string, number>();
  #byStatus = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(entry: Omit<LoggedRequest, 'order'>): void {
    this.#order += 1;
    this.#entries.push({ order: this.#order, ...entry });
    // Cutting in bulk keeps the cost per request constant.
    if (this.#entries.length > 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit);
    this.#total += 1;
    this.#bytesIn += entry.bytesIn;
    this.#bytesOut += entry.bytesOut;
    this.#byKind.set(entry.kind, (this.#byKind.get(entry.kind) ?? 0) + 1);
    this.#byStatus.set(String(entry.status), (this.#byStatus.get(String(entry.status)) ?? 0) + 1);
  }

  addViolation(violation: Violation): void {
    this.#violations.push(violation);
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** Oldest first. */
  list(): readonly LoggedRequest[] {
    return this.#entries.slice(-this.#limit);
  }

  counters(): RequestCounters {
    return {
      total: this.#total,
      byKind: Object.fromEntries(this.#byKind),
      byStatus: Object.fromEntries(this.#byStatus),
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
    };
  }

  /** Requests of that kind since the last reset. */
  count(kind: string): number {
    return this.#byKind.get(kind) ?? 0;
  }

  reset(): void {
    this.#entries = [];
    this.#violations = [];
    this.#total = 0;
    this.#bytesIn = 0;
    this.#bytesOut = 0;
    this.#byKind = new Map();
    this.#byStatus = new Map();
  }
}
