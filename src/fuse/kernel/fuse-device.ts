// The device that every FUSE mount begins with. Where it cannot be had, the error says what to do about it.
import { closeSync, constants, openSync } from 'node:fs';
import { controlDevice } from '../../base/libc.ts';
import { MountError } from '../driver.ts';
import type { BackingFiles } from './passthrough.ts';

const device = '/dev/fuse';
const absent = `the kernel offers no ${device}: load its module with 'modprobe fuse' as root, or give the container the device`;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: absent,
  ENODEV: absent,
  ENXIO: absent,
  EACCES: `this user may not open ${device}: its usual mode is 0666, set by 'chmod 666 ${device}' as root`,
  EPERM: `${device} is forbidden here: the container has to be given the device`,
};

/** A descriptor of its own, not mounted yet, not blocking, and closed in programs that are started. */
export const openFuseDevice = (): number => {
  try {
    return openSync(device, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new MountError(reasons[code ?? ''] ?? `cannot open ${device}: ${message}`, { cause: error });
  }
};

/** Throws what `openFuseDevice` would throw. */
export const checkFuseDevice = (): void => closeSync(openFuseDevice());

/** FUSE_DEV_IOC_BACKING_OPEN, FUSE_DEV_IOC_BACKING_CLOSE */
const openBacking = 0x4010e501;
const closeBacking = 0x4004e502;

/** Files that the kernel reads by itself, as the mount of descriptor `mount` knows them. */
export const backingFiles = (mount: number): BackingFiles => ({
  open: (fd) => {
    // struct fuse_backing_map
    const map = Buffer.alloc(16);
    map.writeInt32LE(fd, 0);
    return controlDevice(mount, openBacking, map);
  },
  close: (backing) => {
    const id = Buffer.alloc(4);
    id.writeInt32LE(backing, 0);
    return controlDevice(mount, closeBacking, id);
  },
});
