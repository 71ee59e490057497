// A file system straight over a drive, without FUSE, as the subject of the POSIX suite.
import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Drive } from '../../src/drive/drive.ts';
import { openFileSystem } from '../../src/open-file-system.ts';
import type { PosixOptions, PosixSubject } from '../suites/posix-suite.ts';
import { FileSystemCalls } from './file-system-calls.ts';
import { tempDir } from './temp-dir.ts';

export const withoutKernel: PosixOptions = {
  cannot: {
    mapping: 'without a kernel there are no mappings',
    'append-mapping': 'without a kernel there are no mappings',
  },
};

/** In the end the drive holds everything; `end` runs then. */
export const fileSystemSubject = async (drive: Drive, end: () => Promise<void>): Promise<PosixSubject> => {
  const folder = await tempDir();
  const opened = openFileSystem({
    // The suite removes thousands of files, and means it.
    brake: { count: 0, share: 0, windowMs: 60_000 },
    ...{ drive, folder: folder.path, clock: systemClock, log: silentLog },
    ...{ cacheSize: 1e9, settleMs: 20, listingAgeMs: 30_000 },
    settings: { uid: 0, gid: 0, umask: 0o022, durability: 'local', remotePatienceMs: 60_000, readOnly: false },
  });
  const calls = new FileSystemCalls(opened.fs);
  return {
    calls,
    root: '',
    check: async () => {
      assert.equal(calls.openDescriptors, 0);
    },
    [Symbol.asyncDispose]: async () => {
      assert.deepEqual(await opened.sync(undefined, AbortSignal.timeout(300_000)), []);
      await opened.close();
      await end();
      await folder[Symbol.asyncDispose]();
    },
  };
};
