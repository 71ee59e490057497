import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { placeOf, visibleMounts } from '../../src/daemon/our-mounts.ts';
import { tempDir } from '../support/temp-dir.ts';

const line = (mountpoint: string, type = 'fuse.skydrive', source = 'skydrive:a1'): string =>
  `40 22 0:35 / ${mountpoint} rw,nosuid,nodev shared:7 - ${type} ${source} rw,user_id=1000,group_id=1000`;

test('the table is read with its escapes and the user who mounted', () => {
  const mounts = visibleMounts(`${line('/mnt/Fotos\\040übrig')}\n22 1 254:1 / / rw - ext4 /dev/vda rw\n`);
  assert.deepEqual(placeOf('/mnt/Fotos übrig/a', mounts), {
    mount: { mountpoint: '/mnt/Fotos übrig', uid: 1000, account: 'a1' },
    inside: 'a',
  });
  assert.equal(mounts.size, 2);
});

test('the source says whose drive is mounted, where it is one of ours', () => {
  const accountOf = (source: string) =>
    placeOf('/mnt', visibleMounts(line('/mnt', 'fuse.skydrive', source)))?.mount.account;
  assert.equal(accountOf('skydrive:b!x\\040y'), 'b!x y');
  assert.equal(accountOf('skydrive'), undefined);
  assert.equal(accountOf('skydrive:'), undefined);
});

test('a path leads to the mount above it, and to no other kind of mount', () => {
  const mounts = visibleMounts([line('/mnt/sky'), line('/mnt/other', 'ext4')].join('\n'));
  assert.equal(placeOf('/mnt/sky/a/b c', mounts)?.inside, 'a/b c');
  assert.equal(placeOf('/mnt/sky', mounts)?.inside, '');
  assert.equal(placeOf('/mnt/skyline', mounts), undefined);
  assert.equal(placeOf('/mnt/other/x', mounts), undefined);
  assert.equal(placeOf('/mnt/sky/../other', mounts), undefined);
});

test('of two mounts on one path only the upper one counts', () => {
  const mounts = visibleMounts([line('/mnt/sky'), line('/mnt/sky', 'tmpfs')].join('\n'));
  assert.equal(placeOf('/mnt/sky', mounts), undefined);
});

test('symbolic links that lead to a mount are followed, also in a circle', async () => {
  await using dir = await tempDir();
  const mountpoint = join(dir.path, 'mount');
  await mkdir(mountpoint);
  await symlink('mount', join(dir.path, 'link'));
  await symlink('circle', join(dir.path, 'circle'));
  const mounts = visibleMounts(line(mountpoint));
  assert.equal(placeOf(join(dir.path, 'link', 'x'), mounts)?.inside, 'x');
  assert.equal(placeOf(join(dir.path, 'circle', 'x'), mounts), undefined);
});
