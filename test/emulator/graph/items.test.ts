import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { LiveClient } from '../live-client.ts';
import { GraphClient } from './graph-client.ts';

test('a file put through live shows up in graph under the same number, and the other way round', async () => {
  await using emulator = await startEmulator();
  const [live, graph] = [new LiveClient(emulator), new GraphClient(emulator)];
  const put = await live.put('me/skydrive/files/live.txt', 'from live');
  const seen = await graph.get('me/drive/root:/live.txt');
  assert.equal(seen.status, 200);
  assert.equal(`file.${seen.json.parentReference.driveId}.${seen.json.id}`, put.json.id);
  assert.equal((await graph.bytes(`me/drive/items/${seen.json.id}`)).text, 'from live');
  const made = await graph.put('me/drive/root:/graph.txt:/content', 'from graph');
  assert.equal(made.status, 201);
  const back = await live.get(`file.${made.json.parentReference.driveId}.${made.json.id}`);
  assert.equal(back.json.name, 'graph.txt');
  assert.equal((await live.bytes(back.json.id)).text, 'from graph');
});

test('an item is reached by every form of address', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: "/Folder/Sub/it's 100% #1 (a+b).txt" }, 'x');
  const name = "it's 100% #1 (a+b).txt";
  const coded = encodeURIComponent(name);
  const file = (await graph.get(`me/drive/root:/Folder/Sub/${coded}`)).json;
  assert.equal(file.name, name);
  const drive = file.parentReference.driveId;
  const folder = (await graph.get('me/drive/root:/Folder')).json.id;
  const sub = file.parentReference.id;
  const forms = [
    `me/drive/items/${file.id}`,
    `me/drive/items/${file.id.replace('!', '%21')}`,
    `me/drive/items/${file.id.toLowerCase()}`,
    `drive/items/${file.id}`,
    `drives/${drive}/items/${file.id}`,
    `drives/${drive.toUpperCase()}/items/${file.id}`,
    `drives('${drive}')/items('${file.id}')`,
    `users/${drive}/drive/items/${file.id}`,
    `me/drive/root:/Folder/Sub/${coded}:`,
    `me/drive/root:/Folder/Sub/${coded}:/`,
    `me/drive/root:/folder/SUB/${coded}`,
    `me/drive/root:/${encodeURIComponent(`Folder/Sub/${name}`)}`,
    `me/drive/root:/${encodeURIComponent(`./Folder/Sub/${name}`)}`,
    `me/drive/items/root:/Folder/Sub/${coded}`,
    `me/drive/items/${folder}:/Sub/${coded}`,
    `me/drive/items/${folder}:/Sub/${coded}:`,
    `me/drive/items/${sub}/children/${coded}`,
    `drives/${drive}/root:/Folder/Sub:/children/${coded}`,
  ];
  for (const form of forms) assert.equal((await graph.get(form)).json.id, file.id, form);
  for (const root of ['root', 'items/root', 'root:', 'root:/', 'root:/:', 'items/root:/:']) {
    assert.ok((await graph.get(`me/drive/${root}`)).json.root, root);
    const below = { 'root:': 'root', 'root:/': 'root:/:' }[root] ?? root;
    assert.ok((await graph.get(`me/drive/${below}/children`)).json.value.length > 0, root);
  }
  assert.equal((await graph.get('me/drive/special/documents')).json.name, 'Documents');
  assert.equal((await graph.get('me/drive/root:/Folder/none')).json.error.code, 'itemNotFound');
  assert.equal((await graph.get('me/drive/root:/Folder/trailing.')).status, 400);
  assert.equal((await graph.get('me/nonsense')).json.error.code, 'BadRequest');
});

test('an item has the facets of its kind and of its drive', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/a/b.txt' }, 'hello');
  const file = (await graph.get('me/drive/root:/a/b.txt')).json;
  assert.equal(file.size, 5);
  assert.equal(file.file.hashes.quickXorHash, 'aCgDG9jwBgAAAAAABQAAAAAAAAA=');
  assert.equal(file.file.hashes.sha1Hash, 'AAF4C61DDCC5E8A2DABEDE0F3B482CD9AEA9434D');
  assert.equal(file.file.hashes.sha256Hash.length, 64);
  assert.equal(file.parentReference.path, '/drive/root:/a');
  assert.ok(file['@microsoft.graph.downloadUrl'].startsWith(emulator.url));
  const folder = (await graph.get('me/drive/root:/a')).json;
  assert.equal(folder.folder.childCount, 1);
  assert.equal(folder.file, undefined);
  const root = (await graph.get('me/drive/root')).json;
  assert.equal(root.parentReference.id, undefined);
  emulator.admin.set({ driveType: 'business' });
  const business = (await graph.get('me/drive/root:/a/b.txt')).json;
  assert.deepEqual(Object.keys(business.file.hashes), ['quickXorHash']);
  assert.match(business.id, /^01[A-Z2-7]{32}$/);
  assert.match(business.eTag, /^"\{[0-9A-F-]{36}\},\d+"$/);
  assert.match(business.parentReference.driveId, /^b![\w-]{64}$/);
  assert.equal((await graph.get(`me/drive/items/${business.id}`)).json.name, 'b.txt');
  assert.match(business.lastModifiedDateTime, /:\d\dZ$/);
  assert.equal((await graph.get('me/drive/root:/a')).json.cTag, undefined);
});

test('$select keeps what it names, and the download URL only by name', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/a/b.txt' }, 'hello');
  const some = (await graph.get('me/drive/root:/a/b.txt?$select=id,size')).json;
  assert.deepEqual(
    Object.keys(some)
      .filter((name) => name !== '@odata.context')
      .sort(),
    ['id', 'size'],
  );
  const url = (await graph.get('me/drive/root:/a/b.txt?select=id,@microsoft.graph.downloadUrl')).json;
  assert.ok(url['@microsoft.graph.downloadUrl']);
  const expanded = (await graph.get('me/drive/root:/a?$expand=children($select=name),thumbnails')).json;
  assert.deepEqual(expanded.children, [{ name: 'b.txt' }]);
  assert.equal((await graph.get('me/drive/root:/a?$expand=nonsense')).status, 400);
});

test('eTag moves with every change, cTag with the content; conditions are kept', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const first = (await graph.put('me/drive/root:/a.txt:/content', 'one')).json;
  const item = `me/drive/items/${first.id}`;
  const renamed = (await graph.send('PATCH', item, { description: 'x' })).json;
  assert.notEqual(renamed.eTag, first.eTag);
  assert.equal(renamed.cTag, first.cTag);
  assert.equal((await graph.get(item, { 'If-None-Match': renamed.eTag })).status, 304);
  assert.equal((await graph.get(item, { 'If-None-Match': first.eTag })).status, 200);
  assert.equal((await graph.get(`${item}/content`, { 'If-None-Match': renamed.cTag })).status, 304);
  const stale = await graph.put(`${item}/content`, 'two', { 'If-Match': first.eTag });
  assert.equal(stale.status, 412);
  assert.equal(stale.json.error.code, 'resourceModified');
  assert.equal((await graph.put(`${item}/content`, 'two', { 'If-Match': first.cTag })).status, 200);
  assert.equal((await graph.put('me/drive/root:/a.txt:/content', 'no', { 'If-None-Match': '*' })).status, 412);
  assert.equal((await graph.call('DELETE', item, { headers: { 'If-Match': first.eTag } })).status, 412);
  assert.equal((await graph.call('DELETE', item, { headers: { 'If-Match': '*' } })).status, 204);
  assert.equal((await graph.get(item)).status, 404);
});

test('names that the service refuses are refused, in any case', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  for (const name of [
    'CON',
    'nul.txt',
    'desktop.ini',
    '~$doc.docx',
    'a_VTI_b',
    'dot.',
    ' lead',
    'a:b',
    '.lock',
    'x'.repeat(256),
  ]) {
    const made = await graph.send('POST', 'me/drive/root/children', { name, folder: {} });
    assert.equal(made.status, 400, name);
    assert.equal(made.json.error.code, 'invalidRequest', name);
  }
  const deep = Array.from({ length: 5 }, () => 'y'.repeat(90)).join('/');
  const long = await graph.put(`me/drive/root:/${deep}:/content`, 'x');
  assert.equal(long.json.error.innerError.code, 'pathIsTooLong');
});

test('folders: fail, rename and replace when the name is taken', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const make = (conflict?: string) =>
    graph.send('POST', 'me/drive/root/children', {
      name: 'New',
      folder: {},
      ...(conflict === undefined ? {} : { '@microsoft.graph.conflictBehavior': conflict }),
    });
  const first = await make();
  assert.equal(first.status, 201);
  assert.equal((await make()).json.error.code, 'nameAlreadyExists');
  assert.equal((await make('rename')).json.name, 'New 1');
  const same = await make('replace');
  assert.equal(same.status, 200);
  assert.equal(same.json.id, first.json.id);
});

test('PATCH renames, moves and sets times in one change', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const file = (await graph.put('me/drive/root:/a/one.txt:/content', 'one')).json;
  const target = (await graph.send('POST', 'me/drive/root/children', { name: 'b', folder: {} })).json;
  const fileSystemInfo = {
    lastModifiedDateTime: '2001-02-03T04:05:06.789123Z',
    createdDateTime: '2001-01-01T00:00:00Z',
  };
  const body = { name: 'two.txt', parentReference: { id: target.id, path: '', driveType: '' }, fileSystemInfo };
  const moved = await graph.send('PATCH', `me/drive/items/${file.id}`, body);
  assert.equal(moved.status, 200);
  assert.equal(moved.json.id, file.id);
  assert.equal(moved.json.parentReference.path, '/drive/root:/b');
  assert.equal(moved.json.fileSystemInfo.lastModifiedDateTime, '2001-02-03T04:05:06.789Z');
  const byPath = await graph.send('PATCH', 'me/drive/root:/b/two.txt', { parentReference: { path: '/drive/root:/a' } });
  assert.equal(byPath.json.parentReference.path, '/drive/root:/a');
  assert.equal(byPath.json.fileSystemInfo.lastModifiedDateTime, '2001-02-03T04:05:06.789Z');
  assert.equal((await graph.send('PATCH', 'me/drive/root:/a/two.txt', { name: 'TWO.txt' })).json.name, 'TWO.txt');
  await graph.put('me/drive/root:/a/other.txt:/content', 'other');
  const taken = await graph.send('PATCH', 'me/drive/root:/a/two.txt', { name: 'other.txt' });
  assert.equal(taken.json.error.code, 'nameAlreadyExists');
  const replace = { name: 'other.txt', '@microsoft.graph.conflictBehavior': 'replace' };
  assert.equal((await graph.send('PATCH', 'me/drive/root:/a/two.txt', replace)).json.id, file.id);
  assert.equal((await graph.bytes('me/drive/root:/a/other.txt:')).text, 'one');
  const inside = await graph.send('PATCH', 'me/drive/root:/a', { parentReference: { path: '/drive/root:/a' } });
  assert.equal(inside.status, 400);
  const noTime = await graph.send('PATCH', `me/drive/items/${file.id}`, {
    fileSystemInfo: { lastModifiedDateTime: '1500-01-01T00:00:00Z' },
  });
  assert.equal(noTime.status, 400);
});

test('children come in pages, in order, with a count', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  for (let number = 0; number < 25; number += 1)
    await emulator.admin.put({ path: `/many/f${String(number).padStart(2, '0')}` }, 'x'.repeat(number));
  const first = await graph.get('me/drive/root:/many:/children?$top=10&$select=name');
  assert.equal(first.json.value.length, 10);
  assert.equal(first.json['@odata.count'], 25);
  const all = await graph.pages('me/drive/root:/many:/children?$top=10&$select=name');
  assert.equal(all.requests, 3);
  assert.deepEqual(
    all.values.map((item) => item.name),
    [...all.values].map((item) => item.name).sort(),
  );
  const bySize = await graph.get('me/drive/root:/many:/children?$orderby=size%20desc&$top=1');
  assert.equal(bySize.json.value[0].name, 'f24');
  assert.equal((await graph.get('me/drive/root:/many/f01:/children')).status, 400);
  emulator.admin.set({ driveType: 'business' });
  assert.equal((await graph.get('me/drive/root:/many:/children?$orderby=size')).status, 400);
});

test('the download URL works without a token, with ranges, and refuses one where that is asked for', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/a.txt' }, '0123456789');
  const redirect = await graph.get('me/drive/root:/a.txt:/content');
  assert.equal(redirect.status, 302);
  const url = String(redirect.headers.location);
  const range = await graph.open('GET', url, { headers: { Range: 'bytes=2-4' } });
  assert.equal(range.status, 206);
  assert.equal(range.text, '234');
  assert.equal(range.headers['content-range'], 'bytes 2-4/10');
  assert.equal((await graph.open('GET', url, { headers: { Range: 'bytes=10-' } })).status, 416);
  assert.equal((await graph.open('HEAD', url)).headers['content-length'], '10');
  assert.equal((await graph.open('GET', url.replace(/tempauth=v1\.../, 'tempauth=v1.AA'))).status, 401);
  assert.equal((await graph.get(url)).status, 200);
  emulator.admin.set({ quirks: { 'preauth-bearer': 'refuse' } });
  assert.equal((await graph.get(url)).status, 401);
  emulator.admin.set({ clockOffsetMs: 2 * 3600 * 1000 });
  assert.equal((await graph.open('GET', url)).status, 401);
});

test('drive, drives, quota and the user', async () => {
  await using emulator = await startEmulator({ quota: 1000 });
  const graph = new GraphClient(emulator);
  await graph.put('me/drive/root:/a.bin:/content', Buffer.alloc(950));
  await graph.put('me/drive/root:/b.bin:/content', Buffer.alloc(20));
  await graph.call('DELETE', 'me/drive/root:/b.bin');
  const { quota } = (await graph.get('me/drive?$select=quota')).json;
  assert.deepEqual(quota, { total: 1000, used: 950, remaining: 50, deleted: 20, state: 'nearing' });
  const full = await graph.put('me/drive/root:/c.bin:/content', Buffer.alloc(51));
  assert.equal(full.status, 507);
  assert.equal(full.json.error.code, 'quotaLimitReached');
  const drive = (await graph.get('me/drive')).json;
  assert.equal(drive.driveType, 'personal');
  assert.equal((await graph.get('me/drives')).json.value[0].id, drive.id);
  assert.equal((await graph.get('me')).json.displayName, 'Sam Example');
});

test('without a good token nothing is told', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const none = await graph.open('GET', '/v1.0/me/drive');
  assert.equal(none.status, 401);
  assert.equal(none.json.error.code, 'InvalidAuthenticationToken');
  assert.ok(none.headers['www-authenticate']);
  assert.ok(none.headers['request-id']);
  emulator.admin.expireTokens();
  const expired = await graph.get('me/drive', { 'client-request-id': 'mine' });
  assert.match(String(expired.headers['www-authenticate']), /expired_token/);
  assert.equal(expired.json.error.innerError['client-request-id'], 'mine');
  const reads = emulator.admin.token({ scopes: ['Files.Read'] }).accessToken;
  const headers = { Authorization: `Bearer ${reads}` };
  assert.equal((await graph.get('me/drive', headers)).status, 200);
  assert.equal((await graph.put('me/drive/root:/a:/content', 'x', headers)).json.error.code, 'accessDenied');
});

test('a removed item comes back by id', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const file = (await graph.put('me/drive/root:/a.txt:/content', 'one')).json;
  await graph.call('DELETE', `me/drive/items/${file.id}`);
  const back = await graph.send('POST', `me/drive/items/${file.id}/restore`, { name: 'again.txt' });
  assert.equal(back.status, 200);
  assert.equal(back.json.id, file.id);
  assert.equal(back.json.name, 'again.txt');
  assert.equal((await graph.call('POST', `me/drive/items/${file.id}/permanentDelete`)).status, 405);
  assert.equal((await graph.call('DELETE', 'me/drive/root')).status, 400);
});

test("links carry the name under which the client came, with https for the service's own", async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const page = await graph.get('me/drive/root/children?$top=1', { Host: 'graph.microsoft.com' });
  assert.ok(page.json['@odata.nextLink'].startsWith('https://graph.microsoft.com/v1.0/me/drive/root/children?'));
  const other = await graph.get('me/drive/root/children?$top=1', { Host: 'localhost:1234' });
  assert.ok(other.json['@odata.nextLink'].startsWith('http://localhost:1234/'));
});

test('an empty file can be made like a folder', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const made = await graph.send('POST', 'me/drive/root/children', { name: 'empty.txt', file: {} });
  assert.deepEqual([made.status, made.json.size], [201, 0]);
  assert.equal(made.json.file.hashes.quickXorHash, 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=');
  assert.equal((await graph.send('POST', 'me/drive/root/children', { name: 'none' })).status, 400);
});
