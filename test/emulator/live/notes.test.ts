import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { ask, LiveClient } from '../live-client.ts';
import { sampleGif } from '../sample-images.ts';

test('comments: added, listed, fetched, deleted, counted', async () => {
  await using emulator = await startEmulator({ uid: '262611c013bb05f6' });
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a.txt', 'abc')).json;
  const added = await client.send('POST', `${id}/comments`, { message: 'first = ü' });
  assert.equal(added.status, 201);
  assert.deepEqual(Object.keys(added.json), ['id', 'from', 'message', 'created_time']);
  assert.match(added.json.id, /^comment\.262611c013bb05f6\.262611C013BB05F6!\d+\.262611C013BB05F6!\d+$/);
  emulator.admin.addComment({ path: '/a.txt' }, 'second', 'Ada Example');
  const list = (await client.get(`${id}/comments`)).json.data;
  assert.deepEqual(
    list.map((comment: { message: string; from: { name: string } }) => [comment.message, comment.from.name]),
    [
      ['first = ü', 'Sam Example'],
      ['second', 'Ada Example'],
    ],
  );
  assert.equal((await client.get(id)).json.comments_count, 2);
  assert.deepEqual((await client.get(added.json.id)).json, added.json);
  assert.equal((await client.call('DELETE', added.json.id)).status, 204);
  assert.equal((await client.get(added.json.id)).status, 404);
  assert.equal((await client.get(id)).json.comments_count, 1);
  assert.equal(
    (await client.send('POST', `${id}/comments`, { text: 'x' })).json.error.code,
    'request_parameter_missing',
  );
  assert.equal((await client.send('POST', `${id}/comments`, { message: 'x'.repeat(10_001) })).status, 400);
});

test('links: made on the first look, the same afterwards, and the item is shared then', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const { id } = (await client.put('me/skydrive/files/a.txt', 'abc')).json;
  assert.equal((await client.get(id)).json.shared_with.access, 'Just me');
  const read = (await client.get(`${id}/shared_read_link`)).json.link;
  const edit = (await client.get(`${id}/shared_edit_link`)).json.link;
  assert.match(read, /^https:\/\/skydrive\.live\.com\/redir\.aspx\?cid=.*&resid=.*&parid=.*&authkey=!A/);
  assert.notEqual(read, edit);
  assert.equal((await client.get(`${id}/shared_read_link`)).json.link, read);
  assert.equal((await client.get(id)).json.shared_with.access, 'People with a link');
  const { embed_html: html } = (await client.get(`${id}/embed`)).json;
  assert.match(
    html,
    /^<iframe src="https:\/\/skydrive\.live\.com\/embed\?cid=[0-9A-F]+&resid=[^&]+&authkey=![^"]+" width="98" height="120" frameborder="0" scrolling="no"><\/iframe>$/,
  );
  const reader = new LiveClient(emulator, emulator.admin.token({ scopes: ['wl.skydrive'] }).accessToken);
  assert.equal((await reader.get(`${id}/shared_read_link`)).status, 403);
});

test('tags on photos and videos, nowhere else', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const photo = (await client.put('me/skydrive/files/p.gif', sampleGif())).json.id;
  const tag = await client.send('POST', `${photo}/tags`, { name: 'Somebody', x: 43.9, y: 42.1 });
  assert.deepEqual(
    [tag.status, tag.json.user, tag.json.x, tag.json.y],
    [201, { name: 'Somebody', id: null }, 43.9, 42.1],
  );
  assert.equal((await client.get(photo)).json.tags_count, 1);
  assert.deepEqual((await client.get(`${photo}/tags`)).json.data, [tag.json]);
  assert.deepEqual((await client.get(tag.json.id)).json, tag.json);
  assert.equal((await client.call('DELETE', tag.json.id)).status, 204);
  const text = (await client.put('me/skydrive/files/a.txt', 'x')).json.id;
  assert.equal((await client.get(`${text}/tags`)).json.error.code, 'request_url_invalid');
});

test('pictures: the bytes of a photo, something small for a video, nothing for a text', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const photo = (await client.put('me/skydrive/files/p.gif', sampleGif())).json.id;
  for (const type of ['', '?type=thumbnail', '?type=small', '?type=album', '?type=normal', '?type=full']) {
    const answer = await client.get(`${photo}/picture${type}`);
    assert.equal(answer.status, 302, type);
    assert.deepEqual((await ask(emulator.url, 'GET', String(answer.headers.location))).bytes, sampleGif());
  }
  assert.equal((await client.get(`${photo}/picture?type=huge`)).status, 400);
  const video = (await client.put('me/skydrive/files/v.mp4', 'v')).json.id;
  const small = await ask(emulator.url, 'GET', String((await client.get(`${video}/picture`)).headers.location));
  assert.equal(small.headers['content-type'], 'image/png');
  assert.equal(small.bytes.toString('latin1', 1, 4), 'PNG');
  const text = (await client.put('me/skydrive/files/a.txt', 'x')).json.id;
  assert.equal((await client.get(`${text}/picture`)).json.error.code, 'request_url_invalid');
  const link = encodeURIComponent((await client.get(photo)).json.link);
  const preview = await ask(emulator.url, 'GET', `/v5.0/skydrive/get_item_preview?type=small&url=${link}`);
  assert.equal(preview.status, 302);
  const me = await ask(emulator.url, 'GET', String((await client.get('me/picture')).headers.location));
  assert.equal(me.status, 200);
});
