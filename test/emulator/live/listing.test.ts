import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { LiveClient } from '../live-client.ts';

interface Named {
  readonly name: string;
  readonly type: string;
}

const namesOf = (answer: { readonly json: { readonly data: readonly Named[] } }): string[] =>
  answer.json.data.map((item) => item.name);

test('pages follow each other by their links, and each item is on one of them', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  for (let number = 0; number < 23; number += 1) await emulator.admin.put({ path: `/Public/n${number}` }, 'x');
  const folder = client.id('/Public');
  const seen: string[] = [];
  let path: string | undefined = `${folder}/files?limit=5`;
  let pages = 0;
  while (path !== undefined) {
    const answer = await client.get(path);
    seen.push(...namesOf(answer));
    path = answer.json.paging.next;
    pages += 1;
    if (path !== undefined) assert.match(path, new RegExp(`^${folder}/files\\?offset=${5 * pages}&limit=5$`));
    assert.equal('previous' in answer.json.paging, pages > 1);
  }
  assert.equal(pages, 5);
  assert.equal(new Set(seen).size, 23);
  const middle = await client.get(`${folder}/files?offset=7&limit=5`);
  assert.match(middle.json.paging.previous, /offset=2&limit=5$/);
  assert.deepEqual(namesOf(await client.get(`${folder}/files?offset=23&limit=5`)), []);
});

test('orders and filters, carried along to the next page', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  const sizes: [string, number][] = [
    ['b.txt', 3],
    ['A.jpg', 1],
    ['c.mp3', 2],
  ];
  for (const [name, size] of sizes) await emulator.admin.put({ path: `/Public/${name}` }, 'x'.repeat(size));
  emulator.admin.mkdir({ path: '/Public/folder' });
  const folder = client.id('/Public');
  const list = async (query: string) => namesOf(await client.get(`${folder}/files?${query}`));
  assert.deepEqual(await list('sort_by=name'), ['A.jpg', 'b.txt', 'c.mp3', 'folder']);
  assert.deepEqual(await list('sort_by=name&sort_order=descending'), ['folder', 'c.mp3', 'b.txt', 'A.jpg']);
  assert.deepEqual(await list('sort_by=size&filter=photos,audio'), ['A.jpg', 'c.mp3']);
  assert.deepEqual(await list('filter=folders'), ['folder']);
  assert.equal((await list('sort_by=default'))[0], 'folder');
  assert.deepEqual(await list('filter=files'), ['b.txt']);
  const page = await client.get(`${folder}/files?limit=1&sort_by=name&filter=photos,audio`);
  assert.match(page.json.paging.next, /\?offset=1&limit=1&sort_by=name&filter=photos%2Caudio$/);
  assert.deepEqual(namesOf(await client.get(page.json.paging.next)), ['c.mp3']);
  for (const query of ['limit=0', 'limit=x', 'offset=-1', 'sort_by=colour']) {
    const answer = await client.get(`${folder}/files?${query}`);
    assert.deepEqual([answer.status, answer.json.error.code], [400, 'request_parameter_invalid'], query);
  }
});

test('search: by part of a name, exact names first; a dot or a star is everything', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  await emulator.admin.put({ path: '/Public/report.txt' }, 'x');
  await emulator.admin.put({ path: '/Public/my report.txt' }, 'x');
  await emulator.admin.put({ path: '/Documents/REPORT.txt.old' }, 'x');
  const search = async (q: string) => namesOf(await client.get(`me/skydrive/search?q=${q}`));
  assert.deepEqual(await search('report.txt'), ['report.txt', 'REPORT.txt.old', 'my report.txt']);
  assert.deepEqual(await search('y+rep'), ['my report.txt']);
  assert.equal((await search('*')).length, 6);
  assert.equal((await search('.')).length, 6);
  const page = await client.get('me/skydrive/search?q=report&limit=1');
  assert.match(page.json.paging.next, /^me\/skydrive\/search\?offset=1&limit=1&q=report$/);
  assert.equal((await client.get('me/skydrive/search')).json.error.code, 'request_parameter_missing');
});

test('recent documents, newest first', async () => {
  await using emulator = await startEmulator();
  const client = new LiveClient(emulator);
  for (const name of ['a.txt', 'b.doc', 'p.jpg']) await client.put(`me/skydrive/files/${name}`, name);
  await client.put('me/skydrive/files/a.txt', 'again');
  assert.deepEqual(namesOf(await client.get('me/skydrive/recent_docs')), ['a.txt', 'b.doc']);
  assert.deepEqual(namesOf(await client.get('me/skydrive/recent')), ['a.txt', 'b.doc']);
});

test('what others share is listed and can be read, the rest of their drive can not', async () => {
  await using emulator = await startEmulator();
  const [mine, theirs] = emulator.admin.accounts();
  const account = theirs?.uid;
  await emulator.admin.put({ account, path: '/Documents/shared.txt' }, 'for you');
  const secret = (await emulator.admin.put({ account, path: '/Documents/secret.txt' }, 'x')).id;
  const { id } = emulator.admin.share({ account, path: '/Documents/shared.txt' }, 'People I selected', [
    mine?.uid ?? '',
  ]);
  const scopes = ['wl.skydrive_update', 'wl.contacts_skydrive'];
  const client = new LiveClient(emulator, emulator.admin.token({ scopes }).accessToken);
  const shared = await client.get('me/skydrive/shared');
  assert.deepEqual(namesOf(shared), ['shared.txt']);
  assert.equal(shared.json.data[0].from.id, account);
  assert.deepEqual(namesOf(await client.get('me/skydrive/shared/photos')), []);
  assert.equal((await client.bytes(id)).text, 'for you');
  assert.equal((await client.get(secret)).status, 403);
  assert.equal((await client.put(`${id}/content`, 'mine')).status, 403);
  assert.equal((await client.get(`${account}/skydrive/files`)).status, 403);
  assert.equal((await new LiveClient(emulator).get('me/skydrive/shared')).status, 403);
});
