// The kernel reads ahead at most 128 KiB unless the mount's own setting says more: raising it to the size of our requests
// doubles sequential reads. Only root may; for others things stay as they are.
import { writeFile } from 'node:fs/promises';
import type { Log } from '../../base/log.ts';

const readAheadKiB = 1024;

/** `device` as the mount table names it: major and minor number. */
export const raiseReadAhead = async (device: string, log: Log): Promise<void> => {
  try {
    await writeFile(`/sys/class/bdi/${device}/read_ahead_kb`, `${readAheadKiB}`);
  } catch (error) {
    log.debug('read-ahead stays as it is', error);
  }
};
