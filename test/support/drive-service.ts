// The real file system over a drive in memory, as serve-file-system.ts wants it. Caches and journal in a folder of its own.
import { systemClock } from '../../src/base/clock.ts';
import { makeLog } from '../../src/base/log.ts';
import { openFileSystem } from '../../src/open-file-system.ts';
import { liveLike, MemoryDrive } from './memory-drive.ts';
import type { Service } from './serve-file-system.ts';
import { tempDir } from './temp-dir.ts';

/** Asked anything, it waits until the drive has everything, and tells how many changes could not be sent. */
export const driveService = async (): Promise<Service> => {
  const folder = await tempDir();
  const drive = new MemoryDrive({ features: liveLike });
  const log = makeLog('warn', (line) => process.stderr.write(`${line}\n`));
  const opened = openFileSystem({
    ...{ drive, folder: folder.path, clock: systemClock, log },
    ...{ cacheSize: 1e9, settleMs: 20, listingAgeMs: 30_000 },
    settings: {
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      umask: 0o022,
      durability: 'local',
      readOnly: false,
    },
  });
  let last = 0;
  return {
    fs: opened.fs,
    attached: (mount) => opened.attachKernel(mount),
    ask: async (question) => {
      if (question !== 'ended') last = (await opened.sync(undefined, AbortSignal.timeout(60_000))).length;
      return { parked: last };
    },
    close: async () => {
      last = (await opened.sync(undefined, AbortSignal.timeout(60_000))).length;
      await opened.close();
      await folder[Symbol.asyncDispose]();
    },
  };
};
