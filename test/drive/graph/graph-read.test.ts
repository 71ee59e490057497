// Contents of the graph dialect: addresses that die, contents that change under a read, sizes that the service has wrong.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collect, fails, put, replace, textOf } from '../../suites/drive-steps.ts';
import { graphOnEmulator } from '../../support/graph-on-emulator.ts';

const anHour = 3_600_000;
const webPage = '<!DOCTYPE html><html><body>Sign in to the Wi-Fi</body></html>';

describe('reading in the graph dialect', () => {
  it('asks for another address when the old one is over', async () => {
    await using graph = await graphOnEmulator({ emulator: { downloadSeconds: 60 } });
    const { drive, root, emulator, asked } = graph;
    const file = await put(drive, root, 'file', 'some text');
    assert.equal(await textOf(drive, file), 'some text');
    emulator.admin.set({ clockOffsetMs: anHour / 2 });
    const kinds = await asked(async () => assert.equal(await textOf(drive, file), 'some text'));
    assert.deepEqual(kinds, ['download', 'get', 'download']);
  });

  it('gives up on addresses that are refused as soon as they are given out, and says that it may pass', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, quirks } = graph;
    const file = await put(drive, root, 'file', 'some text');
    quirks({ 'dl-fresh-401': 1 });
    assert.ok((await fails(textOf(drive, file), 'broken')).passing);
    quirks({});
    assert.equal(await textOf(drive, file), 'some text');
  });

  it('notices another content of the same length behind an address that it knows', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, another } = graph;
    const file = await put(drive, root, 'file', 'one');
    assert.equal(await textOf(drive, file), 'one');
    const theirs = await replace(another(), file, 'two');
    await fails(textOf(drive, file), 'changed');
    assert.equal(await textOf(drive, theirs), 'two');
  });

  it('notices another content before its own first byte', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, another, emulator } = graph;
    const file = await put(another(), root, 'file', 'one');
    await replace(another(), file, 'two');
    await fails(textOf(drive, file), 'changed');
    emulator.admin.set({ clockOffsetMs: anHour });
    await fails(textOf(drive, file), 'changed');
  });

  it('puts up with a server that ignores ranges', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, quirks } = graph;
    const file = await put(drive, root, 'file', 'some text');
    quirks({ 'dl-ignore-range': 1 });
    assert.equal((await collect(drive.read(file, { start: 5, end: 9 }))).toString(), 'text');
  });

  for (const [quirk, name] of [
    ['dl-shrunk-heic', 'photo.heic'],
    ['dl-never-matches', 'protected.docx'],
  ] as const) {
    it(`believes what is delivered where the size is wrong for good: ${quirk}`, async () => {
      await using graph = await graphOnEmulator();
      const { drive, root, quirks } = graph;
      const { id } = await put(drive, root, name, 'some text');
      quirks({ [quirk]: true });
      const told = await drive.get(id);
      assert.equal(told.size, 9 + 4096);
      await fails(textOf(drive, told), 'changed');
      const corrected = await drive.get(id);
      assert.deepEqual([corrected.size, corrected.hash], [9, undefined]);
      assert.equal(await textOf(drive, corrected), 'some text');
      assert.deepEqual(await drive.get(id), corrected);
    });
  }

  for (const [what, answer] of Object.entries({
    'that says so': { type: 'text/html; charset=utf-8', body: webPage },
    'that says nothing': { type: 'application/octet-stream', body: webPage },
    'that only says so': { type: 'text/html', body: 'Sign in to the Wi-Fi' },
  }))
    it(`does not take a page in HTML for a content, however often it comes: one ${what}`, async () => {
      await using graph = await graphOnEmulator();
      const { drive, root, emulator } = graph;
      const file = await put(drive, root, 'notes.txt', 'some text');
      emulator.admin.addFault({ match: { kind: 'download' }, action: { do: 'answer', status: 200, ...answer } });
      for (let times = 0; times < 3; times += 1) assert.ok((await fails(textOf(drive, file), 'broken')).page);
      assert.deepEqual(await drive.get(file.id), file);
      emulator.admin.clearFaults();
      assert.equal(await textOf(drive, file), 'some text');
    });

  it('does not take a page for an earlier content either', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, emulator } = graph;
    const file = await put(drive, root, 'notes.txt', 'some text');
    await replace(drive, file, 'other text');
    const [, earlier] = await drive.versions(file.id);
    assert.ok(earlier !== undefined);
    const read = () => collect(drive.readVersion(earlier, { start: 0, end: earlier.size }));
    const page = { do: 'answer', status: 200, type: 'text/html', body: webPage } as const;
    emulator.admin.addFault({ match: { kind: 'download' }, action: page });
    assert.ok((await fails(read(), 'broken')).passing);
    emulator.admin.clearFaults();
    assert.equal(String(await read()), 'some text');
  });

  it('believes what is delivered where the file is a page itself', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, emulator } = graph;
    const file = await put(drive, root, 'page.html', '<html>short</html>');
    const longer = { do: 'answer', status: 200, type: 'text/html', body: webPage } as const;
    emulator.admin.addFault({ match: { kind: 'download' }, action: longer });
    await fails(textOf(drive, file), 'changed');
    assert.equal(await textOf(drive, await drive.get(file.id)), webPage);
  });

  it('believes an XML file that is delivered in another size', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, emulator } = graph;
    const file = await put(drive, root, 'drawing.svg', '<svg/>');
    const longer = { do: 'answer', status: 200, type: 'image/svg+xml', body: '<?xml version="1.0"?><svg/>' } as const;
    emulator.admin.addFault({ match: { kind: 'download' }, action: longer });
    await fails(textOf(drive, file), 'changed');
    assert.equal((await drive.get(file.id)).size, longer.body.length);
  });

  it('finds a new file by its place when its id is not known everywhere yet', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, quirks, another } = graph;
    const file = await put(another(), root, 'file', 'some text');
    quirks({ 'item-id-lag': 60_000 });
    assert.equal(await textOf(drive, file), 'some text');
  });

  it('does not ask again where reading is forbidden', async () => {
    await using graph = await graphOnEmulator();
    const { drive, root, emulator } = graph;
    const file = await put(drive, root, 'file', 'some text');
    emulator.admin.addFault({ match: { kind: 'download' }, action: { do: 'answer', status: 403 } });
    const error = await fails(textOf(graph.another(), file), 'denied');
    assert.equal(error.passing, false);
  });
});
