// The file system over the graph dialect on an emulator, as `skydrive mount` opens it but for a driver.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { type OpenedDrive, openDrive } from '../../src/drive/open-drive.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/emulator-options.ts';
import { type OpenedFileSystem, type OpenFileSystemOptions, openFileSystem } from '../../src/open-file-system.ts';
import { type Emulated, emulated } from './emulated.ts';
import { FileSystemCalls } from './file-system-calls.ts';
import { settled } from './live-on-emulator.ts';

export interface GraphBenchOptions {
  readonly emulator?: EmulatorOptions;
  readonly fs?: Partial<OpenFileSystemOptions>;
  readonly driveId?: (emulator: Emulator) => string;
  /** The service tells of changes, too. */
  readonly push?: boolean;
}

export class GraphBench implements AsyncDisposable {
  readonly emulator: Emulator;
  /** Warnings and errors. */
  readonly troubles: string[] = [];
  readonly #place: Emulated;
  readonly #options: GraphBenchOptions;
  #drive: OpenedDrive | undefined;
  #opened: OpenedFileSystem | undefined;
  #calls: FileSystemCalls | undefined;

  private constructor(place: Emulated, options: GraphBenchOptions) {
    this.#place = place;
    this.emulator = place.emulator;
    this.#options = options;
  }

  /** With nothing mounted yet. */
  static async start(options: GraphBenchOptions = {}): Promise<GraphBench> {
    return new GraphBench(await emulated({ strict: true, ...options.emulator }, 'graph'), options);
  }

  static async open(options: GraphBenchOptions = {}): Promise<GraphBench> {
    const bench = await GraphBench.start(options);
    await bench.mount();
    return bench;
  }

  get opened(): OpenedFileSystem {
    if (this.#opened === undefined) throw new Error('nothing is mounted');
    return this.#opened;
  }

  get calls(): FileSystemCalls {
    if (this.#calls === undefined) throw new Error('nothing is mounted');
    return this.#calls;
  }

  async mount(changes: Partial<OpenFileSystemOptions> = {}): Promise<void> {
    const { configFile, apiUrl, loginUrl, cacheDir } = this.#place;
    const driveId = this.#options.driveId?.(this.emulator);
    const note = (message: string, error?: unknown): void =>
      void this.troubles.push(error === undefined ? message : `${message}: ${error}`);
    const log: Log = { debug: () => {}, info: () => {}, warn: note, error: note };
    this.#drive = await openDrive({ dialect: 'graph', configFile, apiUrl, loginUrl, driveId }, { log });
    this.#opened = openFileSystem({
      ...{ drive: this.#drive.drive, folder: join(cacheDir, 'account'), clock: systemClock, log },
      ...{ cacheSize: 1e9, settleMs: 5, listingAgeMs: 30_000, feedIntervalMs: 100 },
      settings: { uid: 0, gid: 0, umask: 0o022, durability: 'local', remotePatienceMs: 60_000, readOnly: false },
      ...(this.#options.push === true && this.#drive.listen !== undefined ? { listen: this.#drive.listen } : {}),
      ...this.#options.fs,
      ...changes,
    });
    this.#calls = new FileSystemCalls(this.#opened.fs);
  }

  async unmount(): Promise<void> {
    await this.#opened?.close();
    this.#drive?.close();
    this.#opened = undefined;
  }

  /**
   * Kinds of the requests that `work` made, in their order. On a busy machine an answer may take so long that somebody looks whether
   * the service is there at all (with-breaker.ts); that look is not of `work`.
   */
  async asked(work: () => Promise<unknown>): Promise<string[]> {
    await settled(this.emulator);
    this.emulator.admin.resetRequests();
    await work();
    await settled(this.emulator);
    return this.emulator.requests.list().flatMap(({ kind }) => (kind === 'drive' ? [] : kind));
  }

  /** Resolves when the feed follows the drive. */
  async following(): Promise<void> {
    while (this.opened.feed()?.state !== 'following') await delay(5);
  }

  async sync(): Promise<void> {
    const parked = await this.opened.sync(undefined, AbortSignal.timeout(120_000));
    if (parked.length > 0) throw new Error(`parked: ${JSON.stringify(parked)}`);
  }

  /** As find(1): every path with its size; folders end in `/`. */
  async find(path = ''): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for await (const { name, kind } of this.calls.scan(path)) {
      const at = `${path}/${name}`;
      const { size } = await this.calls.lstat(at);
      found[kind === 'folder' ? `${at}/` : at] = size;
      if (kind === 'folder') Object.assign(found, await this.find(at));
    }
    return found;
  }

  /** What the drive holds, in the form of `find`. */
  held(): Record<string, number> {
    const lines = this.emulator.admin
      .tree()
      .map(({ path, size, sha1 }) => [sha1 === undefined ? `${path}/` : path, sha1 === undefined ? 0 : size] as const);
    return Object.fromEntries(lines);
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
  async write(path: string, content: string | Uint8Array): Promise<void> {
    const fd = await this.calls.open(path, 0o1101, 0o644);
    try {
      await this.calls.write(fd, Buffer.from(content), 0);
    } finally {
      await this.calls.close(fd);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unmount();
    await this.#place[Symbol.asyncDispose]();
  }
}
