// Which processes use a mount: by their working folder, their root, their open files and their mapped ones. Read from /proc,
// which knows the paths by itself: the mount is not touched.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface MountUser {
  readonly pid: number;
  /** Of the program. */
  readonly name: string;
}

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

const namesIn = (path: string): readonly string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

const uses = (proc: string, mountpoint: string): boolean => {
  const links = [`${proc}/cwd`, `${proc}/root`, ...namesIn(`${proc}/fd`).map((name) => `${proc}/fd/${name}`)];
  if (links.some((link) => isWithin(linkOf(link), mountpoint))) return true;
  const mapped = textOf(`${proc}/maps`).split('\n');
  return mapped.some((line) => isWithin(line.slice(line.indexOf('/')), mountpoint));
};

/** Without processes that this user may not look into. */
export const usersOf = (mountpoint: string): readonly MountUser[] =>
  namesIn('/proc')
    .filter((name) => /^\d+$/.test(name) && uses(`/proc/${name}`, mountpoint))
    .map((name) => ({ pid: Number(name), name: textOf(`/proc/${name}/comm`).trim() }));
