// The mounts of this kind, read from the kernel's table. A mount is never touched to find it: a dead or stalled one would
// answer with an error, or not at all.
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type MountRecord, parseMountTable } from '../fuse/mount-table.ts';

/** Type of the file system, as the kernel lists it for mounts with `subtype=skydrive`. */
const mountType = 'fuse.skydrive';
/** What the source of a mount begins with; the account follows. */
const sourcePrefix = 'skydrive:';

export interface OurMount {
  readonly mountpoint: string;
  /** User who mounted. */
  readonly uid: number;
  /** Whose drive it is; undefined if the mount's source does not say so. */
  readonly account: string | undefined;
}

/** By mountpoint. Of several mounts on one path only the last can be reached by it. */
export type VisibleMounts = ReadonlyMap<string, MountRecord>;

/** `table` as in proc(5), /proc/PID/mountinfo. */
export const visibleMounts = (table: string): VisibleMounts =>
  new Map(parseMountTable(table).map((record) => [record.mountpoint, record]));

/** Systems without /proc have none that could be found. */
const readTable = (): VisibleMounts => {
  try {
    return visibleMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
};

const accountOf = (source: string): string | undefined =>
  source.startsWith(sourcePrefix) ? source.slice(sourcePrefix.length) || undefined : undefined;

const asOurs = ({ mountpoint, type, source, options }: MountRecord): OurMount | undefined => {
  const uid = /(?:^|,)user_id=(\d+)/.exec(options)?.[1];
  return type === mountType ? { mountpoint, uid: Number(uid ?? 0), account: accountOf(source) } : undefined;
};

/** Sorted by path. */
export const ourMounts = (): readonly OurMount[] =>
  [...readTable().values()]
    .map(asOurs)
    .filter((found) => found !== undefined)
    .sort((a, b) => (a.mountpoint < b.mountpoint ? -1 : 1));

export interface PlaceInMount {
  readonly mount: OurMount;
  /** Names below the mountpoint joined by slashes; empty for the mountpoint itself. */
  readonly inside: string;
}

const linkTarget = (path: string): string | undefined => {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
};

const namesOf = (path: string): readonly string[] => path.split('/').filter(Boolean);

interface Walk {
  readonly here: string;
  readonly rest: readonly string[];
}

/** One name further, or through the link that the name is. */
const step = ({ here, rest }: Walk, name: string, mounts: VisibleMounts): Walk => {
  const next = join(here, name);
  const target = mounts.has(next) ? undefined : linkTarget(next);
  if (target === undefined) return { here: next, rest: rest.slice(1) };
  return { here: '/', rest: [...namesOf(resolve(dirname(next), target)), ...rest.slice(1)] };
};

/** Symbolic links that lead to a mount are followed; those inside of it are not looked at. */
export const placeOf = (path: string, mounts: VisibleMounts = readTable()): PlaceInMount | undefined => {
  let walk: Walk = { here: '/', rest: namesOf(resolve(path)) };
  // Links can lead in a circle; no path that works needs so many steps.
  for (let steps = 0; steps < 4096; steps += 1) {
    const record = mounts.get(walk.here);
    const mount = record === undefined ? undefined : asOurs(record);
    if (mount !== undefined) return { mount, inside: walk.rest.join('/') };
    const name = walk.rest[0];
    if (name === undefined) return undefined;
    walk = step(walk, name, mounts);
  }
  return undefined;
};
