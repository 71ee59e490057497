// What is used of fuse-native 2.2.6, which brings no types. Members with an underscore are its own; the version is pinned.
declare module 'fuse-native' {
  type Done = (error: Error | null) => void;

  class Fuse {
    /** Replaced by ours: its own hands the path to a shell. */
    static unmount: (mountpoint: string, done: Done) => void;
    /** By number of the operation: what libfuse's threads call. The first argument is the memory of that thread. */
    readonly _handlers: ((thread: Buffer, operation: number, ...parameters: unknown[]) => void)[];

    constructor(mountpoint: string, operations: Readonly<Record<string, unknown>>, options: Fuse.Options);
    mount(done: Done): void;
    unmount(done: Done): void;
  }

  namespace Fuse {
    interface Options {
      readonly timeout: false;
      readonly allowOther: boolean;
      readonly defaultPermissions: boolean;
      readonly autoUnmount: boolean;
      readonly fsname: string;
      readonly subtype: string;
    }
  }

  export = Fuse;
}
