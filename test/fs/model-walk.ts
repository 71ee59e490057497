// What random walks do: the same calls on the file system over a drive in memory and on the file system in memory, between
// restarts, kills, faults that pass, answers that are lost, times without a network, and another client's doing. In the end the
// drive, the mount and the model are the same.
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { FsError } from '../../src/base/errors.ts';
import { isFault } from '../../src/drive/drive-error.ts';
import { O_APPEND, O_CREAT, O_RDWR, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';
import { FileSystemCalls } from '../support/file-system-calls.ts';
import { liveLike } from '../support/memory-drive.ts';
import { MemoryFileSystem } from '../support/memory-file-system.ts';
import { MortalDrive } from '../support/mortal-drive.ts';
import { Bench } from '../support/opened.ts';

const never = new AbortController().signal;
const names = fc.constantFrom('a', 'b', 'c');
const path = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
const letter = fc.constantFrom('x', 'y', 'z');
const length = fc.integer({ min: 0, max: 9000 });
const mutation = fc.constantFrom('upload', 'makeFolder', 'move', 'remove');
const theirs = fc.constantFrom('theirs/a', 'theirs/b', 'theirs/c');

export const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), path, letter, length }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), path, letter, length }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), path, size: fc.nat(10_000) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('mkdir' as const), path }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rmdir' as const), path }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('unlink' as const), path }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('rename' as const), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('exchange' as const), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('copy' as const), path, to: path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('attribute' as const), path, letter }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hold' as const), path }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('poke' as const), offset: fc.nat(10_000), letter, length }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sync' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fault' as const), mutation, isLost: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('away' as const), isLost: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('back' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('others' as const), path: theirs, to: theirs, letter, length }),
  },
);
export type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

/** What a program hears; `offline`: nothing has happened, as what it takes is not here and cannot be fetched. */
const outcome = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof FsError) return error.code;
    if (isFault(error, 'offline')) return 'offline';
    throw error;
  }
};

const write = async (calls: FileSystemCalls, at: string, flags: number, data: string): Promise<void> => {
  const fd = await calls.open(at, O_WRONLY | flags, 0o644);
  try {
    await calls.write(fd, Buffer.from(data), 0);
  } finally {
    await calls.close(fd);
  }
};

const copy = async (calls: FileSystemCalls, from: string, to: string): Promise<void> => {
  const source = await calls.open(from, 0);
  try {
    const { size, kind } = await calls.fstat(source);
    if (kind !== 'file') return;
    const target = await calls.open(to, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
    try {
      await calls.copyRange(source, 0, target, 0, size);
    } finally {
      await calls.close(target);
    }
  } finally {
    await calls.close(source);
  }
};

const keepAttribute = async (calls: FileSystemCalls, at: string, text: string): Promise<void> => {
  await calls.setxattr(at, 'user.note', Buffer.from(text));
  assert.equal((await calls.getxattr(at, 'user.note')).toString(), text);
};

class Walk {
  readonly bench: Bench;
  readonly mortal: MortalDrive;
  readonly model = new FileSystemCalls(new MemoryFileSystem());
  #held: readonly [number, number] | undefined;

  constructor(bench: Bench, mortal: MortalDrive) {
    this.bench = bench;
    this.mortal = mortal;
  }

  /** A file that is there from the beginning. */
  async find(at: string): Promise<void> {
    const { store } = this.bench.memory;
    const folder = dirname(at);
    if (folder !== '/' && store.find(folder.slice(1)) === undefined) {
      store.makeFolder(folder.slice(1));
      await this.model.mkdir(folder);
    }
    store.put(at.slice(1), `found ${at}`);
    await write(this.model, at, O_CREAT, `found ${at}`);
  }

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case 'write':
        return this.#both((calls) => write(calls, next.path, O_CREAT | O_TRUNC, next.letter.repeat(next.length)));
      case 'append':
        return this.#both((calls) => write(calls, next.path, O_CREAT | O_APPEND, next.letter.repeat(next.length)));
      case 'truncate':
        return this.#both((calls) => calls.truncate(next.path, next.size));
      case 'mkdir':
        return this.#both((calls) => calls.mkdir(next.path));
      case 'rmdir':
        return this.#both((calls) => calls.rmdir(next.path));
      case 'unlink':
        return this.#both((calls) => calls.unlink(next.path));
      case 'rename':
        return this.#both((calls) => calls.rename(next.path, next.to));
      case 'exchange':
        // One within the other is an error either way, but not the same one.
        if (`${next.to}/`.startsWith(`${next.path}/`) || `${next.path}/`.startsWith(`${next.to}/`)) return;
        return this.#both((calls) => calls.rename(next.path, next.to, 'exchange'));
      case 'copy':
        // It may get as far as to make an empty file.
        if (this.mortal.isAway) return;
        return this.#both((calls) => copy(calls, next.path, next.to));
      case 'attribute':
        return this.#both((calls) => keepAttribute(calls, next.path, next.letter));
      case 'hold':
        return this.#hold(next.path);
      case 'poke':
        return this.#poke(next.offset, next.letter.repeat(next.length));
      case 'drop':
        return this.drop();
      case 'pause':
        return new Promise((resolve) => setTimeout(resolve, next.ms));
      case 'look':
        return this.#compareShown();
      case 'others':
        return this.#others(next);
      case 'fault':
        return this.mortal.failNext(next.mutation, next.isLost);
      case 'away':
        return this.mortal.leave(next.isLost);
      case 'back':
        return this.mortal.comeBack();
      default:
        return this.#restart(next.kind);
    }
  }

  async #both(act: (calls: FileSystemCalls) => Promise<unknown>): Promise<void> {
    const ours = await outcome(act(this.bench.calls));
    if (ours === 'offline' && this.mortal.isAway) return;
    assert.equal(ours, await outcome(act(this.model)));
  }

  async #hold(at: string): Promise<void> {
    await this.drop();
    const descriptors: number[] = [];
    await this.#both(async (calls) => descriptors.push(await calls.open(at, O_RDWR, 0o644)));
    const [ours, expected] = descriptors;
    if (ours !== undefined && expected !== undefined) this.#held = [ours, expected];
  }

  async #poke(offset: number, data: string): Promise<void> {
    if (this.#held === undefined) return;
    const [ours, expected] = this.#held;
    await this.bench.calls.write(ours, Buffer.from(data), offset);
    await this.model.write(expected, Buffer.from(data), offset);
    if (this.mortal.isAway) return;
    const [got, wanted] = [await this.bench.calls.read(ours, 0, 30_000), await this.model.read(expected, 0, 30_000)];
    assert.ok(got.equals(wanted), 'a held file reads as it was written');
  }

  async drop(): Promise<void> {
    if (this.#held === undefined) return;
    await this.bench.calls.close(this.#held[0]);
    await this.model.close(this.#held[1]);
    this.#held = undefined;
  }

  #others({ path: from, to, letter: c, length: n }: Extract<Step, { kind: 'others' }>): Promise<void> {
    const { store } = this.bench.memory;
    if (n % 3 === 0 && store.find(from) !== undefined) store.remove(from);
    else if (n % 3 === 1 && store.find(from) !== undefined && store.find(to) === undefined) store.move(from, to);
    else store.put(from, c.repeat(n));
    return Promise.resolve();
  }

  async #restart(kind: 'sync' | 'reopen' | 'kill'): Promise<void> {
    await this.drop();
    if (kind === 'sync') this.mortal.comeBack();
    if (kind === 'sync') assert.deepEqual(await this.bench.sync(), []);
    else if (kind === 'reopen') await this.bench.reopen();
    else await this.bench.kill(this.mortal);
    assert.deepEqual(await this.bench.opened.check({ remote: false }, never), []);
  }

  async #compareShown(): Promise<void> {
    if (this.#held !== undefined || this.mortal.isAway) return;
    assert.deepEqual(abridged(await shownBy(this.bench.calls)), abridged(await shownBy(this.model)));
  }

  /** Everything is on the drive, as the model has it. */
  async end(): Promise<void> {
    const { bench } = this;
    await this.drop();
    this.mortal.comeBack();
    assert.deepEqual(await bench.sync(), []);
    const expected = await shownBy(this.model);
    assert.deepEqual(abridged(withoutTheirs(bench.tree())), abridged(expected));
    await bench.reopen({ listingAgeMs: 0 });
    const onDrive = bench.tree();
    // What others did comes with a feed a moment later.
    const end = Date.now() + 5_000;
    while (!isDeepStrictEqual(await bench.shown().catch(String), onDrive) && Date.now() < end) await delay(5);
    assert.deepEqual(abridged(await bench.shown()), abridged(onDrive));
    // What others removed may yet turn up elsewhere, and is remembered for a while.
    await bench.reopen();
    assert.deepEqual(await bench.opened.check({ remote: true }, never), []);
    assert.equal(bench.opened.nodes(), bench.memory.store.items.size, 'no node is left over');
    const sizes = [...bench.memory.store.items.values()].map(({ bytes }) => bytes.length);
    // An empty content counts as one byte.
    const most = sizes.reduce((sum, size) => sum + Math.max(1, size), 0);
    assert.ok(bench.opened.cachedBytes() <= most, 'no content is left over');
    assert.deepEqual(bench.troubles, []);
  }
}

/** With each run of a letter as that letter and how many there are. */
const abridged = (tree: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tree).map(([at, text]) => [at, text.replace(/(.)\1*/gs, (run, one) => `${one}${run.length} `)]),
  );

const withoutTheirs = (tree: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(tree).filter(([at]) => !at.startsWith('theirs')));

const shownBy = async (calls: FileSystemCalls): Promise<Record<string, string>> => {
  const found: [string, string][] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, kind } of calls.scan(folder)) {
      if (name === 'theirs') continue;
      const at = `${folder}/${name}`;
      found.push([`${at.slice(1)}${kind === 'folder' ? '/' : ''}`, kind === 'file' ? await readAll(calls, at) : '']);
      if (kind === 'folder') await walk(at);
    }
  };
  await walk('');
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
};

const readAll = async (calls: FileSystemCalls, at: string): Promise<string> => {
  const fd = await calls.open(at, 0);
  try {
    return (await calls.read(fd, 0, (await calls.fstat(fd)).size)).toString();
  } finally {
    await calls.close(fd);
  }
};

/** A step that depends on what there is: paths in the form of `Bench.tree`. */
export type Chosen = (paths: readonly string[]) => readonly Step[];

/** As the drives of the two dialects are. */
const likenesses = {
  live: { features: liveLike },
  graph: { features: {}, treeVersions: true },
} as const;
export type Likeness = keyof typeof likenesses;

export interface Ground {
  readonly listingAgeMs?: number;
  readonly settleMs?: number;
  /** Of each request. */
  readonly latencyMs?: number;
  /** Paths of files that are on the drive, and were never read here. */
  readonly documents?: readonly string[];
}

export const walkOver = async (
  likeness: Likeness,
  steps: readonly (Step | Chosen)[],
  { listingAgeMs = 1e9, settleMs = 5, latencyMs = 0, documents = [] }: Ground = {},
): Promise<void> => {
  const mortal = new MortalDrive();
  const { features, ...others } = likenesses[likeness];
  const bench = await Bench.open({
    memory: { fragmentSize: 2000, features: { ...features, simpleUploadLimit: 5000 }, ...others },
    wrap: (drive) => mortal.around(drive),
    fs: { listingAgeMs, settleMs, feedIntervalMs: 30 },
  });
  const story: string[] = [];
  bench.memory.before = (call) => {
    story.push(`  ${JSON.stringify(call)}`);
    return latencyMs === 0 ? undefined : delay(latencyMs);
  };
  try {
    bench.memory.store.makeFolder('theirs');
    const walk = new Walk(bench, mortal);
    for (const document of documents) await walk.find(document);
    for (const next of steps) {
      const chosen = typeof next === 'function' ? next(Object.keys(await shownBy(walk.model))) : [next];
      for (const one of chosen) {
        story.push(JSON.stringify(one));
        await walk.take(one);
      }
    }
    await walk.end();
  } catch (error) {
    if (seed !== undefined) process.stderr.write(`${[...story, ...bench.troubles].join('\n')}\n`);
    throw error;
  } finally {
    await bench[Symbol.asyncDispose]();
  }
};

/** For more walks; and for one that failed, whose requests are printed then: what it printed, and time to find a shorter one. */
const { WALK_RUNS: runs = '60', WALK_SEED: seed, WALK_PATH: place, WALK_SHRINK: shrinks } = process.env;

export const walkOptions = {
  numRuns: Number(runs),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
  ...(place === undefined ? {} : { path: place }),
  ...(shrinks ? {} : { endOnFailure: true }),
};
