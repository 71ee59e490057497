// Where the browser is sent back to after signing in: a server of this machine for this machine (docs: RFC 8252, 7.3). It takes
// one answer, which carries the path and the state that are waited for; what else comes is told so, and changes nothing.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type LoopbackPage, pageHeaders, pageHtml } from './loopback-page.ts';
import { SignInError } from './sign-in-error.ts';

export interface LoopbackAnswer {
  /** As the browser asked for it, with code or error. */
  readonly address: string;
  /** What the browser shows in the end. Resolves when it has been sent, or the browser is gone. */
  show(page: LoopbackPage): Promise<void>;
}

interface Place {
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  readonly path: string;
}

/** The addresses to listen on. `localhost` may be either, as the browser likes. */
const addressesOf: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  '127.0.0.1': ['127.0.0.1'],
  '[::1]': ['::1'],
};

/** Undefined for addresses that this program cannot be asked at. */
const placeOf = (redirectUri: string): Place | undefined => {
  const [, host = '', port = '0', path = ''] =
    /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?(\/[^?#]*)?$/i.exec(redirectUri) ?? [];
  return host === '' ? undefined : { host: host.toLowerCase(), port: Number(port), path };
};

export const isLoopback = (redirectUri: string): boolean => placeOf(redirectUri) !== undefined;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** A machine may be without one of the two protocols. */
const isNoSuchAddress = (error: unknown): boolean => ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(codeOf(error));

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

const strange: LoopbackPage = {
  status: 400,
  tone: 'bad',
  title: 'This belongs to another sign-in',
  sentences: [
    'It is not the one that the terminal waits for, so nothing has been done with it.',
    'Go on with the page that the terminal named last, or begin anew there:',
  ],
  command: 'skydrive auth',
};

const blank: LoopbackPage = {
  status: 400,
  tone: 'plain',
  title: 'Nothing has arrived here',
  sentences: ['The sign-in has to be finished at the page that the terminal names. It waits for that.'],
  unfold: true,
};

const send = (response: ServerResponse, page: LoopbackPage): Promise<void> =>
  new Promise((resolve) => {
    response.once('close', resolve).once('finish', resolve);
    response.writeHead(page.status, pageHeaders).end(pageHtml(page));
  });

/** Pairs of ports are tried so often, if the one of two addresses is taken. */
const tries = 10;

export class LoopbackServer {
  /** What the service is told: with the port. */
  readonly redirectUri: string;
  readonly #servers: readonly Server[];
  readonly #place: Place;
  #state: string | undefined;
  #take: ((answer: LoopbackAnswer) => void) | undefined;
  #onStranger: () => void = () => {};

  private constructor(servers: readonly Server[], place: Place) {
    this.#servers = servers;
    this.#place = place;
    this.redirectUri = `http://${place.host}:${place.port}${place.path}`;
    for (const server of servers) server.on('request', (request, response) => this.#answer(request, response));
  }

  /** `redirectUri` is a loopback address; without a port, any free one is taken. Rejects with a SignInError. */
  static async open(redirectUri: string): Promise<LoopbackServer> {
    const place = placeOf(redirectUri);
    if (place === undefined) throw new SignInError('refused', `${redirectUri} is no address of this machine.`);
    for (let left = tries; ; left -= 1) {
      const servers: Server[] = [];
      try {
        return await LoopbackServer.#listening(place, servers);
      } catch (error) {
        for (const server of servers) server.close();
        if (codeOf(error) === 'EADDRINUSE' && place.port === 0 && left > 0) continue;
        throw cannotListen(error, place);
      }
    }
  }

  static async #listening(place: Place, servers: Server[]): Promise<LoopbackServer> {
    let { port } = place;
    for (const host of addressesOf[place.host] ?? []) {
      const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 });
      try {
        await listen(server, port, host);
      } catch (error) {
        if (isNoSuchAddress(error)) continue;
        throw error;
      }
      servers.push(server);
      ({ port } = server.address() as AddressInfo);
    }
    if (servers.length === 0) throw new SignInError('refused', 'this machine has no loopback address.');
    return new LoopbackServer(servers, { ...place, port });
  }

  /** Resolves with the answer that carries this state. `onStranger` hears of answers with another one. */
  answer(state: string, onStranger: () => void): Promise<LoopbackAnswer> {
    this.#state = state;
    this.#onStranger = onStranger;
    return new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeIdleConnections();
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => {});
    const { host, port, path } = this.#place;
    // Pages of other sites can be sent here under names of their own (DNS rebinding); browsers tell which name it was.
    const isHere = request.headers.host?.toLowerCase() === `${host}:${port}`;
    const url = URL.canParse(request.url ?? '', this.redirectUri)
      ? new URL(request.url ?? '', this.redirectUri)
      : undefined;
    if (!isHere || url === undefined || request.method !== 'GET' || url.pathname !== (path || '/')) {
      response.writeHead(404, { ...pageHeaders, 'Content-Type': 'text/plain' }).end('There is nothing here.\n');
      return;
    }
    void this.#judge(url, response);
  }

  async #judge(url: URL, response: ServerResponse): Promise<void> {
    const brings = ['code', 'error', 'state'].some((name) => url.searchParams.has(name));
    if (!brings) return await send(response, blank);
    const take = this.#take;
    if (take === undefined || url.searchParams.get('state') !== this.#state) {
      this.#onStranger();
      return await send(response, strange);
    }
    this.#take = undefined;
    this.close();
    take({ address: url.href, show: (page) => send(response, page) });
  }
}

const cannotListen = (error: unknown, { host, port }: Place): SignInError => {
  if (error instanceof SignInError) return error;
  const code = codeOf(error);
  const reason =
    code === 'EADDRINUSE' ? 'another program uses that port' : code === 'EACCES' ? 'the port is not for users' : code;
  return new SignInError(
    'refused',
    `nothing can listen on ${host}:${port}, where the browser would be sent back to: ${reason}. ` +
      'End that program, or name another port in redirect_uri (and in the registration of the app).',
    { cause: error },
  );
};
