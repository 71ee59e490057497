// A process to be killed: takes one step after the other on the file system in the folder that it is given, over a drive
// that takes no changes, and writes the number of steps that are done, once each call has returned.
import { writeSync } from 'node:fs';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { openFileSystem } from '../../src/open-file-system.ts';
import { FileSystemCalls } from './file-system-calls.ts';
import { takeStep } from './kill-steps.ts';
import { liveLike, MemoryDrive } from './memory-drive.ts';

const [folder = '', from = '0'] = process.argv.slice(2);
const drive = new MemoryDrive({ features: liveLike });
drive.before = ({ intent }) => {
  if (!['root', 'children'].includes(intent)) throw new DriveError('offline', 'no changes');
};
const { fs } = openFileSystem({
  ...{ drive, folder, clock: systemClock, log: silentLog, cacheSize: 1e9, settleMs: 1, listingAgeMs: 1e9 },
  settings: { uid: 0, gid: 0, umask: 0o022, durability: 'local', remotePatienceMs: 60_000, readOnly: false },
});
const calls = new FileSystemCalls(fs);
for (let index = Number(from); ; index += 1) {
  await takeStep(calls, index);
  writeSync(1, `${index + 1}\n`);
}
