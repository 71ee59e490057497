// Proxies that the environment names: used for everywhere but this machine.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { HttpClient } from '../../src/http/http-client.ts';
import type { TimeLimits } from '../../src/http/time-limits.ts';
import { openWebSocket } from '../../src/http/web-socket.ts';
import { makeCertificate } from '../support/certificate.ts';
import { loopbackProxy } from '../support/loopback-proxy.ts';

const serve = async (t: TestContext, body: string) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
};

/** Until the test is over. */
const setEnvironment = (t: TestContext, values: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(values)) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
};

const open = (t: TestContext, base: string, limits: Partial<TimeLimits> = {}): HttpClient => {
  const http = new HttpClient({ base, limits });
  t.after(() => http.close());
  return http;
};

const ask = async (t: TestContext, base: string, proxy: string) => {
  setEnvironment(t, { http_proxy: proxy });
  return (await open(t, base).send({ url: 'me' })).object;
};

const names = ['drive.invalid', 'other.invalid'];

/** A service with a certificate for `names`, that only the proxy leads to. */
const behindProxy = async (t: TestContext, listener: RequestListener) => {
  const folder = await mkdtemp(join(tmpdir(), 'proxy-'));
  const certificate = await makeCertificate(folder, names);
  await rm(folder, { recursive: true });
  const server = createSecureServer(certificate, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await loopbackProxy((server.address() as AddressInfo).port, names);
  t.after(async () => {
    await proxy[Symbol.asyncDispose]();
    server.close();
    server.closeAllConnections();
  });
  // The certificate is nobody's that this process knows.
  setEnvironment(t, { https_proxy: proxy.url, NODE_TLS_REJECT_UNAUTHORIZED: '0' });
  return { server, proxy };
};

describe('a proxy that the environment names', () => {
  it('is not asked for what is on this machine', async (t) => {
    const { url } = await serve(t, '{"by": "itself"}');
    assert.deepEqual(await ask(t, url, 'http://127.0.0.1:1'), { by: 'itself' });
  });

  it('is asked for everything else', async (t) => {
    const proxy = await serve(t, '{"by": "proxy"}');
    assert.deepEqual(await ask(t, 'http://drive.invalid/v5.0/', proxy.url), { by: 'proxy' });
    assert.deepEqual(proxy.seen, ['GET http://drive.invalid/v5.0/me']);
  });

  it('leads one request after the other through one tunnel', async (t) => {
    const { proxy } = await behindProxy(t, (request, response) => response.end(JSON.stringify({ url: request.url })));
    const http = open(t, 'https://drive.invalid/v1.0/');
    for (const url of ['me', 'me/drive', 'me/drive/root'])
      assert.deepEqual((await http.send({ url })).object, { url: `/v1.0/${url}` });
    assert.deepEqual(proxy.asked, ['drive.invalid']);
  });

  it('leads to each host through tunnels of its own, several at a time', async (t) => {
    const { proxy } = await behindProxy(t, (_request, response) => setTimeout(() => response.end('{}'), 50));
    const http = open(t, 'https://drive.invalid/v1.0/');
    const urls = ['me', 'me', 'https://other.invalid/'];
    for (let round = 0; round < 2; round += 1) await Promise.all(urls.map((url) => http.send({ url })));
    assert.deepEqual([...proxy.asked].sort(), ['drive.invalid', 'drive.invalid', 'other.invalid']);
  });

  it('is not asked for what NO_PROXY names', async (t) => {
    const { proxy } = await behindProxy(t, (_request, response) => response.end('{}'));
    setEnvironment(t, { no_proxy: '.invalid' });
    await assert.rejects(open(t, 'https://drive.invalid/').send({ url: 'me' }), { trouble: 'unreached' });
    assert.deepEqual(proxy.asked, []);
  });

  it('that leads nowhere is a service out of reach, told by name', async (t) => {
    setEnvironment(t, { https_proxy: 'http://127.0.0.1:1' });
    await assert.rejects(open(t, 'https://drive.invalid/').send({ url: 'me' }), {
      trouble: 'unreached',
      message: /drive\.invalid\/me: ECONNREFUSED/,
    });
  });

  it('that says nothing is waited for no longer than for a connection', async (t) => {
    const silent = createNetServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => sockets.push(socket));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    setEnvironment(t, { https_proxy: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` });
    const http = open(t, 'https://drive.invalid/', { connectMs: 200 });
    await assert.rejects(http.send({ url: 'me' }), {
      trouble: 'unreached',
      message: /no connection within 200 ms/,
    });
  });

  it('that wants a password gets the one in its address', async (t) => {
    const seen: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      seen.push(request.headers['proxy-authorization']);
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    t.after(() => proxy.close());
    const { port } = proxy.address() as AddressInfo;
    setEnvironment(t, { https_proxy: `http://me:se%20cret@127.0.0.1:${port}` });
    assert.equal((await open(t, 'https://drive.invalid/').send({ url: 'me' })).status, 407);
    assert.deepEqual(seen, [`Basic ${Buffer.from('me:se cret').toString('base64')}`]);
  });

  it('leads sockets of notifications, too', async (t) => {
    const { server, proxy } = await behindProxy(t, (_request, response) => response.writeHead(404).end());
    server.on('upgrade', (request, socket) => {
      const accept = createHash('sha1').update(
        `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
      );
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
      );
    });
    const ending = new AbortController();
    const connection = await openWebSocket(new URL('https://drive.invalid/push'), () => {}, ending.signal);
    connection.close();
    ending.abort();
    assert.deepEqual(proxy.asked, ['drive.invalid']);
  });
});
