// The checklist of docs/live-connect-v5.md, part 6: what an emulator must tolerate from clients written for the real service.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import { ask, LiveClient } from '../live-client.ts';

/** Bytes on a bare connection, and everything that comes back until the other side or `until` ends it. */
const talk = (emulator: Emulator, bytes: string | Uint8Array, until?: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(emulator.port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (until?.test(answer)) socket.end();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(answer));
  });

test('1. token in query or header, with +/= in it, one valid one is enough', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  assert.match(client.token, /\+.*=/);
  assert.ok(client.token.includes('/') && client.token.length > 1000);
  const encoded = encodeURIComponent(client.token);
  const statusOf = async (path: string, authorization?: string) =>
    (await ask(emulator.url, 'GET', path, authorization ? { headers: { Authorization: authorization } } : {})).status;
  assert.equal(await statusOf(`/v5.0/me?access_token=${encoded}`), 200);
  assert.equal(await statusOf(`/v5.0/me?access_token=${client.token.replaceAll('+', '%2B')}`), 200);
  assert.equal(await statusOf(`/v5.0/me?access_token=${client.token}`), 200, 'not escaped at all');
  assert.equal(await statusOf('/v5.0/me', `Bearer ${client.token}`), 200);
  assert.equal(await statusOf('/v5.0/me', `bearer ${client.token}`), 200);
  assert.equal(await statusOf(`/v5.0/me?access_token=bad`, `BEARER ${client.token}`), 200);
  assert.equal(await statusOf(`/v5.0/me?access_token=${encoded}`, 'Bearer bad'), 200);
  assert.equal(await statusOf('/v5.0/me'), 401);
});

test('1. an Authorization header on the target of the redirect does no harm', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const { json } = await client.put('me/skydrive/files/a.txt', 'abc');
  const answer = await client.bytes(json.id, { Authorization: 'Bearer whatever' });
  assert.equal(answer.text, 'abc');
});

test('2. ids with %21 or !, uid in either case, slashes doubled, trailing, missing', async () => {
  await using emulator = await startEmulator({ uid: '0bee3874468ef5b6' });
  const client = new LiveClient(emulator);
  const id: string = (await client.put('me/skydrive/files/a.txt', 'abc')).json.id;
  assert.match(id, /^file\.0bee3874468ef5b6\.BEE3874468EF5B6!\d+$/);
  const [, uid = '', resid = ''] = id.split('.');
  const paths = [
    id,
    id.replace('!', '%21'),
    `/${id}`,
    `${id}/`,
    `${id}/?`,
    `file.${uid.toUpperCase()}.${resid}`,
    `file.${uid}.${resid.toLowerCase()}`,
    `file.${uid}.0${resid}`,
  ];
  for (const path of paths) {
    const answer = await client.get(path);
    assert.equal(answer.json.id, id, path);
  }
  for (const path of ['me/skydrive/files', 'me/skydrive//files', '/me//skydrive/files/', `${uid}/skydrive/files`]) {
    assert.equal((await client.get(path)).json.data.length, 4, path);
  }
  assert.equal((await client.call('PUT', `${id}/content/`, { body: 'new' })).status, 200);
  assert.equal((await client.get('me/?')).status, 200);
});

test('2. one connection serves many requests', async () => {
  await using emulator = await startEmulator();
  const { token } = new LiveClient(emulator);
  const request = `GET /v5.0/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const put = `PUT /v5.0/nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`;
  const last = request.replace('Host: x', 'Host: x\r\nConnection: close');
  const answer = await talk(emulator, request + put + last);
  assert.equal(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  assert.equal(answer.match(/HTTP\/1\.1 401/g)?.length, 1);
});

test('3. MOVE and COPY as verbs and by POST ?method=', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const one = (await client.put('me/skydrive/files/one.txt', '1')).json.id;
  const destination = client.id('/Documents');
  assert.equal((await client.send('MOVE', one, { destination })).status, 201);
  const other = (await client.put('me/skydrive/files/two.txt', '2')).json.id;
  const moved = await client.send('POST', `${other}?method=MOVE`, { destination });
  assert.deepEqual([moved.status, moved.json.id, moved.json.parent_id], [201, other, destination]);
  const copied = await client.send('POST', `${other}?method=COPY`, { destination: client.id('/Public') });
  assert.equal(copied.status, 201);
  assert.notEqual(copied.json.id, other);
  const bare = await client.call('COPY', one, { body: `{destination:"${client.id('/Public')}"}` });
  assert.equal(bare.status, 201);
});

test('4. chunked and sized PUT, empty PUT, DELETE with a length of 0', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const chunked = await client.call('PUT', 'me/skydrive/files/chunked', { chunks: ['ab', 'cd'] });
  assert.equal(chunked.status, 201);
  assert.equal((await client.bytes(chunked.json.id)).text, 'abcd');
  const empty = await client.call('PUT', 'me/skydrive/files/empty', { headers: { 'Content-Length': '0' } });
  assert.equal(empty.status, 201);
  assert.equal((await client.get(empty.json.id)).json.size, 0);
  assert.equal((await client.call('DELETE', empty.json.id, { headers: { 'Content-Length': '0' } })).status, 204);
});

test('4. Expect: 100-continue is answered before the body is sent', async () => {
  await using emulator = await startEmulator();
  const { token } = new LiveClient(emulator);
  const head = `PUT /v5.0/me/skydrive/files/e HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
  const answer = await talk(
    emulator,
    `${head}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`,
    /HTTP\/1\.1 100 Continue/,
  );
  assert.match(answer, /^HTTP\/1\.1 100 Continue/);
  assert.equal(emulator.admin.tree().length, 3, 'the body never came, so nothing was stored');
});

test('5. form and JSON bodies for new folders, comments and properties', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const folder = await client.call('POST', 'me/skydrive', { headers: form, body: 'name=a+b%C3%A9&description=d' });
  assert.deepEqual([folder.status, folder.json.name, folder.json.description], [201, 'a bé', 'd']);
  const comment = await client.call('POST', `${folder.json.id}/comments`, { headers: form, body: 'message=x+y' });
  assert.deepEqual([comment.status, comment.json.message], [201, 'x y']);
  const renamed = await client.call('PUT', folder.json.id, { headers: form, body: 'name=c' });
  assert.deepEqual([renamed.status, renamed.json.name], [200, 'c']);
  const json = await client.send('PUT', folder.json.id, { name: 'd', size: 7 });
  assert.deepEqual([json.status, json.json.name], [200, 'd']);
  const untyped = await client.call('POST', 'me/skydrive', { body: '{"name": "e"}' });
  assert.equal(untyped.status, 201);
});

test('6. multipart without a type for the part, with a raw UTF-8 name', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const body = `--b\r\nContent-Disposition: form-data; name="file"; filename="你好 é.txt"\r\n\r\nbytes\r\n--b--\r\n`;
  const headers = { 'Content-Type': 'multipart/form-data; boundary=b' };
  const put = await client.call('POST', 'me/skydrive/files', { headers, body });
  assert.deepEqual([put.status, put.json.name], [201, '你好 é.txt']);
  assert.equal((await client.bytes(put.json.id)).text, 'bytes');
});

test('7. overwrite and downsize_photo_uploads in the spelling of Python', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const path = 'me/skydrive/files/a.txt';
  const first = await client.put(`${path}?overwrite=True&downsize_photo_uploads=False`, '1');
  const second = await client.put(`${path}?overwrite=True`, '2');
  assert.deepEqual([first.status, second.status, first.json.id], [201, 200, second.json.id]);
  const refused = await client.put(`${path}?overwrite=False`, '3');
  assert.deepEqual([refused.status, refused.json.error.code], [409, 'resource_already_exists']);
  assert.equal((await client.bytes(first.json.id)).text, '2');
});

test('8. limit without offset and offset without limit', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const limited = await client.get('me/skydrive/files?limit=2');
  assert.equal(limited.json.data.length, 2);
  assert.deepEqual(Object.keys(limited.json.paging), ['next']);
  const rest = await client.get('me/skydrive/files?offset=2');
  assert.deepEqual([rest.json.data.length, rest.json.paging], [1, undefined]);
  assert.equal((await client.get('me/skydrive/files?limit=2&offset=0')).json.data.length, 2);
});

test('9. exactly 204 for DELETE, exactly 201 for new folders, forms, MOVE and COPY', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const file = (await client.put('me/skydrive/files/a.txt', '1')).json.id;
  const destination = client.id('/Documents');
  assert.equal((await client.send('POST', 'me/skydrive', { name: 'f' })).status, 201);
  assert.equal((await client.send('COPY', file, { destination })).status, 201);
  assert.equal((await client.send('MOVE', file, { destination: client.id('/Public') })).status, 201);
  const gone = await client.call('DELETE', file);
  assert.deepEqual([gone.status, gone.text], [204, '']);
  assert.equal((await client.call('DELETE', file)).status, 204, 'and again for what is gone');
});

test('10. content by redirect, ranges on its target', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a.txt', '0123456789')).json;
  const ranges: [string, string, string][] = [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=5-100', '56789', 'bytes 5-9/10'],
  ];
  for (const [Range, text, contentRange] of ranges) {
    const answer = await client.bytes(id, { Range });
    assert.deepEqual([answer.status, answer.text, answer.headers['content-range']], [206, text, contentRange]);
    assert.equal(answer.headers['content-length'], String(text.length));
  }
  const past = await client.bytes(id, { Range: 'bytes=10-' });
  assert.deepEqual([past.status, past.headers['content-range']], [416, 'bytes */10']);
  assert.equal((await client.get(`${id}/content`, { headers: { Range: 'bytes=1-2' } })).status, 302);
});

test('11. and 12. the token endpoint is lenient, and echoes the scopes', async () => {
  await using emulator = await startEmulator({ autoApprove: true });
  const scope = 'wl.skydrive wl.skydrive_update wl.offline_access';
  const redirect = 'https://login.live.com/oauth20_desktop.srf';
  const query = `client_id=00000000620A3E4A&scope=${scope.replaceAll(' ', '+')}&response_type=code`;
  const approved = await ask(emulator.url, 'GET', `/oauth20_authorize.srf?${query}&redirect_uri=${redirect}`);
  const code = new URL(String(approved.headers.location)).searchParams.get('code');
  assert.match(String(code), /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  const raw = `code=${code}&client_id=00000000620A3E4A&redirect_uri=${redirect}&grant_type=authorization_code`;
  const token = await ask(emulator.url, 'POST', '/oauth20_token.srf', { body: raw });
  assert.equal(token.status, 200);
  assert.equal(token.json.scope, scope);
  assert.equal(token.json.expires_in, 3600);
  assert.match(token.json.user_id, /^[0-9a-f]{32}$/);
  const refresh = `refresh_token=${token.json.refresh_token}&client_id=00000000620A3E4A&client_secret=any&grant_type=refresh_token`;
  const again = await ask(emulator.url, 'POST', '/oauth20_token.srf', { body: refresh });
  assert.deepEqual([again.status, again.json.scope], [200, scope]);
  assert.equal((await new LiveClient(emulator, again.json.access_token).get('me')).status, 200);
});

test('13. an expired token is answered 401 with its own code', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  emulator.admin.expireTokens();
  const answer = await client.get('me/skydrive');
  assert.deepEqual([answer.status, answer.json.error.code], [401, 'request_token_expired']);
});

test('14. BITS on any prefix, header names in any case, fragments without a token', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const folder = client.id('/Documents').split('.')[2] ?? '';
  for (const path of [`/items/${folder}/a.bin`, `/any/prefix/items/${folder.replace('!', '%21')}/b.bin`]) {
    const bits = (headers: Record<string, string>, body?: string) =>
      ask(emulator.url, 'POST', path, {
        headers: { 'x-http-method-override': 'BITS_POST', ...headers },
        body: body ?? '',
      });
    const bearer = { Authorization: `Bearer ${client.token}` };
    const created = await bits({ ...bearer, 'bits-packet-type': 'create-session' });
    assert.equal(created.status, 201);
    const id = String(created.headers['bits-session-id']);
    const range = { 'BITS-PACKET-TYPE': 'Fragment', 'BITS-Session-ID': id, 'Content-Range': 'bytes 0-2/3' };
    assert.equal((await bits(range, 'abc')).status, 200);
    const closed = await bits({ ...bearer, 'BITS-Packet-Type': 'Close-Session', 'BITS-Session-Id': id });
    assert.equal(closed.status, 200);
    const file = await client.get(
      `file.${emulator.admin.token().uid.toUpperCase()}.${closed.headers['x-resource-id']}`,
    );
    assert.equal(file.json.size, 3);
  }
});
