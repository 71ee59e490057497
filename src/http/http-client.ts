// The client that everything above uses: bearer token with one renewal, redirects followed by hand, answers of bounded size.
// The token goes to origins that were named, to nobody else, and never along a redirect. One per account, closed by its maker.
import { type Clock, systemClock } from '../base/clock.ts';
import { Connections } from './connections.ts';
import { type Exchange, exchange } from './exchange.ts';
import { HttpAnswer } from './http-answer.ts';
import { HttpFailure } from './http-failure.ts';
import type { RequestBody } from './request-body.ts';
import { defaultLimits, type TimeLimits } from './time-limits.ts';
import type { TokenSource } from './token-source.ts';

export interface HttpRequest {
  /** GET when not given. */
  readonly method?: string;
  /** Absolute, or relative to the client's base. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** False: without the token, wherever it goes. */
  readonly bearer?: boolean;
  /** False: a redirect is the answer. Only requests without a body are ever redirected. */
  readonly follow?: boolean;
  readonly limits?: Partial<TimeLimits>;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpClientOptions {
  /** Ends in `/`. Its origin may see the token. */
  readonly base: string;
  readonly tokens?: TokenSource;
  /** Other origins that may see the token. */
  readonly trusted?: (origin: string) => boolean;
  readonly limits?: Partial<TimeLimits>;
  readonly clock?: Clock;
  readonly userAgent?: string;
}

const maxRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Larger than any page of a listing; smaller than what would hurt. */
const maxAnswerBytes = 64 * 2 ** 20;
const answerLimits: Partial<TimeLimits> = { totalMs: 120_000 };

export class HttpClient {
  readonly base: URL;
  readonly #options: HttpClientOptions;
  readonly #clock: Clock;
  readonly #connections = new Connections();

  constructor(options: HttpClientOptions) {
    this.base = new URL(options.base);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  close(): void {
    this.#connections.close();
  }

  /** The answer with its whole body, whatever its status. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const limits = request.body !== undefined && 'open' in request.body ? {} : answerLimits;
    const opened = await this.open({
      ...request,
      headers: { 'accept-encoding': 'gzip', ...request.headers },
      limits: { ...limits, ...this.#options.limits, ...request.limits },
    });
    return await HttpAnswer.from(opened, maxAnswerBytes);
  }

  /** The answer with its body still to come, whatever its status. The caller disposes of it. */
  async open(request: HttpRequest): Promise<Exchange> {
    const url = new URL(request.url, this.base);
    const token = await this.#tokenFor(url, request);
    const first = await this.#follow(url, request, token);
    if (first.status !== 401 || token === undefined) return first;
    first.dispose();
    const renewed = await this.#options.tokens?.renew(token, request.signal);
    return await this.#follow(url, request, renewed);
  }

  /** The token that requests carry is of no use any more, although no 401 said so; the next one carries another. */
  async renewToken(signal?: AbortSignal): Promise<void> {
    const { tokens } = this.#options;
    if (tokens !== undefined) await tokens.renew(await tokens.token(signal), signal);
  }

  /** May the token be sent there? */
  trusts(url: URL): boolean {
    return url.origin === this.base.origin || (this.#options.trusted?.(url.origin) ?? false);
  }

  async #tokenFor(url: URL, request: HttpRequest): Promise<string | undefined> {
    if (request.bearer === false || !this.trusts(url)) return undefined;
    return await this.#options.tokens?.token(request.signal);
  }

  async #follow(start: URL, request: HttpRequest, token: string | undefined): Promise<Exchange> {
    let url = start;
    for (let hops = 0; hops <= maxRedirects; hops++) {
      const opened = await this.#exchange(url, request, hops === 0 ? token : undefined);
      const location = opened.header('location');
      const wanted = request.follow !== false && request.body === undefined && (request.method ?? 'GET') === 'GET';
      if (!redirects.has(opened.status) || location === undefined || !wanted) return opened;
      opened.dispose();
      url = this.#target(location, url, request);
    }
    throw new HttpFailure('garbled', `${this.#title(start, request)}: redirected in circles`, { sent: true });
  }

  #target(location: string, from: URL, request: HttpRequest): URL {
    const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (url?.protocol === 'https:' || (url?.protocol === 'http:' && from.protocol === 'http:')) return url;
    throw new HttpFailure('garbled', `${this.#title(from, request)}: redirected to where no request can go`, {
      sent: true,
    });
  }

  /** Paths and queries on other hosts may be the key to what they name. */
  #title(url: URL, request: HttpRequest): string {
    return `${request.method ?? 'GET'} ${this.trusts(url) ? `${url.host}${url.pathname}` : url.host}`;
  }

  #exchange(url: URL, request: HttpRequest, token: string | undefined): Promise<Exchange> {
    return exchange(this.#connections, this.#clock, {
      ...{ method: request.method ?? 'GET', url, title: this.#title(url, request) },
      headers: {
        'user-agent': this.#options.userAgent ?? 'skydrive-fs',
        'accept-encoding': 'identity',
        ...request.headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      limits: { ...defaultLimits, ...this.#options.limits, ...request.limits },
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
  }
}
