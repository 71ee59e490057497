// What went wrong, as one sentence and one of the few kinds that have an exit code. The only place where the errors of the
// layers below are told apart for people.
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

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** Any error at all; a ControlError stays what it is. */
export const failureOf = (error: unknown): ControlError => {
  if (error instanceof ControlError) return error;
  if (error instanceof DriveError) {
    const kind = kindOfFault[error.fault] ?? 'failed';
    const cure = kind === 'signed-out' && !error.message.includes('skydrive auth') ? '; run "skydrive auth"' : '';
    return new ControlError(`${firstLine(error.message)}${cure}`, { kind, cause: error });
  }
  if (error instanceof SettingsError) return new ControlError(error.message, { kind: 'settings', cause: error });
  if (error instanceof Error) return new ControlError(firstLine(error.message) || error.name, { cause: error });
  return new ControlError(String(error));
};
