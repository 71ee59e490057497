import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mountAt, parseMountTable } from '../../src/fuse/mount-table.ts';

const table = `21 26 0:20 / /proc rw,relatime shared:5 - proc proc rw
26 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
99 26 0:45 / /mnt/my\\040drive rw,nosuid,nodev shared:7 master:1 - fuse.skydrive skydrive:a\\054b\\134c rw,user_id=0
100 26 0:46 / /mnt/\\303\\251\\011\\012 rw - fuse.x x rw
101 26 0:47 / /mnt/т rw - fuse.x y rw
`;

describe('the mount table', () => {
  it('is read with any number of optional fields', () => {
    assert.deepEqual(parseMountTable(table).slice(0, 3), [
      { device: '0:20', mountpoint: '/proc', type: 'proc', source: 'proc', options: 'rw' },
      { device: '254:0', mountpoint: '/', type: 'ext4', source: '/dev/vda', options: 'rw,discard' },
      {
        device: '0:45',
        mountpoint: '/mnt/my drive',
        type: 'fuse.skydrive',
        source: 'skydrive:a,b\\c',
        options: 'rw,user_id=0',
      },
    ]);
  });

  it('has its octal digits and its plain letters read as UTF-8', () => {
    assert.deepEqual(
      parseMountTable(table)
        .slice(3)
        .map(({ mountpoint }) => mountpoint),
      ['/mnt/é\t\n', '/mnt/т'],
    );
  });

  it('may hold lines that make no sense', () => {
    assert.deepEqual(parseMountTable('\nnonsense\n1 2 3\n1 2 0:1 / /x rw - \n - a b\n'), []);
  });

  it('of this system has a root, and nothing where nothing is mounted', async () => {
    assert.equal((await mountAt('/'))?.mountpoint, '/');
    assert.equal(await mountAt('/nowhere'), undefined);
  });
});
