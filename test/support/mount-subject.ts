// A mount as the subject of the POSIX suite.
import type { PosixSubject } from '../suites/posix-suite.ts';
import { mountCalls } from './mount-calls.ts';
import { type Mounted, type MountOrder, mounted } from './mounted.ts';

/** `last` gets what the service says after the mount is gone. */
export const mountSubject = async (
  order: MountOrder,
  last: (answer: unknown) => void = () => {},
): Promise<PosixSubject> => {
  const mount: Mounted = await mounted(order);
  // New nodes must get the mode that they are asked for.
  const umask = process.umask(0o022);
  return {
    calls: mountCalls,
    root: mount.mountpoint,
    [Symbol.asyncDispose]: async () => {
      process.umask(umask);
      try {
        last(await mount.stop());
      } finally {
        await mount[Symbol.asyncDispose]();
      }
    },
  };
};
