import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { ask, LiveClient } from './live-client.ts';

/** What comes back for these bytes; without `more` to follow, the sending side is closed behind them. */
const shout = (port: number, bytes: string | Uint8Array, more = false): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (more ? socket.write(bytes) : socket.end(bytes)));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(text));
  });

test('requests that are broken end with an answer or the connection, never the emulator', async () => {
  await using emulator = await startEmulator();
  const { token } = new LiveClient(emulator);
  const bearer = `Host: x\r\nAuthorization: Bearer ${token}\r\n`;
  const requests: (string | Uint8Array)[] = [
    'nonsense\r\n\r\n',
    'GET\r\n\r\n',
    Buffer.from([0, 1, 2, 3, 0x16, 0x03, 0x01, 13, 10, 13, 10]),
    `GET /v5.0/%ff%fe%zz/%00?limit=%&%=%ff&access_token=%2 HTTP/1.1\r\n${bearer}\r\n`,
    `GET /v5.0/${'../'.repeat(50)}etc/passwd HTTP/1.1\r\n${bearer}\r\n`,
    `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${bearer}\r\n`,
    `PUT /v5.0/me/skydrive/files/x HTTP/1.1\r\n${bearer}Content-Length: -5\r\n\r\n`,
    `PUT /v5.0/me/skydrive/files/x HTTP/1.1\r\n${bearer}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    `POST /v5.0/me/skydrive HTTP/1.1\r\n${bearer}Content-Length: 8\r\n\r\n[1,2,3] `,
    `POST /v5.0/me/skydrive HTTP/1.1\r\n${bearer}Content-Length: 4\r\n\r\nnull`,
    `POST /v5.0/me/skydrive HTTP/1.1\r\n${bearer}Content-Length: 11\r\n\r\n{"name":{}}`,
    `POST /oauth20_token.srf HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n=&=&%&`,
    `GET http://[::1/v5.0 HTTP/1.1\r\n${bearer}\r\n`,
    `CONNECT apis.live.net:443 HTTP/1.1\r\n\r\n`,
    `OPTIONS * HTTP/1.1\r\n${bearer}\r\n`,
    `GET /download/y4m HTTP/1.1\r\n${bearer}\r\n`,
    `GET /download/y4m%ff-%ff/ HTTP/1.0\r\n\r\n`,
    `GET /v5.0/__proto__/constructor HTTP/1.1\r\n${bearer}\r\n`,
    `GET /admin/constructor HTTP/1.1\r\n${bearer}\r\n`,
    `POST /items/x HTTP/1.1\r\n${bearer}BITS-Packet-Type: constructor\r\nContent-Length: 0\r\n\r\n`,
    `POST /items/x HTTP/1.1\r\n${bearer}BITS-Packet-Type: Fragment\r\nContent-Range: bytes a-b/c\r\nContent-Length: 0\r\n\r\n`,
    `GET /v5.0/me HTTP/1.1\r\n${bearer}X-Forwarded-Host: \r\nX-Forwarded-Proto: ,,\r\n\r\n`,
  ];
  const answers = await Promise.all(requests.map((request) => shout(emulator.port, request)));
  assert.equal(
    answers.some((answer) => / 500 /.test(answer.split('\r\n')[0] ?? '')),
    true,
    'unknown BITS session',
  );
  const failed = answers.filter((answer) => answer.includes('the emulator failed'));
  assert.deepEqual(failed, []);
  assert.equal((await new LiveClient(emulator, token).get('me')).status, 200);
});

test('raw UTF-8 in a request line is taken as it is', async () => {
  await using emulator = await startEmulator();
  const { token } = new LiveClient(emulator);
  const head = Buffer.from('PUT /v5.0/me/skydrive/files/é你.txt HTTP/1.1\r\n', 'utf8');
  const rest = `Host: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`;
  const answer = await shout(emulator.port, Buffer.concat([head, Buffer.from(rest)]), true);
  assert.match(answer, /^HTTP\/1\.1 201/);
  assert.equal(emulator.admin.item({ path: '/é你.txt' }).size, 1);
});

test('the method BITS_POST is taken as it is', async () => {
  await using emulator = await startEmulator();
  const { accessToken, uid } = emulator.admin.token();
  const request = `BITS_POST /users/0x${uid}/LiveFolders/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${accessToken}\r\n`;
  const rest = 'BITS-Packet-Type: Create-Session\r\nContent-Length: 0\r\n\r\n';
  assert.match(await shout(emulator.port, request + rest, true), /^HTTP\/1\.1 201[\s\S]*BITS-Session-Id/);
});

test('hundreds of connections at once: each change is whole, none is lost', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const names = Array.from({ length: 300 }, (_, index) => `f${index % 150}`);
  const statuses = await Promise.all(
    names.map(async (name) => (await client.put(`me/skydrive/files/${name}`, `content of ${name}`)).status),
  );
  assert.equal(statuses.filter((status) => status === 201).length, 150);
  assert.equal(statuses.filter((status) => status === 200).length, 150);
  const folders = await Promise.all(
    Array.from({ length: 50 }, async () => (await client.send('POST', 'me/skydrive', { name: 'same' })).status),
  );
  assert.deepEqual(
    [folders.filter((status) => status === 201).length, folders.filter((status) => status === 409).length],
    [1, 49],
  );
  assert.equal((await client.get('me/skydrive')).json.count, 3 + 150 + 1);
});

test('a client that goes away in the middle of a download leaves no open file behind', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a', Buffer.alloc(8_000_000))).json;
  const location = new URL(String((await client.get(`${id}/content`)).headers.location));
  const openFiles = async () => (await import('node:fs')).readdirSync('/proc/self/fd').length;
  const before = await openFiles();
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = connect(emulator.port, '127.0.0.1');
      socket.write(`GET ${location.pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(socket, 'data');
      socket.destroy();
    }),
  );
  for (let tries = 0; tries < 100 && (await openFiles()) > before + 2; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok((await openFiles()) <= before + 2);
});

const serverScript = `
import { startEmulator } from ${JSON.stringify(new URL('../../src/emulator/emulator.js', import.meta.url).href)};
const emulator = await startEmulator({ dataDir: process.argv[2] });
process.send({ url: emulator.url, port: emulator.port, token: emulator.admin.token().accessToken });
`;

test('kill -9 at any moment: what was acknowledged is there afterwards', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-kill-'));
  const script = join(folder, 'server.mjs');
  writeFileSync(script, serverScript);
  const acknowledged = new Map<string, string>();
  const start = async (): Promise<{ child: ChildProcess; url: string; token: string }> => {
    const child = spawn(process.execPath, [script, join(folder, 'data')], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [said] = (await once(child, 'message')) as [{ url: string; token: string }];
    return { child, ...said };
  };
  try {
    for (let round = 0; round < 3; round += 1) {
      const { child, url, token } = await start();
      const headers = { Authorization: `Bearer ${token}` };
      const writer = async (number: number): Promise<void> => {
        for (let count = 0; ; count += 1) {
          const name = `w${number}-${count % 20}`;
          const body = `${round} ${number} ${count} `.repeat(200);
          const answer = await ask(url, 'PUT', `/v5.0/me/skydrive/files/${name}`, { headers, body });
          if (answer.status < 300) acknowledged.set(name, body);
        }
      };
      const writers = [1, 2, 3, 4].map((number) => writer(number).catch(() => undefined));
      await new Promise((resolve) => setTimeout(resolve, 300));
      child.kill('SIGKILL');
      await Promise.all([...writers, once(child, 'exit')]);
    }
    assert.ok(acknowledged.size > 20);
    await using emulator = await startEmulator({ dataDir: join(folder, 'data') });
    for (const [name, body] of acknowledged) {
      const history = emulator.admin.history().filter((version) => version.name === name);
      const stored = (await emulator.admin.read({ path: `/${name}` })).toString();
      const newer =
        stored !== body && history.at(-1)?.content.sha256 === emulator.admin.item({ path: `/${name}` }).sha256;
      assert.ok(stored === body || newer, name);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
