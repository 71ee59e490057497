// The POSIX suite on mounts of the kernel driver.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { posixSuite } from '../suites/posix-suite.ts';
import { mountSubject } from '../support/mount-subject.ts';
import { drivers, exported, mountObstacle } from '../support/mounted.ts';
import { treeHashes } from '../support/tree-hashes.ts';

/** A symbolic link is a small file there that holds its target. */
const onDrive = (line: string): string => {
  const [, target] = /^symlink (.*)$/s.exec(line) ?? [];
  return target === undefined ? line : createHash('sha1').update(target).digest('hex');
};

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

posixSuite(
  'POSIX: the kernel driver over the live dialect',
  () =>
    mountSubject(
      { driver: drivers.kernel, service: exported('test/support/drive-service', 'liveService') },
      {
        // Whatever the cases did: in the end the drive holds the bytes that the mount shows.
        beforeEnd: async (mount) => {
          const drive = (await mount.ask()) as { parked: number; files: string[] };
          const shown = Object.values(await treeHashes(mount.mountpoint, { algorithm: 'sha1' }));
          const files = shown
            .filter((line) => line !== 'folder')
            .map(onDrive)
            .sort();
          assert.deepEqual(drive, { parked: 0, files });
          assert.ok(files.length > 200, `${files.length} files`);
        },
      },
    ),
  { skip: mountObstacle() },
);
