// One emulator per data folder: a file with the process id of its user. A killed process leaves the file behind; the next one takes over.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folders that this very process uses: its id in a file doesn't tell a former life from now. */
const ours = new Set<string>();

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

export class FolderLock {
  readonly #path: string;
  readonly #folder: string;

  private constructor(folder: string, path: string) {
    this.#folder = folder;
    this.#path = path;
  }

  static take(folder: string): FolderLock {
    const path = join(folder, 'emulator.lock');
    const pid = Number(readOr(path));
    const taken = pid === process.pid ? ours.has(folder) : pid > 0 && isAlive(pid);
    if (taken) throw new Error(`${folder} is in use by process ${pid}; if that is no emulator, delete ${path}`);
    writeFileSync(path, `${process.pid}\n`, { mode: 0o600 });
    ours.add(folder);
    return new FolderLock(folder, path);
  }

  release(): void {
    ours.delete(this.#folder);
    rmSync(this.#path, { force: true });
  }
}

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
