import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { type Answer, ask, LiveClient } from '../live-client.ts';

const failure = (answer: Answer): [number, string] => [answer.status, answer.json?.error?.code];

test('JSON has the form of the service: indented by three, a blank before line ends, = and & escaped', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const folder = await client.send('POST', 'me/skydrive', { name: 'a=b&c é' });
  assert.match(folder.text, /^\{\n {3}"id": "folder\.[^"]+", \n {3}"from": \{\n {6}"name"/);
  assert.match(folder.text, /"name": "a\\u003db\\u0026c é"/);
  assert.equal(folder.json.name, 'a=b&c é');
  assert.match(String(folder.headers['content-type']), /^application\/json/);
  assert.match(folder.json.created_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
  const compact = await client.get('me/skydrive/quota?pretty=false');
  assert.match(compact.text, /^\{"quota":\d+,"available":\d+\}$/);
});

test('what is wrong with the token', async () => {
  await using emulator = await startEmulator();
  assert.deepEqual(failure(await ask(emulator.url, 'GET', '/v5.0/me')), [401, 'request_token_missing']);
  const wrong = await new LiveClient(emulator, 'nonsense').get('me');
  assert.deepEqual(failure(wrong), [401, 'request_token_invalid']);
  const reader = new LiveClient(emulator, emulator.admin.token({ scopes: ['wl.skydrive'] }).accessToken);
  assert.equal((await reader.get('me/skydrive')).status, 200);
  const denied = await reader.send('POST', 'me/skydrive', { name: 'x' });
  assert.deepEqual(failure(denied), [403, 'request_token_unauthorized']);
  assert.match(denied.json.error.message, /one of the following scopes is required: 'wl\.skydrive_update'\.$/);
  const nobody = new LiveClient(emulator, emulator.admin.token({ scopes: ['wl.signin'] }).accessToken);
  assert.deepEqual(failure(await nobody.get('me/skydrive/files')), [403, 'request_token_unauthorized']);
});

test('what is not there', async () => {
  await using emulator = await startEmulator({ uid: 'a6b2a7e8f2515e5e' });
  const client = new LiveClient(emulator);
  const id = 'folder.a6b2a7e8f2515e5e.A6B2A7E8F2515E5E!999';
  const answer = await client.get(id);
  assert.deepEqual(failure(answer), [404, 'resource_not_found']);
  assert.equal(answer.json.error.message, `The resource '${id}' doesn't exist.`);
  assert.deepEqual(failure(await client.get(`${id}/files`)), [404, 'resource_not_found']);
  assert.deepEqual(failure(await client.put(`${id}/files/x`, '')), [404, 'resource_not_found']);
  assert.deepEqual(failure(await client.get('folder.ffffffffffffffff')), [404, 'resource_not_found']);
  const odd = await client.get('me/nothing');
  assert.deepEqual(failure(odd), [400, 'request_url_invalid']);
  assert.equal(odd.json.error.message, "The URL contains the path 'nothing', which isn't supported.");
  assert.deepEqual(failure(await client.get('whatever')), [400, 'request_url_invalid']);
  assert.deepEqual(failure(await client.call('POST', 'me')), [405, 'request_method_invalid']);
  assert.equal((await client.call('POST', 'me')).json.error.message, "The provided HTTP method 'POST' is not allowed.");
});

test('what is wrong with the body', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const json = { 'Content-Type': 'application/json' };
  const broken = await client.call('POST', 'me/skydrive', { headers: json, body: '{"name": ' });
  assert.deepEqual(failure(broken), [400, 'request_body_invalid']);
  const nameless = await client.send('POST', 'me/skydrive', { title: 'x' });
  assert.deepEqual(failure(nameless), [400, 'request_parameter_missing']);
  assert.match(
    nameless.json.error.message,
    /missing the required parameter: 'name'\. Required parameters include: 'name'\.$/,
  );
  const folder = (await client.send('POST', 'me/skydrive', { name: 'f' })).json.id;
  assert.deepEqual(failure(await client.call('PUT', folder, { headers: json, body: '{}' })), [
    400,
    'request_parameter_missing',
  ]);
  assert.deepEqual(failure(await client.send('MOVE', folder, {})), [400, 'request_parameter_missing']);
  for (const destination of ['me/skydrive', 'nonsense', folder.replace(/\d+$/, '9999')]) {
    const answer = await client.send('MOVE', folder, { destination });
    assert.deepEqual(failure(answer), [400, 'request_parameter_invalid'], destination);
    assert.match(answer.json.error.message, /^The value of input resource ID parameter 'destination' isn't valid\./);
  }
  assert.deepEqual(failure(await client.send('MOVE', folder, { destination: folder })), [
    400,
    'request_parameter_invalid',
  ]);
});

test('names that the service refuses', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  for (const name of [
    'a/b',
    'a\\b',
    'a:b',
    'a*b',
    'a?b',
    'a"b',
    'a<b',
    'a>b',
    'a|b',
    '..',
    '.',
    ' ',
    'x'.repeat(256),
    'a\nb',
  ]) {
    const put = await client.put(`me/skydrive/files/${encodeURIComponent(name).replaceAll('.', '%2E')}`, 'x');
    assert.deepEqual(failure(put), [400, 'request_parameter_invalid'], JSON.stringify(name));
    assert.equal((await client.send('POST', 'me/skydrive', { name })).status, 400, JSON.stringify(name));
  }
  assert.equal((await client.send('POST', 'me/skydrive', { name: 'dot.' })).status, 400);
  assert.equal((await client.put('me/skydrive/files/dot.', 'x')).status, 201, 'files may end in a period');
  const trimmed = await client.send('POST', 'me/skydrive', { name: '  blanks  ' });
  assert.equal(trimmed.json.name, 'blanks');
  assert.equal((await client.put(`me/skydrive/files/${'x'.repeat(255)}`, 'x')).status, 201);
});

test('a taken name is refused in any case of letters, kept as it was given', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const file = (await client.put('me/skydrive/files/Name.txt', '1')).json.id;
  const again = await client.put('me/skydrive/files/NAME.TXT', '2');
  assert.deepEqual([again.status, again.json.id, again.json.name], [200, file, 'Name.txt']);
  const folder = (await client.send('POST', 'me/skydrive', { name: 'Folder' })).json.id;
  assert.deepEqual(failure(await client.send('POST', 'me/skydrive', { name: 'folder' })), [
    409,
    'resource_already_exists',
  ]);
  assert.deepEqual(failure(await client.send('POST', 'me/skydrive', { name: 'name.TXT' })), [
    409,
    'resource_already_exists',
  ]);
  assert.deepEqual(failure(await client.put('me/skydrive/files/folder', 'x')), [409, 'resource_already_exists']);
  assert.deepEqual(failure(await client.send('PUT', file, { name: 'FOLDER' })), [409, 'resource_already_exists']);
  const recased = await client.send('PUT', folder, { name: 'FOLDER' });
  assert.deepEqual([recased.status, recased.json.name], [200, 'FOLDER']);
});

test('suppress_response_codes, suppress_redirects and callback change how an answer is told', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const quiet = await client.get('nonsense?suppress_response_codes=true');
  assert.deepEqual(failure(quiet), [200, 'request_url_invalid']);
  const { id } = (await client.put('me/skydrive/files/a', 'abc')).json;
  const told = await client.get(`${id}/content?suppress_redirects=true`);
  assert.equal(told.status, 200);
  assert.equal((await ask(emulator.url, 'GET', told.json.location)).text, 'abc');
  const jsonp = await client.get('me/skydrive/quota?callback=some.name');
  assert.match(jsonp.text, /^some\.name\(\{[\s\S]*\}\);$/);
  assert.match(String(jsonp.headers['content-type']), /^text\/javascript/);
  const failed = await client.get('nonsense?callback=f');
  assert.equal(failed.status, 200);
  assert.match(failed.text, /^f\(\{\n {3}"error"/);
  const made = await client.get('me/skydrive?method=POST&name=by+script&callback=f');
  assert.match(made.text, /by script/);
  assert.equal(emulator.admin.item({ path: '/by script' }).type, 'folder');
});

test('over the limit of one request: 413, by announcement and by count', async () => {
  await using emulator = await startEmulator({ uploadLimit: 1000 });
  const client = new LiveClient(emulator);
  assert.equal((await client.put('me/skydrive/files/a', 'x'.repeat(1001))).status, 413);
  assert.equal(
    (await client.call('PUT', 'me/skydrive/files/a', { chunks: ['x'.repeat(900), 'x'.repeat(900)] })).status,
    413,
  );
  assert.equal((await client.put('me/skydrive/files/a', 'x'.repeat(1000))).status, 201);
  const form = `--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${'x'.repeat(1500)}\r\n--b--`;
  const headers = { 'Content-Type': 'multipart/form-data; boundary=b' };
  assert.equal((await client.call('POST', 'me/skydrive/files', { headers, body: form })).status, 413);
  assert.deepEqual(
    emulator.admin
      .tree()
      .filter((item) => item.type === 'file')
      .map((item) => item.name),
    ['a'],
  );
});

test('over the quota: 507, and nothing is stored', async () => {
  await using emulator = await startEmulator({ quota: 100 });
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a', 'x'.repeat(60))).json;
  assert.deepEqual((await client.get('me/skydrive/quota')).json, { quota: 100, available: 40 });
  assert.deepEqual(failure(await client.put('me/skydrive/files/b', 'x'.repeat(41))), [507, 'resource_quota_exceeded']);
  const chunked = await client.call('PUT', 'me/skydrive/files/b', { chunks: ['x'.repeat(41)] });
  assert.deepEqual(failure(chunked), [507, 'resource_quota_exceeded']);
  assert.equal((await client.put('me/skydrive/files/a', 'y'.repeat(100))).status, 200, 'what is replaced makes room');
  const copy = await client.send('COPY', id, { destination: client.id('/Public') });
  assert.deepEqual(failure(copy), [507, 'resource_quota_exceeded']);
  assert.equal(emulator.admin.quota().used, 100);
});
