// The POSIX suite on mounts of the kernel driver.
import assert from 'node:assert/strict';
import { posixSuite } from '../suites/posix-suite.ts';
import { mountSubject } from '../support/mount-subject.ts';
import { drivers, exported, mountObstacle } from '../support/mounted.ts';

posixSuite(
  'POSIX: the kernel driver over memory',
  () =>
    mountSubject({ driver: drivers.kernel }, (last) => {
      assert.equal((last as { openHandles: number }).openHandles, 0);
    }),
  { skip: mountObstacle() },
);

posixSuite(
  'POSIX: the kernel driver over a drive',
  () =>
    mountSubject(
      { driver: drivers.kernel, service: exported('test/support/drive-service', 'driveService') },
      (last) => {
        assert.deepEqual(last, { parked: 0 });
      },
    ),
  { skip: mountObstacle() },
);
