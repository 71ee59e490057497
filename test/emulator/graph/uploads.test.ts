import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import type { Answer } from '../live-client.ts';
import { GraphClient } from './graph-client.ts';

const unit = 320 * 1024;
const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 251));

const create = async (graph: GraphClient, path: string, body: unknown = {}): Promise<string> => {
  const made = await graph.send('POST', `me/drive/root:/${path}:/createUploadSession`, body);
  assert.equal(made.status, 200, made.text);
  return made.json.uploadUrl;
};

const fragment = (graph: GraphClient, url: string, content: Buffer, start: number, end: number): Promise<Answer> =>
  graph.open('PUT', url, {
    headers: { 'Content-Range': `bytes ${start}-${end - 1}/${content.length}` },
    body: content.subarray(start, end),
  });

test('a file goes up in fragments, with times, and replaces what is there under the same id', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const content = bytes(2 * unit + 100);
  const fileSystemInfo = { lastModifiedDateTime: '2011-12-13T14:15:16.5Z' };
  const item = { '@microsoft.graph.conflictBehavior': 'replace', fileSystemInfo };
  const url = await create(graph, 'new/folder/big.bin', { item });
  const first = await fragment(graph, url, content, 0, unit);
  assert.equal(first.status, 202);
  assert.deepEqual(first.json.nextExpectedRanges, [`${unit}-`]);
  assert.equal((await fragment(graph, url, content, unit, 2 * unit)).status, 202);
  const last = await fragment(graph, url, content, 2 * unit, content.length);
  assert.equal(last.status, 201);
  assert.equal(last.json.fileSystemInfo.lastModifiedDateTime, '2011-12-13T14:15:16.5Z');
  assert.ok((await graph.bytes('me/drive/root:/new/folder/big.bin:')).bytes.equals(content));
  assert.equal((await graph.open('GET', url)).json.error.innerError.code, 'uploadSessionNotFound');
  const again = await create(graph, 'new/folder/big.bin');
  const replaced = await fragment(graph, again, bytes(10), 0, 10);
  assert.equal(replaced.status, 200);
  assert.equal(replaced.json.id, last.json.id);
});

test('fragments out of order, of odd lengths or with broken headers are refused, and change nothing', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const content = bytes(3 * unit);
  const url = await create(graph, 'x.bin');
  const inner = (answer: Answer) => [answer.status, answer.json.error.innerError.code];
  assert.deepEqual(inner(await fragment(graph, url, content, unit, 2 * unit)), [416, 'fragmentOutOfOrder']);
  assert.deepEqual(inner(await fragment(graph, url, content, 0, unit + 1)), [400, 'invalidFragmentLength']);
  assert.equal((await fragment(graph, url, content, 0, unit)).status, 202);
  assert.deepEqual(inner(await fragment(graph, url, content, 0, unit)), [416, 'fragmentOverlap']);
  assert.deepEqual(inner(await fragment(graph, url, bytes(4 * unit), unit, 2 * unit)), [400, 'fragmentLengthMismatch']);
  assert.equal((await graph.open('PUT', url, { body: 'x' })).status, 400);
  const wrong = { 'Content-Range': `bytes ${unit}-${unit + 9}/${content.length}` };
  assert.equal((await graph.open('PUT', url, { headers: wrong, body: 'only 5' })).status, 400);
  assert.deepEqual((await graph.open('GET', url)).json.nextExpectedRanges, [`${unit}-`]);
  assert.equal((await graph.open('DELETE', url)).status, 204);
  assert.equal((await graph.open('DELETE', url)).status, 404);
});

test('a session goes on after a restart, and ends when its time is over', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emulator-test-'));
  try {
    const content = bytes(unit + 5);
    const first = await startEmulator({ dataDir });
    const url = await create(new GraphClient(first), 'x.bin');
    await fragment(new GraphClient(first), url, content, 0, unit);
    await first.close();
    await using second = await startEmulator({ dataDir });
    const graph = new GraphClient(second);
    assert.equal((await fragment(graph, url, content, unit, unit + 5)).status, 201);
    const late = await create(graph, 'y.bin');
    second.admin.set({ clockOffsetMs: 8 * 86_400_000 });
    assert.equal((await fragment(graph, late, content, 0, unit)).status, 404);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('a name that is taken meanwhile: 409, and the session can be ended under new terms', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const item = { '@microsoft.graph.conflictBehavior': 'fail' };
  const url = await create(graph, 'x.txt', { item });
  await emulator.admin.put({ path: '/x.txt' }, 'theirs');
  const taken = await fragment(graph, url, bytes(5), 0, 5);
  assert.equal(taken.status, 409);
  assert.equal(taken.json.error.code, 'nameAlreadyExists');
  assert.deepEqual((await graph.open('GET', url)).json.nextExpectedRanges, []);
  const terms = { name: 'x.txt', '@microsoft.graph.conflictBehavior': 'rename', '@microsoft.graph.sourceUrl': url };
  const ended = await graph.send('PUT', 'me/drive/root:/x.txt', terms);
  assert.equal(ended.json.name, 'x 1.txt');
  assert.equal((await emulator.admin.read({ path: '/x.txt' })).toString(), 'theirs');
  const refused = await graph.send('POST', 'me/drive/root:/x.txt:/createUploadSession', { item });
  assert.equal(refused.status, 409);
});

test('deferCommit waits for its POST', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const url = await create(graph, 'x.txt', { deferCommit: true });
  assert.equal((await graph.open('POST', url)).status, 400);
  assert.equal((await fragment(graph, url, bytes(5), 0, 5)).status, 202);
  assert.equal((await graph.get('me/drive/root:/x.txt')).status, 404);
  assert.equal((await graph.open('POST', url)).status, 201);
});

test('conditions, names and room are checked when the session is made', async () => {
  await using emulator = await startEmulator({ quota: 1000 });
  const graph = new GraphClient(emulator);
  const file = (await graph.put('me/drive/root:/x.txt:/content', 'x')).json;
  const post = (path: string, body: unknown = {}, headers = {}) =>
    graph.send('POST', `me/drive/${path}`, body, headers);
  const session = 'createUploadSession';
  assert.equal((await post(`root:/x.txt:/${session}`, {}, { 'If-Match': 'old' })).status, 412);
  assert.equal((await post(`root:/x.txt:/${session}`, {}, { 'If-Match': file.eTag })).status, 200);
  assert.equal((await post(`items/${file.id}/${session}`)).status, 200);
  assert.equal((await post(`root:/x.txt:/${session}`, { item: { name: 'y.txt' } })).status, 400);
  assert.equal((await post(`root/${session}`)).json.error.message, 'File name not provided in url');
  assert.equal((await post(`root:/Documents:/${session}`)).status, 409);
  assert.equal((await post(`root:/big:/${session}`, { item: { fileSize: 2000 } })).status, 507);
  const url = await create(graph, 'big');
  assert.equal((await fragment(graph, url, bytes(2000), 0, 2000)).status, 507);
});

test('strict mode refuses the token at the upload URL, and notes it', async () => {
  await using emulator = await startEmulator({ strict: true });
  const graph = new GraphClient(emulator);
  const url = await create(graph, 'x.txt');
  const headers = { 'Content-Range': 'bytes 0-4/5' };
  assert.equal((await graph.call('PUT', url, { headers, body: bytes(5) })).status, 401);
  assert.equal(emulator.admin.violations().length, 1);
  assert.equal((await graph.get('me/drive/root/children?$filter=x')).status, 400);
  assert.equal(emulator.admin.violations().length, 2);
  assert.equal((await graph.open('PUT', url, { headers, body: bytes(5) })).status, 201);
});

test('files and folders are copied, with a monitor, within a drive and to another', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/from/a/b.txt' }, 'b');
  emulator.admin.mkdir({ path: '/to' });
  const drive = (await graph.get('me/drive')).json.id;
  const to = (await graph.get('me/drive/root:/to')).json.id;
  const copy = (path: string, body: unknown) => graph.send('POST', `me/drive/root:/${path}:/copy`, body);
  const started = await copy('from', { parentReference: { driveId: drive, id: to }, name: 'copied' });
  assert.equal(started.status, 202);
  const done = await graph.open('GET', String(started.headers.location));
  assert.equal(done.json.status, 'completed');
  assert.equal((await graph.get(`me/drive/items/${done.json.resourceId}`)).json.name, 'copied');
  assert.equal((await emulator.admin.read({ path: '/to/copied/a/b.txt' })).toString(), 'b');
  const again = await copy('from', { parentReference: { driveId: drive, id: to }, name: 'copied' });
  const failed = (await graph.open('GET', String(again.headers.location))).json;
  assert.deepEqual([failed.status, failed.errorCode], ['failed', 'nameAlreadyExists']);
  emulator.admin.set({ quirks: { 'copy-slow': 60_000 } });
  const slow = await copy('from/a/b.txt', { parentReference: { id: to } });
  const running = await graph.open('GET', String(slow.headers.location));
  assert.deepEqual([running.status, running.json.status], [202, 'inProgress']);
});
