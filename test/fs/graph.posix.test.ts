// The POSIX suite on the file system over the graph dialect, without FUSE.
import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { openFileSystem } from '../../src/open-file-system.ts';
import { posixSuite } from '../suites/posix-suite.ts';
import { FileSystemCalls } from '../support/file-system-calls.ts';
import { graphOnEmulator } from '../support/graph-on-emulator.ts';
import { tempDir } from '../support/temp-dir.ts';

posixSuite(
  'POSIX: the file system over the graph dialect',
  async () => {
    const folder = await tempDir();
    const graph = await graphOnEmulator();
    const opened = openFileSystem({
      // The suite removes thousands of files, and means it.
      brake: { count: 0, share: 0, windowMs: 60_000 },
      ...{ drive: graph.drive, folder: folder.path, clock: systemClock, log: silentLog },
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
        assert.deepEqual(graph.emulator.requests.violations, []);
        await opened.close();
        await graph[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
  { cannot: { mapping: 'without a kernel there are no mappings' } },
);
