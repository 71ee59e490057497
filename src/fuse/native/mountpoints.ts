// The mountpoint as this machine sees it, without entering a mount that answers: is something there, is it dead, and off
// with it. Linux and macOS; the device's descriptor tells how long libfuse serves, where there is /proc.
import { execFile } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { MountError } from '../driver.ts';

const run = promisify(execFile);

/** A path as /proc/self/mountinfo writes it. */
const escaped = (path: string): string =>
  path.replace(/[ \t\n\\]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** False where there is no /proc. */
const isMounted = async (mountpoint: string): Promise<boolean> => {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table.split('\n').some((line) => line.split(' ')[4] === escaped(mountpoint));
};

const isDead = async (mountpoint: string): Promise<boolean> => {
  try {
    await stat(mountpoint);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTCONN';
  }
};

/** Takes the mount off its mountpoint at once; who has files open there keeps them. Nothing to do where nothing is. */
export const detach = async (mountpoint: string): Promise<void> => {
  const isLinux = process.platform === 'linux';
  if (isLinux && !(await isMounted(mountpoint))) return;
  const commands = isLinux
    ? [
        ['fusermount3', '-u', '-z', '--', mountpoint],
        ['fusermount', '-u', '-z', '--', mountpoint],
      ]
    : [['umount', '-f', mountpoint]];
  let failure: unknown;
  for (const [program = '', ...parameters] of commands) {
    try {
      await run(program, parameters);
      return;
    } catch (error) {
      failure ??= error;
    }
  }
  throw new MountError(`${mountpoint} could not be unmounted: is fusermount3 (package fuse3) installed?`, {
    cause: failure,
  });
};

/** Takes off what a killed server left. MountError if a living mount is there. */
export const clear = async (mountpoint: string): Promise<void> => {
  if (!(await isMounted(mountpoint))) return;
  if (!(await isDead(mountpoint))) throw new MountError(`${mountpoint} is a mountpoint already: unmount it first`);
  await detach(mountpoint);
};

/** This process's descriptors of the FUSE device; none where there is no /proc. */
export const deviceDescriptors = (): string[] => {
  try {
    return readdirSync('/proc/self/fd').filter((name) => isDeviceDescriptor(name));
  } catch {
    return [];
  }
};

/** libfuse closes its descriptor when the kernel has let go of the mount. */
export const isDeviceDescriptor = (name: string): boolean => {
  try {
    return readlinkSync(`/proc/self/fd/${name}`) === '/dev/fuse';
  } catch {
    return false;
  }
};
