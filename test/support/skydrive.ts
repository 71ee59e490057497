// The command `skydrive` as users start it, and mounts made with it.
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Emulated } from './emulated.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.js');
const commandMs = 180_000;

export class Skydrive implements AsyncDisposable {
  readonly mountpoint: string;
  readonly #place: Emulated;
  readonly #driver: string;

  constructor(place: Emulated, driver: string) {
    this.#place = place;
    this.#driver = driver;
    this.mountpoint = join(place.folder, `mnt-${driver}`);
  }

  /** What the command prints. Rejects, with what it says on standard error, unless it ends with 0. */
  async run(...parameters: readonly string[]): Promise<string> {
    const argv = [main, '--config', this.#place.configFile, ...parameters];
    const env = { ...process.env, HOME: this.#place.folder, XDG_RUNTIME_DIR: this.#place.folder };
    const { stdout } = await promisify(execFile)(process.execPath, argv, { env, timeout: commandMs });
    return stdout;
  }

  async mount(): Promise<void> {
    await mkdir(this.mountpoint, { recursive: true });
    await this.run('mount', this.mountpoint, '--driver', this.#driver);
  }

  /** Rejects unless everything is on the drive. */
  async sync(): Promise<void> {
    await this.run('sync', this.mountpoint);
  }

  async unmount(): Promise<void> {
    await this.run('unmount', this.mountpoint);
  }

  /** All that is known and cached on this disk goes. Only while nothing is mounted. */
  async dropCaches(): Promise<void> {
    await rm(this.#place.cacheDir, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run('unmount', this.mountpoint, '--now').catch(() => {});
  }
}
