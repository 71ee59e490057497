// A client for the tests of the emulator: node:http requests with every byte under the test's control; nothing is shared with the
// product's own client.
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Emulator } from '../../src/emulator/emulator.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly json: any;
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sent chunk by chunk without a length. */
  readonly chunks?: readonly (string | Uint8Array)[];
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** One request; redirects aren't followed. `path` may be a whole URL of the same server. */
export const ask = (url: string, method: string, path: string, options: Ask = {}): Promise<Answer> => {
  const { hostname, port } = new URL(url);
  const target = path.startsWith(url) ? path.slice(url.length) : path;
  return new Promise((resolve, reject) => {
    const headers = { ...options.headers };
    if (options.body !== undefined) headers['Content-Length'] ??= String(Buffer.byteLength(options.body));
    const request = httpRequest({ hostname, port, method, path: target, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, json: parsed(text) });
      });
    });
    request.once('error', reject);
    for (const chunk of options.chunks ?? []) request.write(chunk);
    request.end(options.body);
  });
};

/** A signed-in client of the live API. */
export class LiveClient {
  readonly emulator: Emulator;
  readonly token: string;

  constructor(emulator: Emulator, token = emulator.admin.token().accessToken) {
    this.emulator = emulator;
    this.token = token;
  }

  /** `path` is relative to /v5.0/; the token goes into the header. */
  call(method: string, path: string, options: Ask = {}): Promise<Answer> {
    const headers = { Authorization: `Bearer ${this.token}`, ...options.headers };
    return ask(this.emulator.url, method, `/v5.0/${path}`, { ...options, headers });
  }

  get(path: string, options?: Ask): Promise<Answer> {
    return this.call('GET', path, options);
  }

  put(path: string, body: string | Uint8Array, options?: Ask): Promise<Answer> {
    return this.call('PUT', path, { ...options, body });
  }

  /** With fields as JSON. */
  send(method: string, path: string, fields: unknown): Promise<Answer> {
    return this.call(method, path, {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(fields),
    });
  }

  /** Id of the folder or file at a path below the root. */
  id(path: string): string {
    return this.emulator.admin.item({ path }).id;
  }

  /** Bytes of a file, by redirect. */
  async bytes(id: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const redirect = await this.get(`${id}/content`);
    return ask(this.emulator.url, 'GET', String(redirect.headers.location), { headers });
  }
}
