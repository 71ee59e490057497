// The POSIX suite on the file system over the graph dialect, without FUSE.
import assert from 'node:assert/strict';
import { posixSuite } from '../suites/posix-suite.ts';
import { fileSystemSubject, withoutKernel } from '../support/file-system-subject.ts';
import { graphOnEmulator } from '../support/graph-on-emulator.ts';

posixSuite(
  'POSIX: the file system over the graph dialect',
  async () => {
    const graph = await graphOnEmulator();
    return fileSystemSubject(graph.drive, async () => {
      assert.deepEqual(graph.emulator.requests.violations, []);
      await graph[Symbol.asyncDispose]();
    });
  },
  withoutKernel,
);
