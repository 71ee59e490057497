// A file system over a drive in memory, for tests that need all of it: opened, closed and opened again on the same folder.
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import type { Drive } from '../../src/drive/drive.ts';
import { type OpenedFileSystem, type OpenFileSystemOptions, openFileSystem } from '../../src/open-file-system.ts';
import { FileSystemCalls } from './file-system-calls.ts';
import { liveLike, MemoryDrive, type MemoryDriveOptions } from './memory-drive.ts';
import { tempDir } from './temp-dir.ts';

export interface BenchOptions {
  /** The drive in memory. */
  readonly memory?: MemoryDriveOptions;
  /** Comes between the file system and the drive in memory. */
  readonly wrap?: (drive: Drive) => Drive;
  readonly fs?: Partial<OpenFileSystemOptions>;
}

export class Bench implements AsyncDisposable {
  readonly memory: MemoryDrive;
  folder: string;
  /** Warnings and errors. */
  readonly troubles: string[] = [];
  readonly #options: OpenFileSystemOptions;
  readonly #remove: () => Promise<void>;
  #drive: Drive;
  #lastFolder: string;
  #killed = 0;
  opened: OpenedFileSystem;
  calls: FileSystemCalls;

  private constructor(options: BenchOptions, folder: AsyncDisposable & { readonly path: string }) {
    this.memory = new MemoryDrive({ features: liveLike, ...options.memory });
    this.folder = folder.path;
    this.#remove = async () => folder[Symbol.asyncDispose]();
    const note = (message: string): void => void this.troubles.push(message);
    const log: Log = { debug: () => {}, info: () => {}, warn: note, error: note };
    this.#options = {
      ...{ drive: options.wrap?.(this.memory) ?? this.memory, folder: this.folder, clock: systemClock, log },
      ...{ cacheSize: 1e9, settleMs: 5, listingAgeMs: 1e9 },
      settings: { uid: 0, gid: 0, umask: 0o022, durability: 'local', remotePatienceMs: 60_000, readOnly: false },
      ...options.fs,
    };
    this.#drive = this.#options.drive;
    this.#lastFolder = this.folder;
    this.opened = openFileSystem(this.#options);
    this.calls = new FileSystemCalls(this.opened.fs);
  }

  static async open(options: BenchOptions = {}): Promise<Bench> {
    return new Bench(options, await tempDir());
  }

  /** Rejects when not everything but parked changes is on the drive after a while. */
  sync(path?: string, timeoutMs = 20_000): ReturnType<OpenedFileSystem['sync']> {
    return this.opened.sync(path, AbortSignal.timeout(timeoutMs));
  }

  async reopen(changes: Partial<OpenFileSystemOptions> = {}): Promise<void> {
    await this.opened.close();
    await this.reopenClosed(changes);
  }

  /** After `opened.close`. */
  async reopenClosed(changes: Partial<OpenFileSystemOptions> = {}): Promise<void> {
    this.opened = openFileSystem({ ...this.#options, drive: this.#drive, folder: this.folder, ...changes });
    this.calls = new FileSystemCalls(this.opened.fs);
  }

  /** What the drive holds, as paths with contents. */
  tree(): Record<string, string> {
    return this.memory.store.tree();
  }

  /** What the file system shows, in the form of `tree`. */
  async shown(): Promise<Record<string, string>> {
    const found: [string, string][] = [];
    const walk = async (path: string): Promise<void> => {
      for await (const { name, kind } of this.calls.scan(path)) {
        const at = `${path}/${name}`;
        const text = kind === 'file' ? await this.read(at) : '';
        found.push([`${at.slice(1)}${kind === 'folder' ? '/' : ''}`, text]);
        if (kind === 'folder') await walk(at);
      }
    };
    await walk('');
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async read(path: string): Promise<string> {
    const fd = await this.calls.open(path, 0);
    try {
      return (await this.calls.read(fd, 0, (await this.calls.fstat(fd)).size)).toString();
    } finally {
      await this.calls.close(fd);
    }
  }

  /** As a shell's `>` does it. */
  async write(path: string, text: string): Promise<void> {
    const fd = await this.calls.open(path, 0o1101, 0o644);
    try {
      await this.calls.write(fd, Buffer.from(text), 0);
    } finally {
      await this.calls.close(fd);
    }
  }

  async list(path = ''): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.calls.scan(path)) names.push(name);
    return names.sort();
  }

  /**
   * What kill -9 does, as far as others can see: the folder as it is this moment is all that is left, and requests that
   * are under way may still take effect, but nobody hears of it.
   */
  async kill(drive: { kill(): Drive }): Promise<void> {
    this.die(drive);
    await this.opened.close();
    await this.reopenClosed();
  }

  /**
   * The moment of the kill itself, also in the middle of a call. What the file system does from now on is not seen; close
   * it, and `reopenClosed`.
   */
  die(drive: { kill(): Drive }): void {
    this.#killed += 1;
    this.folder = join(this.#options.folder, `life ${this.#killed}`);
    mkdirSync(this.folder);
    for (const name of readdirSync(this.#lastFolder))
      if (!name.startsWith('life')) cpSync(join(this.#lastFolder, name), join(this.folder, name), { recursive: true });
    this.#lastFolder = this.folder;
    this.#drive = drive.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.opened.close();
    await this.#remove();
  }
}

/** Drives whose changes by others are seen at once, by what tells of them. */
export const toldSoon: Readonly<Record<string, BenchOptions>> = {
  'by listings': { fs: { settleMs: 5, listingAgeMs: 0 } },
  'by a feed': {
    memory: { features: {}, treeVersions: true },
    fs: { settleMs: 5, listingAgeMs: 1e9, feedIntervalMs: 20 },
  },
};
