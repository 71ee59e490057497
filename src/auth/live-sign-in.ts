// OAuth of the live dialect (docs: Live Connect, OAuth 2.0): pages below `loginUrl`, a desktop redirect to an empty page, codes
// and refresh tokens. Errors come as strings from the token page and as objects from the API; both are understood.
import type { HttpAnswer } from '../http/http-answer.ts';
import type { HttpClient } from '../http/http-client.ts';
import { HttpFailure } from '../http/http-failure.ts';
import type { Grant, SignIn } from './sign-in.ts';
import { SignInError } from './sign-in-error.ts';

export interface LiveSignInOptions {
  /** Needs no token, and gets none. */
  readonly http: HttpClient;
  /** Without a slash at the end, `https://login.live.com`. */
  readonly loginUrl: string;
  readonly clientId: string;
  /** Desktop apps may have none. */
  readonly clientSecret: string | undefined;
}

const scopes = ['wl.skydrive', 'wl.skydrive_update', 'wl.offline_access'] as const;

/** What one scope also grants, so that a service may leave the other out. */
const implied: Readonly<Record<string, readonly string[]>> = { 'wl.skydrive_update': ['wl.skydrive'] };

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** `error` and its description, in the two forms that the service has; undefined where there is no error. */
const errorIn = (body: Readonly<Record<string, unknown>>): { code: string; description: string } | undefined => {
  const { error } = body;
  if (typeof error === 'object' && error !== null) {
    const { code, message } = error as Record<string, unknown>;
    return { code: text(code) ?? 'unknown', description: text(message) ?? '' };
  }
  const code = text(error);
  return code === undefined ? undefined : { code, description: text(body['error_description']) ?? '' };
};

const again = 'Sign in again: skydrive auth';

const hints: Readonly<Record<string, string>> = {
  invalid_grant: again,
  access_denied: 'The app needs your consent: skydrive auth',
  invalid_client: 'Look at client.id and client.secret in the configuration file.',
  unauthorized_client: 'Look at client.id in the configuration file, and mark the app as a desktop or mobile one.',
};

const refusal = (code: string, description: string): SignInError => {
  const passing = code === 'server_error' || code === 'temporarily_unavailable';
  const trouble = passing ? 'unavailable' : code === 'invalid_grant' ? 'signed-out' : 'refused';
  const said = description === '' ? code : `${code}: ${description.replace(/[\s.]+$/, '')}`;
  const hint = hints[code];
  return new SignInError(trouble, `the sign-in was refused (${said}).${hint === undefined ? '' : ` ${hint}`}`);
};

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
  readonly #options: LiveSignInOptions;
  readonly #redirectUri: string;

  constructor(options: LiveSignInOptions) {
    this.#options = options;
    this.#redirectUri = `${options.loginUrl}/oauth20_desktop.srf`;
  }

  authorizeUrl(state?: string): string {
    const query = new URLSearchParams({
      ...{ client_id: this.#options.clientId, scope: scopes.join(' '), response_type: 'code' },
      redirect_uri: this.#redirectUri,
      ...(state === undefined ? {} : { state }),
    });
    return `${this.#options.loginUrl}/oauth20_authorize.srf?${query}`;
  }

  codeFrom(address: string, state?: string): string {
    const trimmed = address.trim();
    if (!URL.canParse(trimmed)) {
      throw new SignInError('refused', 'that is no address: paste all of what the browser shows in its address line.');
    }
    const url = new URL(trimmed);
    // The service answers in the query or behind the `#`, errors above all.
    const answer = {
      ...Object.fromEntries(url.searchParams),
      ...Object.fromEntries(new URLSearchParams(url.hash.slice(1))),
    };
    const error = errorIn(answer);
    if (error !== undefined) throw refusal(error.code, error.description);
    const code = text(answer['code']);
    if (code === undefined) {
      throw new SignInError('refused', 'that address holds no code: paste the one that the browser ends at.');
    }
    if (state !== undefined && answer['state'] !== undefined && answer['state'] !== state) {
      throw new SignInError('refused', 'that address belongs to another sign-in. Start again: skydrive auth');
    }
    return code;
  }

  async redeem(code: string, signal?: AbortSignal): Promise<Grant> {
    const { clientSecret } = this.#options;
    const secret = clientSecret === undefined ? {} : { client_secret: clientSecret };
    return await this.#ask({ ...secret, code, grant_type: 'authorization_code' }, signal);
  }

  /** Without the secret, which desktop apps (the only ones that have this redirect) need not show here. */
  async refresh(refreshToken: string, signal?: AbortSignal): Promise<Grant> {
    return await this.#ask({ refresh_token: refreshToken, grant_type: 'refresh_token' }, signal);
  }

  async #ask(fields: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<Grant> {
    const form = { client_id: this.#options.clientId, redirect_uri: this.#redirectUri, ...fields };
    let answer: HttpAnswer;
    try {
      answer = await this.#options.http.send({
        ...{ method: 'POST', url: `${this.#options.loginUrl}/oauth20_token.srf`, body: { form }, bearer: false },
        ...{ limits: { totalMs: 30_000 }, signal },
      });
    } catch (error) {
      if (error instanceof HttpFailure) throw unavailable(error.message, error);
      throw error;
    }
    return this.#grant(answer);
  }

  #grant(answer: HttpAnswer): Grant {
    const body = answer.object;
    const error = body && errorIn(body);
    if (error !== undefined) throw refusal(error.code, error.description);
    const accessToken = text(body?.['access_token']);
    if (!answer.ok || body === undefined || accessToken === undefined) {
      throw unavailable(`it answered ${answer.status} and no token`);
    }
    checkScopes(text(body['scope']));
    const seconds = Number(body['expires_in']);
    return {
      accessToken,
      refreshToken: text(body['refresh_token']),
      expiresInMs: seconds > 0 ? seconds * 1000 : undefined,
    };
  }
}

const unavailable = (reason: string, cause?: Error): SignInError =>
  new SignInError('unavailable', `the sign-in service cannot be used now: ${reason}`, { cause });
