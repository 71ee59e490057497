// What editors and tools do when they save, on a mount.
import { describe, test } from 'node:test';
import { mountCalls } from '../support/mount-calls.ts';
import { drivers, exported, mounted, mountObstacle } from '../support/mounted.ts';
import type { SavesOptions } from '../support/saves-service.ts';
import { checkSaves, filesBefore, type Look, settleMs } from './saves.ts';

// They wait for most of the time.
describe('saves as programs do them', { concurrency: true }, () => {
  for (const [driver, dialect] of [
    ['kernel', 'live'],
    ['native', 'graph'],
  ] as const) {
    test(`saves on a mount of the ${dialect} dialect, ${driver} driver`, { skip: mountObstacle() }, async (t) => {
      const serviceOptions: SavesOptions = { dialect, settleMs, files: filesBefore() };
      const service = exported('test/support/saves-service', 'savesService');
      await using mount = await mounted({ driver: drivers[driver], service, serviceOptions });
      const subject = {
        ...{ calls: mountCalls, root: mount.mountpoint, hasComments: dialect === 'live' },
        look: async () => (await mount.ask()) as Look,
      };
      t.diagnostic(`${await checkSaves(subject)} documents`);
      await mount.stop();
    });
  }
});
