// What every driver owes besides POSIX, on fuse-native.
import assert from 'node:assert/strict';
import { mkdir, open, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { driverSuite } from '../suites/driver-suite.ts';
import { drivers, mounted, mountObstacle } from '../support/mounted.ts';

driverSuite('the driver fuse-native', drivers.native, {
  cannot: {
    interrupt: 'libfuse 2 does not tell fuse-native that a caller gave up',
    owner: 'fuse-native does not tell who calls: what is made belongs to who mounted',
  },
});

describe('fuse-native and a file that was removed while it is open', { skip: mountObstacle() }, () => {
  it('keeps the folder until it is closed, and lives on', async () => {
    await using mount = await mounted({ driver: drivers.native });
    const folder = join(mount.mountpoint, 'folder');
    for (let round = 0; round < 50; round++) {
      await mkdir(folder);
      await writeFile(join(folder, 'file'), 'bytes');
      const file = await open(join(folder, 'file'));
      await unlink(join(folder, 'file'));
      await assert.rejects(rmdir(folder), { code: 'ENOTEMPTY' });
      await file.close();
      await rmdir(folder);
    }
  });

  it('lets the folder go at once when it was closed before', async () => {
    await using mount = await mounted({ driver: drivers.native });
    const folder = join(mount.mountpoint, 'folder');
    for (let round = 0; round < 300; round++) {
      await mkdir(folder);
      await writeFile(join(folder, 'file'), 'bytes');
      await unlink(join(folder, 'file'));
      await rmdir(folder);
    }
  });
});
