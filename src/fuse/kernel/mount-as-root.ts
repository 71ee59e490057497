// Mounts by mount(2). Needs the right to (CAP_SYS_ADMIN), but no other program.
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { mountFileSystem } from '../../base/libc.ts';
import { MountError, type MountOptions } from '../driver.ts';
import { openFuseDevice } from './fuse-device.ts';

/** MS_RDONLY, MS_NOSUID, MS_NODEV of mount(2). */
const mountFlag = { readOnly: 1, noSuid: 2, noDevices: 4 } as const;

const { EPERM, ENODEV, EINVAL } = constants.errno;

const reasons: ReadonlyMap<number, string> = new Map([
  [EPERM, 'the kernel does not permit it: the container lacks CAP_SYS_ADMIN'],
  [ENODEV, "the kernel knows no FUSE: load its module with 'modprobe fuse'"],
  [EINVAL, 'the kernel does not take the options'],
]);

/** The source needs no escaping here: it is an argument of its own. */
const dataOf = (fd: number, options: MountOptions): string =>
  [
    `fd=${fd}`,
    'rootmode=40000',
    `user_id=${process.getuid?.() ?? 0}`,
    `group_id=${process.getgid?.() ?? 0}`,
    ...(options.allowOther ? ['allow_other'] : []),
    ...(options.defaultPermissions ? ['default_permissions'] : []),
  ].join(',');

/** Resolves to the descriptor that serves the mount. */
export const mountAsRoot = (mountpoint: string, options: MountOptions): number => {
  const fd = openFuseDevice();
  const flags = mountFlag.noSuid | mountFlag.noDevices | (options.readOnly ? mountFlag.readOnly : 0);
  const result = mountFileSystem(options.source, mountpoint, 'fuse.skydrive', flags, dataOf(fd, options));
  if (result === 0) return fd;
  closeSync(fd);
  throw new MountError(`cannot mount on ${mountpoint}: ${reasons.get(-result) ?? `mount(2) failed, errno ${-result}`}`);
};
