import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { ask, LiveClient } from '../live-client.ts';

const form = (disposition: string, body = 'bytes'): string =>
  `--b\r\nContent-Disposition: ${disposition}\r\n\r\n${body}\r\n--b--\r\n`;
const multipart = { 'Content-Type': 'multipart/form-data; boundary=b' };

test('the modes of overwrite for PUT, by query and by header', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const path = 'me/skydrive/files/a.txt';
  const first = (await client.put(path, '1')).json.id;
  assert.deepEqual((await client.put(path, '2')).status, 200, 'the default replaces');
  const chosen = await client.put(`${path}?overwrite=ChooseNewName`, '3');
  assert.deepEqual([chosen.status, chosen.json.name], [201, 'a 1.txt']);
  const next = await client.put(`${path}?overwrite=choosenewname`, '4');
  assert.equal(next.json.name, 'a 2.txt');
  assert.equal((await client.put(path, '5', { headers: { Overwrite: 'false' } })).status, 409);
  assert.equal((await client.put(`${path}?overwrite=FALSE`, '5')).status, 409);
  assert.equal((await client.put('me/skydrive/files/new.txt?overwrite=false', '5')).status, 201);
  assert.equal((await client.put(`${path}?overwrite=maybe`, '5')).status, 400);
  assert.equal((await client.bytes(first)).text, '2');
});

test('PUT of content keeps the item, its links and comments, and changes ETag and time', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a.txt', 'one')).json;
  const before = await client.bytes(id);
  const source = (await client.get(id)).json.source;
  emulator.admin.set({ clockOffsetMs: 10_000 });
  const put = await client.put(`${id}/content`, 'other');
  assert.deepEqual([put.status, Object.keys(put.json), put.json.id], [200, ['id', 'name', 'source'], id]);
  const after = await client.bytes(id);
  assert.notEqual(after.headers.etag, before.headers.etag);
  assert.notEqual(after.headers['last-modified'], before.headers['last-modified']);
  assert.equal((await ask(emulator.url, 'GET', source)).text, 'other', 'a URL is of the item, not of a version');
  const old = await ask(emulator.url, 'GET', source, { headers: { 'If-Match': String(before.headers.etag) } });
  assert.equal(old.status, 412);
  const range = { Range: 'bytes=1-2', 'If-Range': String(before.headers.etag) };
  const whole = await ask(emulator.url, 'GET', source, { headers: range });
  assert.deepEqual([whole.status, whole.text], [200, 'other']);
  const unchanged = await ask(emulator.url, 'GET', source, {
    headers: { 'If-None-Match': String(after.headers.etag) },
  });
  assert.equal(unchanged.status, 304);
});

test('downloads: HEAD, attachment, an address that ends, a file that is gone', async () => {
  await using emulator = await startEmulator({ downloadSeconds: 5 });
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a%20%C3%A9.txt', 'abc')).json;
  const location = String((await client.get(`${id}/content?download=true`)).headers.location);
  const head = await ask(emulator.url, 'HEAD', location);
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '3']);
  assert.match(String(head.headers['content-disposition']), /^attachment; filename\*=UTF-8''a%20%C3%A9\.txt$/);
  assert.equal(head.headers['accept-ranges'], 'bytes');
  assert.equal((await ask(emulator.url, 'GET', location.replace('/y4m', '/y4mX'))).status, 403);
  emulator.admin.set({ clockOffsetMs: 6000 });
  assert.equal((await ask(emulator.url, 'GET', location)).status, 403);
  const fresh = String((await client.get(`${id}/content`)).headers.location);
  await client.call('DELETE', id);
  assert.equal((await ask(emulator.url, 'GET', fresh)).status, 404);
});

test('forms: one part named file, raw UTF-8 names, no filename*', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const post = (body: string, query = '') =>
    client.call('POST', `me/skydrive/files${query}`, { headers: multipart, body });
  const good = await post(form('form-data; name="file"; filename="a.txt"'));
  assert.deepEqual([good.status, good.json.name], [201, 'a.txt']);
  assert.equal((await post(form('form-data; name="file"; filename="a.txt"'), '?overwrite=false')).status, 409);
  const again = await post(form('form-data; name="file"; filename="a.txt"', 'new'));
  assert.deepEqual([again.status, again.json.id], [201, good.json.id]);
  const bad = [
    form('form-data; name="other"; filename="a.txt"'),
    form('form-data; name="file"'),
    form(`form-data; name="file"; filename*=utf-8''%C3%A9.txt`),
    `${form('form-data; name="file"; filename="a"').replace('--b--\r\n', '')}${form('form-data; name="file"; filename="b"')}`,
    form('form-data; name="file"; filename="cut off"').slice(0, -9),
    'no form at all',
  ];
  for (const body of bad) {
    const answer = await post(body);
    assert.deepEqual([answer.status, answer.json.error.code], [400, 'request_body_invalid'], body);
  }
  const untyped = await client.call('POST', 'me/skydrive/files', { body: 'x' });
  assert.equal(untyped.status, 400);
  const redirect = await post(
    form('form-data; name="file"; filename="r"'),
    '?redirect_uri=http%3A%2F%2Fx.test%2F&state=7',
  );
  assert.equal(redirect.status, 302);
  assert.match(String(redirect.headers.location), /^http:\/\/x\.test\/\?result=%7B%22id.*&state=7$/);
  const files = emulator.admin.tree().filter((item) => item.type === 'file');
  assert.deepEqual(files.map((item) => item.name).sort(), ['a.txt', 'r']);
});

test('an upload that breaks off changes nothing', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  await client.put('me/skydrive/files/a.txt', 'before');
  const head = `PUT /v5.0/me/skydrive/files/a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${client.token}\r\n`;
  await new Promise<void>((resolve) => {
    const socket = connect(emulator.port, '127.0.0.1', () => {
      socket.write(`${head}Content-Length: 1000\r\n\r\nhalf of it`, () => setTimeout(() => socket.destroy(), 50));
    });
    socket.once('close', () => resolve());
  });
  while (emulator.requests.list().at(-1)?.aborted !== true) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal((await emulator.admin.read({ path: '/a.txt' })).toString(), 'before');
  assert.equal(emulator.admin.history().length, 1);
});

test('MOVE and COPY: taken names, modes of overwrite, files only for COPY', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const file = (await client.put('me/skydrive/files/a.txt', 'moved')).json.id;
  const other = (await emulator.admin.put({ path: '/Public/a.txt' }, 'there')).id;
  const destination = client.id('/Public');
  assert.equal((await client.send('MOVE', file, { destination })).status, 409);
  assert.equal((await client.send('COPY', file, { destination })).status, 409);
  const picked = await client.send('COPY', `${file}?overwrite=ChooseNewName`, { destination });
  assert.deepEqual([picked.status, picked.json.name], [201, 'a 1.txt']);
  const moved = await client.send('MOVE', `${file}?overwrite=true`, { destination });
  assert.deepEqual([moved.status, moved.json.id], [201, file]);
  assert.equal((await client.get(other)).status, 404);
  const again = await client.send('MOVE', file, { destination });
  assert.deepEqual([again.status, again.json.id], [201, file], 'to where it is already');
  const folder = await client.send('COPY', client.id('/Documents'), { destination });
  assert.deepEqual([folder.status, folder.json.error.code], [400, 'request_url_invalid']);
  assert.equal((await client.send('MOVE', 'me/skydrive', { destination })).status, 405);
  const movedFolder = await client.send('MOVE', client.id('/Documents'), { destination });
  assert.deepEqual([movedFolder.status, movedFolder.json.parent_id], [201, destination]);
});

test('DELETE takes a folder with all below it; ids stay gone', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const folder = emulator.admin.mkdir({ path: '/f/sub' });
  const file = await emulator.admin.put({ path: '/f/sub/x' }, 'x');
  assert.equal((await client.call('DELETE', client.id('/f'))).status, 204);
  for (const id of [folder.id, file.id]) assert.equal((await client.get(id)).status, 404);
  assert.equal((await client.call('DELETE', 'me/skydrive')).status, 405);
  assert.equal(emulator.admin.quota().used, 0);
});

test('duplicates, when they are allowed: overwrite=false makes a second item', async () => {
  await using emulator = await startEmulator({ allowDuplicates: true });
  const client = new LiveClient(emulator);
  const one = (await client.put('me/skydrive/files/a.txt', '1')).json.id;
  const two = await client.put('me/skydrive/files/a.txt?overwrite=false', '2');
  assert.deepEqual([two.status, two.json.name], [201, 'a.txt']);
  assert.notEqual(two.json.id, one);
  const names = (await client.get('me/skydrive/files')).json.data.map((item: { name: string }) => item.name);
  assert.equal(names.filter((name: string) => name === 'a.txt').length, 2);
});

test('upload_location can be used as it is, under the address that the client used', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const headers = { Host: 'apis.live.net', 'X-Forwarded-Proto': 'https' };
  const { json } = await client.get('me/skydrive', { headers });
  assert.match(json.upload_location, /^https:\/\/apis\.live\.net\/v5\.0\/folder\.[^/]+\/files\/$/);
  const path = json.upload_location.replace('https://apis.live.net/v5.0/', '');
  const put = await client.put(`${path}a.txt`, 'abc', {
    headers: { Host: 'x', 'X-Forwarded-Host': 'files.test, inner' },
  });
  assert.match(put.json.source, /^http:\/\/files\.test\/download\//);
  const file = await client.get(put.json.id);
  const location = file.json.upload_location.slice(emulator.url.length + '/v5.0/'.length);
  assert.equal((await client.put(location, 'new')).status, 200);
});

test('a proxy is asked with whole addresses', async () => {
  await using emulator = await startEmulator();
  const { token } = new LiveClient(emulator);
  const asked = await new Promise<string>((resolve, reject) => {
    const socket = connect(emulator.port, '127.0.0.1', () => {
      socket.write(
        `GET http://apis.live.net/v5.0/me/skydrive HTTP/1.1\r\nHost: apis.live.net\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
      );
    });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
  assert.match(asked, /^HTTP\/1\.1 200/);
  assert.match(asked, /"upload_location": "http:\/\/apis\.live\.net\/v5\.0\/folder\./);
});
