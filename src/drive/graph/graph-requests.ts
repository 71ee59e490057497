// Requests of the graph dialect: JSON with the token, and pre-authenticated addresses without it. Addresses that the service gives
// are used as they are; those that continue a listing must lie within the API, or the token would go where it has no business.
import type { Clock } from '../../base/clock.ts';
import type { Exchange } from '../../http/exchange.ts';
import { HttpAnswer } from '../../http/http-answer.ts';
import type { HttpClient, HttpRequest } from '../../http/http-client.ts';
import { DriveError } from '../drive-error.ts';
import { toDriveError } from '../http-faults.ts';
import { GraphBatches } from './graph-batches.ts';
import { answerError, isMutation, isObject, type WireObject } from './graph-errors.ts';

/** Shortcuts to shared folders are told of only to clients that know them; asking hides the vault, which nobody can list. */
const knownFeatures = 'Include-Feature=AddToOneDrive';

export interface GraphAsk extends HttpRequest {
  /** Without a dollar or an at sign being encoded: some servers know the names in that form alone. */
  readonly query?: Readonly<Record<string, string>>;
  /** Small, and may go in one request with others that are asked at the same moment. */
  readonly batched?: boolean;
}

const withQuery = ({ url, query }: GraphAsk): string => {
  const pairs = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? url : `${url}?${pairs.join('&')}`;
};

const titleOf = (method: string, url: string): string =>
  `${method} ${url.replace(/\?.*$/s, '').replace(/^https?:\/\/[^/]*/, '')}`;

/** What an answer has instead of what was asked for. */
const whatIsIn = ({ bytes, isPage, object }: HttpAnswer): string => {
  if (bytes.length === 0) return 'nothing';
  if (isPage) return 'a web page';
  return object === undefined ? 'no JSON' : 'something else';
};

export class GraphRequests {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly #batches: GraphBatches;

  constructor(http: HttpClient, clock: Clock) {
    this.http = http;
    this.#batches = new GraphBatches(http);
    this.clock = clock;
  }

  /** The answer, which is no error; its body may be anything. */
  async answer(ask: GraphAsk): Promise<HttpAnswer> {
    const { query: _query, ...request } = ask;
    const answer = await this.send({ ...request, url: withQuery(ask) });
    if (answer.ok || answer.status === 304) return answer;
    throw this.error(answer, ask);
  }

  /** The answer, which is an object of JSON. */
  async object(ask: GraphAsk): Promise<WireObject> {
    const answer = await this.answer(ask);
    const { object } = answer;
    if (object !== undefined && !isObject(object['error'])) return object;
    throw this.noObject(answer, ask);
  }

  /** For requests whose success has no body. A page is not the service's word that it was done. */
  async nothing(ask: GraphAsk): Promise<void> {
    const answer = await this.answer(ask);
    if (answer.bytes.length > 0 && answer.object === undefined) throw this.noObject(answer, ask);
  }

  noObject(answer: HttpAnswer, { method = 'GET', url }: GraphAsk): DriveError {
    return new DriveError('broken', `${titleOf(method, url)}: ${answer.status} with ${whatIsIn(answer)} in it`, {
      ...{ status: answer.status, ambiguous: isMutation(method), page: answer.isPage },
    });
  }

  error(answer: HttpAnswer, { method = 'GET', url }: GraphAsk): DriveError {
    return answerError(answer, { title: titleOf(method, url), method, now: this.clock.now() });
  }

  /** An address where a listing goes on, as it was given. Throws `broken` where it leads out of the API. */
  within(link: string, title: string): string {
    const { base } = this.http;
    const url = URL.canParse(link) ? new URL(link) : undefined;
    if (url?.origin === base.origin && url.pathname.startsWith(base.pathname)) return link;
    throw new DriveError('broken', `${title}: it is said to go on outside of the API`);
  }

  /** A pre-authenticated address. Contents that were told of in secret do not go on in the open. */
  outside(link: unknown, title: string): string {
    const url = typeof link === 'string' && URL.canParse(link) ? new URL(link) : undefined;
    const { base } = this.http;
    if (url?.protocol === 'https:' || (url?.protocol === 'http:' && base.protocol === 'http:')) return String(link);
    throw new DriveError('broken', `${title}: the answer holds no address that can be used`);
  }

  /** Any answer; failures below it are DriveErrors. */
  async send({ batched, ...request }: Omit<GraphAsk, 'query'>): Promise<HttpAnswer> {
    const sender = batched === true ? this.#batches : this.http;
    try {
      return await sender.send({ ...request, headers: { prefer: knownFeatures, ...request.headers } });
    } catch (error) {
      throw toDriveError(error, { mutates: isMutation(request.method ?? 'GET') });
    }
  }

  /** Without the token, whatever the address; and without anything else that nobody asked for there. */
  async sendOutside(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.http.send({ ...request, bearer: false });
    } catch (error) {
      throw toDriveError(error, { mutates: isMutation(request.method ?? 'GET') });
    }
  }

  async openOutside(request: HttpRequest): Promise<Exchange> {
    try {
      return await this.http.open({ ...request, bearer: false });
    } catch (error) {
      throw toDriveError(error, { mutates: false });
    }
  }

  /** What an opened answer that is no success means; reads and disposes of it. */
  async openedError(opened: Exchange, title: string): Promise<DriveError> {
    try {
      const answer = await HttpAnswer.from(opened, 65536);
      return answerError(answer, { title, method: 'GET', now: this.clock.now() });
    } catch (error) {
      return new DriveError('broken', `${title}: ${opened.status}`, { status: opened.status, cause: error });
    }
  }
}
