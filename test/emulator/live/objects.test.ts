import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { ask, LiveClient } from '../live-client.ts';
import { sampleGif, sampleJpeg } from '../sample-images.ts';

const uid = 'a6b2a7e8f2515e5e';
const UID = uid.toUpperCase();

test('the root, as recorded: no creator, no parent, no time of creation', async () => {
  await using emulator = await startEmulator({ uid });
  const { json } = await new LiveClient(emulator).get('me/skydrive');
  assert.equal(json.id, `folder.${uid}`);
  assert.equal(json.name, 'SkyDrive');
  assert.deepEqual(json.from, { name: null, id: null });
  assert.deepEqual([json.parent_id, json.created_time, json.is_embeddable], [null, null, false]);
  assert.equal(json.link, `https://skydrive.live.com?cid=${uid}`);
  assert.equal(json.upload_location, `${emulator.url}/v5.0/folder.${uid}/files/`);
});

test('a file has the fields of the service in their order', async () => {
  await using emulator = await startEmulator({ uid });
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a.txt', 'abc')).json;
  const { json } = await client.get(id);
  assert.deepEqual(Object.keys(json), [
    ...['id', 'from', 'name', 'description', 'parent_id', 'size', 'upload_location', 'comments_count'],
    ...['comments_enabled', 'is_embeddable', 'source', 'link', 'type', 'shared_with', 'created_time', 'updated_time'],
    'client_updated_time',
  ]);
  assert.match(id, new RegExp(`^file\\.${uid}\\.${UID}!\\d+$`));
  assert.deepEqual([json.type, json.size, json.parent_id], ['file', 3, `folder.${uid}`]);
  assert.equal(json.upload_location, `${emulator.url}/v5.0/${id}/content/`);
  const resid = id.split('.')[2];
  assert.equal(json.link, `https://skydrive.live.com/redir.aspx?cid=${uid}&page=view&resid=${resid}&parid=${UID}!103`);
  assert.deepEqual(json.shared_with, { access: 'Just me' });
  assert.equal((await ask(emulator.url, 'GET', json.source)).text, 'abc');
});

test('folders have a count and the size of all below', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const folder = (await client.send('POST', 'me/skydrive', { name: 'f' })).json;
  assert.deepEqual([folder.type, folder.count, folder.size, 'source' in folder], ['folder', 0, 0, false]);
  const sub = (await client.send('POST', folder.id, { name: 'sub' })).json;
  await client.put(`${sub.id}/files/x`, '12345');
  const again = (await client.get(folder.id)).json;
  assert.deepEqual([again.count, again.size], [1, 5]);
  await client.send('MOVE', sub.id, { destination: client.id('/Public') });
  assert.equal((await client.get(folder.id)).json.size, 0);
  assert.equal((await client.get('me/skydrive/public_documents')).json.size, 5);
});

test('a photo tells what its EXIF data say', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/photo.JPG', sampleJpeg())).json;
  assert.match(id, /^file\./);
  const { json } = await client.get(id);
  assert.equal(json.type, 'photo');
  assert.deepEqual([json.width, json.height], [3000, 2000]);
  assert.deepEqual([json.camera_make, json.camera_model], ['Maker', 'Model 7']);
  assert.deepEqual([json.focal_ratio, json.focal_length], [2.8, 50]);
  assert.deepEqual([json.exposure_numerator, json.exposure_denominator], [1, 250]);
  assert.equal(json.when_taken, '2012-07-14T10:20:30+0000');
  assert.deepEqual(json.location, { latitude: 47.5, longitude: 8.25, altitude: 0 });
  const sizes = json.images.map((image: { type: string; width: number; height: number }) => [
    image.type,
    image.width,
    image.height,
  ]);
  assert.deepEqual(sizes, [
    ['normal', 800, 533],
    ['album', 176, 117],
    ['thumbnail', 96, 64],
    ['full', 2048, 1365],
  ]);
  assert.deepEqual((await ask(emulator.url, 'GET', json.images[0].source)).bytes, sampleJpeg());
});

test('other media have the fields of their type, broken photos do no harm', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const get = async (name: string, body: string | Uint8Array) => {
    const { id } = (await client.put(`me/skydrive/files/${name}`, body)).json;
    return (await client.get(id)).json;
  };
  const gif = await get('dot.gif', sampleGif());
  assert.deepEqual([gif.type, gif.width, gif.height, gif.location, gif.when_taken], ['photo', 1, 1, null, null]);
  const broken = await get('broken.jpg', 'no photo');
  assert.deepEqual([broken.type, broken.width, broken.height], ['photo', 0, 0]);
  const cutOff = await get('cut.jpg', sampleJpeg().subarray(0, 60));
  assert.deepEqual([cutOff.type, cutOff.width], ['photo', 0]);
  const video = await get('v.mp4', 'v');
  assert.deepEqual([video.type, video.duration, video.bitrate], ['video', 0, 0]);
  const audio = await get('a.mp3', 'a');
  assert.deepEqual([audio.type, audio.title], ['audio', null]);
  const tagged = await client.send('PUT', audio.id, { title: 'T', artist: 'A' });
  assert.deepEqual([tagged.json.title, tagged.json.artist, tagged.json.genre], ['T', 'A', null]);
});

test('notebooks have neither source nor upload_location, and no content', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const { id } = emulator.admin.mkdir({ path: '/Notes' }, 'notebook');
  assert.match(id, /^file\./);
  const { json } = await client.get(id);
  assert.deepEqual([json.type, 'source' in json, 'upload_location' in json], ['notebook', false, false]);
  const content = await client.get(`${id}/content`);
  assert.deepEqual([content.status, content.json.error.code], [400, 'request_url_invalid']);
  assert.equal(content.json.error.message, "Resource type 'notebook' doesn't support the path 'content'.");
});

test('albums are folders by another name', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const album = await client.send('POST', 'me/albums', { name: 'Trip', description: 'there' });
  assert.deepEqual([album.status, album.json.type, album.json.description], [201, 'album', 'there']);
  assert.match(album.json.id, /^folder\./);
  await client.put(`${album.json.id}/files/p.gif`, sampleGif());
  await client.put(`${album.json.id}/files/v.mp4`, 'v');
  const names = async (path: string) => (await client.get(path)).json.data.map((item: { name: string }) => item.name);
  assert.deepEqual(await names(`${album.json.id}/photos`), ['p.gif']);
  assert.deepEqual(await names(`${album.json.id}/videos`), ['v.mp4']);
  assert.deepEqual(await names('me/albums'), ['Pictures', 'Trip']);
});

test('the user, permissions, quota and friendly folder names', async () => {
  await using emulator = await startEmulator({ uid });
  const scopes = ['wl.skydrive', 'wl.basic', 'wl.emails'];
  const client = new LiveClient(emulator, emulator.admin.token({ scopes }).accessToken);
  const me = (await client.get('me')).json;
  assert.deepEqual([me.id, me.locale, me.gender], [uid, 'en_US', null]);
  assert.match(me.emails.account, /@example\.com$/);
  assert.deepEqual((await client.get(uid)).json, me);
  assert.deepEqual((await client.get('me/permissions')).json, {
    data: [{ 'wl.skydrive': 1, 'wl.basic': 1, 'wl.emails': 1 }],
  });
  assert.deepEqual((await client.get('me/friends')).json, { data: [] });
  assert.deepEqual((await client.get(`${uid}/skydrive/quota`)).json, { quota: 26843545600, available: 26843545600 });
  for (const name of ['my_documents', 'my_photos', 'public_documents', 'camera_roll']) {
    assert.equal((await client.get(`me/skydrive/${name}`)).json.parent_id, `folder.${uid}`, name);
    assert.deepEqual((await client.get(`me/skydrive/${name}/files`)).json.data, [], name);
  }
  assert.equal((await client.get('me/picture')).status, 302);
});

test('properties: name, description, order of a folder; what is read-only is ignored', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a.txt', 'abc')).json;
  const updated = await client.send('PUT', id, { name: 'b.txt', description: 'new', size: 1, nonsense: true });
  assert.deepEqual(
    [updated.status, updated.json.name, updated.json.description, updated.json.size],
    [200, 'b.txt', 'new', 3],
  );
  assert.equal((await client.send('PUT', id, { description: null })).json.description, '');
  assert.equal((await client.send('PUT', id, { size: 5 })).status, 200);
  assert.equal((await client.send('PUT', client.id('/Public'), { sort_by: 'name' })).json.sort_by, 'name');
  assert.equal((await client.send('PUT', 'me/skydrive', { name: 'x' })).status, 400);
});
