// URLs that carry their own authority: downloads, uploads, thumbnails, monitors. Signed, good for a while, opaque to clients, and on
// another host where the client reached us under the service's own name (docs/graph-drive.md, 6 and 8). Owned by graph-services.ts.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ItemNumber } from '../drive-item.ts';
import type { Exchange } from '../exchange.ts';
import type { RecordLog } from '../record-log.ts';

/** First segment of the path, by purpose. */
export const preauthRoots = {
  download: 'graph-download',
  upload: 'graph-upload',
  monitor: 'graph-monitor',
} as const;

export interface Ticket {
  readonly uid: string;
  readonly number: ItemNumber;
  /** Hash of a content of the past, or the id of a session or job. */
  readonly detail?: string;
  readonly expiresMs: number;
}

/** The service's other hosts; used only behind a proxy that leads all of them here. */
const storageHosts = { personal: 'my.microsoftpersonalcontent.com', business: 'contoso-my.sharepoint.com' } as const;

export class PreauthUrls {
  readonly #secret: Buffer;
  readonly #now: () => number;

  constructor(log: RecordLog, now: () => number) {
    const secrets = log.table<string, string>('secrets');
    if (secrets.get('graph') === undefined) secrets.set('graph', randomBytes(32).toString('hex'));
    this.#secret = Buffer.from(secrets.get('graph') ?? '', 'hex');
    this.#now = now;
  }

  /** Scheme and host under which transfers run for a client that reached us as `exchange.base`. */
  base(exchange: Exchange, personal: boolean, hosts: string | undefined): string {
    if (hosts !== 'alias' || !URL.canParse(exchange.base)) return exchange.base;
    const { protocol, hostname, port } = new URL(exchange.base);
    if (hostname === '127.0.0.1') return `${protocol}//localhost:${port}`;
    if (!hostname.endsWith('.microsoft.com')) return exchange.base;
    return `https://${personal ? storageHosts.personal : storageHosts.business}`;
  }

  /** The ticket as text that nobody else can make. */
  token({ uid, number, detail = '', expiresMs }: Ticket): string {
    const claim = [uid, number.toString(36), expiresMs.toString(36), detail].join('.');
    return `v1.${Buffer.from(claim).toString('base64url')}.${this.#sign(claim)}`;
  }

  /** Undefined: it isn't ours, or its time is over. */
  readToken(text: string): Ticket | undefined {
    const [, sealedClaim = '', signature = ''] = /^v1\.([\w-]+)\.([\w-]{43})$/.exec(text) ?? [];
    const claim = Buffer.from(sealedClaim, 'base64url').toString();
    const expected = Buffer.from(this.#sign(claim));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const [uid = '', number = '', expires = '', detail = ''] = claim.split('.');
    const expiresMs = Number.parseInt(expires, 36);
    if (expiresMs < this.#now()) return undefined;
    return { uid, number: Number.parseInt(number, 36), expiresMs, ...(detail === '' ? {} : { detail }) };
  }

  path(root: (typeof preauthRoots)[keyof typeof preauthRoots], ticket: Ticket, name: string): string {
    // Two parameters, so that a client which sorts or rebuilds the query is found out.
    return `/${root}/${encodeURIComponent(name)}?tempauth=${this.token(ticket)}&ApiVersion=2.0`;
  }

  /** `strict`: the query must be as it was handed out. */
  read(exchange: Exchange, strict: boolean): Ticket | undefined {
    if (strict && [...exchange.query.keys()].join() !== 'tempauth,ApiVersion') return undefined;
    return this.readToken(exchange.query.get('tempauth') ?? '');
  }

  #sign(claim: string): string {
    return createHmac('sha256', this.#secret).update(claim).digest('base64url');
  }
}
