// A lock between processes: a file beside the one that is locked, made by whoever holds it. A holder that died is noticed by
// its process id, or by the age of its file; a lock is broken by one process at a time, so that no fresh one is removed.
import { open, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';

/** Longer than any work that is done under a lock takes. */
const staleMs = 120_000;
/** Longer than between making a lock and writing into it who holds it, or than breaking one: who has not done so by then was killed. */
const momentMs = 5_000;
const pollMs = 25;

const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
};

export class FileLock {
  readonly #clock: Clock;
  readonly #log: Log;
  /** Holders in this process wait for each other without a look at the disk. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Runs `work` while nobody else holds the lock of `path`. */
  async holding<T>(path: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const run = (async () => {
      await before.catch(() => {});
      return await this.#exclusively(`${path}.lock`, work);
    })();
    this.#last = run.catch(() => {});
    return await run;
  }

  async #exclusively<T>(lock: string, work: () => Promise<T>): Promise<T> {
    const made = await this.#take(lock);
    try {
      return await work();
    } finally {
      if (made) await rm(lock, { force: true });
    }
  }

  /** False where no lock file can be made; the work is then done without, rather than not at all. */
  async #take(lock: string): Promise<boolean> {
    for (;;) {
      try {
        const handle = await open(lock, 'wx', 0o600);
        await handle.writeFile(`${process.pid} ${hostname()}\n`);
        await handle.close();
        return true;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') {
          this.#log.debug(`no lock ${lock}: ${errorCode(error)}`);
          return false;
        }
      }
      if (!(await this.#isDead(lock)) || !(await this.#break(lock))) await this.#clock.sleep(pollMs);
    }
  }

  async #break(lock: string): Promise<boolean> {
    const breaker = `${lock}.break`;
    try {
      await (await open(breaker, 'wx', 0o600)).close();
    } catch {
      if (await this.#isOlder(breaker, momentMs)) await rm(breaker, { force: true });
      return false;
    }
    try {
      if (await this.#isDead(lock)) await rm(lock, { force: true });
      return true;
    } finally {
      await rm(breaker, { force: true });
    }
  }

  async #isOlder(path: string, ms: number): Promise<boolean> {
    try {
      // Either way: the clock may have been put back since.
      return Math.abs(this.#clock.now() - (await stat(path)).mtimeMs) > ms;
    } catch {
      return false;
    }
  }

  async #isDead(lock: string): Promise<boolean> {
    try {
      const holder = (await readFile(lock, 'utf8')).trim();
      const [pid, host] = holder.split(' ');
      if (host === hostname() && !runs(Number(pid))) return true;
      return await this.#isOlder(lock, holder === '' ? momentMs : staleMs);
    } catch {
      return false;
    }
  }
}
