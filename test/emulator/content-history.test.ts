import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmulator } from '../../src/emulator/emulator.ts';

test('bytes that nobody has any more go when their budget is spent, hashes stay, current ones stay', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'history-'));
  const put = async (from: number, to: number, historyBytes: number) => {
    await using emulator = await startEmulator({ dataDir, historyBytes });
    for (let round = from; round < to; round += 1) await emulator.admin.put({ path: '/a' }, `${round}`.repeat(100));
    const current = (await emulator.admin.read({ path: '/a' })).toString();
    return { kept: emulator.admin.history().map((version) => version.kept), current };
  };
  try {
    assert.deepEqual((await put(0, 5, 1e6)).kept, [true, true, true, true, true]);
    // Bytes that came just now are spared even over the budget: a commit may be on its way to them.
    const after = await put(5, 6, 250);
    assert.deepEqual(after.kept, [false, false, false, true, true, true]);
    assert.equal(after.current, '5'.repeat(100));
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('what was removed and has lost its bytes does not come back', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'history-'));
  try {
    const first = await startEmulator({ dataDir });
    const { id } = await first.admin.put({ path: '/f/a' }, 'one');
    first.admin.remove({ path: '/f' });
    const [folder] = first.admin.removed();
    await first.close();
    await using second = await startEmulator({ dataDir, historyBytes: 0 });
    await second.admin.put({ path: '/b' }, 'x');
    second.admin.remove({ path: '/b' });
    assert.throws(() => second.admin.restore(folder?.id ?? ''), /given up/);
    assert.throws(() => second.admin.item({ id }), /there is no item/);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
