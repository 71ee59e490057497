// A walk whose steps may meet another client's: what the mount shows cannot be foretold then, but no content that was
// acknowledged may vanish. The ledger holds the last such content of each node that nobody has overwritten or removed here;
// in the end the drive's history has them all.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { DriveError } from '../../src/drive/drive-error.ts';
import { O_APPEND, O_CREAT, O_RDWR, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';
import type { Step, World } from './world.ts';

interface Held {
  readonly fd: number;
  readonly ino: number;
}

/** A failure that a program hears of as an errno; anything else is a failure of the walk. */
const isHeard = (error: unknown): boolean =>
  error instanceof DriveError || /^E[A-Z0-9]+$/.test(String((error as { readonly code?: unknown }).code));

/** Shorter ones may be like others. */
const shortestText = 12;

class HistoryWalk {
  readonly #world: World;
  readonly #ledger = new Map<number, string>();
  readonly #theirs: string[] = [];
  #count = 0;
  #held: Held | undefined;
  /** Calls that succeeded: a walk in which nothing does proves nothing. */
  done = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async take(step: Step): Promise<void> {
    try {
      await this.#do(step);
    } catch (error) {
      if (!isHeard(error)) throw error;
    }
  }

  /** All that was acknowledged is in the history of the drive. */
  async end(): Promise<void> {
    await this.#drop();
    await this.#check();
  }

  #do(step: Step): Promise<unknown> {
    const { calls } = this.#world;
    switch (step.kind) {
      case 'write':
        return this.#write(this.#at(step.path), O_WRONLY | O_CREAT | O_TRUNC, step.length, step.isSynced);
      case 'append':
        return this.#write(this.#at(step.path), O_WRONLY | O_CREAT | O_APPEND, step.length, false);
      case 'truncate':
        return this.#truncate(this.#at(step.path), step.length);
      case 'mkdir':
        return calls.mkdir(this.#at(step.path));
      case 'rmdir':
        return calls.rmdir(this.#at(step.path));
      case 'unlink':
        return this.#unlink(this.#at(step.path));
      case 'rename':
        return this.#rename(this.#at(step.path), this.#at(step.to));
      case 'exchange':
        return calls.rename(this.#at(step.path), this.#at(step.to), 'exchange');
      case 'replace':
        return this.#replace(this.#at(step.path), step.length);
      case 'copy':
        return this.#copy(this.#at(step.path), this.#at(step.to));
      case 'symlink':
        return calls.symlink('somewhere', this.#at(step.path));
      case 'attribute':
        return calls.setxattr(this.#at(step.path), 'user.note', Buffer.from(this.#text(20)));
      case 'hold':
        return this.#hold(this.#at(step.path));
      case 'poke':
        return this.#poke(step.length);
      case 'map':
        return this.#map(this.#at(step.path));
      case 'flush':
        return this.#flush();
      case 'drop':
        return this.#drop();
      default:
        return this.#outside(step);
    }
  }

  #outside(step: Step): Promise<unknown> {
    const world = this.#world;
    switch (step.kind) {
      case 'pause':
        return delay(step.ms);
      case 'theirs':
        return this.#theirPut(step.path, step.length);
      case 'theirs moves':
        return world.move(step.path, step.to);
      case 'theirs goes':
        return world.remove(step.path);
      case 'theirs returns':
        return world.restore();
      case 'trouble':
        return world.trouble(step.what, step.count);
      case 'jump':
        world.jump(step.hours * 3_600_000);
        return Promise.resolve();
      case 'settle':
        return this.#check();
      case 'reopen':
        return this.#drop().then(() => world.reopen());
      case 'kill':
        // What a held file was written since its last fsync may or may not be there.
        this.#held = undefined;
        return world.kill();
      default:
        return Promise.resolve();
    }
  }

  #at(path: string): string {
    return `${this.#world.root}${path}`;
  }

  /** Never the same twice. */
  #text(length: number): string {
    this.#count += 1;
    return `${this.#count}:${String.fromCharCode(97 + (this.#count % 26)).repeat(length)}`;
  }

  async #whole(fd: number): Promise<string> {
    const { calls } = this.#world;
    for (;;) {
      const { size } = await calls.fstat(fd);
      const whole = await calls.read(fd, 0, size);
      // A handle that has read nothing yet may go on to a newer version, of another size, with its first read.
      if ((await calls.fstat(fd)).size === size) return whole.toString();
    }
  }

  async #noted(path: string, ino: number): Promise<void> {
    const fd = await this.#world.calls.open(path, 0);
    try {
      if ((await this.#world.calls.fstat(fd)).ino === ino) this.#ledger.set(ino, await this.#whole(fd));
    } finally {
      await this.#world.calls.close(fd);
    }
    this.done += 1;
  }

  async #write(path: string, flags: number, length: number, isSynced: boolean): Promise<void> {
    const { calls } = this.#world;
    const fd = await calls.open(path, flags, 0o644);
    const { ino } = await calls.fstat(fd);
    // What it held is given up by opening it, and by what is written now.
    this.#ledger.delete(ino);
    try {
      await calls.write(fd, Buffer.from(this.#text(length)), 0);
      if (isSynced) await calls.fsync(fd);
    } finally {
      await calls.close(fd);
    }
    await this.#noted(path, ino);
  }

  async #truncate(path: string, size: number): Promise<void> {
    const { ino } = await this.#world.calls.stat(path);
    this.#ledger.delete(ino);
    await this.#world.calls.truncate(path, size);
    await this.#noted(path, ino);
  }

  async #inodeOf(path: string): Promise<number | undefined> {
    const { calls } = this.#world;
    return await calls.lstat(path).then(
      ({ ino }) => ino,
      () => undefined,
    );
  }

  async #unlink(path: string): Promise<void> {
    const ino = await this.#inodeOf(path);
    await this.#world.calls.unlink(path);
    if (ino !== undefined) this.#ledger.delete(ino);
  }

  async #rename(from: string, to: string): Promise<void> {
    const [source, target] = [await this.#inodeOf(from), await this.#inodeOf(to)];
    await this.#world.calls.rename(from, to);
    if (target !== undefined && target !== source) this.#ledger.delete(target);
  }

  /** As editors save. */
  async #replace(path: string, length: number): Promise<void> {
    const temporary = this.#at('/.new~');
    await this.#write(temporary, O_WRONLY | O_CREAT | O_TRUNC, length, true);
    await this.#rename(temporary, path);
  }

  async #copy(from: string, to: string): Promise<void> {
    const { calls } = this.#world;
    const source = await calls.open(from, 0);
    try {
      const { size } = await calls.fstat(source);
      const target = await calls.open(to, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
      const { ino } = await calls.fstat(target);
      this.#ledger.delete(ino);
      try {
        await calls.copyRange(source, 0, target, 0, size);
      } finally {
        await calls.close(target);
      }
      await this.#noted(to, ino);
    } finally {
      await calls.close(source);
    }
  }

  async #hold(path: string): Promise<void> {
    await this.#drop();
    const { calls } = this.#world;
    const fd = await calls.open(path, O_RDWR, 0o644);
    this.#held = { fd, ino: (await calls.fstat(fd)).ino };
  }

  async #poke(length: number): Promise<void> {
    if (this.#held === undefined) return;
    this.#ledger.delete(this.#held.ino);
    await this.#world.calls.write(this.#held.fd, Buffer.from(this.#text(length)), length >> 1);
  }

  /** Writes through a mapping. All bytes are read before: a page that is touched must not have to come over the network. */
  async #map(path: string): Promise<void> {
    const { calls } = this.#world;
    if (calls.mapped === undefined) return;
    const fd = await calls.open(path, O_RDWR, 0o644);
    const size = (await this.#whole(fd).catch(() => '')).length;
    const { ino } = await calls.fstat(fd);
    const text = this.#text(size).slice(0, size);
    try {
      if (size < shortestText) return;
      this.#ledger.delete(ino);
      await calls.mapped(fd, size, () => Buffer.from(text));
    } finally {
      await calls.close(fd);
    }
    await this.#noted(path, ino);
  }

  /** From here on it is promised, though the file is open and the process may be killed. */
  async #flush(): Promise<void> {
    if (this.#held === undefined) return;
    const { fd, ino } = this.#held;
    const { calls } = this.#world;
    await calls.fsync(fd);
    const content = await this.#whole(fd);
    if ((await calls.fstat(fd)).links > 0) this.#ledger.set(ino, content);
  }

  async #drop(): Promise<void> {
    if (this.#held === undefined) return;
    const { fd, ino } = this.#held;
    this.#held = undefined;
    const { calls } = this.#world;
    const content = await this.#whole(fd).catch(() => undefined);
    const { links } = await calls.fstat(fd);
    await calls.close(fd);
    // A file without a name goes with its last handle.
    if (links > 0 && content !== undefined && this.#ledger.get(ino) === undefined) this.#ledger.set(ino, content);
    if (links === 0) this.#ledger.delete(ino);
  }

  async #theirPut(path: string, length: number): Promise<void> {
    const text = this.#text(length);
    if (await this.#world.put(path, text)) this.#theirs.push(text);
  }

  async #check(): Promise<void> {
    const parked = await this.#world.settle();
    // What was cut or written to before all of it had come cannot be whole any more once the drive has another version, or
    // none: it waits for somebody to decide. Who had seen the whole of it has it in the ledger.
    // In the words of the drive in memory, of live and of graph.
    const gone = /is no longer|does not exist|resource_not_found|itemnotfound/i;
    const isUndecided = (one: unknown): boolean => gone.test(JSON.stringify(one));
    const isBehind = (one: unknown): boolean => /has to wait for an earlier change/.test(JSON.stringify(one));
    const isAnyUndecided = parked.some(isUndecided);
    const stuck = parked.filter((one) => !isUndecided(one) && !(isAnyUndecided && isBehind(one)));
    assert.deepEqual(stuck, [], 'everything gets to the drive');
    const history = new Set([...(await this.#world.history()), ...(await this.#waiting(parked))]);
    const lost = [...this.#ledger].filter(([, text]) => !history.has(text));
    assert.deepEqual(lost.map(short), [], 'acknowledged here, and vanished');
    assert.deepEqual(
      this.#theirs.filter((text) => !history.has(text)).map((text) => text.slice(0, 20)),
      [],
    );
  }

  /** Contents that are in the queue, behind something that somebody has to decide. */
  async #waiting(parked: readonly unknown[]): Promise<readonly string[]> {
    const { calls } = this.#world;
    const texts: string[] = [];
    for (const one of parked) {
      const path = this.#at((one as { readonly path: string }).path);
      const fd = await calls.open(path, 0).catch(() => undefined);
      if (fd === undefined) continue;
      texts.push(await this.#whole(fd).catch(() => ''));
      await calls.close(fd);
    }
    return texts;
  }
}

const short = ([ino, text]: readonly [number, string]): string => `node ${ino}: ${text.slice(0, 20)} (${text.length})`;

/** A step that depends on what is there: paths from the root with a slash, those of folders end in one. */
export type Chosen = (paths: readonly string[]) => readonly Step[];

/** Gives how many contents were acknowledged. */
export const walk = async (world: World, steps: readonly (Step | Chosen)[]): Promise<number> => {
  const one = new HistoryWalk(world);
  for (const step of steps)
    for (const taken of typeof step === 'function' ? step(await world.paths()) : [step]) await one.take(taken);
  await one.end();
  return one.done;
};
