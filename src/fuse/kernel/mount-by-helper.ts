// Mounts through fusermount3, which is allowed to for ordinary users: it opens the device, mounts, and sends the descriptor
// back through a socket. With auto_unmount it stays, and unmounts when the socket closes, however this process ends.
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { receiveDescriptor, socketPair } from '../../base/libc.ts';
import { MountError, type MountOptions } from '../driver.ts';
import { type Finished, runProgram } from '../run-program.ts';
import { checkFuseDevice } from './fuse-device.ts';

const { EAGAIN, EINTR } = constants.errno;
const program = 'fusermount3';
const pollMs = 5;
const limitMs = 20_000;

/** fusermount3 splits its options at commas that no backslash stands before. */
const escaped = (value: string): string => value.replace(/[\\,]/g, '\\$&');

export const helperOptions = (options: MountOptions): string =>
  [
    `fsname=${escaped(options.source)}`,
    'subtype=skydrive',
    'nosuid',
    'nodev',
    ...(options.readOnly ? ['ro'] : []),
    ...(options.allowOther ? ['allow_other'] : []),
    ...(options.defaultPermissions ? ['default_permissions'] : []),
    ...(options.autoUnmount ? ['auto_unmount'] : []),
  ].join(',');

const refusal = (mountpoint: string, { complaint, missing }: Finished): MountError => {
  if (missing) return new MountError(`${program} was not found: install it ('apt install fuse3'), or mount as root`);
  if (complaint.includes('user_allow_other')) {
    return new MountError("allow_other is not permitted: add the line 'user_allow_other' to /etc/fuse.conf as root");
  }
  return new MountError(`cannot mount on ${mountpoint}: ${complaint || `${program} ended without a word`}`);
};

/** Waits for the descriptor; undefined if the helper ended without sending one. */
const descriptorFrom = async (socket: number, ended: () => boolean): Promise<number | undefined> => {
  for (let waited = 0; waited < limitMs; waited += pollMs) {
    const wasOver = ended();
    const result = receiveDescriptor(socket);
    if (result >= 0) return result;
    if (result !== -EAGAIN && result !== -EINTR) return undefined;
    if (wasOver) return undefined;
    await delay(pollMs);
  }
  return undefined;
};

export interface HelperMount {
  readonly fd: number;
  /** Lets a helper that stayed for auto_unmount go. */
  release(): void;
}

export const mountByHelper = async (mountpoint: string, options: MountOptions): Promise<HelperMount> => {
  checkFuseDevice();
  const pair = socketPair();
  if (typeof pair === 'number') throw new MountError(`cannot make a socket for ${program}: errno ${-pair}`);
  const [own, theirs] = pair;
  let over = false;
  const argv = ['-o', helperOptions(options), '--', mountpoint];
  const run = runProgram(program, argv, { descriptors: [theirs], env: { _FUSE_COMMFD: '3' } }).finally(() => {
    over = true;
  });
  closeSync(theirs);
  const fd = await descriptorFrom(own, () => over);
  if (fd === undefined) {
    closeSync(own);
    throw refusal(mountpoint, await run);
  }
  if (!options.autoUnmount) closeSync(own);
  return { fd, release: options.autoUnmount ? () => closeSync(own) : () => {} };
};
