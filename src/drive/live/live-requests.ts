// Requests of the live dialect and what its answers mean: error codes and statuses become faults here (docs: Live Connect,
// 2.3). An answer that is not JSON where JSON is due is broken, whatever its status says.
import type { Clock } from '../../base/clock.ts';
import type { Exchange } from '../../http/exchange.ts';
import { HttpAnswer } from '../../http/http-answer.ts';
import type { HttpClient, HttpRequest } from '../../http/http-client.ts';
import { DriveError, type Fault } from '../drive-error.ts';
import { toDriveError } from '../http-faults.ts';

export type WireObject = Readonly<Record<string, unknown>>;

const codeFaults: Readonly<Record<string, Fault>> = {
  request_token_missing: 'signed-out',
  request_token_invalid: 'signed-out',
  request_token_expired: 'signed-out',
  request_token_unauthorized: 'denied',
  request_url_invalid: 'refused',
  request_method_invalid: 'refused',
  request_body_invalid: 'refused',
  request_parameter_missing: 'refused',
  request_parameter_invalid: 'refused',
  resource_not_found: 'missing',
  resource_already_exists: 'exists',
  resource_quota_exceeded: 'full',
  request_throttled: 'busy',
  server_internal_error: 'broken',
  access_denied: 'denied',
  resource_access_denied: 'denied',
  // Storage hosts say it in a header, in their own words.
  ItemNotFound: 'missing',
  NameAlreadyExists: 'exists',
  QuotaExceeded: 'full',
  AccessDenied: 'denied',
  InvalidRequest: 'refused',
  SessionBusy: 'busy',
  UsageRestricted: 'busy',
};

const statusFaults: Readonly<Record<number, Fault>> = {
  ...{ 400: 'refused', 401: 'signed-out', 403: 'denied', 404: 'missing', 405: 'refused', 408: 'busy', 409: 'exists' },
  // All the API has answered since it was switched off: it says nothing about the item.
  ...{ 410: 'refused', 412: 'changed', 413: 'too-large', 415: 'refused', 416: 'changed', 420: 'busy', 423: 'locked' },
  ...{ 429: 'busy', 499: 'busy', 503: 'busy', 507: 'full', 509: 'busy' },
};

/** Statuses that gateways and sign-in pages of hotels answer too, in HTML; only the service's own may be believed. */
const needsProof: ReadonlySet<number> = new Set([400, 403, 404, 405, 409, 410, 412, 415]);

const errorIn = (body: WireObject | undefined): { readonly code: string; readonly message: string } | undefined => {
  const error = body?.['error'];
  if (typeof error === 'string') return { code: error, message: String(body?.['error_description'] ?? '') };
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, message } = error as WireObject;
  return { code: String(code ?? ''), message: String(message ?? '') };
};

const faultOf = (answer: HttpAnswer, code: string): Fault => {
  const named = codeFaults[code];
  // A server in trouble answers 503 with the code of any trouble; that it asks to come back later is what counts.
  if (named !== undefined && !(named === 'broken' && answer.status === 503)) return named;
  if (needsProof.has(answer.status) && answer.isPage) return 'broken';
  return statusFaults[answer.status] ?? 'broken';
};

const isMutation = (method: string): boolean => method !== 'GET' && method !== 'HEAD';

/** What an answer that is no success means. */
export const answerError = (answer: HttpAnswer, title: string, mutates: boolean, now: number): DriveError => {
  const said = errorIn(answer.object);
  const code = said?.code ?? answer.header('x-clienterrorcode') ?? '';
  const fault = faultOf(answer, code);
  const retryAfterMs = answer.retryAfterMs(now);
  const words = [code, said?.message.slice(0, 300).replace(/\.$/, '') ?? ''].filter((word) => word !== '').join(': ');
  const hint = fault === 'signed-out' ? ' Sign in again: skydrive auth' : '';
  return new DriveError(fault, `${title}: ${answer.status}${words === '' ? '' : ` ${words}`}.${hint}`, {
    status: answer.status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // Something in front of the service may have failed after the service did its work.
    ambiguous: mutates && (fault === 'broken' || answer.status === 408 || answer.status === 499),
    page: fault === 'broken' && answer.status < 500 && answer.isPage,
  });
};

/** A success that is not the one that was asked for. */
const otherThan = ({ status, bytes, isPage: page }: HttpAnswer, title: string, mutates: boolean): DriveError => {
  const what = bytes.length === 0 ? 'nothing' : page ? 'a web page' : 'no JSON';
  return new DriveError('broken', `${title}: ${status} with ${what} in it`, { status, ambiguous: mutates, page });
};

export interface LiveAsk extends Omit<HttpRequest, 'url' | 'method'> {
  readonly method?: string;
  /** Segments of the path below the API's base, each to be encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
}

/** `!` stays as it is in ids; everything that could end a segment or change its meaning is encoded. */
const relativeUrl = ({ path, query }: LiveAsk): string => {
  const suffix = query === undefined ? '' : `?${new URLSearchParams(query)}`;
  return `${path.map(encodeURIComponent).join('/')}${suffix}`;
};

export class LiveRequests {
  readonly http: HttpClient;
  readonly clock: Clock;

  constructor(http: HttpClient, clock: Clock) {
    this.http = http;
    this.clock = clock;
  }

  /** The answer, which is an object of JSON and no error. */
  async object(ask: LiveAsk): Promise<WireObject> {
    return await this.objectAt(relativeUrl(ask), ask);
  }

  /** The same for an address that the service gave, absolute or relative to the API's base. */
  async objectAt(url: string, ask: Omit<LiveAsk, 'path'>): Promise<WireObject> {
    const method = ask.method ?? 'GET';
    const answer = await this.send({ ...ask, method, url });
    const { object } = answer;
    const title = `${method} ${url.replace(/\?.*$/s, '')}`;
    if (!answer.ok || errorIn(object) !== undefined) {
      throw answerError(answer, title, isMutation(method), this.clock.now());
    }
    if (object !== undefined) return object;
    throw otherThan(answer, title, isMutation(method));
  }

  /** For requests whose success has no body. A page is not the service's word that it was done. */
  async nothing(ask: LiveAsk): Promise<void> {
    const method = ask.method ?? 'GET';
    const answer = await this.send({ ...ask, method, url: relativeUrl(ask) });
    const { ok, object, bytes } = answer;
    const title = `${method} ${ask.path.join('/')}`;
    if (!ok || errorIn(object) !== undefined) throw answerError(answer, title, isMutation(method), this.clock.now());
    if (bytes.length > 0 && object === undefined) throw otherThan(answer, title, isMutation(method));
  }

  /** The body of the answer, wherever it is redirected to. */
  async bytes(ask: LiveAsk): Promise<Uint8Array> {
    const answer = await this.send({ ...ask, url: relativeUrl(ask) });
    if (answer.ok) return answer.bytes;
    throw answerError(answer, `GET ${ask.path.join('/')}`, false, this.clock.now());
  }

  /** Where a request is redirected to. */
  async location(ask: LiveAsk): Promise<string> {
    const answer = await this.send({ ...ask, url: relativeUrl(ask), follow: false });
    const location = answer.header('location');
    const title = `GET ${ask.path.join('/')}`;
    if (answer.status >= 300 && answer.status < 400 && location !== undefined) return this.#target(location, title);
    if (answer.status >= 400 || errorIn(answer.object) !== undefined) {
      throw answerError(answer, title, false, this.clock.now());
    }
    const { status, isPage: page } = answer;
    throw new DriveError('broken', `${title}: ${status} instead of a redirect`, { status, page });
  }

  /** Contents that came encrypted so far do not go on in the open. */
  #target(location: string, title: string): string {
    const { base } = this.http;
    const url = URL.canParse(location, base.href) ? new URL(location, base) : undefined;
    if (url?.protocol === 'https:' || (url?.protocol === 'http:' && base.protocol === 'http:')) return url.href;
    throw new DriveError('broken', `${title}: redirected to where no request can go`);
  }

  /** Any answer; failures below it are DriveErrors. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.http.send(request);
    } catch (error) {
      throw toDriveError(error, { mutates: isMutation(request.method ?? 'GET') });
    }
  }

  async open(request: HttpRequest): Promise<Exchange> {
    try {
      return await this.http.open(request);
    } catch (error) {
      throw toDriveError(error, { mutates: false });
    }
  }

  /** What an opened answer that is no success means; reads and disposes of it. */
  async openedError(opened: Exchange, title: string): Promise<DriveError> {
    try {
      return answerError(await HttpAnswer.from(opened, 65536), title, false, this.clock.now());
    } catch (error) {
      return new DriveError('broken', `${title}: ${opened.status}`, { status: opened.status, cause: error });
    }
  }
}
