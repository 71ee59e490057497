// Moves that take two requests: broken between them, started from where the item no longer is, and met by taken names.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Item } from '../../../src/drive/drive.ts';
import { isFault } from '../../../src/drive/drive-error.ts';
import type { LiveDrive } from '../../../src/drive/live/live-drive.ts';
import { fails, names, put } from '../../suites/drive-steps.ts';
import { liveOnEmulator } from '../../support/live-on-emulator.ts';

const stateOf = async (drive: LiveDrive, item: Item): Promise<unknown[]> => {
  const { parentId, name } = await drive.get(item.id);
  return [parentId, name];
};

describe('moves of the live dialect', () => {
  it('that break between their steps are completed by the same call', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator } = live;
    const folder = await drive.makeFolder(root.id, 'folder');
    for (const [n, fault] of (
      [
        { match: { kind: 'update' }, action: { do: 'answer', status: 500 }, count: 1 },
        { match: { kind: 'update' }, action: { do: 'reset', in: 'request' }, count: 1 },
        { match: { kind: 'update' }, action: { do: 'answer', status: 420, code: 'request_throttled' }, count: 1 },
        { match: { kind: 'update' }, action: { do: 'lose-reply' }, count: 1 },
        { match: { kind: 'move' }, action: { do: 'lose-reply' }, count: 1 },
      ] as const
    ).entries()) {
      const file = await put(drive, root, `file ${n}`, 'x');
      const to = { parentId: folder.id, name: `new ${n}` };
      emulator.admin.addFault(fault);
      const error: unknown = await drive.move(file, to).catch((caught: unknown) => caught);
      assert.ok(isFault(error, 'offline') || isFault(error, 'broken') || isFault(error, 'busy'));
      assert.ok(error.ambiguous, 'the item is no longer where it was');
      await drive.move(file, to);
      assert.deepEqual(await stateOf(drive, file), [folder.id, `new ${n}`]);
    }
  });

  it('start from where the item is, whatever the caller last knew', async () => {
    await using live = await liveOnEmulator();
    const { drive, root, emulator } = live;
    const [a, b] = [await drive.makeFolder(root.id, 'a'), await drive.makeFolder(root.id, 'b')];
    const file = await put(drive, root, 'file', 'x');
    emulator.admin.move({ path: '/file' }, '/a', 'elsewhere');
    await drive.move(file, { parentId: root.id, name: 'new' });
    assert.deepEqual(await stateOf(drive, file), [root.id, 'new']);
    emulator.admin.move({ path: '/new' }, '/b', 'other');
    await put(drive, a, 'new', 'in the way');
    await drive.move({ ...file, name: 'new' }, { parentId: a.id, name: 'target' });
    assert.deepEqual(await stateOf(drive, file), [a.id, 'target']);
    assert.deepEqual(await names(drive, b.id), []);
  });

  it('leave everything in place when the name is taken, whichever step finds out', async () => {
    await using live = await liveOnEmulator();
    const { drive, root } = live;
    const folder = await drive.makeFolder(root.id, 'folder');
    const file = await put(drive, root, 'file', 'x');
    await put(drive, root, 'wanted', 'x');
    await put(drive, folder, 'file', 'x');
    await put(drive, folder, 'wanted', 'x');
    await fails(drive.move(file, { parentId: folder.id, name: 'wanted' }), 'exists');
    assert.deepEqual(await stateOf(drive, file), [root.id, 'file']);
  });
});
