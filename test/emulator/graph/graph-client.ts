// A client for the tests of the emulator's graph dialect; nothing is shared with the product's own client.
import type { Emulator } from '../../../src/emulator/emulator.ts';
import { type Answer, type Ask, ask } from '../live-client.ts';

export const graphScopes = ['Files.ReadWrite.All', 'User.Read', 'offline_access'];

/** A signed-in client of the Graph API. */
export class GraphClient {
  readonly emulator: Emulator;
  readonly token: string;

  constructor(emulator: Emulator, account?: string) {
    this.emulator = emulator;
    const who = account === undefined ? {} : { account };
    this.token = emulator.admin.token({ scopes: graphScopes, ...who }).accessToken;
  }

  /** `path` is relative to /v1.0/, or a whole URL of the emulator; the token goes into the header. */
  call(method: string, path: string, options: Ask = {}): Promise<Answer> {
    const headers = { Authorization: `Bearer ${this.token}`, ...options.headers };
    const target = /^https?:/.test(path) ? path : `/v1.0/${path}`;
    return ask(this.emulator.url, method, target, { ...options, headers });
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('GET', path, { headers });
  }

  put(path: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('PUT', path, { headers, body });
  }

  /** With fields as JSON. */
  send(method: string, path: string, fields: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const type = { 'Content-Type': 'application/json', ...headers };
    return this.call(method, path, { headers: type, body: JSON.stringify(fields) });
  }

  /** Without the token. */
  open(method: string, url: string, options: Ask = {}): Promise<Answer> {
    return ask(this.emulator.url, method, url.replace(/^https?:\/\/[^/]+/, ''), options);
  }

  /** Bytes of a file, by redirect. */
  async bytes(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const redirect = await this.get(`${path}/content`);
    return this.open('GET', String(redirect.headers.location), { headers });
  }

  /** All pages of a list or feed; the last page's link too. */
  async pages(path: string): Promise<{ values: Item[]; deltaLink: string; requests: number }> {
    const values: Item[] = [];
    let requests = 0;
    for (let link = path; ; ) {
      const page = await this.get(link);
      requests += 1;
      if (page.status !== 200) throw new Error(`${page.status} ${page.text}`);
      values.push(...page.json.value);
      const next: string | undefined = page.json['@odata.nextLink'];
      if (next === undefined) return { values, deltaLink: page.json['@odata.deltaLink'] ?? '', requests };
      link = next;
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into objects of many shapes
export type Item = any;
