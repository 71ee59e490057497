// Notifications of the service that something changed (docs: Graph, 19): a socket.io session over a WebSocket, whose address is asked
// for and lives for a while. It says "look" and no more, and may say it late, twice or never: whoever listens goes on looking by itself.
import { longestTimerMs } from '../../base/clock.ts';
import { HttpFailure } from '../../http/http-failure.ts';
import { openWebSocket, type WebSocketConnection } from '../../http/web-socket.ts';
import { isFault } from '../drive-error.ts';
import type { WireObject } from './graph-errors.ts';
import type { GraphAddresses } from './graph-ids.ts';
import type { GraphRequests } from './graph-requests.ts';

const space = '/notifications';
const title = 'notifications of the drive';
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** How long the server may take to begin, milliseconds. */
const openMs = 10_000;
/** Silence that means the end, where the server does not say. */
const usualSilenceMs = 85_000;
/** How long an address is used that does not say when it ends. */
const usualLifeMs = 30 * 60_000;
/** Renewed before its end. */
const marginMs = 2 * 60_000;

interface Endpoint {
  readonly url: URL;
  /** Milliseconds. */
  readonly lifeMs: number;
}

/** The event says nothing that could be used; that it came is all. */
const isEvent = (text: string): boolean =>
  text.startsWith(`42${space},["notification"`) || text.startsWith('42["notification"');

const silenceOf = (text: string): number => {
  try {
    const { pingInterval, pingTimeout } = JSON.parse(text.slice(1)) as { pingInterval?: number; pingTimeout?: number };
    const sum = Number(pingInterval) + Number(pingTimeout);
    return sum > 0 ? Math.min(longestTimerMs, sum) : usualSilenceMs;
  } catch {
    return usualSilenceMs;
  }
};

export class GraphPush {
  readonly #requests: GraphRequests;
  readonly #addresses: GraphAddresses;

  constructor(requests: GraphRequests, addresses: GraphAddresses) {
    this.#requests = requests;
    this.#addresses = addresses;
  }

  /** Calls `changed` whenever something may have changed, until the signal is aborted. Never rejects. */
  async listen(changed: () => void, signal: AbortSignal): Promise<void> {
    let pauseMs = firstPauseMs;
    let hasWorked = false;
    while (!signal.aborted) {
      try {
        const endpoint = await this.#endpoint(signal);
        const hasJoined = await this.#session(endpoint, changed, signal);
        hasWorked ||= hasJoined;
        if (hasJoined) pauseMs = firstPauseMs;
      } catch (error) {
        // Not offered at the moment, to this account, or at all.
        if (isFault(error, 'refused') || isFault(error, 'unsupported')) pauseMs = longestPauseMs;
      }
      // Something between us and the service lets no sockets through, most likely.
      if (!hasWorked) pauseMs = longestPauseMs;
      await this.#requests.clock.sleep(pauseMs, signal).catch(() => {});
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
  }

  async #endpoint(signal: AbortSignal): Promise<Endpoint> {
    const wire = await this.#requests.object({ url: `${this.#addresses.drive()}/root/subscriptions/socketIo`, signal });
    const url = new URL(this.#requests.outside(wire['notificationUrl'], title));
    url.pathname = '/socket.io/';
    url.searchParams.set('EIO', '4');
    url.searchParams.set('transport', 'websocket');
    return { url, lifeMs: this.#lifeOf(wire) };
  }

  #lifeOf(wire: WireObject): number {
    const leftMs = Date.parse(String(wire['expirationDateTime'])) - this.#requests.clock.now();
    if (!Number.isFinite(leftMs)) return usualLifeMs;
    const lifeMs = Math.max(1_000, leftMs > 2 * marginMs ? leftMs - marginMs : leftMs / 2);
    return Math.min(longestTimerMs, lifeMs);
  }

  /** Whether it came to notifications. Ends with the connection, or when its address is to be renewed. */
  async #session({ url, lifeMs }: Endpoint, changed: () => void, signal: AbortSignal): Promise<boolean> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    signal.addEventListener('abort', end);
    const lives = setTimeout(end, lifeMs);
    const session = new Session(changed, end);
    try {
      const connection = await openWebSocket(url, (text) => session.hear(text), ending.signal);
      session.speak(connection);
      await Promise.race([
        connection.ended,
        new Promise((resolve) => ending.signal.addEventListener('abort', resolve)),
      ]);
      return session.hasJoined;
    } catch (error) {
      if (error instanceof HttpFailure) return false;
      throw error;
    } finally {
      session.close();
      clearTimeout(lives);
      signal.removeEventListener('abort', end);
    }
  }
}

/** One socket.io session: the server begins, the client joins, the server asks now and then whether it is still there. */
class Session {
  readonly #changed: () => void;
  readonly #end: () => void;
  #connection: WebSocketConnection | undefined;
  #silence: NodeJS.Timeout;
  #silenceMs = usualSilenceMs;
  hasJoined = false;

  constructor(changed: () => void, end: () => void) {
    this.#changed = changed;
    this.#end = end;
    this.#silence = setTimeout(end, openMs);
  }

  speak(connection: WebSocketConnection): void {
    this.#connection = connection;
  }

  hear(text: string): void {
    if (text.startsWith('0')) {
      this.#silenceMs = silenceOf(text);
      this.#connection?.send('40');
      this.#connection?.send(`40${space}`);
    }
    if (text.startsWith('0') || this.hasJoined) this.#heard();
    if (text === '2') this.#connection?.send('3');
    if (text.startsWith('41')) this.#end();
    // What changed before it joined is not told.
    if (text.startsWith(`40${space}`)) this.hasJoined = true;
    if (text.startsWith(`40${space}`) || isEvent(text)) this.#changed();
  }

  close(): void {
    clearTimeout(this.#silence);
    this.#connection?.close();
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(this.#end, this.#silenceMs);
  }
}
