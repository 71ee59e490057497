// Removals in the graph dialect whose answers are not the service's word that anything was done.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fails, put } from '../../suites/drive-steps.ts';
import { GraphBench } from '../../support/graph-bench.ts';
import { graphOnEmulator } from '../../support/graph-on-emulator.ts';

const answers = {
  'a page in HTML': { do: 'answer', status: 200, body: '<html>Sign in to the Wi-Fi</html>', type: 'text/html' },
  'a word that is no JSON': { do: 'answer', status: 200, body: 'done', type: 'text/plain' },
} as const;

describe('removals that are answered with', () => {
  for (const [what, action] of Object.entries(answers)) {
    it(`${what} may have been made, or not`, async () => {
      await using graph = await graphOnEmulator();
      const { drive, root, emulator } = graph;
      const file = await put(drive, root, 'file', 'x');
      await drive.link(file.id, 'view');
      emulator.admin.addFault({ match: { method: 'DELETE' }, action, count: 2 });
      assert.ok((await fails(drive.remove(file.id, file.version), 'broken')).ambiguous);
      assert.ok((await fails(drive.unlink(file.id, 'view'), 'broken')).ambiguous);
      await drive.unlink(file.id, 'view');
      await drive.remove(file.id);
      await fails(drive.get(file.id), 'missing');
    });

    it(`${what} are asked for again: nothing that was removed here stays on the drive`, async () => {
      await using bench = await GraphBench.open();
      const { calls, emulator } = bench;
      for (const path of ['/file', '/one', '/two']) await bench.write(path, 'x');
      await calls.mkdir('/folder');
      await bench.write('/folder/file', 'x');
      await bench.sync();
      emulator.admin.addFault({ match: { kind: 'delete' }, action, count: 3 });
      await calls.unlink('/file');
      await bench.sync();
      await Promise.all([calls.unlink('/one'), calls.unlink('/two')]);
      await calls.unlink('/folder/file');
      await calls.rmdir('/folder');
      await bench.sync();
      const left = Object.keys(bench.held()).filter((path) => /file|one|two|folder/.test(path));
      assert.deepEqual(left, []);
    });
  }
});
