// A service's token endpoint, and its neighbour for device codes: forms go there, JSON comes back. Nothing that was sent or
// received is in an error but what the service says of a refusal.
import type { HttpAnswer } from '../http/http-answer.ts';
import type { HttpClient } from '../http/http-client.ts';
import { HttpFailure } from '../http/http-failure.ts';
import { faultIn, type OAuthFault, refusalOf, text } from './oauth-answer.ts';
import type { Grant } from './sign-in.ts';
import { SignInError } from './sign-in-error.ts';

export type Form = Readonly<Record<string, string>>;
export type Fields = Readonly<Record<string, unknown>>;

export interface Said {
  readonly fault?: OAuthFault;
  readonly body: Fields;
}

const totalMs = 30_000;

export const unavailable = (reason: string, cause?: Error): SignInError =>
  new SignInError('unavailable', `the sign-in service cannot be used now: ${reason}`, { cause });

/** A certificate that is too young or too old is more often a clock that is wrong. */
const clockHint = (message: string): string =>
  /CERT_(NOT_YET_VALID|HAS_EXPIRED)/.test(message) ? '; is the clock of this machine right?' : '';

const seconds = (value: unknown): number | undefined => (Number(value) > 0 ? Number(value) : undefined);

export class TokenEndpoint {
  readonly #http: HttpClient;

  /** `http` needs no token, and gets none. */
  constructor(http: HttpClient) {
    this.#http = http;
  }

  /** The members of the answer, with the refusal where it is one. Rejects with a SignInError where it is neither. */
  async ask(url: string, form: Form, signal: AbortSignal | undefined): Promise<Said> {
    const answer = await this.#send(url, form, signal);
    const body = answer.object;
    const fault = body && faultIn(body);
    if (body !== undefined && fault !== undefined) return { body, fault };
    if (body !== undefined && answer.ok) return { body };
    throw unavailable(`${new URL(url).host} answered ${answer.status} and nothing that a program can use`);
  }

  /** Rejects with what the service says of a refusal, made a SignInError. */
  async grant(url: string, form: Form, signal: AbortSignal | undefined): Promise<Grant & { readonly scope?: string }> {
    const { body, fault } = await this.ask(url, form, signal);
    if (fault !== undefined) throw refusalOf(fault);
    return grantIn(body);
  }

  async #send(url: string, form: Form, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    try {
      return await this.#http.send({ method: 'POST', url, body: { form }, bearer: false, limits: { totalMs }, signal });
    } catch (error) {
      if (error instanceof HttpFailure) throw unavailable(`${error.message}${clockHint(error.message)}`, error);
      throw error;
    }
  }
}

export const grantIn = (body: Fields): Grant & { readonly scope?: string } => {
  const accessToken = text(body['access_token']);
  if (accessToken === undefined) throw unavailable('its answer holds no token');
  const lifetime = seconds(body['expires_in']);
  const scope = text(body['scope']);
  return {
    accessToken,
    refreshToken: text(body['refresh_token']),
    expiresInMs: lifetime === undefined ? undefined : lifetime * 1000,
    ...(scope === undefined ? {} : { scope }),
  };
};
