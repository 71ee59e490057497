import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { LiveClient } from '../live-client.ts';
import { GraphClient } from './graph-client.ts';

test('links are made once, shown, used and revoked; live shows the same', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/d/a.txt' }, 'a');
  const item = 'me/drive/root:/d/a.txt:';
  const made = await graph.send('POST', `${item}/createLink`, { type: 'view', scope: 'anonymous' });
  assert.equal(made.status, 201);
  assert.deepEqual(made.json.roles, ['read']);
  const again = await graph.send('POST', `${item}/createLink`, { type: 'view' });
  assert.equal(again.status, 200);
  assert.equal(again.json.link.webUrl, made.json.link.webUrl);
  const live = new LiveClient(emulator);
  assert.equal((await live.get(live.id('/d/a.txt'))).json.shared_with.access, 'People with a link');
  const other = new GraphClient(emulator, 'Ada Example');
  const code = `u!${Buffer.from(made.json.link.webUrl).toString('base64url')}`;
  assert.equal(code, made.json.shareId);
  assert.equal((await other.get(`shares/${code}/driveItem`)).json.name, 'a.txt');
  const redirect = await other.get(`shares/${code}/driveItem/content`);
  assert.equal((await other.open('GET', String(redirect.headers.location))).text, 'a');
  const { value } = (await graph.get(`${item}/permissions`)).json;
  assert.deepEqual(
    value.map((permission: { roles: string[] }) => permission.roles[0]),
    ['owner', 'read'],
  );
  assert.equal((await graph.call('DELETE', `${item}/permissions/${made.json.id}`)).status, 204);
  assert.equal((await other.get(`shares/${code}/driveItem`)).status, 404);
  assert.equal((await graph.send('POST', 'me/drive/root:/d:/createLink', { type: 'embed' })).status, 400);
  const embed = await graph.send('POST', `${item}/createLink`, { type: 'embed' });
  assert.match(embed.json.link.webHtml, /^<iframe/);
});

test('people who are invited reach the item, and change it when they may', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/shared/a.txt' }, 'a');
  await emulator.admin.put({ path: '/secret.txt' }, 's');
  const invited = await graph.send('POST', 'me/drive/root:/shared:/invite', {
    recipients: [{ email: 'ada.example@example.com' }],
    roles: ['read'],
  });
  assert.equal(invited.status, 200);
  const ada = new GraphClient(emulator, 'Ada Example');
  const drive = emulator.graph.driveId();
  const folder = `drives/${drive}/items/${emulator.graph.itemId('/shared')}`;
  assert.equal((await ada.get(`${folder}/children`)).json.value[0].name, 'a.txt');
  assert.equal((await ada.get(`drives/${drive}/items/${emulator.graph.itemId('/secret.txt')}`)).status, 404);
  assert.equal((await ada.get(`drives/${drive}/root/children`)).status, 403);
  const put = () => ada.put(`${folder}:/new.txt:/content`, 'x');
  assert.equal((await put()).status, 403);
  emulator.admin.set({ quirks: { 'ro-share-404': true } });
  assert.equal((await put()).status, 404);
  const id = invited.json.value[0].id;
  assert.equal(
    (await graph.send('PATCH', `me/drive/root:/shared:/permissions/${id}`, { roles: ['write'] })).status,
    200,
  );
  assert.equal((await put()).status, 201);
  const [seen] = (await ada.get('me/drive/sharedWithMe')).json.value;
  assert.equal(seen.remoteItem.parentReference.driveId, drive);
  assert.equal(seen.remoteItem.name, 'shared');
});

test('a shortcut leads to another drive, and only there', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: '/theirs/sub/a.txt', account: 'Ada Example' }, 'a');
  emulator.graph.share('/theirs', ['Sam Example'], { account: 'Ada Example', write: true });
  const id = emulator.graph.addShortcut('Short', { account: 'Ada Example', path: '/theirs' });
  const { value } = (await graph.get('me/drive/root/children')).json;
  const shortcut = value.find((item: { id: string }) => item.id === id);
  assert.equal(shortcut.name, 'Short');
  assert.equal(shortcut.folder, undefined);
  const { remoteItem } = shortcut;
  assert.ok(remoteItem.folder);
  const remote = `drives/${remoteItem.parentReference.driveId}/items/${remoteItem.id}`;
  assert.equal((await graph.get(`${remote}:/sub/a.txt`)).json.size, 1);
  assert.equal((await graph.put(`${remote}:/sub/b.txt:/content`, 'b')).status, 201);
  const feed = await graph.pages(`${remote}/delta`);
  assert.deepEqual(feed.values.map((item) => item.name).sort(), ['a.txt', 'b.txt', 'sub', 'theirs']);
  assert.equal((await graph.get('me/drive/root:/Short/sub')).status, 404);
  assert.equal((await graph.get(`me/drive/items/${id}/children`)).status, 400);
  emulator.admin.set({ quirks: { 'shortcut-needs-header': true } });
  const names = async (headers = {}) =>
    (await graph.get('me/drive/root/children', headers)).json.value.map((item: { name: string }) => item.name);
  assert.ok(!(await names()).includes('Short'));
  assert.ok((await names({ Prefer: 'Include-Feature=AddToOneDrive' })).includes('Short'));
  assert.equal((await graph.call('DELETE', `me/drive/items/${id}`)).status, 204);
  assert.equal((await graph.get(remote)).status, 200);
});

test('the vault is listed, and nothing can be done with it', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const id = emulator.graph.addVault();
  const vault = (await graph.get(`me/drive/items/${id}`)).json;
  assert.deepEqual([vault.size, vault.folder, vault.webUrl], [0, undefined, undefined]);
  assert.equal((await graph.get(`me/drive/items/${id}/children`)).json.error.innerError.code, 'invalidResourceId');
  assert.ok((await graph.get('me/drive/root/children')).json.value.some((item: { id: string }) => item.id === id));
});

test('a document library is open to all accounts, with drives and sites to find it', async () => {
  await using emulator = await startEmulator({ driveType: 'business' });
  const graph = new GraphClient(emulator);
  emulator.admin.addAccount('Team Site');
  emulator.graph.setDriveType('documentLibrary', { account: 'Team Site' });
  const library = (await graph.get('me/drives')).json.value.find(
    (drive: { driveType: string }) => drive.driveType === 'documentLibrary',
  );
  assert.equal((await graph.put(`drives/${library.id}/root:/a.txt:/content`, 'a')).status, 201);
  assert.equal(
    (await graph.send('POST', `drives/${library.id}/root/children`, { name: 'Forms', folder: {} })).status,
    400,
  );
  const [site] = (await graph.get('sites?search=team')).json.value;
  assert.equal((await graph.get(`sites/${site.id}/drives`)).json.value[0].id, library.id);
});

test('versions are listed, read and restored', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  const live = new LiveClient(emulator);
  await live.put('me/skydrive/files/a.txt', 'one');
  await graph.put('me/drive/root:/a.txt:/content', 'two!');
  const item = 'me/drive/root:/a.txt:';
  const { value } = (await graph.get(`${item}/versions`)).json;
  assert.deepEqual(
    value.map((version: { size: number }) => version.size),
    [4, 3],
  );
  const old = value[1].id;
  const redirect = await graph.get(`${item}/versions/${old}/content`);
  assert.equal((await graph.open('GET', String(redirect.headers.location))).text, 'one');
  assert.equal((await graph.call('POST', `${item}/versions/${old}/restoreVersion`)).status, 204);
  assert.equal((await live.bytes(live.id('/a.txt'))).text, 'one');
  assert.equal((await graph.get(`${item}/versions`)).json.value.length, 3);
});

test('search, recent, special folders and thumbnails', async () => {
  await using emulator = await startEmulator();
  const graph = new GraphClient(emulator);
  await emulator.admin.put({ path: "/x/it's here.txt" }, 'a');
  await emulator.admin.put({ path: '/film.mp4' }, 'b');
  const names = async (path: string) => (await graph.get(path)).json.value.map((item: { name: string }) => item.name);
  assert.deepEqual(await names("me/drive/root/search(q='it''s')"), ["it's here.txt"]);
  assert.deepEqual(await names("me/drive/root:/x:/search(q='film')"), []);
  assert.deepEqual(await names("me/drive/search(q='film')"), ['film.mp4']);
  assert.deepEqual(await names('me/drive/recent'), ['film.mp4', "it's here.txt"]);
  assert.equal((await graph.put('me/drive/special/approot:/app/data.bin:/content', 'x')).status, 201);
  assert.equal((await graph.get('me/drive/special/approot')).json.specialFolder.name, 'approot');
  assert.equal((await graph.get('me/drive/special/nonsense')).status, 400);
  const [set] = (await graph.get('me/drive/root:/film.mp4:/thumbnails')).json.value;
  const picture = await graph.open('GET', set.large.url);
  assert.equal(picture.headers['content-type'], 'image/png');
  assert.equal((await graph.get('me/drive/root:/film.mp4:/thumbnails/0/small/content')).status, 302);
  const listed = (await graph.get('me/drive/root/children?$expand=thumbnails')).json.value;
  assert.equal(listed.find((item: { name: string }) => item.name === 'film.mp4').thumbnails.length, 1);
});
