import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmulator } from '../../src/emulator/emulator.ts';

test('a folder of this machine is copied into a new drive, once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seed-'));
  try {
    mkdirSync(join(folder, 'tree', 'sub'), { recursive: true });
    writeFileSync(join(folder, 'tree', 'sub', 'a.txt'), 'abc');
    writeFileSync(join(folder, 'tree', 'b.txt'), 'b');
    const options = { dataDir: join(folder, 'data'), seedTree: join(folder, 'tree') };
    const paths = async () => {
      await using emulator = await startEmulator(options);
      const found = emulator.admin.tree().filter((item) => item.type === 'file');
      emulator.admin.remove({ path: '/b.txt' });
      return found.map((item) => item.path).sort();
    };
    assert.deepEqual(await paths(), ['/b.txt', '/sub/a.txt']);
    await using again = await startEmulator(options);
    assert.deepEqual(
      again.admin
        .tree()
        .filter((item) => item.type === 'file')
        .map((item) => item.path),
      ['/sub/a.txt'],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('twenty files to a folder', async () => {
  await using emulator = await startEmulator({ seedTree: 45 });
  const folders = new Map<string, number>();
  for (const item of emulator.admin.tree()) {
    const folder = item.path.slice(0, item.path.lastIndexOf('/'));
    if (item.type === 'file') folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  assert.deepEqual([...folders.values()], [20, 20, 5]);
});
