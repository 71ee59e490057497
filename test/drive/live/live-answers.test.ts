// Answers of the live service that are errors, nonsense, or lies.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { Fault } from '../../../src/drive/drive-error.ts';
import { LiveDrive } from '../../../src/drive/live/live-drive.ts';
import { toItem } from '../../../src/drive/live/live-wire.ts';
import { HttpClient } from '../../../src/http/http-client.ts';
import { fails, list, names, put } from '../../suites/drive-steps.ts';
import { liveOnEmulator } from '../../support/live-on-emulator.ts';

const html = '<!DOCTYPE html><html><body>Sign in to the Wi-Fi</body></html>';
const id = 'file.a6b2a7e8f2515e5e.A6B2A7E8F2515E5E!113';

/** An API that answers what the test says. */
const answering = async (t: TestContext, answer: (url: string) => { status?: number; body: unknown }) => {
  const urls: string[] = [];
  const server = createServer((request, response) => {
    urls.push(request.url ?? '');
    const { status = 200, body } = answer(request.url ?? '');
    response.statusCode = status;
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const http = new HttpClient({ base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v5.0/` });
  t.after(() => {
    http.close();
    server.close();
  });
  return { drive: new LiveDrive({ http, pageSize: 2 }), urls };
};

const coded = (code: string) => ({ error: { code, message: 'words' } });

describe('errors of the live service', () => {
  it('are what their codes say, then what their statuses say', async (t) => {
    let reply: { status?: number; body: unknown } = { body: {} };
    const { drive } = await answering(t, () => reply);
    const cases: [number, unknown, Fault][] = [
      [401, coded('request_token_expired'), 'signed-out'],
      [401, html, 'signed-out'],
      [403, coded('request_token_unauthorized'), 'denied'],
      [404, coded('resource_not_found'), 'missing'],
      [400, coded('resource_not_found'), 'missing'],
      [200, coded('resource_not_found'), 'missing'],
      [404, html, 'broken'],
      [404, '', 'missing'],
      [403, html, 'broken'],
      [409, html, 'broken'],
      [409, coded('resource_already_exists'), 'exists'],
      [413, html, 'too-large'],
      [420, coded('request_throttled'), 'busy'],
      [423, '', 'locked'],
      [429, html, 'busy'],
      [500, html, 'broken'],
      [500, coded('resource_quota_exceeded'), 'full'],
      [502, html, 'broken'],
      [503, html, 'busy'],
      [503, coded('server_internal_error'), 'busy'],
      [507, '', 'full'],
      [410, html, 'broken'],
      [410, coded('gone'), 'refused'],
      [200, html, 'broken'],
      [200, '', 'broken'],
      [200, '{"id": "file.', 'broken'],
      [200, [1], 'broken'],
      [200, {}, 'broken'],
    ];
    for (const [status, body, fault] of cases) {
      reply = { status, body };
      const error = await fails(drive.get(id), fault);
      assert.equal(error.ambiguous, false);
      assert.equal(error.page, body === html && fault === 'broken' && status < 500, `${status}`);
    }
  });

  it('leave it open whether a change was made, where the service may have made it', async (t) => {
    let reply: { status?: number; body: unknown } = { body: {} };
    const { drive } = await answering(t, () => reply);
    for (const [status, body, ambiguous] of [
      [500, html, true],
      [504, html, true],
      [200, html, true],
      [201, '', true],
      [503, html, false],
      [420, coded('request_throttled'), false],
      [409, coded('resource_already_exists'), false],
    ] as const) {
      reply = { status, body };
      const error: unknown = await drive.makeFolder('folder.a6b2a7e8f2515e5e', 'x').catch((caught: unknown) => caught);
      assert.equal((error as { ambiguous?: boolean }).ambiguous, ambiguous, `${status}`);
    }
  });

  it('are pages too, which are no word of a removal', async (t) => {
    let reply: { status?: number; body: unknown } = { body: {} };
    const { drive } = await answering(t, () => reply);
    for (const [status, body] of [
      [200, html],
      [202, 'done'],
    ] as const) {
      reply = { status, body };
      assert.ok((await fails(drive.remove(id), 'broken')).ambiguous);
      assert.ok((await fails(drive.removeComment(id, id.replace('file', 'comment')), 'broken')).ambiguous);
    }
    reply = { body: coded('resource_not_found') };
    await fails(drive.remove(id), 'missing');
    reply = { status: 204, body: '' };
    await drive.remove(id);
  });

  it('never show ids that would be the address of something else', async (t) => {
    const { drive, urls } = await answering(t, () => ({ body: {} }));
    for (const bad of ['', '.', '..', 'me', 'me/skydrive', '../x', `${id}/../x`, `${id}?x`, `${id}#x`]) {
      await fails(drive.get(bad), 'missing');
      await fails(list(drive, bad), 'missing');
      await fails(drive.remove(bad), 'refused');
    }
    await fails(drive.remove('folder.a6b2a7e8f2515e5e'), 'refused');
    await fails(drive.removeComment(id, id), 'missing');
    assert.deepEqual(urls, []);
  });
});

describe('listings of the live service', () => {
  const item = (n: number) => ({
    id: `file.a6b2a7e8f2515e5e.A6B2A7E8F2515E5E!${n}`,
    name: `${n}`,
    type: 'file',
    size: 1,
  });
  const folder = 'folder.a6b2a7e8f2515e5e';
  const offsetOf = (url: string): number => Number(new URL(url, 'http://x').searchParams.get('offset'));

  it('are followed where the service says so, and counted where it says nothing', async (t) => {
    const all = [1, 2, 3, 4, 5].map(item);
    const page = (url: string) => all.slice(offsetOf(url), offsetOf(url) + 2);
    const counted = await answering(t, (url) => ({ body: { data: page(url) } }));
    assert.equal((await list(counted.drive, folder)).length, 5);
    assert.equal(counted.urls.length, 3);
    const linked = await answering(t, (url) => {
      const next = offsetOf(url) + 2;
      const paging = next < 5 ? { next: `${folder}/files?offset=${next}&limit=2&more=1` } : {};
      return { body: { data: page(url), paging } };
    });
    assert.equal((await list(linked.drive, folder)).length, 5);
    assert.equal(linked.urls.length, 3);
  });

  it('end, also where the offset is ignored or pages lead in circles', async (t) => {
    const ignoring = await answering(t, () => ({ body: { data: [item(1), item(2)] } }));
    assert.equal((await list(ignoring.drive, folder)).length, 2);
    const all = await answering(t, () => ({ body: { data: [1, 2, 3].map(item) } }));
    assert.equal((await list(all.drive, folder)).length, 3);
    const circle = { data: [item(1)], paging: { next: `${folder}/files?offset=0` } };
    const circling = await answering(t, () => ({ body: circle }));
    assert.equal((await list(circling.drive, folder)).length, 1);
  });

  it('lead nowhere else', async (t) => {
    for (const next of ['http://127.0.0.1:1/v5.0/x', '/v6.0/x', '../secret', '//127.0.0.1:1/v5.0/x']) {
      const { drive } = await answering(t, () => ({ body: { data: [item(1), item(2)], paging: { next } } }));
      await fails(list(drive, folder), 'broken');
    }
  });

  it('survive hostile entries', async (t) => {
    const data = [null, 7, 'x', [], {}, { id: 7 }, { id: '..' }, { id: `${id}/x` }, item(9), item(9)];
    const { drive } = await answering(t, () => ({ body: { data, paging: {} } }));
    assert.deepEqual(await names(drive, folder), ['9']);
    const none = await answering(t, () => ({ body: { data: 'x' } }));
    await fails(list(none.drive, folder), 'broken');
  });

  it('may hold one name twice', async () => {
    await using live = await liveOnEmulator({ emulator: { allowDuplicates: true } });
    const { drive, root } = live;
    const [one, two] = [await put(drive, root, 'same', 'x'), await put(drive, root, 'same', 'y')];
    const found = (await list(drive, root.id)).filter(({ name }) => name === 'same').map((same) => same.id);
    assert.deepEqual(found.sort(), [one.id, two.id].sort());
  });
});

describe('items of the live service', () => {
  const wire = {
    ...{ id, name: 'photo.jpg', description: '', parent_id: 'folder.a6b2a7e8f2515e5e', size: 7, type: 'photo' },
    ...{ created_time: '2013-03-03T14:11:12+0000', updated_time: '2013-03-04T14:11:12+0000' },
    ...{ client_updated_time: '2013-03-03T16:11:12+0200', comments_count: 2, link: 'https://skydrive.live.com/x' },
    ...{ shared_with: { access: 'Just me' }, from: { name: 'NAME', id: 'x' }, width: 10, height: 20 },
    ...{ location: { latitude: 1.5, longitude: -2, altitude: 0 }, camera_make: 'X', camera_model: null },
    source: 'https://storage.live.com/secret',
  };

  it('become items', () => {
    const made = toItem(wire);
    assert.ok(made !== undefined);
    const { version, contentVersion, ...rest } = made;
    assert.deepEqual(rest, {
      ...{ id, parentId: 'folder.a6b2a7e8f2515e5e', name: 'photo.jpg', kind: 'file', size: 7 },
      created: Date.UTC(2013, 2, 3, 14, 11, 12),
      modified: Date.UTC(2013, 2, 3, 14, 11, 12),
      facts: {
        ...{ type: 'photo', width: '10', height: '20', camera_make: 'X', web_url: 'https://skydrive.live.com/x' },
        ...{ shared: 'Just me', owner: 'NAME', created: wire.created_time, modified: wire.client_updated_time },
        location: '1.5,-2',
      },
      commentCount: 2,
    });
  });

  it('have versions that change with what changes', () => {
    const plain = toItem(wire);
    const changed = (change: Record<string, unknown>) => {
      const other = toItem({ ...wire, ...change });
      return [other?.version !== plain?.version, other?.contentVersion !== plain?.contentVersion];
    };
    assert.deepEqual(changed({ comments_count: 3, source: 'https://storage.live.com/other' }), [false, false]);
    assert.deepEqual(changed({ name: 'x' }), [true, false]);
    assert.deepEqual(changed({ parent_id: 'folder.b6b2a7e8f2515e5e' }), [true, false]);
    assert.deepEqual(changed({ description: 'x' }), [true, false]);
    assert.deepEqual(changed({ updated_time: '2013-03-05T14:11:12+0000' }), [true, false]);
    assert.deepEqual(changed({ size: 8 }), [true, true]);
    assert.deepEqual(changed({ client_updated_time: '2013-03-05T14:11:12+0000' }), [true, true]);
    const early = { ...wire, client_updated_time: undefined };
    const later = { ...early, updated_time: '2013-03-05T14:11:12+0000' };
    assert.notEqual(toItem(early)?.contentVersion, toItem(later)?.contentVersion);
  });

  it('are made the best of when they lie', () => {
    for (const size of [-1, 1.5, Number.MAX_VALUE, null, undefined, 'x', {}]) {
      assert.deepEqual([toItem({ ...wire, size })?.kind, toItem({ ...wire, size })?.size], ['notebook', 0]);
    }
    assert.equal(toItem({ ...wire, size: '12' })?.size, 12);
    assert.equal(toItem({ ...wire, type: 'hologram' })?.kind, 'file');
    assert.equal(toItem({ ...wire, type: 'album', size: -1 })?.kind, 'folder');
    assert.equal(toItem({ ...wire, name: '../../etc' })?.name, '../../etc');
    assert.equal(toItem({ ...wire, name: 7 })?.name, '');
    assert.equal(toItem({ ...wire, parent_id: '../x' })?.parentId, undefined);
    assert.equal(toItem({ ...wire, created_time: null, updated_time: 'x', client_updated_time: 7 })?.modified, 0);
    assert.equal(toItem({ ...wire, id: 'FILE.A6B2A7E8F2515E5E.a6b2a7e8f2515e5e!113' })?.id, id);
    const padded = 'file.0bee3874468ef5b6.BEE3874468EF5B6!759';
    assert.equal(toItem({ ...wire, id: padded })?.id, padded);
  });
});
