// The one table from failures to errno. Whoever has to answer a program asks here, and nobody else decides.
import { constants } from 'node:os';
import { type ErrnoCode, FsError } from '../base/errors.ts';
import { DriveError, type Fault } from '../drive/drive-error.ts';

export interface Failure {
  readonly code: ErrnoCode;
  /** Positive, as in errno.h. */
  readonly errno: number;
  /**
   * - `usual`: the answer to a fair question, such as ENOENT
   * - `trouble`: the drive, the network or this disk did not do their part; somebody may want to know
   * - `bug`: nothing that the code reckoned with
   */
  readonly kind: 'usual' | 'trouble' | 'bug';
}

/** What a program is told about a failure of the drive. `missing` and `exists` are what names are about: usual. */
const faultCodes: Readonly<Record<Fault, ErrnoCode>> = {
  missing: 'ENOENT',
  exists: 'EEXIST',
  changed: 'ESTALE',
  denied: 'EACCES',
  'signed-out': 'EACCES',
  full: 'ENOSPC',
  locked: 'EBUSY',
  'too-large': 'EFBIG',
  busy: 'EIO',
  offline: 'ENETUNREACH',
  refused: 'EINVAL',
  broken: 'EIO',
  unsupported: 'EOPNOTSUPP',
};

const usualFaults: ReadonlySet<Fault> = new Set(['missing', 'exists', 'unsupported']);

/** Codes of an FsError that speak of trouble below rather than of what the program asked for. */
const troubleCodes: ReadonlySet<ErrnoCode> = new Set([
  'EIO',
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ESTALE',
]);

/**
 * Failures of system calls on this disk that mean the same to the program. The rest are EIO: that a file of the cache is
 * missing does not make the program's file missing.
 */
const diskCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** ENOATTR is what other systems call ENODATA. */
const errnoNumber = (code: ErrnoCode): number => constants.errno[code === 'ENOATTR' ? 'ENODATA' : code];

const failure = (code: ErrnoCode, kind: Failure['kind']): Failure => ({ code, errno: errnoNumber(code), kind });

const isSystemError = (error: Error): error is NodeJS.ErrnoException & { readonly code: string } =>
  'syscall' in error && 'code' in error && typeof error.code === 'string';

const ofNativeError = (error: Error): Failure => {
  if (error.name === 'AbortError') return failure('EINTR', 'usual');
  if (error.name === 'TimeoutError') return failure('ETIMEDOUT', 'trouble');
  if (!isSystemError(error)) return failure('EIO', 'bug');
  return diskCodes.has(error.code) ? failure(error.code as ErrnoCode, 'trouble') : failure('EIO', 'bug');
};

export const failureOf = (error: unknown): Failure => {
  if (error instanceof FsError) return failure(error.code, troubleCodes.has(error.code) ? 'trouble' : 'usual');
  if (error instanceof DriveError) {
    return failure(faultCodes[error.fault], usualFaults.has(error.fault) ? 'usual' : 'trouble');
  }
  return error instanceof Error ? ofNativeError(error) : failure('EIO', 'bug');
};
