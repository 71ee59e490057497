// Proves that what is stored here agrees with itself, and, if asked to, with the drive. Mends what can be mended without losing
// anything; what it cannot mend, it names.
import { messageOf } from '../base/errors.ts';
import type { ContentId } from '../content/content-record.ts';
import type { Drive } from '../drive/drive.ts';
import { type Comparing, checkBytes } from './check-bytes.ts';
import { checkContents } from './check-contents.ts';
import { checkQueue } from './check-queue.ts';
import { checkRemote } from './check-remote.ts';
import { checkTree } from './check-tree.ts';
import { type Finding, Ground, type GroundOptions } from './ground.ts';

export interface CheckOptions extends GroundOptions {
  /** Is compared with what is known, and what it told of bytes with those that are cached. */
  readonly drive?: Drive;
}

/** Nothing was found: everything agrees. Rejects with a DriveError if that is so far, and the drive does not answer. */
export const check = async (options: CheckOptions, signal: AbortSignal): Promise<readonly Finding[]> => {
  const sound = new Set<ContentId>();
  const first = await look(options, sound, signal);
  if (options.repair || first.length === 0) return first;
  // A mount that runs goes on meanwhile: what was a breach only in passing is none.
  const again = new Set((await look(options, sound, signal)).map(({ text }) => text));
  return first.filter(({ text }) => again.has(text));
};

const look = async (options: CheckOptions, sound: Set<ContentId>, signal: AbortSignal): Promise<readonly Finding[]> => {
  const ground = new Ground(options);
  await checkTree(ground, signal);
  await checkContents(ground, signal);
  await checkQueue(ground, signal);
  if (options.drive !== undefined) await compare(ground, { drive: options.drive, sound }, signal);
  return ground.findings;
};

const compare = async (ground: Ground, comparing: Comparing, signal: AbortSignal): Promise<void> => {
  try {
    await checkBytes(ground, comparing, signal);
    await checkRemote(ground, comparing.drive, signal);
  } catch (error) {
    // What was found, and may have been mended, must be told all the same.
    if (signal.aborted || ground.findings.length === 0) throw error;
    ground.found(`the drive cannot be compared with what is known: ${messageOf(error)}`);
  }
};
