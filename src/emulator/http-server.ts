// The listening end: turns each request into an Exchange, lets faults strike, has it handled, sends the reply and logs it. No request,
// however broken, ends the process. Owned by emulator.ts.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { EmulatorSettings } from './emulator-options.ts';
import { type Exchange, readExchange, unbreakable } from './exchange.ts';
import type { FaultAction, Faults } from './faults.ts';
import { withLies } from './faulty-json.ts';
import { Pacing } from './pacing.ts';
import { rescueRawTarget } from './raw-target.ts';
import { Refusal, type Reply, textReply } from './reply.ts';
import { interestingHeaders, type RequestLog, withoutSecrets } from './request-log.ts';
import { type Line, resetConnection, sendReply, standStill } from './send-reply.ts';

/** What a request is about, before it is carried out. */
export interface Route {
  readonly kind: string;
  /** Pages and admin calls aren't slowed down, and faults don't strike them unless they name their kind. */
  readonly plain?: boolean;
  readonly run: () => Promise<Reply> | Reply;
  /** Query parameters that are documented for it beside the dialect's global ones; none given: any are. */
  readonly documented?: readonly string[];
  /** Answer for a fault that names an error code of the dialect. */
  readonly failure?: (status: number, code: string, message: string) => Reply;
}

export interface ServerParts {
  readonly route: (exchange: Exchange) => Route;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly settings: () => EmulatorSettings;
  readonly expireToken: (exchange: Exchange) => void;
  readonly log: Log;
  /** Takes over a connection that is to become something else; without it, such requests are refused. */
  readonly upgrade?: ((request: IncomingMessage, socket: Duplex) => void) | undefined;
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/** Thrown when a fault ends the request without an answer. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

interface Visit {
  readonly exchange: Exchange;
  readonly line: Line;
  readonly route: Route;
  readonly actions: readonly FaultAction[];
  readonly body: Readable;
}

export class HttpServer {
  readonly #parts: ServerParts;
  readonly #pacing: Pacing;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #url = '';
  #address: { readonly host: string; readonly port: number } = { host: '127.0.0.1', port: 0 };

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#pacing = new Pacing(() => parts.settings().bandwidth * 1e6);
  }

  get url(): string {
    return this.#url;
  }

  get port(): number {
    return this.#address.port;
  }

  async listen(host: string, port: number): Promise<void> {
    const { tls } = this.#parts;
    const server: Server = tls === undefined ? createServer() : createTlsServer({ ...tls });
    server.requestTimeout = 0;
    server.keepAliveTimeout = 120_000;
    server.on('request', (request, response) => void this.#serve(request, response));
    server.on('clientError', (error, socket) => {
      if (rescueRawTarget(error, socket, this.#address)) return;
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      else socket.destroy();
    });
    server.on('connect', (_request, socket) => socket.destroy());
    server.on('upgrade', (request, socket, head) => this.#upgrade(server, request, socket, head));
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    server.on('error', (error) => this.#parts.log.error('the server', error));
    const bound = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#address = { host, port: bound };
    this.#url = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  /** Refuses connections from now on, and breaks those that are open. */
  async goDown(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** On the same port as before. */
  async comeUp(): Promise<void> {
    if (this.#server === undefined) await this.listen(this.#address.host, this.#address.port);
  }

  #upgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.headers.upgrade?.toLowerCase() === 'websocket' && this.#parts.upgrade !== undefined) {
      this.#parts.upgrade(request, socket);
      return;
    }
    // Some clients offer HTTP/2 with every request. Nobody here takes that up: the request is read once more, without the offer.
    socket.removeAllListeners('error');
    socket.unshift(Buffer.concat([withoutUpgrade(request), head]));
    server.emit(this.#parts.tls === undefined ? 'connection' : 'secureConnection', socket);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = systemClock.monotonic();
    const atMs = Date.now();
    const gone = new AbortController();
    // Writing to a connection that is gone fails; `gone` is how everybody learns of it.
    response.on('error', () => {});
    response.once('close', () => gone.abort(new Error('the connection is gone')));
    const line = { request, response, pacing: this.#pacing, gone: gone.signal };
    const tally = {
      kind: 'broken',
      faults: [] as readonly string[],
      bytesIn: 0,
      bytesOut: 0,
      status: 0,
      aborted: false,
    };
    try {
      const visit = this.#visit(line, (bytes) => {
        tally.bytesIn += bytes;
      });
      tally.kind = visit.route.kind;
      tally.faults = visit.actions.map((action) => action.do);
      const reply = await this.#answer(visit);
      tally.status = reply.status;
      tally.bytesOut = await sendReply(line, reply, visit.actions);
      visit.body.destroy();
    } catch (error) {
      tally.aborted = true;
      if (!(error instanceof NoAnswer) && !gone.signal.aborted) {
        this.#parts.log.error(`${request.method} ${request.url}`, error);
        request.socket.destroy();
      }
    }
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const what = { atMs, method: request.method ?? '', path, query: withoutSecrets(query) };
    const ms = Math.round(systemClock.monotonic() - started);
    this.#parts.requests.add({ ...what, ms, headers: interestingHeaders(request.headers), ...tally });
  }

  #visit(line: Line, count: (bytes: number) => void): Visit {
    const struck: FaultAction[] = [];
    const body = Readable.from(this.#incoming(line, struck, count), { objectMode: false });
    // A body that nobody reads can fail too, when its connection goes.
    body.on('error', () => {});
    const exchange = readExchange(line.request, { body, gone: line.gone }, this.#url);
    const route = this.#parts.route(exchange);
    const query = (line.request.url ?? '').split('?')[1] ?? '';
    const { method, path } = exchange;
    const drawn = this.#parts.faults.draw({ kind: route.kind, method, path, query }, route.plain ?? false);
    struck.push(...drawn);
    return { exchange, line, route, actions: drawn, body };
  }

  /** The request's bytes, paced, up to the one where a fault strikes. */
  async *#incoming(line: Line, actions: FaultAction[], count: (bytes: number) => void): AsyncGenerator<Buffer> {
    const { request, gone } = line;
    let received = 0;
    const stop = () =>
      actions.find((action) => (action.do === 'reset' || action.do === 'stall') && action.in === 'request');
    const strike = async (): Promise<void> => {
      const action = stop();
      if (action?.do !== 'reset' && action?.do !== 'stall') return;
      if (received < (action.afterBytes ?? 0)) return;
      if (action.do === 'reset') {
        resetConnection(request.socket);
        throw new NoAnswer('reset by a fault');
      }
      actions.splice(actions.indexOf(action), 1);
      await standStill(action.ms ?? Number.POSITIVE_INFINITY, gone);
    };
    try {
      await strike();
      for await (const chunk of unbreakable(request)) {
        await this.#pacing.take(request.socket, chunk.length, gone);
        received += chunk.length;
        count(chunk.length);
        await strike();
        yield chunk;
      }
    } finally {
      // What nobody wants any more is read and forgotten, so that the connection can be used again.
      request.resume();
    }
  }

  async #answer(visit: Visit): Promise<Reply> {
    const { exchange, line, route, actions } = visit;
    const { latencyMs } = this.#parts.settings();
    if (latencyMs > 0 && route.plain !== true) await systemClock.sleep(latencyMs, line.gone);
    for (const action of actions) {
      if (action.do === 'delay') await systemClock.sleep(action.ms, line.gone);
      if (action.do === 'expire-token') this.#parts.expireToken(exchange);
      if (action.do === 'answer') return faultAnswer(action, route);
    }
    const reply = withLies(await this.#run(visit), actions);
    const lost = actions.find((action) => action.do === 'lose-reply');
    if (lost?.do !== 'lose-reply') return reply;
    if (lost.status !== undefined) return textReply(lost.status, '');
    resetConnection(line.request.socket);
    throw new NoAnswer('the reply was lost by a fault');
  }

  async #run({ exchange, line, route }: Visit): Promise<Reply> {
    try {
      return await route.run();
    } catch (error) {
      if (error instanceof Refusal) return error.reply;
      if (line.gone.aborted || error instanceof NoAnswer) throw error;
      this.#parts.log.error(`${exchange.method} ${exchange.path}`, error);
      return textReply(500, 'the emulator failed, see its log\n');
    }
  }
}

const withoutUpgrade = ({ method, url, rawHeaders }: IncomingMessage): Buffer => {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (!/^(upgrade|http2-settings|connection)$/i.test(name)) lines.push(`${name}: ${value}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
};

const faultAnswer = (action: Extract<FaultAction, { do: 'answer' }>, route: Route): Reply => {
  const { status, code, message = 'A fault that was asked for.', headers = {} } = action;
  const plain = textReply(status, action.body ?? '', action.type ?? 'text/html');
  const reply = code === undefined || route.failure === undefined ? plain : route.failure(status, code, message);
  return { ...reply, headers: { ...reply.headers, ...headers } };
};
