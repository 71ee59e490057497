// What a handler answers: a value, written to the connection by send-reply.ts alone, so that bandwidth and faults apply to every
// answer in the same way.

interface FileBody {
  /** Bytes of the reply, in order. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
  readonly length: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | FileBody;
  /** What the body was made from, so that faults can make it lie; `render` makes a body of what they left. */
  readonly json?: { readonly value: unknown; readonly render: (value: unknown) => Buffer };
}

export const emptyReply = (status: number, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers,
});

export const textReply = (status: number, text: string, type = 'text/plain; charset=utf-8'): Reply => ({
  status,
  headers: { 'Content-Type': type },
  body: Buffer.from(text),
});

export const htmlReply = (status: number, html: string): Reply => textReply(status, html, 'text/html; charset=utf-8');

export const redirectReply = (location: string): Reply => ({
  status: 302,
  headers: { Location: location, 'Cache-Control': 'no-store' },
});

/** Compact JSON, for the token endpoint and admin calls. The API has its own form, see live/live-json.ts. */
export const jsonReply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => {
  const render = (some: unknown): Buffer => Buffer.from(`${JSON.stringify(some)}\n`);
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
    body: render(value),
    json: { value, render },
  };
};

/** A failure that is answered with this reply. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reply: Reply;

  constructor(reply: Reply, message = `refused with ${reply.status}`) {
    super(message);
    this.reply = reply;
  }
}
