// The portable driver: a FileSystem through fuse-native and libfuse 2. What libfuse 2 cannot do is not here: telling the
// kernel about remote changes (it believes what it knows for a second), interrupting, rename flags, holes, nanoseconds, and keeping
// one open file out of the kernel's page cache: programs that have two versions of a file open at once may get bytes of either.
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type Fuse from 'fuse-native';
import { messageOf } from '../../base/errors.ts';
import type { FileSystem } from '../../fs/file-system.ts';
import { checkMountpoint } from '../check-mountpoint.ts';
import { detach } from '../dead-mount.ts';
import { type Driver, type DriverMount, MountError, type MountOptions } from '../driver.ts';
import { Callbacks } from './callbacks.ts';
import { deviceDescriptors, isDeviceDescriptor } from './device-descriptors.ts';
import { type FuseModule, loadFuseNative, makeFuse } from './load-fuse-native.ts';

/** How often we look whether somebody else unmounted: libfuse 2 does not tell. */
const watchMs = 1000;
/** The same while we are unmounting. */
const closingWatchMs = 20;

/** How long programs that have files open keep a mount alive that was taken off its mountpoint. */
const graceMs = 5000;

/** The largest request that libfuse 2 takes. */
const largestWrite = 131_072;

/**
 * Options that fuse-native does not know ride on one that it does: it joins them with commas. `use_ino` shows our inode
 * numbers; `auto_cache` keeps cached pages over an open unless size or mtime changed; `big_writes` lifts writes over 4 KiB.
 */
const riders = (options: MountOptions): string =>
  [
    'skydrive',
    'big_writes',
    `max_write=${largestWrite}`,
    'use_ino',
    'auto_cache',
    ...(options.readOnly ? ['ro'] : []),
  ].join(',');

const fuseOptions = (options: MountOptions): Fuse.Options => ({
  timeout: false,
  allowOther: options.allowOther,
  defaultPermissions: options.defaultPermissions,
  autoUnmount: options.autoUnmount,
  // A comma would start another option.
  fsname: options.source.replace(/[\\,]/g, (letter) => `\\${letter}`),
  subtype: riders(options),
});

const install = (FuseNative: FuseModule): void => {
  FuseNative.unmount = (mountpoint, done) => {
    detach(mountpoint).then(() => done(null), done);
  };
};

const attach = async (fuse: Fuse, mountpoint: string): Promise<void> => {
  try {
    await promisify(fuse.mount.bind(fuse))();
  } catch (error) {
    const why = messageOf(error);
    throw new MountError(
      `libfuse could not mount at ${mountpoint} (${why}; it may have said more on standard error). ` +
        'It needs /dev/fuse, an empty folder and, for ordinary users, fusermount (package fuse3)',
      { cause: error },
    );
  }
};

const callbacksFor = (fs: FileSystem, options: MountOptions): ReturnType<Callbacks['table']> => {
  const { access, ...others } = new Callbacks(fs, options.log).table();
  // With default_permissions the kernel decides by itself; without, it asks.
  return options.defaultPermissions || !access ? others : { ...others, access };
};

class NativeMount implements DriverMount {
  readonly ended: Promise<void>;
  readonly #fuse: Fuse;
  readonly #device: string | undefined;
  readonly #closingSoon = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(fuse: Fuse, device: string | undefined) {
    this.#fuse = fuse;
    this.#device = device;
    this.ended = this.#watch();
  }

  async unmount(): Promise<void> {
    await this.#close();
    await this.ended;
  }

  invalidateEntry(): void {
    // libfuse 2 has no such message: the kernel asks again after a second.
  }

  expireEntry(): void {
    // As above.
  }

  invalidateAttributes(): void {
    // As above.
  }

  invalidateNode(): void {
    // As above.
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closingSoon;
    while (this.#isServed() && !signal.aborted) await delay(watchMs, undefined, { signal }).catch(() => {});
    await this.#close();
    const patience = performance.now() + graceMs;
    while (this.#isServed() && performance.now() < patience) await delay(closingWatchMs);
  }

  #isServed(): boolean {
    return this.#device !== undefined && isDeviceDescriptor(this.#device);
  }

  /** Also lets go of what keeps the process alive. */
  #close(): Promise<void> {
    this.#closingSoon.abort();
    this.#closing ??= promisify(this.#fuse.unmount.bind(this.#fuse))();
    return this.#closing;
  }
}

export const nativeDriver: Driver = async (fs, options) => {
  const FuseNative = await loadFuseNative();
  install(FuseNative);
  const mountpoint = await checkMountpoint(options.mountpoint);
  const fuse = makeFuse(FuseNative, mountpoint, callbacksFor(fs, options), fuseOptions(options));
  const before = deviceDescriptors();
  await attach(fuse, mountpoint);
  const device = deviceDescriptors().find((name) => !before.includes(name));
  return new NativeMount(fuse, device);
};
