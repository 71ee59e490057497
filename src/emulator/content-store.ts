// The bytes of all drives: one file per content, named by its sha256, never changed once it is there. Names and versions are
// drive-state.ts's. Bytes arrive in `incoming/` and move into place when complete, so a broken upload leaves nothing.

import { randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentHash, type ContentHashes } from './content-hash.ts';

/** No upload takes longer between its last byte and its commit. */
const graceMs = 60_000;

/** Thrown by `receive` when more bytes come than it was told to take. */
export class TooManyBytes extends Error {
  override readonly name = 'TooManyBytes';
}

export class ContentStore {
  readonly #blobs: string;
  readonly #incoming: string;
  readonly #madeFolders = new Set<string>();
  /** When bytes came in, in the order of coming. */
  readonly #adopted = new Map<string, number>();
  #isKnown: (sha256: string) => boolean = () => true;

  constructor(folder: string) {
    this.#blobs = join(folder, 'blobs');
    this.#incoming = join(folder, 'incoming');
    rmSync(this.#incoming, { recursive: true, force: true });
    mkdirSync(this.#incoming, { recursive: true, mode: 0o700 });
    mkdirSync(this.#blobs, { recursive: true, mode: 0o700 });
  }

  /** From now on bytes that `isKnown` denies are deleted some time: uploads that failed behind their last byte leave such. */
  deleteUnless(isKnown: (sha256: string) => boolean): void {
    this.#isKnown = isKnown;
    for (const folder of readdirSync(this.#blobs)) {
      for (const name of readdirSync(join(this.#blobs, folder))) {
        if (!isKnown(name)) rmSync(join(this.#blobs, folder, name), { force: true });
      }
    }
  }

  /** Where the bytes are. The file may be gone when nothing but the history refers to them. */
  path(sha256: string): string {
    return join(this.#blobs, sha256.slice(0, 2), sha256);
  }

  async has(sha256: string): Promise<boolean> {
    return await stat(this.path(sha256)).then(
      () => true,
      () => false,
    );
  }

  /** Takes all bytes of `source`; throws TooManyBytes beyond `limit`, or what the source throws, and then keeps nothing. */
  async receive(source: AsyncIterable<Uint8Array>, limit = Number.POSITIVE_INFINITY): Promise<ContentHashes> {
    const path = join(this.#incoming, randomBytes(12).toString('hex'));
    const hash = new ContentHash();
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of source) {
        hash.update(chunk);
        if (hash.size > limit) throw new TooManyBytes(`more than ${limit} bytes`);
        await file.writeFile(chunk);
      }
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    await file.close();
    return await this.adopt(path, hash.digest());
  }

  /** Takes over a complete file whose hashes the caller computed while writing it. */
  async adopt(path: string, hashes: ContentHashes): Promise<ContentHashes> {
    await mkdir(join(this.#blobs, hashes.sha256.slice(0, 2)), { recursive: true });
    this.#deleteUnknown();
    this.#adopted.delete(hashes.sha256);
    this.#adopted.set(hashes.sha256, Date.now());
    await rename(path, this.path(hashes.sha256));
    return hashes;
  }

  /** For seeds and admin calls: small bytes that are at hand already. */
  putSync(bytes: Uint8Array): ContentHashes {
    const hash = new ContentHash();
    hash.update(bytes);
    const hashes = hash.digest();
    const folder = join(this.#blobs, hashes.sha256.slice(0, 2));
    if (!this.#madeFolders.has(folder)) mkdirSync(folder, { recursive: true });
    this.#madeFolders.add(folder);
    writeFileSync(this.path(hashes.sha256), bytes, { mode: 0o600 });
    return hashes;
  }

  /** The bytes from `start` to `end`, the latter not included. */
  read(sha256: string, start = 0, end = Number.POSITIVE_INFINITY): AsyncIterable<Buffer> {
    if (start >= end) return (async function* () {})();
    return createReadStream(this.path(sha256), { start, end: end - 1, highWaterMark: 256 * 1024 });
  }

  /** Deletes bytes that nothing refers to. False: they came just now, and a commit that refers to them may be on its way. */
  drop(sha256: string): boolean {
    if (Date.now() - (this.#adopted.get(sha256) ?? 0) < graceMs) return false;
    this.#adopted.delete(sha256);
    rmSync(this.path(sha256), { force: true });
    return true;
  }

  #deleteUnknown(): void {
    for (const [sha256, atMs] of this.#adopted) {
      if (Date.now() - atMs < graceMs) return;
      this.#adopted.delete(sha256);
      if (!this.#isKnown(sha256)) rmSync(this.path(sha256), { force: true });
    }
  }
}
