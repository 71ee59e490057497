import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { GraphClient, type Item } from './graph-client.ts';

const named = (items: readonly Item[]): string[] => items.map((item) => item.name);

test('the first crawl tells all items in pages, parents first', async () => {
  await using emulator = await startEmulator({ seedTree: 300 });
  const graph = new GraphClient(emulator);
  // A folder that is younger than what was moved into it.
  emulator.admin.mkdir({ path: '/Later' });
  emulator.admin.move({ path: '/Seed' }, '/Later');
  const crawl = await graph.pages('me/drive/root/delta?$top=50');
  assert.ok(crawl.requests >= 6);
  const known = new Set<string>();
  for (const item of crawl.values) {
    if (item.root === undefined) assert.ok(known.has(item.parentReference.id), item.name);
    known.add(item.id);
  }
  assert.equal(known.size, emulator.admin.tree().length + 1);
  assert.ok(crawl.values.every((item) => item.parentReference.path === undefined));
  const nothing = await graph.pages(crawl.deltaLink);
  assert.deepEqual(nothing.values, []);
});

test('changes are told with their ancestors; deletions once', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/a/b/c.txt' }, 'c');
  await emulator.admin.put({ path: '/gone/x.txt' }, 'x');
  const latest = await graph.pages('me/drive/root/delta?token=latest');
  assert.deepEqual(latest.values, []);
  await emulator.admin.put({ path: '/a/b/c.txt' }, 'changed');
  emulator.admin.remove({ path: '/gone' });
  const changes = await graph.pages(latest.deltaLink);
  assert.deepEqual(named(changes.values), ['root', 'a', 'b', 'c.txt', 'gone', 'x.txt']);
  const gone = changes.values.find((item) => item.name === 'gone');
  assert.equal(gone.deleted.state, 'deleted');
  assert.equal(gone.size, undefined);
  assert.deepEqual((await graph.pages(changes.deltaLink)).values, []);
  const bare = await graph.get(latest.deltaLink, { Prefer: 'deltaExcludeParent' });
  assert.deepEqual(named(bare.json.value), ['c.txt', 'gone', 'x.txt']);
});

test('the feed of a folder tells what comes and goes there', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/in/a.txt' }, 'a');
  await emulator.admin.put({ path: '/out/d/b.txt' }, 'b');
  const start = await graph.pages('me/drive/root:/in:/delta');
  assert.deepEqual(named(start.values), ['in', 'a.txt']);
  emulator.admin.move({ path: '/in/a.txt' }, '/out');
  emulator.admin.move({ path: '/out/d' }, '/in');
  await emulator.admin.put({ path: '/out/e.txt' }, 'e');
  const changes = await graph.pages(start.deltaLink);
  const [left, ...came] = changes.values.filter((item) => item.name !== 'in');
  assert.equal(left.name, 'a.txt');
  assert.ok(left.deleted);
  assert.deepEqual(named(came), ['d', 'b.txt']);
});

test('tokens survive a restart, and end with a resync', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emulator-test-'));
  try {
    const first = await startEmulator({ dataDir });
    const graph = new GraphClient(first);
    const { deltaLink } = await graph.pages('me/drive/root/delta');
    await graph.put('me/drive/root:/new.txt:/content', 'new');
    await first.close();
    await using second = await startEmulator({ dataDir });
    const again = new GraphClient(second);
    const changes = await again.pages(deltaLink.replace(first.url, second.url));
    assert.deepEqual(named(changes.values), ['root', 'new.txt']);
    second.admin.set({ quirks: { 'delta-410': 1, 'delta-410-code': 'upload' } });
    const resync = await again.get(changes.deltaLink);
    assert.equal(resync.status, 410);
    assert.equal(resync.json.error.code, 'resyncRequired');
    assert.equal(resync.json.error.innerError.code, 'resyncChangesUploadDifferences');
    const fresh = await again.pages(String(resync.headers.location));
    assert.equal(fresh.values.length, second.admin.tree().length + 1);
    assert.equal((await again.get('me/drive/root/delta?token=nonsense')).status, 400);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('$select and $top stay in the links; function forms work', async () => {
  await using emulator = await startEmulator({ seedTree: 20 });
  const graph = new GraphClient(emulator);
  const crawl = await graph.pages('me/drive/root/delta?$select=id,name&$top=5');
  assert.ok(crawl.requests > 3);
  assert.ok(crawl.values.every((item) => item.size === undefined));
  const token = decodeURIComponent(/token=([^&]*)/.exec(crawl.deltaLink)?.[1] ?? '');
  const drive = (await graph.get('me/drive')).json.id;
  const form = await graph.get(`drives('${drive}')/root/microsoft.graph.delta(token='${encodeURIComponent(token)}')`);
  assert.equal(form.status, 200);
  assert.deepEqual(form.json.value, []);
});

test('business drives omit names of what is gone, and take times for tokens', async () => {
  await using emulator = await startEmulator({ driveType: 'business' });
  const graph = new GraphClient(emulator);
  const { deltaLink } = await graph.pages('me/drive/root/delta');
  await graph.put('me/drive/root:/x.txt:/content', 'x');
  await graph.call('DELETE', 'me/drive/root:/x.txt');
  const { values } = await graph.pages(deltaLink);
  const gone = values.find((item) => item.deleted !== undefined);
  assert.equal(gone.name, undefined);
  assert.equal((await graph.get('me/drive/root/delta?token=2020-01-01T00:00:00Z')).status, 200);
  assert.equal((await graph.get('me/drive/root:/Documents:/delta')).status, 400);
});
