import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { GraphClient } from './graph-client.ts';

const json = { 'Content-Type': 'application/json' };

test('a batch carries out its requests, waits for what they depend on, and tells each outcome', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const requests = [
    { id: '1', method: 'POST', url: '/me/drive/root/children', headers: json, body: { name: 'made', folder: {} } },
    {
      id: '2',
      method: 'PUT',
      url: '/me/drive/root:/made/a.txt:/content',
      headers: { 'Content-Type': 'text/plain' },
      body: 'aGVsbG8=',
      dependsOn: ['1'],
    },
    { id: '3', method: 'GET', url: '/me/drive/root:/none' },
    { id: '4', method: 'GET', url: '/me/drive/root', dependsOn: ['3'] },
    { id: '5', method: 'GET', url: '/me/drive/root:/made/a.txt:/content', dependsOn: ['2'] },
    { id: '6', method: 'GET', url: '/me/drive/root/children?$top=1&$select=id' },
  ];
  const answer = await graph.send('POST', '$batch', { requests });
  assert.equal(answer.status, 200, answer.text);
  const by = Object.fromEntries(answer.json.responses.map((response: { id: string }) => [response.id, response]));
  assert.deepEqual(
    Object.values(by).map((response) => (response as { status: number }).status),
    [201, 201, 404, 424, 302, 200],
  );
  assert.equal(by['3'].body.error.code, 'itemNotFound');
  assert.equal((await graph.open('GET', by['5'].headers.Location)).text, 'hello');
  assert.equal(by['6'].body.value.length, 1);
  assert.equal(emulator.requests.count('batch'), 1);
});

test('malformed batches are refused as a whole', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const get = (id: string, more = {}) => ({ id, method: 'GET', url: '/me/drive', ...more });
  const bad = [
    Array.from({ length: 21 }, (_, index) => get(String(index))),
    [],
    [get('a'), get('A')],
    [get('1', { dependsOn: ['2'] }), get('2')],
    [{ id: '1', method: 'POST', url: '/me/drive/root/children', body: { name: 'x', folder: {} } }],
    [{ method: 'GET', url: '/me' }],
  ];
  for (const requests of bad) assert.equal((await graph.send('POST', '$batch', { requests })).status, 400);
  assert.equal((await graph.open('POST', '/v1.0/$batch', { body: '{}' })).status, 401);
});

test('each request of a batch is throttled by itself', async () => {
  await using emulator = await startEmulator({ quirks: { throttle: 1, 'throttle-s': 60 } });
  const graph = new GraphClient(emulator);
  const { responses } = (
    await graph.send('POST', '$batch', { requests: [{ id: '1', method: 'GET', url: '/me/drive' }] })
  ).json;
  assert.equal(responses[0].status, 429);
  assert.equal(responses[0].headers['Retry-After'], '60');
});
