// Copies that run after the answer, and the monitor that tells how far they are (docs/graph-drive.md, 10). Owned by graph-services.ts.
import type { RecordLog, RecordTable } from '../record-log.ts';

export interface CopyJob {
  readonly id: string;
  readonly startedMs: number;
  /** When it ends. */
  readonly dueMs: number;
  /** What became of it, known from the start. */
  readonly resourceId?: string;
  readonly errorCode?: string;
  readonly message?: string;
}

export class CopyJobs {
  readonly #table: RecordTable<string, CopyJob>;

  constructor(log: RecordLog) {
    this.#table = log.table('graph-jobs');
  }

  add(job: CopyJob): void {
    this.#table.set(job.id, job);
  }

  find(id: string): CopyJob | undefined {
    return this.#table.get(id);
  }
}
