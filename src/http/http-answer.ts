// An answer that was read to its end, with a bound. Whether it is JSON is found out by parsing, not by what it says of itself.
import type { Exchange } from './exchange.ts';
import { HttpFailure } from './http-failure.ts';

const read = async (opened: Exchange, maxBytes: number): Promise<Buffer> => {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of opened.body) {
    size += piece.length;
    if (size > maxBytes) throw new HttpFailure('garbled', `an answer of more than ${maxBytes} bytes`, { sent: true });
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};

export class HttpAnswer {
  readonly status: number;
  readonly bytes: Buffer;
  readonly #header: (name: string) => string | undefined;

  private constructor(status: number, header: (name: string) => string | undefined, bytes: Buffer) {
    this.status = status;
    this.bytes = bytes;
    this.#header = header;
  }

  /** One that came inside of another. `headers`: by lower-case name. */
  static of(status: number, headers: Readonly<Record<string, string>>, bytes: Buffer): HttpAnswer {
    return new HttpAnswer(status, (name) => headers[name], bytes);
  }

  static async from(opened: Exchange, maxBytes: number): Promise<HttpAnswer> {
    try {
      return new HttpAnswer(opened.status, (name) => opened.header(name), await read(opened, maxBytes));
    } finally {
      opened.dispose();
    }
  }

  header(name: string): string | undefined {
    return this.#header(name);
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** A web page, from a gateway or a network that wants a sign-in of its own: not what a service of data says. */
  get isPage(): boolean {
    return /^\s*</.test(this.bytes.subarray(0, 200).toString('latin1'));
  }

  /** The body as an object of JSON; undefined where it is something else: empty, HTML, a list, a number. */
  get object(): Readonly<Record<string, unknown>> | undefined {
    try {
      const value: unknown = JSON.parse(this.bytes.toString('utf8').replace(/^\uFEFF/, ''));
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : undefined;
    } catch {
      return undefined;
    }
  }

  /** What Retry-After asks for, in milliseconds; given in seconds, or as a date by the clock of whoever answered: ours may be wrong. */
  retryAfterMs(now: number): number | undefined {
    const value = this.header('retry-after');
    if (value === undefined) return undefined;
    const answered = Date.parse(this.header('date') ?? '');
    const since = Number.isNaN(answered) ? now : answered;
    const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - since;
    return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
  }
}
