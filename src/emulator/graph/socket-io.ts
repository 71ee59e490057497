// Push by socket.io: the endpoint that a client asks for, and the socket behind it, which says "something changed" and no more
// (docs/graph-drive.md, 19). Engine.IO 4 over WebSocket, name space /notifications.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { longestTimerMs } from '../../base/clock.ts';
import type { Reply } from '../reply.ts';
import { parseTarget } from '../url-text.ts';
import type { ItemCall } from './graph-call.ts';
import { itemNotFound, notSupported } from './graph-error.ts';
import { graphReply } from './graph-json.ts';
import type { GraphServices } from './graph-services.ts';
import type { Ticket } from './preauth-urls.ts';
import { WebSocketPeer } from './web-socket.ts';

const pingIntervalMs = 25_000;
const usualSeconds = 3600;
const space = '/notifications';

/** GET root/subscriptions/socketIo */
export const getPushEndpoint = (call: ItemCall): Reply => {
  const { services, exchange, grant } = call;
  const { drive, item } = call.subject;
  const { quirks } = services;
  if (item.parent !== undefined) throw itemNotFound();
  if (quirks.spends('push-endpoint-400')) throw notSupported('Operation not supported');
  const expiresMs = services.now() + (quirks.number('push-ttl') || usualSeconds) * 1000;
  const token = services.preauth.token({ uid: drive.uid, number: item.number, detail: 'push', expiresMs });
  const path = quirks.word('push-url') === 'callback' ? 'callback' : 'notifications';
  const expiry = quirks.on('push-no-expiry') ? {} : { expirationDateTime: new Date(expiresMs).toISOString() };
  return graphReply(200, {
    '@odata.context': `${exchange.base}/v1.0/$metadata#subscriptions/$entity`,
    id: randomUUID(),
    notificationUrl: `${exchange.base}/${path}?token=${token}&applicationId=${encodeURIComponent(grant.clientId)}`,
    ...expiry,
  });
};

const payload = (services: GraphServices, uid: string): unknown => ({
  value: [
    {
      subscriptionId: randomUUID(),
      clientState: `system-managed:${randomUUID()}`,
      expirationDateTime: new Date(services.now() + 1_440_000).toISOString().replace('Z', '0000Z'),
      resource: randomUUID(),
      tenantId: '9188040d-6c67-4c5b-b112-36a304b66dad',
      siteUrl: `/personal/${uid}`,
      webId: randomUUID(),
    },
  ],
});

class PushSocket {
  readonly #services: GraphServices;
  readonly #ticket: Ticket;
  readonly #peer: WebSocketPeer;
  readonly #timers: NodeJS.Timeout[] = [];
  #unwatch: (() => void) | undefined;

  constructor(services: GraphServices, ticket: Ticket, request: IncomingMessage, socket: Duplex) {
    this.#services = services;
    this.#ticket = ticket;
    this.#peer = new WebSocketPeer(
      request,
      socket,
      (text) => this.#hear(text),
      () => this.#gone(),
    );
    if (services.quirks.on('push-no-open')) return;
    const open = {
      sid: randomUUID(),
      upgrades: [],
      pingInterval: pingIntervalMs,
      pingTimeout: 20_000,
      maxPayload: 1_000_000,
    };
    this.#peer.send(`0${JSON.stringify(open)}`);
    if (!services.quirks.on('push-mute')) this.#timers.push(setInterval(() => this.#peer.send('2'), pingIntervalMs));
    this.#end(ticket.expiresMs - services.now(), '41');
    const drop = services.quirks.number('push-drop');
    if (drop > 0) this.#end(drop, undefined);
  }

  #hear(text: string): void {
    if (text === '2') this.#peer.send('3');
    if (text === '40') this.#peer.send(`40${JSON.stringify({ sid: randomUUID() })}`);
    if (!text.startsWith(`40${space}`) || this.#unwatch !== undefined) return;
    this.#unwatch = this.#services.push.watch(this.#ticket.uid, () => this.#changed());
    this.#peer.send(`40${space},${JSON.stringify({ sid: randomUUID() })}`);
  }

  #changed(): void {
    const { quirks } = this.#services;
    if (quirks.on('push-mute') || quirks.strikes('push-lost')) return;
    const value = payload(this.#services, this.#ticket.uid);
    const event = ['notification', quirks.on('push-object') ? value : JSON.stringify(value)];
    const times = Math.max(1, quirks.number('push-dup'));
    const tell = (): void => {
      for (let told = 0; told < times; told += 1) this.#peer.send(`42${space},${JSON.stringify(event)}`);
    };
    const delay = quirks.number('push-delay');
    if (delay === 0) tell();
    else this.#timers.push(setTimeout(tell, delay));
  }

  #end(ms: number, farewell: string | undefined): void {
    const end = (): void => {
      if (farewell !== undefined) this.#peer.send(farewell);
      this.#peer.close();
    };
    this.#timers.push(setTimeout(end, Math.min(ms, longestTimerMs)));
  }

  #gone(): void {
    this.#unwatch?.();
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** A request to become a WebSocket. */
export const acceptPush = (services: GraphServices, request: IncomingMessage, socket: Duplex): void => {
  const { segments, query } = parseTarget(request.url ?? '');
  const ticket = services.preauth.readToken(query.get('token') ?? '');
  const isEngine = segments[0] === 'socket.io' && query.get('EIO') === '4' && query.get('transport') === 'websocket';
  if (!isEngine || ticket?.detail !== 'push') {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  new PushSocket(services, ticket, request, socket);
};
