// The POSIX suite on the file system over a drive in memory, without FUSE.
import { posixSuite } from '../suites/posix-suite.ts';
import { fileSystemSubject, withoutKernel } from '../support/file-system-subject.ts';
import { liveLike, MemoryDrive } from '../support/memory-drive.ts';

posixSuite(
  'POSIX: the file system over a drive in memory',
  () => fileSystemSubject(new MemoryDrive({ features: liveLike }), async () => {}),
  withoutKernel,
);
