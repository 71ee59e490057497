// Where the sockets of running mounts are: a folder that only their user can enter. Others' folders in /tmp are believed
// only if that user made them and nobody else can write there.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const candidates = (uid: number): readonly string[] =>
  uid === 0 ? ['/run/skydrive', '/tmp/skydrive-0'] : [`/run/user/${uid}/skydrive`, `/tmp/skydrive-${uid}`];

/** A real folder, the user's own, closed to everybody else. */
const isPrivate = (folder: string, uid: number): boolean => {
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0;
  } catch {
    return false;
  }
};

const make = (folder: string): boolean => {
  try {
    mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
};

const socketName = (mountpoint: string): string =>
  `${createHash('sha256').update(mountpoint).digest('hex').slice(0, 16)}.sock`;

/** The path for a new socket of this process's user; its folder is made. Throws if no folder can be trusted. */
export const newSocketPath = (mountpoint: string, uid: number = process.getuid?.() ?? 0): string => {
  const folder = candidates(uid).find((path) => make(path) && isPrivate(path, uid));
  if (folder === undefined)
    throw new Error(
      `no private folder for the control socket: none of ${candidates(uid).join(', ')} can be made, or somebody else owns it`,
    );
  return join(folder, socketName(mountpoint));
};

/** What the serving process writes to standard error: beside its socket, and empty unless it crashes. */
export const errorsPathOf = (socketPath: string): string => socketPath.replace(/\.sock$/, '.err');

/** Where the socket of `uid`'s mount on `mountpoint` may be, likeliest first. */
export const socketPaths = (mountpoint: string, uid: number): readonly string[] =>
  candidates(uid)
    .filter((path) => isPrivate(path, uid))
    .map((folder) => join(folder, socketName(mountpoint)));

/** Takes away what a killed process left of its mount. */
export const forgetSocket = (mountpoint: string, uid: number): void => {
  for (const path of socketPaths(mountpoint, uid)) {
    rmSync(path, { force: true });
    rmSync(errorsPathOf(path), { force: true });
  }
};
