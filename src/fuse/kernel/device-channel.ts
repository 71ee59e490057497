// Requests from /dev/fuse, replies back to it. The descriptor never blocks: the event loop says when there is something to
// read, then one request is taken per turn of the loop until there is none, and for a moment longer (spin.ts).
// Owned by kernel-driver.ts, which closes the descriptor when nobody uses it any more.
import { writeSync, writevSync } from 'node:fs';
import { constants } from 'node:os';
import { readNow, type Watch, watchReadable } from '../../base/libc.ts';
import type { Log } from '../../base/log.ts';
import { maxWrite } from './init.ts';
import { Spin } from './spin.ts';

const { EAGAIN, EINTR, ENOENT, ENODEV, ECONNABORTED } = constants.errno;

/** EINTR: a signal came. ENOENT: the request was taken back while it was being read. */
const tryAgain: ReadonlySet<number> = new Set([EINTR, ENOENT]);
/** The mount is gone. */
const ending: ReadonlySet<number> = new Set([ENODEV, ECONNABORTED]);
/** The asker is gone: interrupted, or unmounted. Not a failure of the reply. */
const lateCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENODEV', 'ECONNABORTED']);

const requestSize = maxWrite + 4096;
const spareBuffers = 4;

interface DeviceChannelOptions {
  /** `undefined`: the request's memory may be used again; else when the promise resolves. */
  readonly receive: (request: Buffer) => Promise<void> | undefined;
  readonly log: Log;
}

export class DeviceChannel {
  readonly #fd: number;
  readonly #options: DeviceChannelOptions;
  readonly #spin = new Spin();
  readonly #spare: Buffer[] = [];
  readonly #ended: Promise<void>;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #watch: Watch | undefined;
  #awake = false;

  constructor(fd: number, options: DeviceChannelOptions) {
    this.#fd = fd;
    this.#options = options;
    this.#ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** Resolves when the mount is gone or `stop` was called; rejects if the device failed. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  open(): void {
    this.#watch = watchReadable(this.#fd, () => this.#wake());
  }

  /** Sends one reply, `tail` right behind `head`. */
  send(head: Uint8Array, tail: Uint8Array | undefined): void {
    if (!this.#settle) return;
    try {
      if (tail === undefined || tail.length === 0) writeSync(this.#fd, head);
      else writevSync(this.#fd, [head, tail]);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!lateCodes.has(code)) this.#options.log.error('the kernel refused a FUSE reply', error);
    }
    this.#spin.replied(performance.now());
    this.#wake();
  }

  /** No request is read and no reply sent from here on. */
  stop(failure?: Error): void {
    const settle = this.#settle;
    if (!settle) return;
    this.#settle = undefined;
    this.#watch?.close();
    if (failure) settle.reject(failure);
    else settle.resolve();
  }

  #wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    if (!this.#settle) return;
    if (this.#takeOne() || this.#spin.again(performance.now())) setImmediate(this.#turn);
    else this.#awake = false;
  };

  /** True: go on, there may be more. */
  #takeOne(): boolean {
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(requestSize);
    const size = readNow(this.#fd, buffer);
    if (size > 0) {
      this.#spin.requested(performance.now());
      const free = (): void => this.#free(buffer);
      const served = this.#options.receive(buffer.subarray(0, size));
      if (served === undefined) free();
      else void served.then(free);
      return true;
    }
    this.#spare.push(buffer);
    if (ending.has(-size)) this.stop();
    else if (size !== -EAGAIN && !tryAgain.has(-size)) this.stop(new Error(`reading /dev/fuse failed: errno ${-size}`));
    return tryAgain.has(-size);
  }

  #free(buffer: Buffer): void {
    if (this.#spare.length < spareBuffers) this.#spare.push(buffer);
  }
}
