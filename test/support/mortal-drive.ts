// A drive in the hands of a process that may be killed: after `kill`, nothing reaches the drive from those who had it
// before, and no answer comes back to them. The next change can be made to fail, before or after it took effect, and the drive
// can be out of reach for a while.
import type { Drive } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { isLook, isReading } from '../../src/drive/wrap-drive.ts';
import { failingDrive, type Method } from './failing-drive.ts';

async function* until(death: AbortSignal, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  death.throwIfAborted();
  for await (const piece of body) {
    death.throwIfAborted();
    yield piece;
  }
}

/** The bytes of an upload come from a process: what had not left before its death never does. */
const leavingUntil = (death: AbortSignal, drive: Drive): Drive =>
  new Proxy(drive, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      if (key !== 'upload') return value.bind(target);
      const upload: Drive['upload'] = (request, signal) =>
        target.upload({ ...request, body: (offset) => until(death, request.body(offset)) }, signal);
      return upload;
    },
  });

export class MortalDrive {
  #life = new AbortController();
  #drive: Drive | undefined;
  readonly #failing = new Map<string, boolean>();
  #outage: 'none' | 'begins' | 'lasts' = 'none';

  around(drive: Drive): Drive {
    this.#drive = drive;
    return this.#living(drive);
  }

  /** The next call of the method does not reach the drive, or (with `isLost`) its answer does not come back. */
  async failNext(method: string, isLost: boolean): Promise<void> {
    this.#failing.set(method, isLost);
  }

  /** Out of reach from now on. With `isLost`, one more change gets there, whose answer does not come back. */
  leave(isLost: boolean): void {
    this.#outage = isLost ? 'begins' : 'lasts';
  }

  comeBack(): void {
    this.#outage = 'none';
  }

  get isAway(): boolean {
    return this.#outage !== 'none';
  }

  /** The drive for the next process. */
  kill(): Drive {
    if (this.#drive === undefined) throw new Error('nobody has the drive');
    this.#life.abort(new DriveError('offline', 'killed'));
    this.#life = new AbortController();
    return this.#living(this.#drive);
  }

  #living(drive: Drive): Drive {
    const { signal } = this.#life;
    return failingDrive(leavingUntil(signal, drive), (method: Method) => {
      if (signal.aborted) return 'stall';
      if (this.#outage === 'begins' && !isLook(method) && !isReading(method)) {
        this.#outage = 'lasts';
        return 'lose-reply';
      }
      if (this.#outage !== 'none') return new DriveError('offline', 'out of reach');
      const isLost = this.#failing.get(method);
      this.#failing.delete(method);
      if (isLost === undefined) return undefined;
      return isLost ? 'lose-reply' : new DriveError('offline', 'not now');
    });
  }
}
