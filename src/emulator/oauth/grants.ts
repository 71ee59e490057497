// Codes and tokens: what was granted to which app by whom, and until when. All survive a restart. The shapes are the service's: codes
// are GUIDs and work once, access tokens are long and full of `+/=`, refresh tokens hold only what survives an unescaped form.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { RecordLog, RecordTable } from '../record-log.ts';

/** What somebody allowed an app to do. */
export interface Grant {
  readonly uid: string;
  readonly clientId: string;
  /** As asked for, in that order; echoed exactly. */
  readonly scopes: readonly string[];
}

interface Code extends Grant {
  readonly redirectUri: string;
  readonly expiresMs: number;
}

interface AccessToken extends Grant {
  readonly issuedMs: number;
  readonly expiresMs: number;
  readonly revoked?: boolean;
}

interface RefreshToken extends Grant {
  readonly revoked: boolean;
}

export interface IssuedTokens {
  readonly accessToken: string;
  /** Only with wl.offline_access. */
  readonly refreshToken?: string;
  readonly expiresIn: number;
}

export type TokenCheck =
  | { readonly state: 'valid'; readonly grant: Grant; readonly issuedMs: number }
  | { readonly state: 'expired' | 'invalid' };

const codeMs = 10 * 60 * 1000;
/** More access tokens than that are never alive at once. */
const keptTokens = 2000;

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*$';

const randomLetters = (length: number): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)] ?? 'A').join('');

/** A `+` that a client forgot to escape arrives as a blank. */
const repaired = (token: string): string => token.trim().replaceAll(' ', '+');

export class Grants {
  readonly #codes: RecordTable<string, Code>;
  readonly #access: RecordTable<string, AccessToken>;
  readonly #refresh: RecordTable<string, RefreshToken>;
  readonly #now: () => number;
  readonly #tokenSeconds: () => number;
  #callsLeft = Number.POSITIVE_INFINITY;

  constructor(log: RecordLog, now: () => number, tokenSeconds: () => number) {
    this.#codes = log.table('codes');
    this.#access = log.table('access-tokens');
    this.#refresh = log.table('refresh-tokens');
    this.#now = now;
    this.#tokenSeconds = tokenSeconds;
  }

  issueCode(grant: Grant, redirectUri: string): string {
    const code = randomUUID();
    this.#codes.set(code, { ...grant, redirectUri, expiresMs: this.#now() + codeMs });
    return code;
  }

  /** The grant behind a code, once. */
  redeem(code: string): Grant | undefined {
    const found = this.#codes.get(code.trim());
    this.#codes.delete(code.trim());
    if (found === undefined || found.expiresMs < this.#now()) return undefined;
    return { uid: found.uid, clientId: found.clientId, scopes: found.scopes };
  }

  issueTokens(grant: Grant): IssuedTokens {
    const expiresIn = this.#tokenSeconds();
    // `+`, `/` and `=` are in every token, so that a client that does not escape them is found out.
    const accessToken = `EwBo${randomBytes(800).toString('base64')}+/5Q==`;
    const { uid, clientId, scopes } = grant;
    const issuedMs = this.#now();
    this.#access.set(accessToken, { uid, clientId, scopes, issuedMs, expiresMs: issuedMs + expiresIn * 1000 });
    this.#forgetOld();
    if (!scopes.includes('wl.offline_access') && !scopes.includes('offline_access')) return { accessToken, expiresIn };
    const refreshToken = `M.R3_BAY.-C${randomLetters(200)}`;
    this.#refresh.set(refreshToken, { uid, clientId, scopes, revoked: false });
    return { accessToken, refreshToken, expiresIn };
  }

  /** The grant of a refresh token; old ones stay good beside those that replaced them. */
  refreshGrant(refreshToken: string): Grant | undefined {
    const found = this.#refresh.get(refreshToken.trim());
    return found === undefined || found.revoked ? undefined : found;
  }

  check(token: string): TokenCheck {
    const found = this.#access.get(repaired(token));
    if (found === undefined || found.revoked === true) return { state: 'invalid' };
    if (found.expiresMs <= this.#now()) return { state: 'expired' };
    return { state: 'valid', grant: found, issuedMs: found.issuedMs };
  }

  /** Counts an API call; when the calls that were given are used up, all access tokens expire. */
  countCall(): void {
    this.#callsLeft -= 1;
    if (this.#callsLeft >= 0) return;
    this.#callsLeft = Number.POSITIVE_INFINITY;
    this.expireAll();
  }

  expireAfterCalls(calls: number): void {
    this.#callsLeft = calls;
  }

  expire(token: string): void {
    const found = this.#access.get(repaired(token));
    if (found !== undefined)
      this.#access.set(repaired(token), { ...found, expiresMs: Math.min(found.expiresMs, this.#now()) });
  }

  /** All access tokens, or those of one app. */
  expireAll(clientId?: string): void {
    for (const [token, { clientId: owner }] of [...this.#access.entries()]) {
      if (clientId === undefined || clientId === owner) this.expire(token);
    }
  }

  /** All refresh tokens, or those of one app; and the access tokens too when `access` is set. */
  revoke(options: { clientId?: string; access?: boolean } = {}): void {
    const chosen = (owner: Grant) => options.clientId === undefined || options.clientId === owner.clientId;
    for (const [token, value] of [...this.#refresh.entries()]) {
      if (chosen(value)) this.#refresh.set(token, { ...value, revoked: true });
    }
    if (options.access !== true) return;
    for (const [token, value] of [...this.#access.entries()]) {
      if (chosen(value)) this.#access.set(token, { ...value, revoked: true });
    }
  }

  #forgetOld(): void {
    if (this.#access.size <= keptTokens) return;
    const [oldest] = this.#access.entries();
    if (oldest !== undefined) this.#access.delete(oldest[0]);
  }
}
