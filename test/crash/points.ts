// The points at which a process can end: before each change of its disk, and around each request. Counts them in one life of
// a file system, and ends that life at the one that was chosen.

import type { Drive } from '../../src/drive/drive.ts';
import { wrapDrive } from '../../src/drive/wrap-drive.ts';
import { watchDisk } from '../support/disk-seam.ts';
import { MortalDrive } from '../support/mortal-drive.ts';
import { Bench } from '../support/opened.ts';

export interface End {
  /** From 1; a life that passes fewer points does not end this way. */
  readonly point: number;
  /** `torn`: half of a write to the log has reached the disk. */
  readonly ending: 'clean' | 'torn';
}

export class MortalBench implements AsyncDisposable {
  readonly bench: Bench;
  readonly #mortal: MortalDrive;
  #end: End | undefined;
  #passed = 0;
  #died = (): void => {};
  #death: Promise<void> = Promise.resolve();
  /** What was about to happen when the life ended. */
  lastPoint = '';
  isDead = false;
  #lives = 0;
  /** From this point on every write finds the disk full. */
  #fullFrom = Number.POSITIVE_INFINITY;

  private constructor(bench: Bench, mortal: MortalDrive) {
    this.bench = bench;
    this.#mortal = mortal;
  }

  static async open(settleMs = 1): Promise<MortalBench> {
    const mortal = new MortalDrive();
    let pass = (_: string): void => {};
    const bench = await Bench.open({
      memory: { fragmentSize: 2000, features: { simpleUploadLimit: 5000 } },
      wrap: (drive) => withBoundaries(mortal.around(drive), (what) => pass(what)),
      fs: { settleMs },
    });
    const made = new MortalBench(bench, mortal);
    pass = (what) => {
      if (made.#lives === 0) made.#pass(what);
    };
    bench.memory.before = ({ intent }) => {
      if (!['fragment', 'piece', 'page'].includes(intent)) return;
      made.#pass(`before a ${intent}`);
      if (made.isDead) throw new Error('the process is dead');
    };
    return made;
  }

  /** A new process goes on with what the dead one left. */
  async rise(end?: End): Promise<void> {
    await this.bench.opened.close();
    // What a dead process or a full disk made it say is no trouble of the next life.
    this.bench.troubles.length = 0;
    this.#fullFrom = Number.POSITIVE_INFINITY;
    this.live(end);
    await this.bench.reopenClosed();
  }

  /** From now on points are counted, up to the end that is chosen (none: the life goes on). */
  live(end: End | undefined): void {
    this.#end = end;
    this.#passed = 0;
    this.isDead = false;
    this.#death = new Promise((resolve) => {
      this.#died = resolve;
    });
    this.#watch();
  }

  /** From the n-th point on the disk takes no byte more. */
  fillDiskAt(point: number): void {
    this.#fullFrom = point;
  }

  get isDiskFull(): boolean {
    return this.#passed >= this.#fullFrom;
  }

  /** Nobody counts, and the disk has room. */
  rest(): void {
    this.#end = undefined;
    this.#fullFrom = Number.POSITIVE_INFINITY;
    watchDisk('', undefined);
  }

  /** False if the life ended before `work` did. */
  async outlives(work: () => Promise<unknown>): Promise<boolean> {
    let failure: { readonly error: unknown } | undefined;
    const done = work().catch((error: unknown) => {
      failure = { error };
    });
    await Promise.race([done, this.#death]);
    // What a dead process says does not count.
    if (failure !== undefined && !this.isDead) throw failure.error;
    return !this.isDead;
  }

  /** Ends the life now. */
  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    watchDisk('', undefined);
    this.#lives += 1;
    const life = this.#lives;
    const pass = (what: string): void => {
      // Requests of an earlier life that are still under way are nobody's.
      if (life === this.#lives) this.#pass(what);
    };
    this.bench.die({ kill: () => withBoundaries(this.#mortal.kill(), pass) });
    this.#died();
  }

  #watch(): void {
    watchDisk(this.bench.folder, (call) => {
      const isLast = this.#passed + 1 === this.#end?.point;
      if (isLast && this.#end?.ending === 'torn' && call.path.endsWith('.log')) call.half();
      this.#pass(`before ${call.what} of ${call.path.slice(this.bench.folder.length)}`);
      if (!this.isDead && this.isDiskFull && call.bytes > 0) throw new DiskFull();
    });
  }

  #pass(what: string): void {
    if (this.isDead) return;
    this.#passed += 1;
    if (this.#passed !== this.#end?.point) return;
    this.lastPoint = what;
    this.die();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.rest();
    await this.bench[Symbol.asyncDispose]();
  }
}

class DiskFull extends Error {
  readonly code = 'ENOSPC';
  readonly syscall = 'write';
}

const withBoundaries = (drive: Drive, pass: (what: string) => void): Drive =>
  wrapDrive(drive, {
    call: async (method, _, run) => {
      pass(`before ${method}`);
      const answer = await run();
      pass(`after ${method}`);
      return answer;
    },
    stream: (method, args, open) => streamed(() => open(args), method, pass),
  });

async function* streamed(
  open: () => AsyncIterable<unknown>,
  method: string,
  pass: (what: string) => void,
): AsyncIterable<unknown> {
  pass(`before ${method}`);
  yield* open();
  pass(`after ${method}`);
}
