// The POSIX suite on the file system in memory, without FUSE: proves suite and reference on each other.
import assert from 'node:assert/strict';
import { posixSuite } from '../suites/posix-suite.ts';
import { FileSystemCalls } from '../support/file-system-calls.ts';
import { withoutKernel } from '../support/file-system-subject.ts';
import { MemoryFileSystem } from '../support/memory-file-system.ts';

posixSuite(
  'POSIX: the file system in memory',
  async () => {
    const fs = new MemoryFileSystem();
    const calls = new FileSystemCalls(fs);
    return {
      calls,
      root: '',
      check: async () => {
        assert.deepEqual([fs.references, fs.openHandles, calls.openDescriptors], [0, 0, 0]);
      },
      [Symbol.asyncDispose]: async () => {},
    };
  },
  withoutKernel,
);
