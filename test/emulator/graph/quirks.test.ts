import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import { ask } from '../live-client.ts';
import { GraphClient, type Item } from './graph-client.ts';

const quirky = async (quirks: Readonly<Record<string, number | string | boolean>>, uid?: string) => {
  const emulator = await startEmulator(uid === undefined ? {} : { uid });
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/d/old.txt' }, 'old');
  emulator.admin.set({ quirks });
  return { emulator, graph, [Symbol.asyncDispose]: () => emulator.close() };
};

/** Shorter than a token lives. */
const far = 1_000_000;
const later = (emulator: Emulator): void => void emulator.admin.set({ clockOffsetMs: 1.5 * far });
const status = async (answer: Promise<{ status: number }>): Promise<number> => (await answer).status;

test('a seed chooses the same quirks every time, and other seeds choose others', async () => {
  await using emulator = await startEmulator({ quirkSeed: 7, quirks: { 'hash-hex': true } });
  const on = Object.entries(emulator.graph.quirks()).filter(([, quirk]) => quirk.value !== undefined);
  const chosen = { ...emulator.graph.chosenBy(7), 'hash-hex': true };
  assert.deepEqual(Object.fromEntries(on.map(([name, quirk]) => [name, quirk.value])), chosen);
  const seeds = Array.from({ length: 50 }, (_, seed) => JSON.stringify(emulator.graph.chosenBy(seed + 1)));
  assert.ok(new Set(seeds).size > 45);
});

test('unknown quirks and values are refused when they are set', async () => {
  await using emulator = await startEmulator();
  assert.throws(() => emulator.admin.set({ quirks: { nonsense: 1 } }), RangeError);
  assert.throws(() => emulator.admin.set({ quirks: { 'path-flap': 2 } }), RangeError);
  assert.throws(() => emulator.admin.set({ quirks: { 'retry-after': 'never' } }), RangeError);
  assert.throws(() => emulator.admin.set({ driveType: 'other' as 'personal' }), RangeError);
  await assert.rejects(startEmulator({ quirks: { nonsense: 1 } }), RangeError);
  const posted = await ask(emulator.url, 'POST', '/admin/settings', {
    body: JSON.stringify({ quirks: { 'hash-hex': true } }),
  });
  assert.equal(posted.status, 200);
  const told = await ask(emulator.url, 'GET', '/admin/graph-quirks');
  assert.equal(told.json['hash-hex'].value, true);
});

test('no quirk makes the emulator itself fail', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/d/old.txt' }, 'old');
  await emulator.admin.put({ path: '/theirs/a.txt', account: 'Ada Example' }, 'a');
  emulator.graph.share('/theirs', ['Sam Example'], { account: 'Ada Example' });
  emulator.graph.addShortcut('Short', { account: 'Ada Example', path: '/theirs' });
  emulator.graph.addVault();
  for (const [name, { unit }] of Object.entries(emulator.graph.quirks())) {
    const values = typeof unit === 'string' ? [unit === 'flag' ? true : unit === 'ms' ? 20 : 1] : unit;
    for (const value of values) {
      emulator.admin.set({ quirks: { [name]: value } });
      const answers = await Promise.all([
        graph.get('me/drives'),
        graph.get('me/drive/root:/d/old.txt'),
        graph.get('me/drive/root/children?$expand=thumbnails'),
        graph.get('me/drive/root/delta?token=latest'),
        graph.get('me/drive/root/delta'),
        graph.put('me/drive/root:/d/new.xlsx:/content', 'new'),
        graph.send('POST', 'me/drive/root:/d/new.xlsx:/createUploadSession', {}),
        graph.send('PATCH', 'me/drive/root:/d/new.xlsx', { description: 'x' }),
        graph.send('POST', 'me/drive/root/children', {
          name: 'made',
          folder: {},
          '@microsoft.graph.conflictBehavior': 'rename',
        }),
        graph.get('me/drive/sharedWithMe'),
        graph.get('me/drive/root:/d/old.txt:/content'),
        graph.get('me/drive/root/search(q=%27old%27)'),
        graph.get('me/drive/root:/d:/permissions'),
        graph.call('DELETE', 'me/drive/root:/d/new.xlsx'),
      ]);
      for (const { text } of answers) assert.doesNotMatch(text, /emulator failed/, name);
    }
  }
});

test('ids lose their leading zero and change their case', async () => {
  await using with0 = await quirky({ 'id-drop-zero': 1 }, '024470056f5c3e43');
  const { graph } = with0;
  const made = (await graph.send('POST', 'me/drive/root/children', { name: 'n', folder: {} })).json;
  assert.equal(made.parentReference.driveId, '24470056f5c3e43');
  assert.equal(await status(graph.get('drives/24470056f5c3e43/root')), 400);
  assert.equal(await status(graph.get('drives/024470056F5C3E43/root')), 200);
  with0.emulator.admin.set({ quirks: { 'id-case-flip': 1 } });
  assert.equal((await graph.get('me/drive/root:/d')).json.parentReference.driveId, '024470056F5C3E43');
  with0.emulator.admin.set({ quirks: { 'id-style': 'migrated' } });
  const root = (await graph.get('me/drive/root')).json;
  assert.match(root.id, /^024470056F5C3E43!s[0-9a-f]{32}$/);
  assert.equal(await status(graph.get(`me/drive/items/${root.id}`)), 200);
  assert.equal(await status(graph.get('me/drive/items/024470056F5C3E43!103')), 404);
});

test('the root gets another id in the midst of it all', async () => {
  await using moved = await quirky({ 'id-migrate-root': 3 });
  const { graph } = moved;
  const root = (await graph.get('me/drive/root')).json;
  assert.equal(await status(graph.get(`me/drive/items/${root.id}`)), 200);
  assert.equal(await status(graph.get(`me/drive/items/${root.id}`)), 404);
  const now = (await graph.get('me/drive/root')).json;
  assert.notEqual(now.id, root.id);
  assert.equal((await graph.get('me/drive/root:/d')).json.parentReference.id, now.id);
});

test('routes to a new item lag one by one', async () => {
  await using lagging = await quirky({ 'path-lag': far, 'parent-lag': far });
  const { graph, emulator } = lagging;
  const made = (await graph.send('POST', 'me/drive/root/children', { name: 'new', folder: {} })).json;
  assert.equal(await status(graph.get('me/drive/root:/new')), 404);
  assert.equal(await status(graph.get(`me/drive/items/${made.id}`)), 200);
  assert.equal(await status(graph.put(`me/drive/items/${made.id}:/a:/content`, 'x')), 404);
  later(emulator);
  assert.equal(await status(graph.get('me/drive/root:/new')), 200);
  assert.equal(await status(graph.put(`me/drive/items/${made.id}:/a:/content`, 'x')), 201);
});

test('the listing hides what is new and shows what is gone', async () => {
  await using lagging = await quirky({ 'listing-lag': 0, 'delete-ghost-listed': far });
  const { graph, emulator } = lagging;
  const listed = async (): Promise<string[]> =>
    (await graph.get('me/drive/root:/d:/children')).json.value.map((item: Item) => item.name);
  await graph.call('DELETE', 'me/drive/root:/d/old.txt');
  assert.deepEqual(await listed(), ['old.txt']);
  emulator.admin.set({ quirks: { 'listing-lag': far } });
  await graph.put('me/drive/root:/d/new.txt:/content', 'x');
  assert.deepEqual(await listed(), []);
  later(emulator);
  assert.deepEqual(await listed(), ['new.txt']);
});

test('the feed comes late, and loses nothing by that', async () => {
  await using late = await quirky({ 'delta-late': far });
  const { graph, emulator } = late;
  const first = await graph.pages('me/drive/root/delta');
  await graph.put('me/drive/root:/d/new.txt:/content', 'x');
  await graph.call('DELETE', 'me/drive/root:/d/old.txt');
  const early = await graph.pages(first.deltaLink);
  assert.deepEqual(early.values, []);
  later(emulator);
  const { values } = await graph.pages(early.deltaLink);
  assert.deepEqual(
    values.map((item) => item.name),
    ['root', 'd', 'old.txt', 'new.txt'],
  );
});

test('the feed loops, empties its pages, forgets its link, and ends well', async () => {
  await using spoiled = await quirky({ 'delta-loop': 1, 'delta-empty-pages': 2 });
  const { graph, emulator } = spoiled;
  const crawl = await graph.pages('me/drive/root/delta');
  assert.equal(crawl.requests, 4);
  emulator.admin.set({ quirks: { 'delta-no-link': 1 } });
  const none = (await graph.get(crawl.deltaLink)).json;
  assert.deepEqual([none['@odata.nextLink'], none['@odata.deltaLink']], [undefined, undefined]);
  emulator.admin.set({ quirks: { 'delta-503-token': 1, 'delta-bad-link': 1 } });
  assert.deepEqual([await status(graph.get(crawl.deltaLink)), await status(graph.get(crawl.deltaLink))], [400, 503]);
  assert.equal(await status(graph.get(crawl.deltaLink)), 200);
  emulator.graph.resync();
  assert.equal(await status(graph.get(crawl.deltaLink)), 410);
});

test('tombstones are dropped, invented, and top-most only', async () => {
  await using spoiled = await quirky({ 'delta-drop-tombstone': 1 });
  const { graph, emulator } = spoiled;
  const { deltaLink } = await graph.pages('me/drive/root/delta');
  await graph.call('DELETE', 'me/drive/root:/d');
  const gone = async (): Promise<string[]> =>
    (await graph.pages(deltaLink)).values.filter((item) => item.deleted).map((item) => item.name);
  assert.deepEqual(await gone(), []);
  emulator.admin.set({ quirks: { 'delta-descendants': 'top' } });
  assert.deepEqual(await gone(), ['d']);
  emulator.admin.set({ quirks: { 'delta-ghost-delete': 1 } });
  assert.deepEqual(await gone(), ['d', 'old.txt', '']);
});

test('hashes are missing, hex, or not there yet', async () => {
  await using spoiled = await quirky({ 'hash-missing': 1 });
  const { graph, emulator } = spoiled;
  const listed = async (): Promise<Item> => (await graph.get('me/drive/root:/d:/children')).json.value[0].file.hashes;
  assert.deepEqual(await listed(), {});
  emulator.admin.set({ quirks: { 'hash-hex': true } });
  assert.match((await listed()).quickXorHash, /^[0-9a-f]{40}$/);
  emulator.admin.set({ quirks: { 'hash-after-download': true } });
  assert.deepEqual(await listed(), {});
  await graph.bytes('me/drive/root:/d/old.txt:');
  assert.ok((await listed()).quickXorHash);
});

test('uploads fail after they took effect, and are enriched', async () => {
  await using spoiled = await quirky({ 'commit-then-5xx': 1 });
  const { graph, emulator } = spoiled;
  assert.equal(await status(graph.put('me/drive/root:/a.txt:/content', 'a')), 504);
  assert.equal((await emulator.admin.read({ path: '/a.txt' })).toString(), 'a');
  emulator.admin.set({ driveType: 'business', quirks: { 'b-enrich': true } });
  const put = (await graph.put('me/drive/root:/a.docx:/content', 'doc')).json;
  const now = (await graph.get('me/drive/root:/a.docx')).json;
  assert.ok(now.size > put.size);
  assert.notEqual(now.eTag, put.eTag);
});

test('a workbook loses its first session; a name has one session', async () => {
  await using spoiled = await quirky({ 'session-office-404': true });
  const { graph, emulator } = spoiled;
  await emulator.admin.put({ path: '/w.xlsx' }, 'w');
  const upload = async (): Promise<number> => {
    const { uploadUrl } = (await graph.send('POST', 'me/drive/root:/w.xlsx:/createUploadSession', {})).json;
    return await status(graph.open('PUT', uploadUrl, { headers: { 'Content-Range': 'bytes 0-0/1' }, body: 'x' }));
  };
  assert.deepEqual([await upload(), await upload()], [404, 200]);
  emulator.admin.set({ quirks: { 'session-one-per-name': true } });
  const create = () => graph.send('POST', 'me/drive/root:/n.bin:/createUploadSession', {});
  const first = await create();
  assert.equal(await status(create()), 409);
  await graph.open('DELETE', first.json.uploadUrl);
  assert.equal(await status(create()), 200);
});

test('Retry-After comes in all its forms, and who does not wait is noted', async () => {
  await using spoiled = await quirky({ throttle: 1, 'throttle-s': 60 });
  const { graph, emulator } = spoiled;
  const after = async () => (await graph.get('me/drive')).headers['retry-after'];
  assert.equal(await after(), '60');
  emulator.admin.set({ quirks: { throttle: 1, 'retry-after': 'date' } });
  assert.ok(Date.parse(String(await after())) > 0);
  emulator.admin.set({ quirks: { throttle: 1, 'retry-after': 'none' } });
  assert.equal(await after(), undefined);
  emulator.admin.set({ quirks: { throttle: 1, 'retry-after': 'huge' }, strict: true });
  assert.equal(await after(), '86400');
  assert.match(emulator.admin.violations()[0]?.reason ?? '', /Retry-After/);
});

test('phantom drives lead nowhere; the list of drives is refused a few times', async () => {
  await using spoiled = await quirky({ 'drives-phantom': true, 'drives-403': 2 });
  const { graph } = spoiled;
  assert.deepEqual([await status(graph.get('me/drives')), await status(graph.get('me/drives'))], [403, 403]);
  const { value } = (await graph.get('me/drives')).json;
  assert.equal(value.length, 3);
  assert.equal(await status(graph.get(`drives/${value[0].id}/root`)), 400);
});

test('faults of the other kind strike Graph too, with its error bodies', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  emulator.admin.addFault({
    match: { kind: 'list' },
    action: { do: 'answer', status: 503, code: 'serviceNotAvailable' },
    count: 1,
  });
  const failed = await graph.get('me/drive/root/children');
  assert.deepEqual([failed.status, failed.json.error.code], [503, 'serviceNotAvailable']);
  emulator.admin.addFault({ match: { kind: 'list' }, action: { do: 'size', size: 9 }, count: 1 });
  await emulator.admin.put({ path: '/a.txt' }, 'a');
  const { value } = (await graph.get('me/drive/root/children')).json;
  assert.equal(value.find((item: Item) => item.name === 'a.txt').size, 9);
});

test('every quirk is documented, with its unit', async () => {
  await using emulator = await startEmulator();
  const text = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'emulator-graph.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  for (const [name, { unit }] of Object.entries(emulator.graph.quirks())) {
    const row = rows.find((line) => line.split('|')[1]?.includes(`\`${name}\``));
    assert.equal(row?.split('|')[2]?.trim(), typeof unit === 'string' ? unit : unit.join(', '), name);
  }
});
