// A mount as the subject of the POSIX suite.
import type { PosixSubject } from '../suites/posix-suite.ts';
import { mountCalls } from './mount-calls.ts';
import { type Mounted, type MountOrder, mounted } from './mounted.ts';

export interface Endings {
  /** While it is still mounted. */
  beforeEnd?(mount: Mounted): Promise<void>;
  /** What the service says after the mount is gone. */
  last?(answer: unknown): void;
}

export const mountSubject = async (order: MountOrder, endings: Endings = {}): Promise<PosixSubject> => {
  const mount = await mounted(order);
  // New nodes must get the mode that they are asked for.
  const umask = process.umask(0o022);
  return {
    calls: mountCalls,
    root: mount.mountpoint,
    [Symbol.asyncDispose]: async () => {
      process.umask(umask);
      try {
        await endings.beforeEnd?.(mount);
        const answer = await mount.stop();
        endings.last?.(answer);
      } finally {
        await mount[Symbol.asyncDispose]();
      }
    },
  };
};
