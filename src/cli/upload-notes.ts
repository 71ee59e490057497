// How far uploads came that broke off, so that `put --continue` goes on from there: a small file for each, below the cache folder, with
// the service's own session. They are worth what the service still knows of them, which is days; where they cannot be kept, an upload
// starts over.
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { makeFolder } from '../base/make-folder.ts';
import type { UploadTarget } from '../drive/drive.ts';
import type { LocalContent } from './local-content.ts';

const keptMs = 7 * 86_400_000;

interface Note {
  readonly state: string;
  readonly session: string;
}

const isNote = (value: unknown): value is Note =>
  typeof value === 'object' && value !== null && typeof (value as Note).session === 'string';

export class UploadNotes {
  readonly #folder: string;
  readonly #log: Log;

  constructor(cacheDir: string, log: Log) {
    this.#folder = join(cacheDir, 'uploads');
    this.#log = log;
  }

  /** The session of an upload of exactly these bytes to exactly there. */
  async find(content: LocalContent, target: UploadTarget): Promise<string | undefined> {
    const path = this.#pathOf(content, target);
    try {
      const note: unknown = JSON.parse(await readFile(path, 'utf8'));
      return isNote(note) && note.state === JSON.stringify(content.state) ? note.session : undefined;
    } catch {
      return undefined;
    }
  }

  async keep(content: LocalContent, target: UploadTarget, session: string): Promise<void> {
    const path = this.#pathOf(content, target);
    const note: Note = { state: JSON.stringify(content.state), session };
    try {
      makeFolder(this.#folder, 0o700);
      await writeFile(`${path}.new`, JSON.stringify(note), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (error) {
      this.#log.debug(`how far the upload came cannot be kept: ${(error as Error).message}`);
    }
  }

  async forget(content: LocalContent, target: UploadTarget): Promise<void> {
    await rm(this.#pathOf(content, target), { force: true }).catch(() => {});
  }

  /** Those that no service remembers. */
  async forgetOld(now: number): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      const path = join(this.#folder, name);
      const age = await stat(path).then(
        ({ mtimeMs }) => now - mtimeMs,
        () => 0,
      );
      if (age > keptMs) await rm(path, { force: true }).catch(() => {});
    }
  }

  #pathOf({ path }: LocalContent, target: UploadTarget): string {
    const where = 'itemId' in target ? [target.itemId] : [target.parentId, target.name];
    const key = createHash('sha256')
      .update(JSON.stringify([path, ...where]))
      .digest('hex');
    return join(this.#folder, `${key.slice(0, 32)}.json`);
  }
}
