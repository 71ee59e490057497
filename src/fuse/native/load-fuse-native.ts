// The door to fuse-native: imported when it is chosen, because it fails to load where libfuse 2 is missing. Its own operations
// lose arguments and answer beyond buffers, so ours take their place.
import type Fuse from 'fuse-native';
import { MountError } from '../driver.ts';
import type { Callback } from './callbacks.ts';

export type FuseModule = typeof Fuse;

/** fuse-native's number of the operation. */
const utimensNumber = 12;

const reasonOf = (error: NodeJS.ErrnoException): string => {
  if (error.code === 'ERR_MODULE_NOT_FOUND')
    return 'the optional package fuse-native is not installed (npm install fuse-native)';
  if (/libfuse/.test(error.message))
    return 'it needs libfuse 2: install the package libfuse2, which newer systems call libfuse2t64';
  return error.message;
};

/** Rejects with a MountError that names the package to install. */
export const loadFuseNative = async (): Promise<FuseModule> => {
  try {
    return (await import('fuse-native')).default;
  } catch (error) {
    const reason = reasonOf(error as NodeJS.ErrnoException);
    throw new MountError(`the driver fuse-native cannot be loaded: ${reason}`, { cause: error });
  }
};

/** A Fuse that is not mounted yet, with `callbacks` in the place of its own operations. */
export const makeFuse = (
  FuseNative: FuseModule,
  mountpoint: string,
  callbacks: Readonly<Record<string, Callback>>,
  options: Fuse.Options,
): Fuse => {
  const fuse = new FuseNative(mountpoint, callbacks, options);
  for (const [name, callback] of Object.entries(callbacks)) Object.assign(fuse, { [`_op_${name}`]: callback });
  const utimens = fuse._handlers[utimensNumber];
  if (!utimens) throw new MountError('this fuse-native is not the one that this driver was written for');
  // Only here is the memory of the calling thread at hand, which the mtime is read from.
  fuse._handlers[utimensNumber] = (thread, operation, ...parameters) =>
    utimens(thread, operation, ...parameters, thread);
  return fuse;
};
