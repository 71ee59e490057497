// What the exit code of every command means. Scripts rely on it: numbers are added, never changed.
import type { FailureKind } from '../daemon/protocol.ts';

export const exitCodes: Readonly<Record<FailureKind | 'done' | 'usage', number>> = {
  done: 0,
  failed: 1,
  usage: 2,
  settings: 2,
  'signed-out': 3,
  missing: 4,
  offline: 5,
};

/** For --help and the README, in this order. */
export const exitCodeMeanings: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, 'failed, or (sync) something is not on the drive'],
  [2, 'the command line or a setting is wrong'],
  [3, 'not signed in: run "skydrive auth"'],
  [4, 'there is no such file, folder or mount'],
  [5, 'the service cannot be reached, or asks to come later'],
  [130, 'interrupted (128 and the number of the signal)'],
];
