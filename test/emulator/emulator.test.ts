import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { ask, LiveClient } from './live-client.ts';

test('a file goes in, shows up in the listing and comes out again', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const put = await client.put('me/skydrive/files/a%20b.txt', 'hello');
  assert.equal(put.status, 201);
  assert.deepEqual(Object.keys(put.json), ['id', 'name', 'source']);
  const list = await client.get('me/skydrive/files');
  const found = list.json.data.find((item: { name: string }) => item.name === 'a b.txt');
  assert.equal(found.id, put.json.id);
  assert.equal(found.size, 5);
  assert.equal((await client.bytes(put.json.id)).text, 'hello');
});

test('only loopback addresses are listened on', async () => {
  await assert.rejects(startEmulator({ host: '0.0.0.0' }), /loopback/);
});

test('what was acknowledged is there after a restart, with ids, times, comments and tokens', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emulator-test-'));
  try {
    const first = await startEmulator({ dataDir });
    const client = new LiveClient(first);
    const put = await client.put('me/skydrive/files/kept.txt', 'kept');
    await client.send('POST', `${put.json.id}/comments`, { message: 'so be it' });
    const before = await client.get(put.json.id);
    const tree = first.admin.tree();
    await first.close();
    await using second = await startEmulator({ dataDir });
    const again = new LiveClient(second, client.token);
    const after = await again.get(put.json.id);
    const { source: _one, ...rest } = after.json;
    const { source: _other, ...expected } = before.json;
    assert.deepEqual({ ...rest, upload_location: '' }, { ...expected, upload_location: '' });
    assert.deepEqual(second.admin.tree(), tree);
    assert.equal((await again.bytes(put.json.id)).text, 'kept');
    assert.equal((await again.get(`${put.json.id}/comments`)).json.data[0].message, 'so be it');
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('a data folder has one user at a time', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emulator-test-'));
  try {
    await using _first = await startEmulator({ dataDir });
    await assert.rejects(startEmulator({ dataDir }), /in use/);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('without a data folder nothing is left behind', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emulator-test-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = dataDir;
  try {
    const emulator = await startEmulator();
    await emulator.admin.put({ path: '/x' }, 'x');
    assert.equal(statSync(dataDir).nlink, 3);
    await emulator.close();
    assert.equal(statSync(dataDir).nlink, 2);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('a seeded tree is the same every time', async () => {
  await using one = await startEmulator({ seedTree: 50 });
  await using other = await startEmulator({ seedTree: 50 });
  const shape = (emulator: typeof one) => emulator.admin.tree().map(({ path, sha256 }) => [path, sha256]);
  assert.deepEqual(shape(one), shape(other));
  assert.equal(one.admin.tree().filter((item) => item.type === 'file').length, 50);
});

test('latency is added to API calls, not to admin calls', async () => {
  await using emulator = await startEmulator({ latencyMs: 200 });
  const started = performance.now();
  await ask(emulator.url, 'GET', '/admin/tree');
  const admin = performance.now() - started;
  await new LiveClient(emulator).get('me');
  assert.ok(performance.now() - started - admin >= 195);
});
