// Failures of the file system, by errno name. Thrown by fs/ and by the drivers; drive failures have their own vocabulary
// (drive/drive-error.ts) and become an errno in fs/errno.ts alone.
import type { constants } from 'node:os';

export type ErrnoCode = keyof typeof constants.errno | 'ENOATTR';

/** Programs ask all the time for what is not there. Where such an answer was thrown is of no interest, and costs more than all else about it. */
const everyday: ReadonlySet<ErrnoCode> = new Set(['ENOENT', 'ENODATA']);

export class FsError extends Error {
  override readonly name = 'FsError';
  readonly code: ErrnoCode;

  constructor(code: ErrnoCode, message: string, options?: ErrorOptions) {
    const limit = Error.stackTraceLimit;
    if (everyday.has(code)) Error.stackTraceLimit = 0;
    super(message, options);
    Error.stackTraceLimit = limit;
    this.code = code;
  }
}

/** What an error says, for people: String(error) would begin with the name of its class. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
