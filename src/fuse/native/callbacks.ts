// What libfuse asks, by its names: paths and small numbers come in, a FileSystem is asked, numbers go out. One row for each
// operation that fuse-native knows. libfuse calls these in parallel, and waits for each as long as it takes.
import { constants } from 'node:fs';
import { neverAborted } from '../../base/abortable.ts';
import { FsError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Soon } from '../../base/soon.ts';
import type { AttributeChanges, Caller, FileSystem } from '../../fs/file-system.ts';
import { givenTimes, listingArray, statArray, statvfsArray } from './attribute-arrays.ts';
import { OpenFiles } from './open-files.ts';
import { Paths } from './paths.ts';
import { Replies, type Signal } from './replies.ts';

/** An operation with the arguments that fuse-native gives it. */
// biome-ignore lint/suspicious/noExplicitAny: each operation has arguments of its own; fuse-native alone calls them.
export type Callback = (signal: Signal, ...parameters: any[]) => Promise<void>;

/** Length, and the two halves of the offset. */
type RangeWords = [number, number, number];

const word = 2 ** 32;
const unchangedOwner = word - 1;
const listingPiece = 1000;
const permissionBits = 0o7777;

/** The kernel asks for it before each write; a drive never has it. */
const capability = 'security.capability';

/** libfuse 2 tells fuse-native neither who calls nor, for `create`, how the file is to be opened. */
const owner: Caller = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, pid: 0 };
const createFlags = constants.O_RDWR | constants.O_CREAT;

/** Puts a value where libfuse wants it; a buffer of no length only asks for the size. */
const fill = (buffer: Buffer, value: Uint8Array): number => {
  if (buffer.length === 0) return value.length;
  if (value.length > buffer.length)
    throw new FsError('ERANGE', `${value.length} bytes for a buffer of ${buffer.length}`);
  buffer.set(value);
  return value.length;
};

export class Callbacks {
  readonly #fs: FileSystem;
  readonly #open: OpenFiles;
  readonly #paths: Paths;
  readonly #replies: Replies;
  readonly #signal = neverAborted();

  constructor(fs: FileSystem, log: Log) {
    this.#fs = fs;
    this.#open = new OpenFiles(fs);
    this.#paths = new Paths(fs, this.#open, this.#signal);
    this.#replies = new Replies(log);
  }

  /** By the names of fuse-native. */
  table(): Readonly<Record<string, Callback>> {
    return { ...this.#attributeRows(), ...this.#fileRows(), ...this.#nameRows(), ...this.#xattrRows() };
  }

  #attributeRows(): Record<string, Callback> {
    const { done, giving } = this.#bound();
    const change = (signal: Signal, path: string, changes: AttributeChanges): Promise<void> =>
      done(signal, `setattr ${path}`, () =>
        this.#paths.at(path, ({ node }) => this.#fs.setattr(node, changes, this.#signal)),
      );
    return {
      getattr: (signal, path: string) =>
        giving(signal, `getattr ${path}`, () => this.#paths.at(path, async (attributes) => statArray(attributes))),
      fgetattr: (signal, path: string, file: number) =>
        giving(signal, `fgetattr ${path}`, async () => {
          const { node, handle } = this.#open.get(file);
          const { attributes } = await this.#fs.getattr(node, this.#signal, handle);
          return statArray(attributes);
        }),
      statfs: (signal) => giving(signal, 'statfs', async () => statvfsArray(await this.#fs.statfs(this.#signal))),
      access: (signal, path: string, mask: number) =>
        done(signal, `access ${path}`, () => this.#paths.at(path, ({ node }) => this.#fs.access(node, mask, owner))),
      chmod: (signal, path: string, mode: number) => change(signal, path, { mode: mode & permissionBits }),
      chown: (signal, path: string, uid: number, gid: number) =>
        change(signal, path, {
          ...(uid === unchangedOwner ? {} : { uid }),
          ...(gid === unchangedOwner ? {} : { gid }),
        }),
      utimens: (signal, path: string, low: number, high: number, ...[, , thread]: [number, number, Buffer]) =>
        change(signal, path, { ...givenTimes(thread, low, high) }),
      truncate: (signal, path: string, low: number, high: number) => change(signal, path, { size: low + high * word }),
      ftruncate: (signal, path: string, file: number, low: number, high: number) =>
        done(signal, `ftruncate ${path}`, () =>
          this.#fs.setattr(this.#open.get(file).node, { size: low + high * word }, this.#signal),
        ),
    };
  }

  #fileRows(): Record<string, Callback> {
    const { done, giving, counting } = this.#bound();
    return {
      open: (signal, path: string, flags: number) =>
        giving(signal, `open ${path}`, () =>
          this.#paths.at(path, async ({ node }, held) => {
            const { handle } = await this.#fs.open(node, flags, this.#signal);
            return this.#open.add({ handle, node, referenced: held.keep(node) });
          }),
        ),
      create: (signal, path: string, mode: number) =>
        giving(signal, `create ${path}`, () =>
          this.#paths.newPlace(path, async (place) => {
            const { entry, file } = await this.#fs.create(place, mode, createFlags, owner, this.#signal);
            return this.#open.add({ handle: file.handle, node: entry.attributes.node, referenced: true });
          }),
        ),
      read: (signal, path: string, file: number, buffer: Buffer, ...[length, low, high]: RangeWords) => {
        const work = async (): Promise<number> => {
          const { handle } = this.#open.get(file);
          const data = await this.#fs.read(handle, low + high * word, length, this.#signal);
          buffer.set(data);
          return data.length;
        };
        return counting(signal, `read ${path}`, work, buffer, [0]);
      },
      write: (signal, path: string, file: number, buffer: Buffer, ...[, low, high]: RangeWords) => {
        const work = (): Soon<number> =>
          this.#fs.write(this.#open.get(file).handle, low + high * word, buffer, this.#signal);
        return counting(signal, `write ${path}`, work, buffer, [0]);
      },
      flush: (signal, path: string, file: number) =>
        done(signal, `flush ${path}`, async () => this.#fs.flush(this.#open.closing(file).handle, this.#signal)),
      fsync: (signal, path: string, _dataOnly: number, file: number) =>
        done(signal, `fsync ${path}`, async () => this.#fs.fsync(this.#open.get(file).handle, this.#signal)),
      release: (signal, path: string, file: number) => done(signal, `release ${path}`, () => this.#open.release(file)),
      fsyncdir: (signal, path: string) => done(signal, `fsyncdir ${path}`, () => this.#syncFolder(path)),
      readdir: (signal, path: string) => this.#replies.givingBoth(signal, `readdir ${path}`, () => this.#list(path)),
    };
  }

  #nameRows(): Record<string, Callback> {
    const { done, giving } = this.#bound();
    return {
      mkdir: (signal, path: string, mode: number) =>
        done(signal, `mkdir ${path}`, () =>
          this.#paths.newPlace(path, async (place, held) => {
            held.add(await this.#fs.mkdir(place, mode & permissionBits, owner, this.#signal));
          }),
        ),
      mknod: (signal, path: string, mode: number) =>
        done(signal, `mknod ${path}`, () =>
          this.#paths.newPlace(path, async (place, held) => {
            const kind = mode & constants.S_IFMT;
            if (kind !== constants.S_IFREG && kind !== 0) throw new FsError('EPERM', 'a drive holds no devices');
            held.add(await this.#fs.mknod(place, mode & permissionBits, owner, this.#signal));
          }),
        ),
      symlink: (signal, target: string, path: string) =>
        done(signal, `symlink ${path}`, () =>
          this.#paths.newPlace(path, async (place, held) => {
            held.add(await this.#fs.symlink(place, target, owner, this.#signal));
          }),
        ),
      readlink: (signal, path: string) =>
        giving(signal, `readlink ${path}`, () =>
          this.#paths.at(path, ({ node }) => this.#fs.readlink(node, this.#signal)),
        ),
      link: (signal, from: string, to: string) =>
        done(signal, `link ${to}`, () =>
          this.#paths.at(from, ({ node }) =>
            this.#paths.newPlace(to, async (place, held) => {
              held.add(await this.#fs.link(node, place, this.#signal));
            }),
          ),
        ),
      unlink: (signal, path: string) =>
        done(signal, `unlink ${path}`, () =>
          this.#paths.placeOf(path, (place) => this.#fs.unlink(place, this.#signal)),
        ),
      rmdir: (signal, path: string) =>
        done(signal, `rmdir ${path}`, async () => {
          this.#open.checkUnused(path);
          await this.#paths.placeOf(path, (place) => this.#fs.rmdir(place, this.#signal));
        }),
      rename: (signal, from: string, to: string) => done(signal, `rename ${from}`, () => this.#rename(from, to)),
    };
  }

  #xattrRows(): Record<string, Callback> {
    const { done, counting } = this.#bound();
    return {
      getxattr: (signal, path: string, name: string, buffer: Buffer) => {
        const work = async (): Promise<number> => {
          if (name === capability) throw new FsError('ENODATA', name);
          const value = await this.#paths.at(path, ({ node }) => this.#fs.getxattr(node, name, this.#signal));
          return fill(buffer, value);
        };
        return counting(signal, `getxattr ${name} of ${path}`, work, buffer);
      },
      listxattr: (signal, path: string, buffer: Buffer) => {
        const work = async (): Promise<number> => {
          const names = await this.#paths.at(path, ({ node }) => this.#fs.listxattr(node, this.#signal));
          return fill(buffer, Buffer.from(names.map((name) => `${name}\0`).join('')));
        };
        return counting(signal, `listxattr ${path}`, work, buffer);
      },
      setxattr: (signal, path: string, name: string, value: Buffer, ...[, flags]: [number, number]) => {
        const work = async (): Promise<number> => {
          await this.#paths.at(path, ({ node }) => this.#fs.setxattr(node, name, value, flags, this.#signal));
          return 0;
        };
        return counting(signal, `setxattr ${name} of ${path}`, work, value);
      },
      removexattr: (signal, path: string, name: string) =>
        done(signal, `removexattr ${name} of ${path}`, () =>
          this.#paths.at(path, ({ node }) => this.#fs.removexattr(node, name, this.#signal)),
        ),
    };
  }

  #bound(): Pick<Replies, 'done' | 'giving' | 'counting'> {
    const replies = this.#replies;
    return {
      done: replies.done.bind(replies),
      giving: replies.giving.bind(replies),
      counting: replies.counting.bind(replies),
    };
  }

  #rename(from: string, to: string): Promise<void> {
    return this.#paths.at(from, ({ node }) =>
      this.#paths.placeOf(from, (source) =>
        this.#paths.newPlace(to, async (target) => {
          if (this.#open.isHiding(node, to)) {
            await this.#fs.unlink(source, this.#signal);
            this.#open.hide(node, to);
            return;
          }
          this.#open.checkUnused(to);
          await this.#fs.rename(source, target, { noReplace: false, exchange: false }, this.#signal);
          this.#open.moved(from, to);
        }),
      ),
    );
  }

  #syncFolder(path: string): Promise<void> {
    return this.#paths.at(path, async ({ node }) => {
      const folder = await this.#fs.opendir(node, this.#signal);
      try {
        await this.#fs.fsyncdir(folder, this.#signal);
      } finally {
        this.#fs.releasedir(folder);
      }
    });
  }

  /** All at once: libfuse keeps what a folder held until the program rewinds. */
  #list(path: string): Promise<readonly [string[], Uint32Array[]]> {
    return this.#paths.at(path, async ({ node }) => {
      const names = ['.', '..'];
      const arrays = [listingArray(node, 'folder'), listingArray(this.#fs.parentOf(node), 'folder')];
      const folder = await this.#fs.opendir(node, this.#signal);
      try {
        let entries = this.#fs.readdir(folder, 0, listingPiece);
        while (entries.length > 0) {
          names.push(...entries.map((entry) => entry.name));
          arrays.push(...entries.map((entry) => listingArray(entry.node, entry.kind)));
          entries = this.#fs.readdir(folder, entries.at(-1)?.next ?? 0, listingPiece);
        }
      } finally {
        this.#fs.releasedir(folder);
      }
      return [names, arrays] as const;
    });
  }
}
