// Bodies of requests. A streamed body is sent with its length and is either sent whole or broken off: it never looks
// complete to the server when its source failed or had another length.
import { Readable } from 'node:stream';
import { BodyLengthError } from './http-failure.ts';
import type { Watch } from './time-limits.ts';

export type RequestBody =
  | { readonly json: unknown }
  | { readonly form: Readonly<Record<string, string>> }
  /** `open` may be called again, when the request is repeated with a new token. */
  | { readonly size: number; open(): AsyncIterable<Uint8Array>; onSent?(bytes: number): void };

export interface OutgoingBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Buffer | Readable | undefined;
  /** All of it was handed over. */
  readonly complete: () => boolean;
  /** What the source threw. */
  readonly failure: () => unknown;
}

const fixed = (type: string | undefined, text: string): OutgoingBody => ({
  headers: { ...(type === undefined ? {} : { 'content-type': type }), 'content-length': `${Buffer.byteLength(text)}` },
  data: text === '' ? undefined : Buffer.from(text),
  complete: () => true,
  failure: () => undefined,
});

type StreamBody = Extract<RequestBody, { size: number }>;

/** The pieces of the source. While it is asked for one, nobody waits for the network. */
async function* watched(source: AsyncIterable<Uint8Array>, watch: Watch): AsyncGenerator<Uint8Array> {
  try {
    watch.paused = true;
    for await (const piece of source) {
      watch.paused = false;
      if (piece.length > 0) yield piece;
      watch.paused = true;
    }
  } finally {
    watch.paused = false;
  }
}

/** One piece is held back: the last byte goes out only once the length is known to be right. */
async function* checked(body: StreamBody, watch: Watch, onLast: () => void): AsyncGenerator<Uint8Array> {
  let total = 0;
  let held: Uint8Array | undefined;
  for await (const piece of watched(body.open(), watch)) {
    if (total + piece.length > body.size) {
      throw new BodyLengthError(`the body is longer than the ${body.size} bytes announced`);
    }
    if (held !== undefined) yield held;
    if (held !== undefined) body.onSent?.(total);
    total += piece.length;
    held = piece;
  }
  if (total !== body.size) throw new BodyLengthError(`the body has ${total} bytes, not the ${body.size} announced`);
  onLast();
  if (held === undefined) return;
  yield held;
  body.onSent?.(total);
}

const streamed = (body: StreamBody, watch: Watch): OutgoingBody => {
  let complete = false;
  let failure: unknown;
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    try {
      // Said before the last piece goes out: once it did, the server may act, whether or not we see it take the piece.
      yield* checked(body, watch, () => {
        complete = true;
      });
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return {
    headers: { 'content-length': `${body.size}` },
    data: Readable.from(pieces(), { objectMode: false, highWaterMark: 65536 }),
    complete: () => complete,
    failure: () => failure,
  };
};

/** A request without a body says so with a length of 0, except where there never is one. */
export const outgoingBody = (body: RequestBody | undefined, method: string, watch: Watch): OutgoingBody => {
  if (body === undefined) {
    const bare = fixed(undefined, '');
    return method === 'GET' || method === 'HEAD' ? { ...bare, headers: {} } : bare;
  }
  if ('json' in body) return fixed('application/json', JSON.stringify(body.json));
  if ('form' in body) return fixed('application/x-www-form-urlencoded', new URLSearchParams(body.form).toString());
  return streamed(body, watch);
};
