// Names that the service keeps for itself: stored under others, told as they were meant.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { meantName, storedName, withReservedNames } from '../../../src/drive/graph/reserved-names.ts';
import { collect, list, put, textOf } from '../../suites/drive-steps.ts';
import { graphOnEmulator } from '../../support/graph-on-emulator.ts';

const reserved = [
  ...['con', 'CON.txt', 'aux.txt', 'nul', 'COM1', 'lpt9.tar.gz', '.lock', 'Desktop.ini', '~$report.docx', '_vti_'],
  ...['a_vti_b', '~$_vti_', '_vti_vti_', '\uf081con', '_vti\uf081_', '\uf081\uf081~$x'],
];
const free = [
  '',
  'context',
  'icon',
  'com',
  'com10',
  'lock',
  '.lock2',
  'desktop.ini.txt',
  '~x',
  'vti_',
  '_vti',
  '\uf081x',
];

describe('reserved names', () => {
  it('are stored under others, and come back', () => {
    for (const name of reserved) {
      assert.notEqual(storedName(name), name);
      assert.equal(meantName(storedName(name)), name);
    }
    for (const name of free) assert.deepEqual([storedName(name), meantName(name)], [name, name]);
    const all = [...reserved, ...free];
    assert.equal(new Set(all.map(storedName)).size, new Set(all).size);
  });

  it('can be made, told of, read, moved and copied', async () => {
    await using graph = await graphOnEmulator();
    const { root, emulator } = graph;
    const drive = withReservedNames(graph.drive);
    const folder = await drive.makeFolder(root.id, 'aux');
    assert.equal(folder.name, 'aux');
    const file = await put(drive, folder, 'desktop.ini', 'text');
    assert.equal(file.name, 'desktop.ini');
    assert.equal(await textOf(drive, file), 'text');
    const moved = await drive.move(file, { parentId: root.id, name: '~$x' });
    await drive.copy(moved.id, { parentId: folder.id, name: 'con.txt' });
    const names = (await list(drive, root.id)).map(({ name }) => name);
    assert.deepEqual(names.slice(-2), ['aux', '~$x']);
    const { changes } = await drive.changes(undefined);
    const told = changes.flatMap((change) => ('item' in change ? change.item.name : []));
    for (const name of ['aux', '~$x', 'con.txt']) assert.ok(told.includes(name), name);
    assert.equal((await drive.get(folder.id)).name, 'aux');
    assert.equal((await collect(drive.read(moved, { start: 0, end: 4 }))).toString(), 'text');
    assert.deepEqual(emulator.requests.violations, []);
  });
});
