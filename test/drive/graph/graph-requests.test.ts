// What each intent costs, in requests of the graph dialect.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Item, Upload } from '../../../src/drive/drive.ts';
import { collect, list, put, replace, textBody } from '../../suites/drive-steps.ts';
import { type GraphOnEmulator, graphOnEmulator } from '../../support/graph-on-emulator.ts';

/** What a program saved a moment ago. */
const fresh = (target: Upload['target'], text: string): Upload => ({
  ...{ target, size: Buffer.byteLength(text), modified: Date.now(), body: textBody(text) },
});

const at = async ({ emulator, drive }: GraphOnEmulator, path: string): Promise<Item> =>
  await drive.get(emulator.graph.itemId(path));

const aMinute = 60_000;

describe('requests of the graph dialect', () => {
  it('looks cost one, listings one a page', async () => {
    await using graph = await graphOnEmulator({ drive: { pageSize: 10 } });
    const { drive, asked, emulator } = graph;
    for (let n = 0; n < 25; n++) emulator.admin.mkdir({ path: `/folder/${n}` });
    const folder = await at(graph, '/folder');
    assert.deepEqual(await asked(() => drive.root()), ['get']);
    assert.deepEqual(await asked(() => drive.get(folder.id)), ['get']);
    assert.deepEqual(await asked(() => drive.account()), ['drive']);
    assert.deepEqual(await asked(() => drive.quota()), ['drive']);
    assert.deepEqual(await asked(() => list(drive, folder.id)), ['list', 'list', 'list']);
    const empty = await drive.makeFolder(folder.id, 'empty');
    assert.deepEqual(await asked(() => list(drive, empty.id)), ['list']);
  });

  it('the feed costs one a page, of a thousand items unless told otherwise', async () => {
    await using graph = await graphOnEmulator({ emulator: { seedTree: 1500 } });
    const { drive, asked } = graph;
    let page = await drive.changes(undefined);
    const first = await asked(async () => {
      page = await drive.changes(undefined);
    });
    assert.deepEqual([first, page.more], [['delta'], true]);
    assert.ok(page.changes.length >= 900, `${page.changes.length} changes`);
    const rest = await asked(async () => {
      page = await drive.changes(page.cursor);
    });
    assert.deepEqual([rest, page.more, page.reset], [['delta'], false, false]);
    const nothing = await asked(async () => {
      page = await drive.changes(page.cursor);
    });
    assert.deepEqual([nothing, page.more, page.changes.length], [['delta'], false, 0]);
  });

  it('a first read of what is not brand new costs the address and the range, the next ones the range alone', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, asked, another, emulator } = graph;
    emulator.admin.set({ clockOffsetMs: -aMinute });
    const written = await another().upload(fresh({ parentId: root.id, name: 'file' }, 'some text'));
    emulator.admin.set({ clockOffsetMs: 0 });
    const file = await drive.get(written.id);
    assert.deepEqual(await asked(() => collect(drive.read(file, { start: 0, end: 4 }))), ['get', 'download']);
    assert.deepEqual(await asked(() => collect(drive.read(file, { start: 4, end: 9 }))), ['download']);
    assert.deepEqual(await asked(() => collect(drive.read(file, { start: 3, end: 3 }))), []);
    const parallel = await asked(() =>
      Promise.all([0, 1, 2, 3].map((start) => collect(another().read(file, { start, end: start + 1 })))),
    );
    assert.equal(parallel.filter((kind) => kind === 'download').length, 4);
  });

  it('several ranges of one file ask once for its address', async () => {
    await using graph = await graphOnEmulator();
    const { root, asked, another, emulator } = graph;
    emulator.admin.set({ clockOffsetMs: -aMinute });
    const written = await another().upload(fresh({ parentId: root.id, name: 'file' }, 'some text'));
    emulator.admin.set({ clockOffsetMs: 0 });
    const reader = another();
    const kinds = await asked(() =>
      Promise.all([0, 1, 2, 3].map((start) => collect(reader.read(written, { start, end: start + 1 })))),
    );
    assert.deepEqual(kinds.sort(), ['download', 'download', 'download', 'download', 'get']);
  });

  it('the version is looked at once more where its time proves nothing', async () => {
    await using graph = await graphOnEmulator();
    const { root, asked, another } = graph;
    const file = await another().upload(fresh({ parentId: root.id, name: 'file' }, 'some text'));
    const kinds = await asked(() => collect(another().read(file, { start: 0, end: 4 })));
    assert.deepEqual(kinds.sort(), ['download', 'get', 'get']);
  });

  it('what was just uploaded is read without asking for its address', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, asked } = graph;
    const file = await drive.upload(fresh({ parentId: root.id, name: 'file' }, 'some text'));
    // Both are under way at once.
    const first = await asked(() => collect(drive.read(file, { start: 0, end: 4 })));
    assert.deepEqual(first.sort(), ['download', 'get']);
    assert.deepEqual(await asked(() => collect(drive.read(file, { start: 4, end: 9 }))), ['download']);
  });

  it('a save of a small file costs one, also under a version', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, asked } = graph;
    assert.deepEqual(await asked(() => drive.upload(fresh({ parentId: root.id, name: 'file' }, 'one'))), ['put']);
    const file = await at(graph, '/file');
    assert.deepEqual(await asked(() => drive.upload(fresh({ itemId: file.id }, 'two'))), ['put']);
    const { version } = await drive.get(file.id);
    assert.deepEqual(await asked(() => drive.upload(fresh({ itemId: file.id, ifVersion: version }, 'three'))), ['put']);
    assert.deepEqual(await asked(() => drive.upload(fresh({ parentId: root.id, name: 'empty' }, ''))), ['put']);
  });

  it('a time of its own costs one more, and no second version', async () => {
    await using graph = await graphOnEmulator({ emulator: { driveType: 'business' } });
    const { drive, root, asked, emulator } = graph;
    assert.deepEqual(await asked(() => put(drive, root, 'file', 'one')), ['session-create', 'session-fragment']);
    const file = await at(graph, '/file');
    assert.deepEqual(await asked(() => replace(drive, file, 'two', file.version)), [
      'session-create',
      'session-fragment',
    ]);
    assert.equal(emulator.admin.history().filter(({ name }) => name === 'file').length, 2);
    assert.deepEqual(await asked(() => put(drive, root, 'empty', '')), ['put', 'update']);
  });

  it('a large save costs a session and its fragments; under a version, a look before it begins and before it ends', async () => {
    await using graph = await graphOnEmulator({ drive: { simpleUploadLimit: 100, fragmentSize: 320 * 1024 } });
    const { drive, root, asked } = graph;
    const text = 'x'.repeat(3 * 320 * 1024 - 5);
    const fragments = ['session-fragment', 'session-fragment', 'session-fragment'];
    const made = await asked(() => drive.upload(fresh({ parentId: root.id, name: 'file' }, text)));
    assert.deepEqual(made, ['session-create', ...fragments]);
    const { id, version } = await at(graph, '/file');
    const replaced = await asked(() => drive.upload(fresh({ itemId: id, ifVersion: version }, text)));
    assert.deepEqual(replaced, [
      ...['get', 'session-create', 'session-fragment', 'session-fragment', 'get', 'session-fragment'],
    ]);
  });

  it('changes of the tree cost one, whatever they change', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, asked } = graph;
    assert.deepEqual(await asked(() => drive.makeFolder(root.id, 'a')), ['mkdir']);
    const folder = await at(graph, '/a');
    const file = await put(drive, root, 'file', 'x');
    assert.deepEqual(await asked(() => drive.move(file, { parentId: root.id, name: 'new' })), ['update']);
    assert.deepEqual(await asked(() => drive.move(file, { parentId: folder.id, name: 'both' })), ['update']);
    assert.deepEqual(await asked(() => drive.setDescription(file.id, 'x')), ['update']);
    assert.deepEqual(await asked(() => drive.link(file.id, 'view')), ['link']);
    assert.deepEqual(await asked(() => drive.unlink(file.id, 'view')), ['permissions', 'permission-delete']);
    const copy = await asked(() => drive.copy(file.id, { parentId: root.id, name: 'copy' }));
    assert.deepEqual(copy, ['copy', 'monitor', 'get']);
    const { version } = await drive.get(file.id);
    assert.deepEqual(await asked(() => drive.remove(file.id, version)), ['delete']);
  });

  it('is documented, all of it, and never shows the token where it has no business', async () => {
    await using graph = await graphOnEmulator({
      drive: { simpleUploadLimit: 10 },
      emulator: { quirks: { hosts: 'alias' } },
    });
    const { drive, root, emulator } = graph;
    const file = await put(drive, root, 'file', 'some longer text');
    await drive.copy(file.id, { parentId: root.id, name: 'copy' });
    for (const kind of ['view', 'edit', 'embed'] as const) await drive.link(file.id, kind);
    await drive.unlink(file.id, 'edit');
    await collect(drive.read(file, { start: 1, end: 3 }));
    await list(drive, root.id);
    await drive.changes((await drive.changes(undefined)).cursor);
    assert.deepEqual(emulator.requests.violations, []);
  });
});
