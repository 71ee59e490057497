// Failures of the file system, by errno name. Thrown by fs/ and by the drivers; drive failures have their own vocabulary
// (drive/drive-error.ts) and become an errno in fs/errno.ts alone.
import type { constants } from 'node:os';

export type ErrnoCode = keyof typeof constants.errno | 'ENOATTR';

export class FsError extends Error {
  override readonly name = 'FsError';
  readonly code: ErrnoCode;

  constructor(code: ErrnoCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What an error says, for people: String(error) would begin with the name of its class. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
