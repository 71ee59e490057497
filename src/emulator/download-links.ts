// Pre-signed download URLs: they carry their own authority, name an item and not a version, and expire. Made by both dialects,
// honoured by storage-download.ts.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ItemNumber } from './drive-item.ts';
import type { RecordLog } from './record-log.ts';

export interface DownloadLink {
  readonly uid: string;
  readonly number: ItemNumber;
  readonly expiresMs: number;
  /** The browser is to store it, not show it. */
  readonly attachment: boolean;
}

export class DownloadLinks {
  readonly #secret: Buffer;
  readonly #now: () => number;
  readonly #seconds: () => number;

  constructor(log: RecordLog, now: () => number, seconds: () => number) {
    const secrets = log.table<string, string>('secrets');
    if (secrets.get('download') === undefined) secrets.set('download', randomBytes(32).toString('hex'));
    this.#secret = Buffer.from(secrets.get('download') ?? '', 'hex');
    this.#now = now;
    this.#seconds = seconds;
  }

  /** Path of a URL that works for a while without a token. */
  path(uid: string, item: { readonly number: ItemNumber; readonly name: string }, attachment = false): string {
    const expiresMs = this.#now() + this.#seconds() * 1000;
    const claim = [uid, item.number.toString(36), expiresMs.toString(36), attachment ? 'a' : 'i'].join('-');
    return `/download/y4m${claim}-${this.#sign(claim)}/${encodeURIComponent(item.name)}`;
  }

  /** What a ticket stands for; undefined: it isn't ours, or its time is over. */
  read(ticket: string): DownloadLink | undefined {
    const [, claim = '', signature = ''] = /^y4m(.*)-([\w-]{43})$/.exec(ticket) ?? [];
    const expected = Buffer.from(this.#sign(claim));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const [uid = '', number = '', expires = '', how] = claim.split('-');
    const expiresMs = Number.parseInt(expires, 36);
    if (expiresMs < this.#now()) return undefined;
    return { uid, number: Number.parseInt(number, 36), expiresMs, attachment: how === 'a' };
  }

  #sign(claim: string): string {
    return createHmac('sha256', this.#secret).update(claim).digest('base64url');
  }
}
