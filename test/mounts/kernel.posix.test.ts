// The POSIX suite on mounts of the kernel driver.
import assert from 'node:assert/strict';
import { posixSuite } from '../suites/posix-suite.ts';
import { mountSubject } from '../support/mount-subject.ts';
import { drivers, exported, mountObstacle } from '../support/mounted.ts';
import { treeHashes } from '../support/tree-hashes.ts';

posixSuite(
  'POSIX: the kernel driver over memory',
  () =>
    mountSubject(
      { driver: drivers.kernel },
      {
        last: (answer) => {
          assert.equal((answer as { openHandles: number }).openHandles, 0);
        },
      },
    ),
  { skip: mountObstacle() },
);

posixSuite(
  'POSIX: the kernel driver over a drive',
  () =>
    mountSubject(
      { driver: drivers.kernel, service: exported('test/support/drive-service', 'driveService') },
      {
        last: (answer) => {
          assert.deepEqual(answer, { parked: 0 });
        },
      },
    ),
  { skip: mountObstacle() },
);

for (const dialect of ['live', 'graph'])
  posixSuite(
    `POSIX: the kernel driver over the dialect ${dialect}`,
    () =>
      mountSubject(
        { driver: drivers.kernel, service: exported('test/support/drive-service', `${dialect}Service`) },
        {
          // Whatever the cases did: in the end the drive holds the bytes that the mount shows.
          beforeEnd: async (mount) => {
            const drive = (await mount.ask()) as { parked: number; files: string[] };
            const shown = await treeHashes(mount.mountpoint, { algorithm: 'sha1', linksAsFiles: true });
            const files = Object.values(shown)
              .filter((line) => line !== 'folder')
              .sort();
            assert.deepEqual(drive, { parked: 0, files });
            assert.ok(files.length > 200, `${files.length} files`);
          },
        },
      ),
    { skip: mountObstacle() },
  );
