// The file system over a dialect whose emulator runs elsewhere, as serve-file-system.ts wants it: what lives and dies in the
// walks of test/model. Asked anything, it waits until the drive has everything, and tells what cannot get there.
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { openDrive } from '../../src/drive/open-drive.ts';
import { openFileSystem, type UnsentChange } from '../../src/open-file-system.ts';
import type { EmulatedDialect } from './emulated.ts';
import type { Service } from './serve-file-system.ts';

export interface WalkedOptions {
  readonly dialect: EmulatedDialect;
  readonly configFile: string;
  readonly apiUrl: string;
  readonly loginUrl: string;
  readonly cacheDir: string;
}

export const walkedService = async (options: WalkedOptions): Promise<Service> => {
  const { drive, close } = await openDrive(options);
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const opened = openFileSystem({
    ...{ drive, folder: options.cacheDir, clock: systemClock, log: silentLog, cacheSize: 1e9, settleMs: 20 },
    ...{ listingAgeMs: 200, feedIntervalMs: 200 },
    settings: { uid, gid, umask: 0o022, durability: 'local', remotePatienceMs: 60_000, readOnly: false },
  });
  return {
    fs: opened.fs,
    attached: (mount) => opened.attachKernel(mount),
    ask: async (question): Promise<readonly UnsentChange[]> => {
      if (question === 'ended') return [];
      try {
        return await opened.sync(undefined, AbortSignal.timeout(60_000));
      } catch (error) {
        throw new Error(`unsent: ${JSON.stringify(opened.unsent())}`, { cause: error });
      }
    },
    close: async () => {
      await opened.close();
      close();
    },
  };
};
