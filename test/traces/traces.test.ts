// What editors and tools do when they save, straight on the file system over both dialects.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FileSystemCalls } from '../support/file-system-calls.ts';
import { savesService } from '../support/saves-service.ts';
import { checkSaves, filesBefore, settleMs } from './saves.ts';

// They wait for most of the time.
describe('saves as programs do them', { concurrency: true }, () => {
  for (const dialect of ['live', 'graph'] as const) {
    test(`saves on the ${dialect} dialect keep the item`, async (t) => {
      const service = await savesService({ dialect, settleMs, files: filesBefore() });
      try {
        const calls = new FileSystemCalls(service.fs);
        const count = await checkSaves({ calls, root: '', hasComments: dialect === 'live', look: () => service.ask() });
        t.diagnostic(`${count} documents`);
        assert.ok(count > 50);
      } finally {
        await service.close?.();
      }
    });
  }
});
