// What each intent costs, in requests of the live dialect.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect, list, put, replace } from '../../suites/drive-steps.ts';
import { liveOnEmulator } from '../../support/live-on-emulator.ts';

describe('requests of the live dialect', () => {
  it('looks cost one, listings one a page', async () => {
    await using live = await liveOnEmulator({ drive: { pageSize: 10 } });
    const { drive, root, asked, emulator } = live;
    for (let n = 0; n < 25; n++) emulator.admin.mkdir({ path: `/folder/${n}` });
    const folder = (await list(drive, root.id)).find(({ name }) => name === 'folder') ?? assert.fail();
    assert.deepEqual(await asked(() => drive.root()), ['get']);
    assert.deepEqual(await asked(() => drive.get(folder.id)), ['get']);
    assert.deepEqual(await asked(() => drive.account()), ['me']);
    assert.deepEqual(await asked(() => drive.quota()), ['quota']);
    assert.deepEqual(await asked(() => list(drive, folder.id)), ['list', 'list', 'list']);
    const empty = await drive.makeFolder(folder.id, 'empty');
    assert.deepEqual(await asked(() => list(drive, empty.id)), ['list']);
  });

  it('an exactly full last page is the last where the service says so', async () => {
    await using live = await liveOnEmulator({ drive: { pageSize: 5 } });
    for (let n = 0; n < 10; n++) live.emulator.admin.mkdir({ path: `/folder/${n}` });
    const { id } = live.emulator.admin.item({ path: '/folder' });
    const kinds = await live.asked(async () => assert.equal((await list(live.drive, id)).length, 10));
    assert.deepEqual(kinds, ['list', 'list']);
  });

  it('a first read costs the redirect and the range, the next ones the range alone', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, asked } = live;
    const file = await put(drive, root, 'file', 'some text');
    assert.deepEqual(await asked(() => collect(drive.read(file, { start: 0, end: 4 }))), ['content', 'download']);
    assert.deepEqual(await asked(() => collect(drive.read(file, { start: 4, end: 9 }))), ['download']);
    assert.deepEqual(await asked(() => collect(drive.read(file, { start: 3, end: 3 }))), []);
    const empty = await put(drive, root, 'empty', '');
    assert.deepEqual(await asked(() => collect(drive.read(empty, { start: 0, end: 0 }))), []);
  });

  it('a save costs the upload and a look at what it made; a look before, where a version is asked for', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, asked } = live;
    assert.deepEqual(await asked(() => put(drive, root, 'file', 'one')), ['put', 'get']);
    const file = await drive.get(live.emulator.admin.item({ path: '/file' }).id);
    assert.deepEqual(await asked(() => replace(drive, file, 'number two')), ['put-content', 'get']);
    const now = await drive.get(file.id);
    assert.deepEqual(await asked(() => replace(drive, now, 'number three', now.version)), [
      'get',
      'put-content',
      'get',
    ]);
  });

  it('a large save costs a session, its fragments, and looks at the name before it begins and ends', async () => {
    await using live = await liveOnEmulator({ drive: { simpleUploadLimit: 100, fragmentSize: 100 } });
    const { drive, root, asked } = live;
    const fragments = ['bits-fragment', 'bits-fragment', 'bits-fragment'];
    const made = await asked(() => put(drive, root, 'file', 'x'.repeat(250)));
    assert.deepEqual(made, ['list', 'bits-create', ...fragments, 'list', 'bits-close', 'get']);
    const { id } = live.emulator.admin.item({ path: '/file' });
    const file = await drive.get(id);
    const replaced = await asked(() => replace(drive, file, 'y'.repeat(251), file.version));
    assert.deepEqual(replaced, ['get', 'bits-create', ...fragments, 'get', 'bits-close', 'get']);
  });

  it('changes of the tree cost one, a rename into another folder two', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, asked } = live;
    assert.deepEqual(await asked(() => drive.makeFolder(root.id, 'a')), ['mkdir']);
    const folder = await drive.get(live.emulator.admin.item({ path: '/a' }).id);
    const file = await put(drive, root, 'file', 'x');
    const renamed = await asked(() => drive.move(file, { parentId: root.id, name: 'new' }));
    assert.deepEqual(renamed, ['update']);
    const moved = await asked(async () => drive.move(await drive.get(file.id), { parentId: folder.id, name: 'new' }));
    assert.deepEqual(moved, ['get', 'move']);
    const both = await asked(async () => drive.move(await drive.get(file.id), { parentId: root.id, name: 'both' }));
    assert.deepEqual(both, ['get', 'move', 'update']);
    assert.deepEqual(await asked(() => drive.setDescription(file.id, 'x')), ['update']);
    assert.deepEqual(await asked(() => drive.remove(file.id)), ['delete']);
  });

  it('is documented, all of it', async () => {
    await using live = await liveOnEmulator({ drive: { simpleUploadLimit: 10 } });
    const { drive, root, emulator } = live;
    const file = await put(drive, root, 'file', 'some longer text');
    await drive.copy(file.id, { parentId: root.id, name: 'copy' });
    await drive.copy(file.id, { parentId: (await drive.makeFolder(root.id, 'a')).id, name: 'file' });
    for (const kind of ['view', 'edit', 'embed'] as const) await drive.link(file.id, kind);
    const comment = await drive.addComment(file.id, 'text');
    await drive.removeComment(file.id, comment.id);
    await collect(drive.read(file, { start: 1, end: 3 }));
    assert.deepEqual(emulator.requests.violations, []);
  });
});
