import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PlaceKind, Places } from '../../src/cli/places.ts';
import { ControlError } from '../../src/daemon/protocol.ts';
import { MemoryDrive } from '../support/memory-drive.ts';
import { rootId } from '../support/memory-store.ts';

const placesOn = (drive: MemoryDrive, kind: PlaceKind = 'guess') => {
  const warnings: string[] = [];
  return { warnings, places: new Places(drive, { kind, warn: (message) => warnings.push(message) }) };
};

const missing = (error: unknown): boolean => error instanceof ControlError && error.kind === 'missing';

describe('places on the drive', () => {
  it('are paths in any spelling, and the root in all of its', async () => {
    const drive = new MemoryDrive();
    const folder = drive.store.add(rootId, '你好', 'folder');
    const file = drive.store.add(folder.id, 'ünï e\u0301.txt', 'file');
    const { places } = placesOn(drive);
    for (const path of [
      '你好/ünï e\u0301.txt',
      '/你好//ünï e\u0301.txt',
      '你好\\ünï e\u0301.txt',
      './你好/ünï \u00e9.txt',
    ])
      assert.equal((await places.find(path)).id, file.id, path);
    for (const path of ['/', '', 'me/skydrive', 'me/skydrive/', '.'])
      assert.equal((await places.find(path)).id, rootId, path);
    assert.equal((await places.find('me/skydrive/你好')).id, folder.id);
  });

  it('are exact names before others that may be meant', async () => {
    const drive = new MemoryDrive({ duplicates: true });
    const [decomposed, composed] = ['e\u0301', '\u00e9'].map((name) => drive.store.add(rootId, name, 'file'));
    const mapped = drive.store.add(rootId, 'a\uf03ab', 'file');
    const { places, warnings } = placesOn(drive);
    assert.equal((await places.find('e\u0301')).id, decomposed?.id);
    assert.equal((await places.find('\u00e9')).id, composed?.id);
    // As a mount shows it.
    assert.equal((await places.find('a:b')).id, mapped.id);
    await assert.rejects(places.find('E\u0301'), missing);
    assert.deepEqual(warnings, []);
  });

  it('are ids where they look like ids, unless they must be paths', async () => {
    const drive = new MemoryDrive();
    const file = drive.store.add(rootId, 'a', 'file');
    const named = drive.store.add(rootId, file.id, 'file');
    assert.equal((await placesOn(drive).places.find(file.id)).id, file.id);
    assert.equal((await placesOn(drive, 'path').places.find(file.id)).id, named.id);
    assert.equal((await placesOn(drive, 'id').places.find(file.id)).id, file.id);
    await assert.rejects(placesOn(drive, 'id').places.find('a'), /does not exist/);
  });

  it('of two items with one name are the last to look at, and an error to change', async () => {
    const drive = new MemoryDrive({ duplicates: true });
    const [first, last] = [drive.store.add(rootId, 'twice', 'file'), drive.store.add(rootId, 'twice', 'file')];
    const { places, warnings } = placesOn(drive);
    assert.equal((await places.find('twice')).id, last.id);
    assert.match(warnings[0] ?? '', new RegExp(`2 items .*${first.id}, ${last.id}; taken is the last`));
    await assert.rejects(places.findAlone('twice'), new RegExp(`${first.id}, ${last.id}; name the one .* by its id`));
    assert.equal((await places.findAlone(first.id)).id, first.id);
  });

  it('that are not there are named with the folder that lacks them', async () => {
    const drive = new MemoryDrive();
    drive.store.add(drive.store.add(rootId, 'folder', 'folder').id, 'file', 'file');
    const { places } = placesOn(drive);
    await assert.rejects(places.find('folder/none/deep'), /there is no "none" in "folder"/);
    await assert.rejects(places.find('folder/file/deep'), /"file" is a file: there is no "deep" in it/);
    await assert.rejects(places.find('..'), missing);
    await assert.rejects(places.folder('folder/file'), /"file" is a file, and a folder is wanted/);
  });

  it('in one folder are listed once', async () => {
    const drive = new MemoryDrive();
    for (const name of ['a', 'b', 'c']) drive.store.add(rootId, name, 'file');
    const { places } = placesOn(drive);
    for (const name of ['a', 'b', 'c']) await places.find(name);
    assert.equal(drive.count('children'), 1);
  });
});
