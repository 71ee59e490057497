// How failures below the drive become faults, the same for both dialects: connections that fail, sign-ins that are over,
// bodies that are not what was announced.
import { ConfigFileError } from '../auth/config-file-error.ts';
import { SignInError } from '../auth/sign-in-error.ts';
import { BodyLengthError, HttpFailure } from '../http/http-failure.ts';
import { DriveError, type Fault } from './drive-error.ts';

const signInFaults: Readonly<Record<SignInError['trouble'], Fault>> = {
  'signed-out': 'signed-out',
  refused: 'signed-out',
  unavailable: 'offline',
};

/** Anything that is no failure of these kinds comes back as it is: reasons of signals, errors of upload bodies. */
export const toDriveError = (error: unknown, request: { readonly mutates: boolean }): unknown => {
  if (error instanceof HttpFailure) {
    const fault: Fault = error.trouble === 'garbled' ? 'broken' : 'offline';
    return new DriveError(fault, error.message, { cause: error, ambiguous: request.mutates && error.sent });
  }
  if (error instanceof SignInError) return new DriveError(signInFaults[error.trouble], error.message, { cause: error });
  // The file held the sign-in when the drive was opened, and has been lost or broken since.
  if (error instanceof ConfigFileError) return new DriveError('signed-out', error.message, { cause: error });
  if (error instanceof BodyLengthError) return new DriveError('refused', error.message, { cause: error });
  return error;
};
