// The driver that speaks FUSE with the Linux kernel itself, through /dev/fuse. Joins the parts of this folder and owns what
// they share: the descriptor is closed last, when neither a reply nor a notification can use its number any more.
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileSystem, NodeId } from '../../fs/file-system.ts';
import { checkMountpoint } from '../check-mountpoint.ts';
import { detach } from '../dead-mount.ts';
import { type Driver, type DriverMount, MountError, type MountOptions } from '../driver.ts';
import { mountAt } from '../mount-table.ts';
import { DeviceChannel } from './device-channel.ts';
import { backingFiles } from './fuse-device.ts';
import { mountAsRoot } from './mount-as-root.ts';
import { type HelperMount, mountByHelper } from './mount-by-helper.ts';
import { Notifier, writeFromPool } from './notifier.ts';
import { Passthrough } from './passthrough.ts';
import { ProtocolServer } from './protocol-server.ts';
import { raiseReadAhead } from './read-ahead.ts';

/** How long files that are still open keep a mount alive that was taken out of the tree. */
const graceMs = 5000;

/** auto_unmount is the helper's work: as root too. */
const openMount = async (mountpoint: string, options: MountOptions): Promise<HelperMount> => {
  if (process.geteuid?.() !== 0 || options.autoUnmount) return mountByHelper(mountpoint, options);
  return { fd: mountAsRoot(mountpoint, options), release: () => {} };
};

class KernelMount implements DriverMount {
  readonly ended: Promise<void>;
  readonly #mountpoint: string;
  readonly #options: MountOptions;
  readonly #server: ProtocolServer;
  readonly #channel: DeviceChannel;
  readonly #notifier: Notifier;
  /** Tells this mount from others that come to the same place. */
  #device: string | undefined;

  constructor(fs: FileSystem, mountpoint: string, mount: HelperMount, options: MountOptions) {
    const { log } = options;
    this.#mountpoint = mountpoint;
    this.#options = options;
    this.#channel = new DeviceChannel(mount.fd, { receive: (request) => this.#server.receive(request), log });
    this.#server = new ProtocolServer(fs, {
      send: (head, tail) => this.#channel.send(head, tail),
      log,
      trace: options.trace ?? false,
      // It takes CAP_SYS_ADMIN.
      ...(process.geteuid?.() === 0 ? { passthrough: new Passthrough(backingFiles(mount.fd), log) } : {}),
    });
    this.#notifier = new Notifier(writeFromPool(mount.fd), log);
    this.ended = this.#serve(mount);
  }

  /** Resolves when the kernel has been answered its first request. */
  async start(): Promise<void> {
    const early = this.ended.then(() => {
      throw new MountError(`${this.#mountpoint} was unmounted before it answered`);
    });
    await Promise.race([this.#server.started, early]);
    this.#device = (await mountAt(this.#mountpoint))?.device;
    if (this.#device !== undefined) await raiseReadAhead(this.#device, this.#options.log);
  }

  invalidateEntry(parent: NodeId, name: string): void {
    this.#notifier.invalidateEntry(parent, name);
  }

  expireEntry(parent: NodeId, name: string): void {
    this.#notifier.expireEntry(parent, name);
  }

  invalidateAttributes(node: NodeId): void {
    this.#notifier.invalidateAttributes(node);
  }

  invalidateNode(node: NodeId): void {
    this.#notifier.invalidateNode(node);
  }

  async unmount(): Promise<void> {
    const there = await mountAt(this.#mountpoint);
    if (this.#device === undefined || there?.device === this.#device) await detach(this.#mountpoint);
    const patience = new AbortController();
    const tired = delay(graceMs, undefined, { signal: patience.signal }).then(() => this.#abandon());
    try {
      await this.ended;
    } finally {
      patience.abort();
      await tired.catch(() => {});
    }
  }

  async #serve(mount: HelperMount): Promise<void> {
    this.#channel.open();
    try {
      await this.#channel.ended;
    } finally {
      this.#server.interruptAll();
      await this.#notifier.stop();
      closeSync(mount.fd);
      mount.release();
    }
  }

  /** Programs still hold files in the mount: their calls fail from now on. */
  async #abandon(): Promise<void> {
    this.#options.log.warn(`${this.#mountpoint} is still in use: whoever uses it gets errors from now on`);
    this.#server.interruptAll();
    // Whatever a notification waits for needs our answers: served until it is through.
    await this.#notifier.stop();
    this.#channel.stop();
  }
}

export const kernelDriver: Driver = async (fs, options) => {
  const mountpoint = await checkMountpoint(options.mountpoint);
  const mount = new KernelMount(fs, mountpoint, await openMount(mountpoint, options), options);
  try {
    await mount.start();
  } catch (error) {
    await mount.unmount().catch((again: unknown) => options.log.warn('what was mounted stays behind', again));
    throw error;
  }
  return mount;
};
