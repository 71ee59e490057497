// DOOR to axios: one request, one answer. Knows nothing of tokens and follows no redirect. An exchange that was started
// ends: with an answer whose body is read or disposed of, with an HttpFailure, or with the caller's reason to abort.
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import type { AxiosResponse, AxiosStatic } from 'axios';
import type { Clock } from '../base/clock.ts';
import { type Connections, isLoopback } from './connections.ts';
import { HttpFailure, type HttpTrouble } from './http-failure.ts';
import { type OutgoingBody, outgoingBody, type RequestBody } from './request-body.ts';
import { type TimeLimits, Watch } from './time-limits.ts';

const require = createRequire(import.meta.url);

/** Loaded with the first request, which many commands never make; and as one file, since its modules take twice as long. */
const axios = (): AxiosStatic => require('axios') as AxiosStatic;

export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  /** How messages call the request: never with a query, or a path that may be secret. */
  readonly title: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly limits: TimeLimits;
  readonly signal?: AbortSignal;
}

export interface Exchange {
  readonly status: number;
  header(name: string): string | undefined;
  /** Rejects with an HttpFailure when the connection breaks or stalls before the announced end. Read at most once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Must be called in the end, whether or not the body was read; breaks the connection if it was not read to its end. */
  dispose(): void;
}

/** Node's own client, showing the connection to the watch. */
const watchedTransport = (watch: Watch) => ({
  request: (options: RequestOptions, onAnswer: (answer: IncomingMessage) => void) => {
    const request = (options.protocol === 'https:' ? httpsRequest : httpRequest)(options, onAnswer);
    request.on('socket', (socket) => watch.connection(socket, request.reusedSocket));
    watch.breakOff = () => request.destroy();
    // axios takes its own listeners off when an exchange is over; what a dying connection says after that is nobody's.
    request.on('error', () => {});
    return request;
  },
});

const isGarbled = (code: string): boolean => code.startsWith('HPE_') || code.startsWith('Z_');

const failureOf = (error: unknown, request: ExchangeRequest, watch: Watch, sent: boolean): HttpFailure => {
  const { code = '', message } = error as { code?: string; message: string };
  const trouble: HttpTrouble = !watch.reached ? 'unreached' : isGarbled(code) ? 'garbled' : 'lost';
  const reason = watch.exceeded ?? (code === '' ? message : `${code}: ${message}`);
  // The error of axios holds the whole request, the token with it: it must not become the cause of anything.
  const cause = new Error(reason);
  return new HttpFailure(trouble, `${request.title}: ${reason}`, { sent: sent && watch.reached, cause });
};

const ask = async (connections: Connections, request: ExchangeRequest, body: OutgoingBody, watch: Watch) => {
  const agent = await connections.agentFor(request.url);
  return await axios().request<Readable>({
    ...{ method: request.method, url: request.url.href, data: body.data, signal: watch.signal },
    // axios fills in what is missing, so that what should not be sent must be said.
    headers: { accept: '*/*', 'content-type': false, ...body.headers, ...request.headers },
    ...{ responseType: 'stream', validateStatus: () => true, transformRequest: [(data: unknown) => data] },
    ...{ maxRedirects: 0, maxBodyLength: -1, maxContentLength: -1 },
    // Where the bytes themselves are wanted, an encoding nobody asked for must be seen, not undone.
    decompress: request.headers['accept-encoding'] !== 'identity',
    ...{ httpAgent: agent, httpsAgent: agent, transport: watchedTransport(watch) },
    // Only what is not encrypted goes the way of axios: the proxy is asked for the whole address.
    ...(request.url.protocol === 'https:' || isLoopback(request.url.hostname) ? { proxy: false } : {}),
  });
};

const isOwnAbort = (signal: AbortSignal | undefined): boolean => signal?.aborted ?? false;

class RunningExchange implements Exchange {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
  readonly #request: ExchangeRequest;
  readonly #watch: Watch;
  readonly #response: AxiosResponse<Readable>;
  readonly #outgoing: OutgoingBody;

  constructor(request: ExchangeRequest, watch: Watch, outgoing: OutgoingBody, response: AxiosResponse<Readable>) {
    this.#request = request;
    this.#watch = watch;
    this.#outgoing = outgoing;
    this.#response = response;
    this.status = response.status;
    this.body = this.#read();
    // Until somebody reads, nobody waits for the network; and a body that breaks then must not end the process.
    watch.paused = true;
    response.data.on('error', () => {});
  }

  header(name: string): string | undefined {
    const value: unknown = this.#response.headers[name.toLowerCase()];
    return value === undefined || value === null ? undefined : String(value);
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    const { data } = this.#response;
    const pieces = data[Symbol.asyncIterator]();
    try {
      for (;;) {
        this.#watch.paused = false;
        const { done, value } = (await pieces.next()) as IteratorResult<Uint8Array, undefined>;
        this.#watch.paused = true;
        if (done) break;
        yield value;
      }
    } catch (error) {
      if (isOwnAbort(this.#request.signal)) throw this.#request.signal?.reason;
      throw failureOf(error, this.#request, this.#watch, true);
    } finally {
      this.dispose();
    }
  }

  dispose(): void {
    this.#watch.end();
    if (!this.#response.data.readableEnded) this.#response.data.destroy();
    if (this.#outgoing.complete()) return;
    // The server answered before it had the whole body, and does not want the rest: this connection is of no more use.
    if (this.#outgoing.data instanceof Readable) this.#outgoing.data.destroy();
    this.#watch.breakOff?.();
  }
}

export const exchange = async (connections: Connections, clock: Clock, request: ExchangeRequest): Promise<Exchange> => {
  request.signal?.throwIfAborted();
  const watch = new Watch(request.limits, clock, request.signal);
  const body = outgoingBody(request.body, request.method, watch);
  try {
    return new RunningExchange(request, watch, body, await ask(connections, request, body, watch));
  } catch (error) {
    watch.end();
    if (isOwnAbort(request.signal)) throw request.signal?.reason;
    if (body.failure() !== undefined) throw body.failure();
    throw failureOf(error, request, watch, body.complete());
  }
};
