// Our descriptors of the FUSE device: libfuse closes its own when the kernel has let go of the mount, and that is the only
// sign of it. None are found where there is no /proc.
import { readdirSync, readlinkSync } from 'node:fs';

/** Their numbers, as text. */
export const deviceDescriptors = (): string[] => {
  try {
    return readdirSync('/proc/self/fd').filter((name) => isDeviceDescriptor(name));
  } catch {
    return [];
  }
};

/** Whether that number is a descriptor of the device, now. */
export const isDeviceDescriptor = (name: string): boolean => {
  try {
    return readlinkSync(`/proc/self/fd/${name}`) === '/dev/fuse';
  } catch {
    return false;
  }
};
