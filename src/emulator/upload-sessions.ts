// Uploads in several requests, of either dialect: bytes are appended to a file of the session, hashed as they come. A fragment that broke
// off leaves the session as it was before it. What was acknowledged survives a restart. The dialects add their own protocol.

import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentHash, type ContentHashes } from './content-hash.ts';
import type { ContentStore } from './content-store.ts';
import type { RecordLog, RecordTable } from './record-log.ts';

export interface UploadSession {
  readonly id: string;
  /** Bytes that were acknowledged. */
  readonly received: number;
  /** Known from the first fragment on. */
  readonly total?: number;
  readonly createdMs: number;
  /** What the dialect needs to end it: target, name, token. */
  readonly purpose: Readonly<Record<string, unknown>>;
}

/** Who comes back later than that starts again. Looked at when the emulator starts. */
const longestLifeMs = 7 * 24 * 3600 * 1000;

export class UploadSessions {
  readonly #folder: string;
  readonly #store: ContentStore;
  readonly #table: RecordTable<string, UploadSession>;
  readonly #hashes = new Map<string, ContentHash>();
  /** Sessions that take a fragment at this moment: two at once would mix. */
  readonly #busy = new Set<string>();
  readonly #now: () => number;

  constructor(folder: string, log: RecordLog, store: ContentStore, now: () => number) {
    this.#folder = join(folder, 'sessions');
    this.#store = store;
    this.#table = log.table('sessions');
    this.#now = now;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    for (const session of [...this.#table.values()]) {
      if (now() - session.createdMs > longestLifeMs) this.#table.delete(session.id);
    }
    for (const name of readdirSync(this.#folder)) {
      if (this.#table.get(name) === undefined) rmSync(join(this.#folder, name), { force: true });
    }
  }

  create(purpose: UploadSession['purpose']): UploadSession {
    const session = { id: randomBytes(16).toString('hex'), received: 0, createdMs: this.#now(), purpose };
    this.#table.set(session.id, session);
    return session;
  }

  get(id: string): UploadSession | undefined {
    return this.#table.get(id);
  }

  isBusy(id: string): boolean {
    return this.#busy.has(id);
  }

  /** Adds bytes at the end; `length` of them must come, else nothing was added. False: another number came. */
  async append(
    session: UploadSession,
    bytes: AsyncIterable<Uint8Array>,
    length: number,
    total: number,
  ): Promise<boolean> {
    this.#busy.add(session.id);
    try {
      const hash = (await this.#hashOf(session)).copy();
      const complete = await this.#write(session, bytes, hash, session.received + length);
      if (!complete || this.#table.get(session.id) === undefined) return false;
      this.#hashes.set(session.id, hash);
      this.#table.set(session.id, { ...session, received: hash.size, total });
      return true;
    } finally {
      this.#busy.delete(session.id);
    }
  }

  /** The bytes go to the content store and the session ends; who calls commits the content at once. */
  async finish(session: UploadSession): Promise<ContentHashes> {
    const hash = await this.#hashOf(session);
    this.#hashes.delete(session.id);
    this.#table.delete(session.id);
    const file = await open(this.#path(session.id), 'a');
    await file.close();
    return await this.#store.adopt(this.#path(session.id), hash.digest());
  }

  async cancel(session: UploadSession): Promise<void> {
    this.#hashes.delete(session.id);
    this.#table.delete(session.id);
    await rm(this.#path(session.id), { force: true });
  }

  #path(id: string): string {
    return join(this.#folder, id);
  }

  async #write(
    session: UploadSession,
    bytes: AsyncIterable<Uint8Array>,
    hash: ContentHash,
    end: number,
  ): Promise<boolean> {
    const file = await open(this.#path(session.id), existsSync(this.#path(session.id)) ? 'r+' : 'w+', 0o600);
    try {
      for await (const chunk of bytes) {
        if (hash.size + chunk.length > end) return false;
        await file.write(chunk, 0, chunk.length, hash.size);
        hash.update(chunk);
      }
      return hash.size === end;
    } finally {
      await file.close();
    }
  }

  /** After a restart the hash is computed again from what is on disk. */
  async #hashOf(session: UploadSession): Promise<ContentHash> {
    const known = this.#hashes.get(session.id);
    if (known !== undefined) return known;
    const hash = new ContentHash();
    if (session.received > 0) {
      await truncate(this.#path(session.id), session.received);
      for await (const chunk of createReadStream(this.#path(session.id))) hash.update(chunk as Buffer);
    }
    return hash;
  }
}
