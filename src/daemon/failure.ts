// What went wrong, as one sentence and one of the few kinds that have an exit code. The only place where the errors of the
// layers below are told apart for people.
import { ConfigFileError } from '../auth/config-file-error.ts';
import { SignInError, type SignInTrouble } from '../auth/sign-in-error.ts';
import { FsError, messageOf } from '../base/errors.ts';
import { SettingsError } from '../config-sources.ts';
import { DriveError, type Fault } from '../drive/drive-error.ts';
import { ControlError, type FailureKind } from './protocol.ts';

const kindOfFault: Readonly<Partial<Record<Fault, FailureKind>>> = {
  missing: 'missing',
  'signed-out': 'signed-out',
  offline: 'offline',
  busy: 'offline',
  broken: 'offline',
};

const kindOfTrouble: Readonly<Record<SignInTrouble, FailureKind>> = {
  'signed-out': 'signed-out',
  refused: 'failed',
  unavailable: 'offline',
};

const cureOf = (kind: FailureKind, message: string): string =>
  kind === 'signed-out' && !message.includes('skydrive auth') ? '; run "skydrive auth"' : '';

const kindOf = (error: unknown): FailureKind => {
  if (error instanceof ControlError) return error.kind;
  if (error instanceof DriveError) return kindOfFault[error.fault] ?? 'failed';
  if (error instanceof SignInError) return kindOfTrouble[error.trouble];
  if (error instanceof ConfigFileError) return error.trouble === 'missing' ? 'signed-out' : 'settings';
  if (error instanceof FsError && error.code === 'ENOENT') return 'missing';
  return error instanceof SettingsError ? 'settings' : 'failed';
};

/** Any error at all, with the first line of its message; a ControlError stays what it is. */
export const failureOf = (error: unknown): ControlError => {
  if (error instanceof ControlError) return error;
  const kind = kindOf(error);
  const message = messageOf(error).split('\n', 1)[0] || 'it failed';
  return new ControlError(`${message}${cureOf(kind, message)}`, { kind, cause: error });
};
