// The POSIX suite on the file system over a drive in memory, without FUSE.
import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { openFileSystem } from '../../src/open-file-system.ts';
import { posixSuite } from '../suites/posix-suite.ts';
import { FileSystemCalls } from '../support/file-system-calls.ts';
import { liveLike, MemoryDrive } from '../support/memory-drive.ts';
import { tempDir } from '../support/temp-dir.ts';

posixSuite(
  'POSIX: the file system over a drive in memory',
  async () => {
    const folder = await tempDir();
    const opened = openFileSystem({
      ...{ drive: new MemoryDrive({ features: liveLike }), folder: folder.path, clock: systemClock, log: silentLog },
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
        await opened.close();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
  { cannot: { mapping: 'without a kernel there are no mappings' } },
);
