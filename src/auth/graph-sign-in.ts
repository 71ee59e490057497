// OAuth of the graph dialect (docs: Microsoft identity platform, OAuth 2.0): codes with PKCE, so that an app needs no secret,
// device codes, refresh tokens that are replaced at every use. National clouds differ by `loginUrl` alone.
import { createHash } from 'node:crypto';
import type { HttpClient } from '../http/http-client.ts';
import { refusalOf, text } from './oauth-answer.ts';
import type { AppClient, Attempt, DeviceAnswer, DeviceCode, DeviceSignIn, Grant, SignIn } from './sign-in.ts';
import { SignInError } from './sign-in-error.ts';
import { type Form, grantIn, TokenEndpoint, unavailable } from './token-endpoint.ts';

export interface GraphSignInOptions {
  /** Needs no token, and gets none. */
  readonly http: HttpClient;
  /** Without a slash at the end, `https://login.microsoftonline.com/common/oauth2/v2.0`. */
  readonly loginUrl: string;
  readonly client: AppClient;
  readonly redirectUri: string | undefined;
}

/** `.All`, so that what others share can be opened too; `offline_access` is the refresh token. */
const scopes = ['Files.ReadWrite.All', 'User.Read', 'offline_access'] as const;

/** RFC 8628, where the service does not say. */
const usual = { expiresInMs: 900_000, intervalMs: 5000 } as const;

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

const checkScopes = (granted: string | undefined): void => {
  if (granted === undefined || /(^|[\s/])files\.readwrite/i.test(granted)) return;
  throw new SignInError('refused', 'the sign-in lacks Files.ReadWrite.All. Consent to all of it: skydrive auth');
};

/** What the answer to a question for a device code is, where it is no refusal for good. */
const waiting: Readonly<Record<string, DeviceAnswer>> = { authorization_pending: 'pending', slow_down: 'slower' };

export class GraphSignIn implements SignIn {
  readonly usualRedirect: string;
  readonly device: DeviceSignIn;
  readonly #options: GraphSignInOptions;
  readonly #endpoint: TokenEndpoint;

  constructor(options: GraphSignInOptions) {
    this.#options = options;
    this.#endpoint = new TokenEndpoint(options.http);
    this.usualRedirect = options.redirectUri ?? 'http://localhost';
    this.device = {
      begin: (signal) => this.#beginDevice(signal),
      ask: (code, signal) => this.#askDevice(code, signal),
    };
  }

  authorizeUrl({ state, verifier, redirectUri }: Attempt): string {
    const query = new URLSearchParams({
      ...{ client_id: this.#options.client.clientId, response_type: 'code', redirect_uri: redirectUri },
      ...{ response_mode: 'query', scope: scopes.join(' '), state },
      ...{ code_challenge: challengeOf(verifier), code_challenge_method: 'S256', prompt: 'select_account' },
    });
    return `${this.#options.loginUrl}/authorize?${query}`;
  }

  async redeem(code: string, attempt?: Attempt, signal?: AbortSignal): Promise<Grant> {
    const redirect = { redirect_uri: attempt?.redirectUri ?? this.usualRedirect };
    const proof = attempt === undefined ? {} : { code_verifier: attempt.verifier };
    return await this.#grant({ grant_type: 'authorization_code', code, ...redirect, ...proof }, signal);
  }

  async refresh(refreshToken: string, signal?: AbortSignal): Promise<Grant> {
    return await this.#grant({ grant_type: 'refresh_token', refresh_token: refreshToken }, signal);
  }

  async #beginDevice(signal: AbortSignal | undefined): Promise<DeviceCode> {
    const { clientId } = this.#options.client;
    const form = { client_id: clientId, scope: scopes.join(' ') };
    const { body, fault } = await this.#endpoint.ask(`${this.#options.loginUrl}/devicecode`, form, signal);
    if (fault !== undefined) throw refusalOf(fault);
    const [deviceCode, userCode] = [text(body['device_code']), text(body['user_code'])];
    const verificationUri = text(body['verification_uri']) ?? text(body['verification_url']);
    if (deviceCode === undefined || userCode === undefined || verificationUri === undefined) {
      throw unavailable('its answer holds no device code');
    }
    const inMs = (value: unknown, otherwise: number): number => (Number(value) > 0 ? Number(value) * 1000 : otherwise);
    return {
      ...{ deviceCode, userCode, verificationUri },
      expiresInMs: inMs(body['expires_in'], usual.expiresInMs),
      intervalMs: inMs(body['interval'], usual.intervalMs),
    };
  }

  async #askDevice(deviceCode: string, signal: AbortSignal | undefined): Promise<DeviceAnswer> {
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: deviceCode };
    const { body, fault } = await this.#endpoint.ask(`${this.#options.loginUrl}/token`, this.#form(form), signal);
    if (fault === undefined) return this.#checked(grantIn(body));
    const answer = waiting[fault.code];
    if (answer === undefined) throw refusalOf(fault);
    return answer;
  }

  /** The secret where there is one: apps that are registered as confidential must show it, others must not. */
  #form(fields: Form): Form {
    const { clientId, clientSecret } = this.#options.client;
    return { client_id: clientId, ...(clientSecret === undefined ? {} : { client_secret: clientSecret }), ...fields };
  }

  async #grant(fields: Form, signal: AbortSignal | undefined): Promise<Grant> {
    return this.#checked(await this.#endpoint.grant(`${this.#options.loginUrl}/token`, this.#form(fields), signal));
  }

  #checked({ scope, ...grant }: Grant & { readonly scope?: string }): Grant {
    checkScopes(scope);
    return grant;
  }
}
