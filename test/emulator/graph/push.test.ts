import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { GraphClient } from './graph-client.ts';

/** A masked text frame, as clients send them; short texts only. */
const masked = (text: string): Buffer => {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const hidden = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, hidden]);
};

/** Texts of a socket, one at a time; undefined at its end. */
class Texts {
  readonly #socket: Socket;
  readonly #found: (string | undefined)[] = [];
  #waiting: Buffer;
  #wake: () => void = () => {};

  constructor(socket: Socket, head: Buffer) {
    this.#socket = socket;
    this.#waiting = head;
    this.#take(Buffer.alloc(0));
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.once('close', () => this.#add(undefined));
    socket.on('error', () => {});
  }

  send(text: string): void {
    this.#socket.write(masked(text));
  }

  async next(): Promise<string | undefined> {
    while (this.#found.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#found.shift();
  }

  end(): void {
    this.#socket.destroy();
  }

  #add(text: string | undefined): void {
    this.#found.push(text);
    this.#wake();
  }

  #take(bytes: Buffer): void {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    for (;;) {
      const short = (this.#waiting[1] ?? 0) & 0x7f;
      const start = short === 126 ? 4 : 2;
      if (this.#waiting.length < start) return;
      const length = short === 126 ? this.#waiting.readUInt16BE(2) : short;
      if (this.#waiting.length < start + length) return;
      if (((this.#waiting[0] ?? 0) & 0x0f) === 1) this.#add(this.#waiting.toString('utf8', start, start + length));
      this.#waiting = this.#waiting.subarray(start + length);
    }
  }
}

const dial = (notificationUrl: string): Promise<Texts | number> => {
  const { host, search } = new URL(notificationUrl);
  const headers = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(`http://${host}/socket.io/?EIO=4&transport=websocket&${search.slice(1)}`, { headers });
    request.once('upgrade', (response, socket, head) => {
      assert.equal(response.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
      resolve(new Texts(socket as Socket, head));
    });
    request.once('response', (response) => resolve(response.statusCode ?? 0));
    request.once('error', reject);
    request.end();
  });
};

test('a socket tells that the drive has changed, whoever changed it', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const endpoint = (await graph.get('me/drive/root/subscriptions/socketIo')).json;
  assert.ok(Date.parse(endpoint.expirationDateTime) > Date.now());
  const socket = await dial(endpoint.notificationUrl);
  if (typeof socket === 'number') throw new Error(`refused: ${socket}`);
  assert.match((await socket.next()) ?? '', /^0\{"sid"/);
  socket.send('40');
  assert.match((await socket.next()) ?? '', /^40\{/);
  socket.send('40/notifications');
  assert.match((await socket.next()) ?? '', /^40\/notifications,\{/);
  await emulator.admin.put({ path: '/a.txt' }, 'a');
  const [, text = ''] = /^42\/notifications,(.*)$/.exec((await socket.next()) ?? '') ?? [];
  const [name, json] = JSON.parse(text);
  assert.equal(name, 'notification');
  assert.equal(JSON.parse(json).value.length, 1);
  socket.end();
  assert.equal(await dial(endpoint.notificationUrl.replace(/token=v1\.../, 'token=v1.AA')), 400);
  assert.equal((await graph.get('me/drive/root:/Documents:/subscriptions/socketIo')).status, 404);
});

test('the socket ends with its endpoint', async () => {
  await using emulator = await startEmulator({
    quirks: { 'push-ttl': 0.3, 'push-endpoint-400': 1, 'push-no-expiry': true },
  });
  const graph = new GraphClient(emulator);
  assert.equal((await graph.get('me/drive/root/subscriptions/socketIo')).status, 400);
  const endpoint = (await graph.get('me/drive/root/subscriptions/socketIo')).json;
  assert.equal(endpoint.expirationDateTime, undefined);
  const socket = await dial(endpoint.notificationUrl);
  if (typeof socket === 'number') throw new Error(`refused: ${socket}`);
  await socket.next();
  assert.equal(await socket.next(), '41');
  assert.equal(await socket.next(), undefined);
});

test('a web hook is validated, told of changes, renewed and removed', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const bodies: string[] = [];
  let wake = (): void => {};
  const subscriber = createServer((request, response) => {
    const token = new URL(request.url ?? '', 'http://x').searchParams.get('validationToken');
    let body = '';
    request.on('data', (part) => {
      body += String(part);
    });
    request.once('end', () => {
      if (token === null) bodies.push(body);
      response.writeHead(token === null ? 202 : 200, { 'Content-Type': 'text/plain' }).end(token ?? '');
      wake();
    });
  });
  await new Promise<void>((resolve) => subscriber.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(subscriber.address() as AddressInfo).port}/hook`;
    const end = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
    const wish = {
      changeType: 'updated',
      notificationUrl: url,
      resource: '/me/drive/root',
      expirationDateTime: end(60),
      clientState: 'mine',
    };
    const made = await graph.send('POST', 'subscriptions', wish);
    assert.equal(made.status, 201, made.text);
    const told = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await emulator.admin.put({ path: '/a.txt' }, 'a');
    await told;
    const [notification] = JSON.parse(bodies[0] ?? '').value;
    assert.deepEqual([notification.subscriptionId, notification.clientState], [made.json.id, 'mine']);
    const renewed = await graph.send('PATCH', `subscriptions/${made.json.id}`, { expirationDateTime: end(90) });
    assert.equal(renewed.status, 200);
    assert.equal((await graph.get('subscriptions')).json.value.length, 1);
    assert.equal((await graph.call('DELETE', `subscriptions/${made.json.id}`)).status, 204);
    assert.equal((await graph.send('POST', 'subscriptions', { ...wish, expirationDateTime: end(50_000) })).status, 400);
    const dead = await graph.send('POST', 'subscriptions', { ...wish, notificationUrl: 'http://127.0.0.1:1/none' });
    assert.equal(dead.json.error.code, 'ValidationError');
  } finally {
    subscriber.closeAllConnections();
    subscriber.close();
  }
});

test('a request that offers another protocol is answered in this one', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' };
  const body = 'x'.repeat(200_000);
  assert.equal((await graph.put('me/drive/root:/a.txt:/content', body, headers)).status, 201);
  assert.equal((await graph.bytes('me/drive/root:/a.txt:', headers)).text, body);
  assert.equal((await graph.get('me/drive', headers)).status, 200);
});
