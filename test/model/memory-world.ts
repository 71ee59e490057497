// A world in one process: the file system straight, the drive in memory, and trouble between them.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Drive, DriveFeatures } from '../../src/drive/drive.ts';
import { DriveError, isFault } from '../../src/drive/drive-error.ts';
import type { Calls } from '../suites/posix/calls.ts';
import type { StoredItem } from '../support/memory-store.ts';
import { MortalDrive } from '../support/mortal-drive.ts';
import { Bench } from '../support/opened.ts';
import type { Trouble, World } from './world.ts';

const changing = ['upload', 'makeFolder', 'move', 'remove'] as const;

class JumpingClock implements Clock {
  offset = 0;

  now(): number {
    return systemClock.now() + this.offset;
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
}

const shortened = (tree: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(tree).map(([path, text]) => [path, `${text.slice(0, 20)} (${text.length})`]));

/** An item that got a number for the sake of another keeps it when our user takes that away: nothing new comes under its name. */
const unnumbered = (shown: Record<string, string>, onDrive: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(shown).map(([path, content]) => {
      const plain = path.replaceAll(/ \(\d\)(?=\/|$)/g, '');
      return [path in onDrive || !(plain in onDrive) ? path : plain, content];
    }),
  );

export class MemoryWorld implements World, AsyncDisposable {
  readonly root = '';
  readonly bench: Bench;
  readonly #mortal: MortalDrive;
  readonly #clock: JumpingClock;
  /** What the next requests meet. */
  #failures: (() => DriveError)[] = [];
  #slow = 0;
  /** Nobody else may be waiting for anything when the file system waits with timers that keep no process. */
  readonly #alive = setInterval(() => {}, 1_000);
  #removed: { readonly path: string; readonly item: StoredItem } | undefined;

  private constructor(bench: Bench, mortal: MortalDrive, clock: JumpingClock) {
    this.bench = bench;
    this.#mortal = mortal;
    this.#clock = clock;
    bench.memory.before = () => this.#beforeRequest();
  }

  static async open(features: Partial<DriveFeatures>): Promise<MemoryWorld> {
    const mortal = new MortalDrive();
    const clock = new JumpingClock();
    const treeVersions = features.conditionalWrites !== false;
    const bench = await Bench.open({
      memory: { fragmentSize: 2000, features: { ...features, simpleUploadLimit: 5000 }, treeVersions },
      wrap: (drive: Drive) => mortal.around(drive),
      fs: { clock, listingAgeMs: 40, feedIntervalMs: 30 },
    });
    return new MemoryWorld(bench, mortal, clock);
  }

  get calls(): Calls {
    return this.bench.calls;
  }

  async #beforeRequest(): Promise<void> {
    if (this.#slow > 0) {
      this.#slow -= 1;
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
    const failure = this.#failures.shift();
    if (failure !== undefined) throw failure();
  }

  async put(path: string, text: string): Promise<boolean> {
    const { store } = this.bench.memory;
    return this.#possible(() => {
      const above = store.find(path.slice(0, path.lastIndexOf('/')));
      if (store.find(path)?.kind === 'folder' || (above?.kind ?? 'folder') !== 'folder') throw new Error('a folder');
      store.put(path, text);
    });
  }

  async move(from: string, to: string): Promise<boolean> {
    const { store } = this.bench.memory;
    return this.#possible(() => {
      const parent = store.at(to.slice(0, to.lastIndexOf('/')));
      const isWithin = store.isBelow(parent.id, store.at(from).id);
      if (store.find(to) !== undefined || parent.kind !== 'folder' || isWithin) throw new Error('not there');
      store.move(from, to);
    });
  }

  async remove(path: string): Promise<boolean> {
    const { store } = this.bench.memory;
    return this.#possible(() => {
      const item = store.at(path);
      store.remove(path);
      this.#removed = { path, item };
    });
  }

  async restore(): Promise<boolean> {
    const removed = this.#removed;
    this.#removed = undefined;
    if (removed === undefined || removed.item.kind === 'folder') return false;
    return await this.put(removed.path, new TextDecoder().decode(removed.item.bytes));
  }

  /** The service refuses what its own rules forbid, to others too. */
  #possible(work: () => void): boolean {
    try {
      work();
      return true;
    } catch {
      return false;
    }
  }

  async trouble(kind: Trouble, count: number): Promise<void> {
    const times = Array.from({ length: count + 1 });
    if (kind === 'cut') this.#failures.push(...times.map(() => () => new DriveError('offline', 'cut')));
    else if (kind === 'busy')
      this.#failures.push(...times.map(() => () => new DriveError('busy', '429', { retryAfterMs: 20, status: 429 })));
    else if (kind === 'broken')
      this.#failures.push(...times.map(() => () => new DriveError('busy', '503', { status: 503 })));
    else if (kind === 'expired') this.#failures.push(() => new DriveError('signed-out', 'expired'));
    else if (kind === 'lost') await this.#mortal.failNext(changing[count] ?? 'upload', true);
    else if (kind === 'slow') this.#slow += 3 * (count + 1);
    else if (kind === 'away' && this.#mortal.isAway) this.#mortal.comeBack();
    else if (kind === 'away') this.#mortal.leave(true);
    else this.bench.memory.store.expireCursors();
  }

  jump(ms: number): void {
    this.#clock.offset += ms;
  }

  kill(): Promise<void> {
    return this.bench.kill(this.#mortal);
  }

  reopen(): Promise<void> {
    return this.bench.reopen();
  }

  async settle(): Promise<readonly unknown[]> {
    this.#failures = [];
    this.#slow = 0;
    this.#mortal.comeBack();
    try {
      return await this.bench.sync();
    } catch (error) {
      // What was under way already may have met the end of the sign-in.
      if (isFault(error, 'signed-out')) return await this.bench.sync();
      throw error;
    }
  }

  async paths(): Promise<readonly string[]> {
    const shown = await this.bench.shown().catch(() => ({}));
    return [...new Set([...Object.keys(this.bench.tree()), ...Object.keys(shown)])].map((path) => `/${path}`);
  }

  async history(): Promise<ReadonlySet<string>> {
    return this.bench.memory.store.history;
  }

  /** After `settle`: the mount shows what the drive holds, as soon as it has heard of it. */
  async agrees(): Promise<void> {
    const { bench } = this;
    await bench.reopen({ listingAgeMs: 0 });
    const onDrive = bench.tree();
    // Uploads that others overtake may give a name to two items; the mount numbers them.
    const names = new Set(Object.keys(onDrive).map((path) => path.replace(/\/$/, '')));
    const isDouble = bench.memory.store.items.size > names.size + 1;
    const isSame = (shown: Record<string, string> | string): boolean =>
      isDouble
        ? Object.keys(shown).length + 1 === bench.memory.store.items.size
        : typeof shown !== 'string' && isDeepStrictEqual(unnumbered(shown, onDrive), onDrive);
    const end = Date.now() + 5_000;
    while (!isSame(await bench.shown().catch(String)) && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const last = await bench.shown();
    if (!isSame(last)) assert.deepEqual(shortened(last), shortened(onDrive));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#alive);
    await this.bench[Symbol.asyncDispose]();
  }
}
