// OAuth of the live dialect (docs: Live Connect, OAuth 2.0): pages below `loginUrl`, a desktop redirect to an empty page, codes
// and refresh tokens. The service knows neither PKCE nor device codes.
import type { HttpClient } from '../http/http-client.ts';
import type { AppClient, Attempt, Grant, SignIn } from './sign-in.ts';
import { SignInError } from './sign-in-error.ts';
import { type Form, TokenEndpoint } from './token-endpoint.ts';

export interface LiveSignInOptions {
  /** Needs no token, and gets none. */
  readonly http: HttpClient;
  /** Without a slash at the end, `https://login.live.com`. */
  readonly loginUrl: string;
  readonly client: AppClient;
  /** As the app is registered; desktop apps have the service's own empty page. */
  readonly redirectUri: string | undefined;
}

const scopes = ['wl.skydrive', 'wl.skydrive_update', 'wl.offline_access'] as const;

/** What one scope also grants, so that a service may leave the other out. */
const implied: Readonly<Record<string, readonly string[]>> = { 'wl.skydrive_update': ['wl.skydrive'] };

const checkScopes = (granted: string | undefined): void => {
  if (granted === undefined) return;
  const given = granted.split(/[\s,]+/);
  const all = new Set([...given, ...given.flatMap((scope) => implied[scope] ?? [])]);
  const missing = scopes.filter((scope) => !all.has(scope));
  if (missing.length > 0) {
    throw new SignInError('refused', `the sign-in lacks ${missing.join(', ')}. Consent to all of it: skydrive auth`);
  }
};

export class LiveSignIn implements SignIn {
  readonly usualRedirect: string;
  readonly device = undefined;
  readonly #options: LiveSignInOptions;
  readonly #endpoint: TokenEndpoint;
  readonly #isDesktop: boolean;

  constructor(options: LiveSignInOptions) {
    this.#options = options;
    this.#endpoint = new TokenEndpoint(options.http);
    const desktop = `${options.loginUrl}/oauth20_desktop.srf`;
    this.usualRedirect = options.redirectUri ?? desktop;
    this.#isDesktop = this.usualRedirect === desktop;
  }

  authorizeUrl({ state, redirectUri }: Attempt): string {
    const query = new URLSearchParams({
      ...{ client_id: this.#options.client.clientId, scope: scopes.join(' '), response_type: 'code' },
      ...{ redirect_uri: redirectUri, state },
    });
    return `${this.#options.loginUrl}/oauth20_authorize.srf?${query}`;
  }

  async redeem(code: string, attempt?: Attempt, signal?: AbortSignal): Promise<Grant> {
    const redirect = attempt === undefined ? {} : { redirect_uri: attempt.redirectUri };
    return await this.#ask({ ...this.#secret, code, grant_type: 'authorization_code', ...redirect }, signal);
  }

  /** Without the secret where the redirect is that of desktop apps, which need not show it here. */
  async refresh(refreshToken: string, signal?: AbortSignal): Promise<Grant> {
    const secret = this.#isDesktop ? {} : this.#secret;
    return await this.#ask({ ...secret, refresh_token: refreshToken, grant_type: 'refresh_token' }, signal);
  }

  get #secret(): Form {
    const { clientSecret } = this.#options.client;
    return clientSecret === undefined ? {} : { client_secret: clientSecret };
  }

  async #ask(fields: Form, signal: AbortSignal | undefined): Promise<Grant> {
    const form = { client_id: this.#options.client.clientId, redirect_uri: this.usualRedirect, ...fields };
    const { scope, ...grant } = await this.#endpoint.grant(`${this.#options.loginUrl}/oauth20_token.srf`, form, signal);
    checkScopes(scope);
    return grant;
  }
}
