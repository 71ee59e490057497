// The real file system over a drive, as serve-file-system.ts wants it: over a drive in memory, or over a dialect.
import { systemClock } from '../../src/base/clock.ts';
import { makeLog } from '../../src/base/log.ts';
import type { Drive } from '../../src/drive/drive.ts';
import { openDrive } from '../../src/drive/open-drive.ts';
import { openFileSystem } from '../../src/open-file-system.ts';
import { type EmulatedDialect, emulated } from './emulated.ts';
import { liveLike, MemoryDrive } from './memory-drive.ts';
import type { Service } from './serve-file-system.ts';
import { tempDir } from './temp-dir.ts';

interface DriveService extends Service {
  ask(question: unknown): Promise<Sent>;
}

interface Sent {
  /** Changes that could not be sent. */
  readonly parked: number;
  /** Where there are some: why. */
  readonly why?: unknown;
}

/** Asked anything, it waits until the drive has everything, and tells how many changes could not be sent. */
const serviceOn = (drive: Drive, folder: string, close: () => Promise<void>): DriveService => {
  const log = makeLog('warn', (line) => process.stderr.write(`${line}\n`));
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const opened = openFileSystem({
    // The suites remove thousands of files, and mean it.
    brake: { count: 0, share: 0, windowMs: 60_000 },
    ...{ drive, folder, clock: systemClock, log, cacheSize: 1e9, settleMs: 20, listingAgeMs: 30_000 },
    settings: { uid, gid, umask: 0o022, durability: 'local', remotePatienceMs: 60_000, readOnly: false },
  });
  let last: Sent = { parked: 0 };
  const sync = async (): Promise<void> => {
    const parked = await opened.sync(undefined, AbortSignal.timeout(300_000));
    last = { parked: parked.length, ...(parked.length === 0 ? {} : { why: parked }) };
  };
  return {
    fs: opened.fs,
    attached: (mount) => opened.attachKernel(mount),
    ask: async (question) => {
      if (question !== 'ended') await sync();
      return last;
    },
    close: async () => {
      await sync();
      await opened.close();
      await close();
    },
  };
};

export const driveService = async (): Promise<Service> => {
  const folder = await tempDir();
  const drive = new MemoryDrive({ features: liveLike });
  return serviceOn(drive, folder.path, async () => {
    await folder[Symbol.asyncDispose]();
  });
};

/**
 * A dialect on an emulator in the serving process: what a test calls synchronously on the mount may make the file
 * system ask the emulator, which could not answer from the test's own process. `files`: SHA-1 of what the drive holds.
 */
const dialectService = async (dialect: EmulatedDialect): Promise<Service> => {
  const { emulator, configFile, apiUrl, loginUrl, cacheDir, ...place } = await emulated({ strict: true }, dialect);
  const { drive, close } = await openDrive({ dialect, configFile, apiUrl, loginUrl });
  const hashes = (): string[] => emulator.admin.tree().flatMap(({ sha1 }) => (sha1 === undefined ? [] : [sha1]));
  const service = serviceOn(drive, cacheDir, async () => {
    close();
    await place[Symbol.asyncDispose]();
  });
  return {
    ...service,
    ask: async (question) => {
      const answer = await service.ask(question);
      if (question === 'ended') return answer;
      const { violations } = emulator.requests;
      if (violations.length > 0) throw new Error(`the emulator refused: ${JSON.stringify(violations)}`);
      return { ...answer, files: hashes().sort() };
    },
  };
};

export const liveService = (): Promise<Service> => dialectService('live');
export const graphService = (): Promise<Service> => dialectService('graph');
