// Upload sessions of Graph: what each one will become, and until when (docs/graph-drive.md, 8). The bytes are upload-sessions.ts's, which
// both dialects share. Owned by graph-services.ts.
import type { ItemNumber, OnConflict } from '../drive-item.ts';
import type { RecordLog, RecordTable } from '../record-log.ts';
import type { UploadSession, UploadSessions } from '../upload-sessions.ts';

export interface UploadRecord {
  /** Of the session that holds the bytes. */
  readonly id: string;
  readonly uid: string;
  readonly folder: ItemNumber;
  readonly name: string;
  /** The file that was there when the session was made. */
  readonly present?: ItemNumber;
  readonly conflict: OnConflict;
  readonly description?: string;
  readonly createdMs?: number;
  readonly modifiedMs?: number;
  /** As announced; 0: it wasn't. */
  readonly fileSize: number;
  readonly deferred: boolean;
  /** Answers 404 from the first fragment on. */
  readonly dead: boolean;
  readonly expiresMs: number;
}

export class UploadRecords {
  readonly #table: RecordTable<string, UploadRecord>;
  readonly #sessions: UploadSessions;
  readonly #now: () => number;

  constructor(log: RecordLog, sessions: UploadSessions, now: () => number) {
    this.#table = log.table('graph-uploads');
    this.#sessions = sessions;
    this.#now = now;
  }

  create(record: Omit<UploadRecord, 'id'>): UploadRecord {
    const { id } = this.#sessions.create({ dialect: 'graph' });
    const made = { ...record, id };
    this.#table.set(id, made);
    return made;
  }

  /** The session and its bytes, unless it is over. */
  async find(id: string): Promise<{ record: UploadRecord; bytes: UploadSession } | undefined> {
    const record = this.#table.get(id);
    const bytes = this.#sessions.get(id);
    if (record === undefined || bytes === undefined) return undefined;
    if (record.expiresMs > this.#now()) return { record, bytes };
    await this.end(id);
    return undefined;
  }

  extend(record: UploadRecord, expiresMs: number): UploadRecord {
    const extended = { ...record, expiresMs };
    this.#table.set(record.id, extended);
    return extended;
  }

  /** Takes the session out, for the one who ends it; false: another was faster. The bytes stay. */
  take(id: string): boolean {
    const known = this.#table.get(id) !== undefined;
    this.#table.delete(id);
    return known;
  }

  /** Forgets the session; bytes that nobody took over are gone. */
  async end(id: string): Promise<void> {
    this.#table.delete(id);
    const bytes = this.#sessions.get(id);
    if (bytes !== undefined) await this.#sessions.cancel(bytes);
  }

  /** Another session that is open for the name. */
  openFor(uid: string, folder: ItemNumber, name: string): UploadRecord | undefined {
    const same = (record: UploadRecord): boolean =>
      record.uid === uid && record.folder === folder && record.name.toLowerCase() === name.toLowerCase();
    return [...this.#table.values()].find((record) => same(record) && record.expiresMs > this.#now());
  }

  /** Bytes that open sessions will need in that drive. */
  reserved(uid: string): number {
    const open = [...this.#table.values()].filter((record) => record.uid === uid && record.expiresMs > this.#now());
    return open.reduce((sum, { id, fileSize }) => sum + (this.#sessions.get(id)?.total ?? fileSize), 0);
  }
}
