// PORT: a way to serve a FileSystem at a mountpoint.
import type { Log } from '../base/log.ts';
import type { FileSystem, KernelCache } from '../fs/file-system.ts';

export interface MountOptions {
  /** An existing, absolute path of a folder. */
  readonly mountpoint: string;
  /** What `mount` and `df` show in their first column. */
  readonly source: string;
  readonly allowOther: boolean;
  readonly readOnly: boolean;
  /** The kernel checks owner and mode bits. */
  readonly defaultPermissions: boolean;
  /** Detached by the helper when this process dies (fusermount3 only). */
  readonly autoUnmount: boolean;
  /** Writes a line for every request to `log`, at level debug. */
  readonly trace?: boolean;
  readonly log: Log;
}

/** A mount that answers. */
export interface DriverMount extends KernelCache {
  /** Resolves when the mount is gone, whoever unmounted it; rejects if serving it failed. */
  readonly ended: Promise<void>;
  /** Detaches the mountpoint. Resolves when the kernel has let go, `ended` included. */
  unmount(): Promise<void>;
}

/** Resolves when the mount answers. Rejects with a MountError that says what is missing and what to do. */
export type Driver = (fs: FileSystem, options: MountOptions) => Promise<DriverMount>;

export class MountError extends Error {
  override readonly name = 'MountError';
}
