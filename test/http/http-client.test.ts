// HttpClient against small servers of every kind: honest, slow, silent, lying, and those that send it elsewhere.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { HttpClientOptions } from '../../src/http/http-client.ts';
import { HttpClient } from '../../src/http/http-client.ts';
import { BodyLengthError, HttpFailure } from '../../src/http/http-failure.ts';
import type { TokenSource } from '../../src/http/token-source.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const listening = async (t: TestContext, server: Server | TcpServer): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

const serve = (t: TestContext, handler: Handler): Promise<string> =>
  listening(
    t,
    createServer(
      (request, response) => void (async () => handler(request, response))().catch(() => response.destroy()),
    ),
  );

const serveRaw = (t: TestContext, handler: (socket: Socket) => void): Promise<string> =>
  listening(
    t,
    createTcpServer((socket) => {
      socket.on('error', () => {});
      t.after(() => socket.destroy());
      handler(socket);
    }),
  );

const client = (t: TestContext, base: string, options: Partial<HttpClientOptions> = {}): HttpClient => {
  const made = new HttpClient({ base, ...options });
  t.after(() => made.close());
  return made;
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};

const failure = async (promise: Promise<unknown>): Promise<HttpFailure> => {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof HttpFailure, inspect(error));
    return error;
  }
  return assert.fail('nothing failed');
};

const twoTokens = (): TokenSource & { renewals: string[] } => {
  const renewals: string[] = [];
  return {
    renewals,
    token: async () => (renewals.length === 0 ? 'secret-1' : 'secret-2'),
    renew: async (stale) => {
      renewals.push(stale);
      return 'secret-2';
    },
  };
};

const streamOf = (size: number, pieces: () => AsyncIterable<Uint8Array>) => ({ size, open: pieces });

describe('HttpClient', () => {
  it('sends JSON, forms and streams with their length and type, and nothing that was not said', async (t) => {
    const seen: { method: string; type: string; length: string; body: string }[] = [];
    const base = await serve(t, async (request, response) => {
      const { 'content-type': type = '', 'content-length': length = '' } = request.headers;
      seen.push({ method: request.method ?? '', type, length, body: await bodyOf(request) });
      response.end('{}');
    });
    const http = client(t, base);
    await http.send({ url: 'a' });
    await http.send({ url: 'a', method: 'MOVE', body: { json: { destination: 'ü' } } });
    await http.send({ url: 'a', method: 'POST', body: { form: { a: 'b c', d: '&' } } });
    const body = streamOf(5, async function* () {
      yield Buffer.from('he');
      yield Buffer.from('llo');
    });
    await http.send({ url: 'a', method: 'PUT', body });
    await http.send({ url: 'a', method: 'PUT', body: streamOf(0, async function* () {}) });
    await http.send({ url: 'a', method: 'DELETE' });
    await http.send({ url: 'a', method: 'COPY', body: { json: {} } });
    assert.deepEqual(seen, [
      { method: 'GET', type: '', length: '', body: '' },
      { method: 'MOVE', type: 'application/json', length: '20', body: '{"destination":"ü"}' },
      { method: 'POST', type: 'application/x-www-form-urlencoded', length: '11', body: 'a=b+c&d=%26' },
      { method: 'PUT', type: '', length: '5', body: 'hello' },
      { method: 'PUT', type: '', length: '0', body: '' },
      { method: 'DELETE', type: '', length: '0', body: '' },
      { method: 'COPY', type: 'application/json', length: '2', body: '{}' },
    ]);
  });

  it('keeps connections alive', async (t) => {
    const ports = new Set<number | undefined>();
    const base = await serve(t, (request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const http = client(t, base);
    for (let n = 0; n < 5; n++) await http.send({ url: 'a' });
    assert.equal(ports.size, 1);
  });

  it('tells objects of JSON from everything else', async (t) => {
    const bodies = ['{"a": 1}', '\uFEFF{"a": 1}', '<html></html>', '', '[1]', '1', 'null', '{"a":'];
    const base = await serve(t, (request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(bodies[Number(request.url?.slice(1))]);
    });
    const http = client(t, base);
    const objects = [];
    for (const n of bodies.keys()) objects.push((await http.send({ url: `${n}` })).object);
    assert.deepEqual(objects, [{ a: 1 }, { a: 1 }, ...Array.from({ length: 6 }, () => undefined)]);
  });

  it('unpacks compressed answers, and asks for none where the bytes matter', async (t) => {
    const base = await serve(t, (request, response) => {
      if (request.headers['accept-encoding'] === 'identity') return void response.end('{"packed": false}');
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync('{"packed": true}'));
    });
    const http = client(t, base);
    assert.deepEqual((await http.send({ url: '' })).object, { packed: true });
    const opened = await http.open({ url: '' });
    let text = '';
    for await (const piece of opened.body) text += piece;
    assert.equal(text, '{"packed": false}');
  });

  it('renews the token once, repeats the request with its body, and hands on a second 401', async (t) => {
    const seen: string[] = [];
    let accepted = 'Bearer secret-2';
    const base = await serve(t, async (request, response) => {
      seen.push(`${request.headers.authorization} ${await bodyOf(request)}`);
      response.statusCode = request.headers.authorization === accepted ? 200 : 401;
      response.end('{}');
    });
    const tokens = twoTokens();
    const http = client(t, base, { tokens });
    const body = streamOf(4, async function* () {
      yield Buffer.from('body');
    });
    assert.equal((await http.send({ url: 'a', method: 'PUT', body })).status, 200);
    assert.deepEqual(seen, ['Bearer secret-1 body', 'Bearer secret-2 body']);
    accepted = 'none';
    assert.equal((await http.send({ url: 'a' })).status, 401);
    assert.equal(seen.length, 4);
    assert.deepEqual(tokens.renewals, ['secret-1', 'secret-2']);
  });

  it('shows the token to named origins only, and never to where it is redirected', async (t) => {
    const seen: string[] = [];
    const record: Handler = (request, response) => {
      seen.push(`${request.headers.host} ${request.url} ${request.headers.authorization}`);
      const [, path, target] = /^\/(redirect)\?(.*)$/.exec(request.url ?? '') ?? [];
      if (path !== undefined) response.writeHead(302, { location: target ?? '' });
      response.end('{}');
    };
    const [base, storage, stranger] = [await serve(t, record), await serve(t, record), await serve(t, record)];
    const tokens = twoTokens();
    const http = client(t, base, { tokens, trusted: (origin) => `${origin}/` === storage });
    const host = (url: string): string => new URL(url).host;
    await http.send({ url: `${storage}direct` });
    await http.send({ url: `${stranger}direct` });
    await http.send({ url: 'direct', bearer: false });
    await http.send({ url: `redirect?${stranger}there?sig=1` });
    await http.send({ url: 'redirect?/there' });
    assert.equal((await http.send({ url: 'redirect?/there', follow: false })).status, 302);
    assert.deepEqual(seen, [
      `${host(storage)} /direct Bearer secret-1`,
      `${host(stranger)} /direct undefined`,
      `${host(base)} /direct undefined`,
      `${host(base)} /redirect?${stranger}there?sig=1 Bearer secret-1`,
      `${host(stranger)} /there?sig=1 undefined`,
      `${host(base)} /redirect?/there Bearer secret-1`,
      `${host(base)} /there undefined`,
      `${host(base)} /redirect?/there Bearer secret-1`,
    ]);
  });

  it('does not follow redirects in circles, to other protocols, or of what carries a body', async (t) => {
    let requests = 0;
    const base = await serve(t, (request, response) => {
      requests++;
      response.writeHead(307, { location: request.url === '/file' ? 'file:///etc/passwd' : '/again' });
      response.end();
    });
    const http = client(t, base);
    assert.equal((await failure(http.send({ url: 'again' }))).trouble, 'garbled');
    assert.ok(requests < 10);
    assert.equal((await failure(http.send({ url: 'file' }))).trouble, 'garbled');
    assert.equal((await http.send({ url: 'again', method: 'POST', body: { json: {} } })).status, 307);
  });

  it('says nothing secret when it fails', async (t) => {
    const base = await serveRaw(t, (socket) => socket.once('data', () => socket.destroy()));
    const tokens = twoTokens();
    const http = client(t, base, { tokens });
    for (const url of ['item?access_token=hush', `${base.replace('127.0.0.1', 'localhost')}hush/path?sig=hush`]) {
      const error = await failure(http.send({ url }));
      assert.doesNotMatch(inspect(error, { depth: 10 }), /secret|hush/);
    }
  });

  it('knows whether the server may have seen the request', async (t) => {
    const gone = await serve(t, () => {});
    const closed = new URL(gone);
    closed.port = '1';
    const refused = await failure(client(t, closed.href).send({ url: 'a', method: 'DELETE' }));
    assert.deepEqual([refused.trouble, refused.sent], ['unreached', false]);
    const nowhere = await failure(client(t, 'http://no-such-host.invalid/').send({ url: 'a', method: 'DELETE' }));
    assert.deepEqual([nowhere.trouble, nowhere.sent], ['unreached', false]);
    const dropping = await serveRaw(t, (socket) => socket.once('data', () => socket.destroy()));
    const lost = await failure(client(t, dropping).send({ url: 'a', method: 'DELETE' }));
    assert.deepEqual([lost.trouble, lost.sent], ['lost', true]);
    const body = streamOf(10, async function* () {
      yield Buffer.from('a');
      yield Buffer.from('third');
      await delay(200);
      yield Buffer.from('last');
    });
    const half = await failure(client(t, dropping).send({ url: 'a', method: 'PUT', body }));
    assert.deepEqual([half.trouble, half.sent], ['lost', false]);
  });

  it('gives up on silence: before there is a connection, before the answer, within it, and in the middle of sending', async (t) => {
    const limits = { connectMs: 150, idleMs: 150 };
    const silent = await serveRaw(t, () => {});
    assert.match((await failure(client(t, silent, { limits }).send({ url: 'a' }))).message, /150 ms/);
    const half = await serveRaw(t, (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345'));
    const cut = await failure(client(t, half, { limits }).send({ url: 'a' }));
    assert.deepEqual([cut.trouble, cut.sent], ['lost', true]);
    const deaf = await serveRaw(t, (socket) => socket.pause());
    const body = streamOf(2 ** 28, async function* () {
      for (let n = 0; n < 256; n++) yield Buffer.alloc(2 ** 20);
    });
    const stuck = await failure(client(t, deaf, { limits }).send({ url: 'a', method: 'PUT', body }));
    assert.deepEqual([stuck.trouble, stuck.sent], ['lost', false]);
    const dripping = await serveRaw(t, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const timer = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const endless = await failure(
      client(t, dripping, { limits: { connectMs: 5000, idleMs: 5000, totalMs: 400 } }).send({ url: 'a' }),
    );
    assert.match(endless.message, /longer than 400 ms/);
  });

  it('waits for a slow source and a slow reader as long as they take', async (t) => {
    const base = await serve(t, async (request, response) => {
      const text = await bodyOf(request);
      response.end(text + 'x'.repeat(2 ** 22));
    });
    const http = client(t, base, { limits: { idleMs: 100 } });
    const body = streamOf(4, async function* () {
      yield Buffer.from('sl');
      await delay(400);
      yield Buffer.from('ow');
    });
    const opened = await http.open({ url: 'a', method: 'PUT', body });
    await delay(300);
    let size = 0;
    for await (const piece of opened.body) {
      if (size === 0) await delay(300);
      size += piece.length;
    }
    assert.equal(size, 2 ** 22 + 4);
  });

  it('breaks off a body that fails or has another length, and throws what the body threw', async (t) => {
    const bodies: string[] = [];
    let broken = 0;
    const base = await serve(t, (request, response) => {
      request.on('aborted', () => broken++);
      bodyOf(request).then(
        (text) => {
          bodies.push(text);
          response.end('{}');
        },
        () => {},
      );
    });
    const http = client(t, base);
    const reason = new Error('the disk went away');
    const failing = streamOf(8, async function* () {
      yield Buffer.from('a');
      yield Buffer.from('third');
      await delay(50);
      throw reason;
    });
    await assert.rejects(http.send({ url: 'a', method: 'PUT', body: failing }), reason);
    for (const text of ['long body', 'short']) {
      const body = streamOf(8, async function* () {
        yield Buffer.from(text.slice(0, 3));
        yield Buffer.from(text.slice(3));
      });
      await assert.rejects(http.send({ url: 'a', method: 'PUT', body }), BodyLengthError);
    }
    while (broken < 1) await delay(10);
    assert.deepEqual(bodies, []);
  });

  it('takes an answer that comes before the body was sent, and stops sending', async (t) => {
    let received = 0;
    const base = await serve(t, (request, response) => {
      response.statusCode = 507;
      response.end('{}');
      request.on('data', (piece: Buffer) => {
        received += piece.length;
      });
    });
    let open = 0;
    const body = streamOf(2 ** 30, async function* () {
      open++;
      try {
        for (let n = 0; n < 1024; n++) {
          await delay(1);
          yield Buffer.alloc(2 ** 20);
        }
      } finally {
        open--;
      }
    });
    const answer = await client(t, base).send({ url: 'a', method: 'PUT', body });
    assert.equal(answer.status, 507);
    while (open > 0) await delay(10);
    assert.ok(received < 2 ** 29, `${received} bytes`);
  });

  it('ends with the reason of the signal, before, while waiting, and while reading', async (t) => {
    const base = await serve(t, (request, response) => {
      if (request.url === '/half') response.write('half');
    });
    const http = client(t, base);
    const reason = new Error('enough');
    await assert.rejects(http.send({ url: 'a', signal: AbortSignal.abort(reason) }), reason);
    const later = (): AbortSignal => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(reason), 50);
      return stop.signal;
    };
    await assert.rejects(http.send({ url: 'silent', signal: later() }), reason);
    await assert.rejects(http.send({ url: 'half', signal: later() }), reason);
  });

  it('notices a body that was cut, and one that is no HTTP', async (t) => {
    const cut = await serveRaw(t, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345'));
    assert.equal((await failure(client(t, cut).send({ url: 'a' }))).trouble, 'lost');
    const chunked = await serveRaw(t, (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n'),
    );
    assert.equal((await failure(client(t, chunked).send({ url: 'a' }))).trouble, 'lost');
    const other = await serveRaw(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    assert.equal((await failure(client(t, other).send({ url: 'a' }))).trouble, 'garbled');
  });

  it('reads Retry-After as seconds and as a date, by the clock of the service where that tells its time', async (t) => {
    const values = ['3', 'Thu, 01 Jan 1970 00:00:10 GMT', 'soon'];
    const base = await serve(t, (request, response) => {
      const [, number, date] = request.url?.split('/') ?? [];
      response.sendDate = false;
      if (date !== undefined) response.setHeader('date', decodeURIComponent(date));
      response.setHeader('retry-after', values[Number(number)] ?? '');
      response.end();
    });
    const http = client(t, base);
    const waitsOf = async (date: string): Promise<unknown[]> => {
      const waits = [];
      for (const n of values.keys()) waits.push((await http.send({ url: `${n}${date}` })).retryAfterMs(4000));
      return waits;
    };
    assert.deepEqual(await waitsOf(''), [3000, 6000, undefined]);
    assert.deepEqual(await waitsOf('/Thu, 01 Jan 1970 00:00:09 GMT'), [3000, 1000, undefined]);
    assert.deepEqual(await waitsOf('/yesterday'), [3000, 6000, undefined]);
  });

  it('leaves nothing on a signal that lives on', async (t) => {
    const base = await serve(t, (_request, response) => void response.end('{}'));
    const http = client(t, base);
    const { signal } = new AbortController();
    for (let n = 0; n < 5; n++) await http.send({ url: '', signal });
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('leaves no connection open when it is closed', async (t) => {
    const server = createServer((_request, response) => response.end('{}'));
    const http = new HttpClient({ base: await listening(t, server) });
    const connections = (): Promise<number> =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      });
    await http.send({ url: '' });
    assert.equal(await connections(), 1);
    http.close();
    while ((await connections()) > 0) await delay(5);
  });
});
