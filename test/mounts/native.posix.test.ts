// The POSIX suite on mounts of the fuse-native driver.
import assert from 'node:assert/strict';
import type { Exceptions } from '../suites/posix/calls.ts';
import { posixSuite } from '../suites/posix-suite.ts';
import { mountSubject } from '../support/mount-subject.ts';
import { drivers, exported, mountObstacle } from '../support/mounted.ts';

const cannot: Exceptions = {
  noreplace: 'libfuse 2 has no renameat2',
  exchange: 'libfuse 2 has no renameat2',
  holes: 'libfuse 2 has no lseek: the kernel takes everything for data',
  fallocate: 'fuse-native does not pass fallocate on',
  punch: 'fuse-native does not pass fallocate on',
  nanoseconds: 'fuse-native carries times in milliseconds',
  'early-times': 'fuse-native carries times without a sign',
  'chown-nobody': 'libfuse 2 does not pass on a chown that changes nobody',
  'single-time': 'libfuse 2 passes times on in pairs only',
  'append-mapping': 'fuse-native does not tell pages from what programs write',
  orphans: 'libfuse 2 reaches open files by their path: a folder stays as long as one that was removed from it is open',
};

posixSuite(
  'POSIX: fuse-native over memory',
  () =>
    mountSubject(
      { driver: drivers.native },
      {
        last: (answer) => {
          assert.deepEqual(answer, {
            references: 0,
            openHandles: 0,
            nodeCount: (answer as { nodeCount: number }).nodeCount,
          });
        },
      },
    ),
  { cannot, skip: mountObstacle() },
);

posixSuite(
  'POSIX: fuse-native over a drive',
  () =>
    mountSubject(
      { driver: drivers.native, service: exported('test/support/drive-service', 'driveService') },
      {
        last: (answer) => {
          assert.deepEqual(answer, { parked: 0 });
        },
      },
    ),
  { cannot, skip: mountObstacle() },
);

posixSuite(
  'POSIX: fuse-native over the dialect graph',
  () =>
    mountSubject(
      { driver: drivers.native, service: exported('test/support/drive-service', 'graphService') },
      {
        last: (answer) => {
          assert.deepEqual(answer, { parked: 0 });
        },
      },
    ),
  { cannot, skip: mountObstacle() },
);
