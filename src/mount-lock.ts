// One mount per account folder: a file that names the process which holds it. The holder is told from a later process of
// the same number by its start time and the boot, so that a lock left by kill -9 or a power cut is recognised.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from './base/errors.ts';
import { makeFolder } from './base/make-folder.ts';
import { withRoom } from './mount-room.ts';

interface Holder {
  readonly pid: number;
  /** Clock ticks since boot, as in proc(5), /proc/PID/stat. */
  readonly started: string;
  readonly boot: string;
  /** None: a command works on what is kept. */
  readonly mountpoint?: string;
}

export class LockedError extends Error {
  override readonly name = 'LockedError';
}

export interface MountLock {
  release(): void;
}

const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses and may hold anything; state is the first behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
};

const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
};

const isAlive = (holder: Holder): boolean => holder.boot === bootId() && startOf(holder.pid) === holder.started;

const readHolder = (path: string): { readonly text: string; readonly holder: Holder | undefined } | undefined => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return { text, holder: JSON.parse(text) as Holder };
  } catch {
    return { text, holder: undefined };
  }
};

/** link(2) is the one step that only one of several processes can take. */
const place = (from: string, path: string): boolean => {
  try {
    linkSync(from, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

/** Takes a dead holder's file away, unless another process has replaced it since it was read. */
const clear = (path: string, staleText: string): void => {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readHolder(aside)?.text !== staleText) place(aside, path);
  rmSync(aside, { force: true });
};

/** Where a process has mounted what is kept in `folder`; undefined if none that lives has. */
export const mountedOn = (folder: string): string | undefined => {
  const holder = readHolder(join(folder, 'mount.lock'))?.holder;
  return holder !== undefined && isAlive(holder) ? holder.mountpoint : undefined;
};

/** The process that had mounted what is kept in `folder` is gone without having ended that. */
export const wasCutOff = (folder: string): boolean => {
  const left = readHolder(join(folder, 'mount.lock'));
  return left !== undefined && (left.holder === undefined || !isAlive(left.holder));
};

/** Whoever has it may be alive: a mount of another user, say. */
const checkGone = (path: string): void => {
  try {
    readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new LockedError(
      `whether this account is mounted already cannot be told: ${messageOf(error)}; if it is not, remove ${path}`,
      { cause: error },
    );
  }
};

const lockedBy = ({ mountpoint, pid }: Holder): LockedError =>
  new LockedError(
    mountpoint === undefined
      ? `another command works on what is kept of this account (process ${pid}): try again when it has ended`
      : `this account is mounted already, on ${mountpoint} (process ${pid}): ` +
          `use that folder, or run "skydrive unmount ${mountpoint}" first`,
  );

/**
 * For a mount on `mountpoint`, or, without one, for a command. Throws a LockedError that names the mountpoint and the process of a live
 * holder. Makes `folder` if it is not there.
 */
export const takeLock = (folder: string, mountpoint?: string): MountLock => {
  makeFolder(folder, 0o700);
  const path = join(folder, 'mount.lock');
  const own = `${path}.${process.pid}`;
  const mine: Holder = {
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    boot: bootId(),
    ...(mountpoint === undefined ? {} : { mountpoint }),
  };
  const text = JSON.stringify(mine);
  try {
    withRoom(folder, () => writeFileSync(own, text, { mode: 0o600 }));
    for (;;) {
      if (place(own, path)) break;
      const found = readHolder(path);
      if (found?.holder !== undefined && isAlive(found.holder)) throw lockedBy(found.holder);
      if (found === undefined) checkGone(path);
      else clear(path, found.text);
    }
  } finally {
    withRoom(folder, () => rmSync(own, { force: true }));
  }
  return {
    release: () => {
      if (readHolder(path)?.text === text) rmSync(path, { force: true });
    },
  };
};
