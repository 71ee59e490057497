import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { ask, LiveClient } from './live-client.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('behind the back of the client: put, rename, move, delete, restore', async () => {
  await using emulator = await startEmulator();
  const { admin } = emulator;
  const client = new LiveClient(emulator);
  const put = await admin.put({ path: '/a/b/c.txt' }, 'abc');
  assert.deepEqual([put.path, put.size, put.sha256], ['/a/b/c.txt', 3, sha256('abc')]);
  assert.equal((await client.bytes(put.id)).text, 'abc');
  assert.equal((await admin.put({ path: '/a/b/c.txt' }, 'new')).id, put.id);
  assert.equal(admin.rename({ path: '/a/b/c.txt' }, 'd.txt').path, '/a/b/d.txt');
  assert.equal(admin.move({ id: put.id }, '/a', 'e.txt').path, '/a/e.txt');
  admin.remove({ path: '/a' });
  assert.equal((await client.get(put.id)).status, 404);
  const [removed] = admin.removed();
  assert.equal(removed?.name, 'a');
  await admin.put({ path: '/a/other' }, 'x');
  const back = admin.restore(removed?.id ?? '');
  assert.equal(back.name, 'a 1');
  assert.equal((await client.bytes(put.id)).text, 'new');
  assert.throws(() => admin.item({ path: '/nothing' }), /there is nothing at/);
});

test('the history holds every content that was ever taken, and its bytes', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a', 'one')).json;
  await client.put(`${id}/content`, 'two');
  await client.call('DELETE', id);
  const history = emulator.admin.history();
  assert.deepEqual(
    history.map(({ content, name, kept }) => [content.sha256, content.size, name, kept]),
    [
      [sha256('one'), 3, 'a', true],
      [sha256('two'), 3, 'a', true],
    ],
  );
  assert.equal((await emulator.admin.readContent(sha256('one'))).toString(), 'one');
});

test('the log has no tokens; counters count by kind and start again', async () => {
  await using emulator = await startEmulator();
  const { token } = new LiveClient(emulator);
  await ask(emulator.url, 'GET', `/v5.0/me/skydrive/files?access_token=${encodeURIComponent(token)}&limit=3`);
  const [entry] = emulator.admin.requests();
  assert.deepEqual([entry?.kind, entry?.query, entry?.status], ['list', 'limit=3', 200]);
  assert.equal(JSON.stringify(emulator.admin.requests()).includes(token.slice(0, 40)), false);
  assert.deepEqual(emulator.admin.counters().byKind, { list: 1 });
  assert.equal(emulator.requests.count('list'), 1);
  emulator.admin.resetRequests();
  assert.equal(emulator.admin.counters().total, 0);
});

test('the same over HTTP', async () => {
  await using emulator = await startEmulator();
  const call = async (name: string, fields: unknown = {}, query = '') =>
    await ask(emulator.url, 'POST', `/admin/${name}${query}`, { body: JSON.stringify(fields) });
  const token = (await call('token', { client_id: 'me', scopes: ['wl.skydrive'] })).json;
  assert.equal((await new LiveClient(emulator, token.access_token).get('me')).status, 200);
  assert.equal((await call('put', { path: '/x/a.txt', content: 'abc' })).json.sha256, sha256('abc'));
  assert.equal((await call('put', { path: '/x/b', base64: 'AAE=' })).json.size, 2);
  assert.equal((await call('mkdir', { path: '/x/n', kind: 'notebook' })).json.type, 'notebook');
  const tree = await ask(emulator.url, 'GET', '/admin/tree?path=/x');
  assert.deepEqual(
    tree.json.map((item: { path: string }) => item.path),
    ['/x/a.txt', '/x/b', '/x/n'],
  );
  assert.equal((await call('move', { path: '/x/b', to: '/', name: 'c' })).json.path, '/c');
  assert.equal((await call('rename', { path: '/c' }, '?name=d')).json.path, '/d');
  const { id } = (await call('item', { path: '/d' })).json;
  assert.equal((await call('delete', { id })).status, 204);
  assert.equal((await call('removed')).json[0].id, id);
  assert.equal((await call('restore', { id })).json.path, '/d');
  assert.equal((await call('describe', { path: '/d', description: 'what' })).json.description, 'what');
  assert.match((await call('comment', { path: '/d', message: 'm' })).json.id, /^comment\./);
  assert.equal((await call('share', { path: '/d', with: ['Ada Example'], access: 'Friends' })).json.shared, 'Friends');
  assert.deepEqual((await call('quota', { bytes: 1000 })).json, { quota: 1000, used: 5, available: 995 });
  assert.equal((await call('history')).json.length, 2);
  assert.equal((await call('settings', { latencyMs: 1 })).json.latencyMs, 1);
  const fault = await call('add-fault', { match: { kind: 'me' }, action: { do: 'answer', status: 503 } });
  assert.equal((await new LiveClient(emulator, token.access_token).get('me')).status, 503);
  assert.equal((await call('faults')).json[0].happened, 1);
  assert.equal((await call('clear-faults', { id: fault.json.id })).status, 204);
  assert.equal((await call('expire-tokens')).status, 204);
  assert.equal((await new LiveClient(emulator, token.access_token).get('me')).status, 401);
  assert.ok((await call('counters')).json.byKind.admin > 10);
  assert.equal((await call('accounts')).json.length, 2);
  assert.equal((await call('photo', { path: '/p.png' })).json.type, 'photo');
  const snapshot = (await call('snapshot')).json;
  assert.deepEqual([snapshot.comments.length, snapshot.quota, snapshot.removed], [1, 1000, []]);
  assert.equal((await ask(emulator.url, 'GET', '/admin/delete?path=/d')).status, 405);
});

test('wrong admin calls are told so; pages of other sites are kept out', async () => {
  await using emulator = await startEmulator();
  const call = (name: string, body: string, headers = {}) =>
    ask(emulator.url, 'POST', `/admin/${name}`, { body, headers });
  assert.equal((await call('nonsense', '')).status, 404);
  for (const [name, body] of [
    ['put', '{"path": "/"}'],
    ['put', 'no json'],
    ['item', '{"path": "/nothing"}'],
    ['mkdir', '{"path": "/x", "kind": "file"}'],
    ['tree', '{"account": "nobody"}'],
    ['add-fault', '{"match": {}}'],
    ['add-fault', '{"action": {"do": "nonsense"}}'],
    ['add-fault', '{"action": {"do": "answer"}}'],
    ['add-fault', '{"action": {"do": "answer", "status": 99}}'],
    ['add-fault', '{"action": {"do": "size", "name": "("}}'],
    ['add-fault', '{"match": {"path": "("}, "action": {"do": "delay"}}'],
    ['settings', '{"latency": 5}'],
    ['settings', '{"latencyMs": "fast"}'],
    ['put', '{"path": "/a:b", "content": ""}'],
  ] as const) {
    const answer = await call(name, body);
    assert.deepEqual([answer.status, typeof answer.json.error], [400, 'string'], `${name} ${body}`);
  }
  assert.equal((await call('tree', '', { Origin: 'http://evil.test' })).status, 403);
});

test('strict mode refuses and notes what is not documented', async () => {
  await using emulator = await startEmulator({ strict: true });
  const client = new LiveClient(emulator);
  assert.equal((await client.get('me/skydrive/files?limit=3&pretty=false')).status, 200);
  const { id } = (await client.put('me/skydrive/files/a?overwrite=true&downsize_photo_uploads=false', 'x')).json;
  assert.equal((await client.bytes(id)).status, 200);
  assert.deepEqual(emulator.admin.violations(), []);
  assert.equal((await client.get('me/skydrive/files?fields=name')).status, 400);
  assert.equal((await client.get('me/skydrive', { headers: { 'X-Made-Up': '1' } })).status, 400);
  assert.equal((await client.get('me/skydrive/nothing')).status, 400);
  assert.equal((await ask(emulator.url, 'GET', '/nowhere')).status, 400);
  const reasons = emulator.admin.violations().map(({ reason }) => reason);
  assert.deepEqual(reasons, [
    "the query parameter 'fields' is not documented",
    "the header 'x-made-up' is not documented",
    'the path or method is not documented',
    'the path or method is not documented',
  ]);
});

test('bandwidth holds for each connection, in both directions', async () => {
  await using emulator = await startEmulator({ bandwidth: 2 });
  const client = new LiveClient(emulator);
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  let id = '';
  const up = await timed(async () => {
    id = (await client.put('me/skydrive/files/a', Buffer.alloc(600_000))).json.id;
  });
  const down = await timed(() => client.bytes(id));
  assert.ok(up >= 280 && down >= 280, `600 kB at 2 MB/s took ${up} and ${down} ms`);
});
