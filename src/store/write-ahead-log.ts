// The write-ahead log: a file to which each transaction is appended before anybody hears of it. What was appended survives
// the death of this process; after `sync` it survives a power cut too. A torn end is recognised and left out, and numbers
// tell which transactions lmdb has already.
import { closeSync, constants, fsync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { unpack } from 'msgpackr';
import type { Change } from './layer.ts';

const flushFile = promisify(fsync);
/** Length and checksum, 32 bits each, before every transaction. */
const headerSize = 8;

export interface LoggedTransaction {
  readonly number: number;
  readonly changes: readonly Change[];
}

/** FNV-1a, 32 bits: tells a torn record from a whole one. */
const checksum = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5;
  // By index: an iterator takes several times as long until this is compiled, which the first copy into a mount would have to wait for.
  for (let at = 0; at < bytes.length; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash >>> 0;
};

/** JSON, which the engine writes by itself: a tree that is copied into a mount meets it twice for each file. Bytes are base64. */
type Row =
  | readonly [table: string, key: Change['key'], value?: unknown]
  | readonly [table: string, key: Change['key'], text: string, encoding: 'base64'];

const toRow = ({ table, key, value }: Change): Row => {
  if (value === undefined) return [table, key];
  if (value instanceof Uint8Array) return [table, key, Buffer.from(value).toString('base64'), 'base64'];
  return [table, key, value];
};

const toChange = ([table, key, value, encoding]: Row): Change => {
  if (value === undefined) return { table, key };
  return { table, key, value: encoding === undefined ? value : Buffer.from(value as string, encoding) };
};

const openingBracket = 0x5b;

/** Earlier versions wrote MessagePack. */
const decode = (body: Buffer): [number, Row[]] =>
  body[0] === openingBracket ? JSON.parse(body.toString()) : unpack(body);

const openLog = (path: string): number => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);

export class WriteAheadLog {
  readonly #path: string;
  #fd: number;
  #length = 0;
  #synced = 0;
  #isNameSynced = false;
  #clears = 0;

  /** Opens (or makes) the log; `read` tells what an earlier run left in it. */
  constructor(path: string) {
    this.#path = path;
    this.#fd = openLog(path);
  }

  /** All of the transaction or (when it throws) nothing of it. */
  append({ number, changes }: LoggedTransaction): void {
    const body = Buffer.from(JSON.stringify([number, changes.map(toRow)]));
    const record = Buffer.allocUnsafe(headerSize + body.length);
    record.writeUInt32LE(body.length, 0);
    record.writeUInt32LE(checksum(body), 4);
    record.set(body, headerSize);
    try {
      for (let done = 0; done < record.length; )
        done += writeSync(this.#fd, record, done, record.length - done, this.#length + done);
    } catch (error) {
      ftruncateSync(this.#fd, this.#length);
      throw error;
    }
    this.#length += record.length;
  }

  /** The whole transactions in the log, in order. */
  read(): LoggedTransaction[] {
    const bytes = readFileSync(this.#path);
    const transactions: LoggedTransaction[] = [];
    for (let at = 0; at + headerSize <= bytes.length; ) {
      const length = bytes.readUInt32LE(at);
      const body = bytes.subarray(at + headerSize, at + headerSize + length);
      if (body.length < length || checksum(body) !== bytes.readUInt32LE(at + 4)) break;
      const [number, rows] = decode(body);
      transactions.push({ number, changes: rows.map(toChange) });
      at += headerSize + length;
    }
    return transactions;
  }

  /** Resolves when all that was appended is safe from a power cut. */
  async sync(): Promise<void> {
    const length = this.#length;
    const clears = this.#clears;
    if (length <= this.#synced) return;
    await flushFile(this.#fd);
    if (!this.#isNameSynced) await syncFolder(dirname(this.#path));
    this.#isNameSynced = true;
    // Cleared meanwhile, it holds other transactions, which may have come too late for this flush.
    if (clears === this.#clears) this.#synced = length;
  }

  /** What it holds is safe elsewhere now. */
  clear(): void {
    ftruncateSync(this.#fd, 0);
    this.#length = 0;
    this.#synced = 0;
    this.#clears += 1;
  }

  /** Begins a new file; what there is keeps its bytes under another name. */
  setAside(): void {
    renameSync(this.#path, `${this.#path}.of-others-${Date.now()}`);
    closeSync(this.#fd);
    this.#fd = openLog(this.#path);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const syncFolder = async (path: string): Promise<void> => {
  const fd = openSync(path, 'r');
  try {
    await flushFile(fd);
  } finally {
    closeSync(fd);
  }
};
