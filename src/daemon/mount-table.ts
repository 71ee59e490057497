// The mounts of this kind, read from the kernel's table. A mount is never touched to find it: a dead or stalled one would
// answer with an error, or not at all.
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Type of the file system, as the kernel lists it for mounts with `subtype=skydrive`. */
const mountType = 'fuse.skydrive';

export interface MountRow {
  readonly mountpoint: string;
  readonly type: string;
  /** First column of `mount` and `df`. */
  readonly source: string;
  /** User who mounted; undefined for what is no FUSE mount. */
  readonly uid: number | undefined;
  readonly readOnly: boolean;
}

const withoutEscapes = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Bytes of names that are no ASCII come as they are: the table is read as latin1 and becomes UTF-8 here. */
const asText = (field: string): string => Buffer.from(withoutEscapes(field), 'latin1').toString('utf8');

const parseRow = (line: string): MountRow | undefined => {
  const [before = '', after] = line.split(' - ', 2);
  const mountpoint = before.split(' ')[4];
  if (mountpoint === undefined || after === undefined) return undefined;
  const [type = '', source = '', options = ''] = after.split(' ');
  const uid = /(?:^|,)user_id=(\d+)/.exec(options)?.[1];
  return {
    mountpoint: asText(mountpoint),
    type,
    source: asText(source),
    uid: uid === undefined ? undefined : Number(uid),
    readOnly: before.split(' ')[5]?.split(',').includes('ro') ?? false,
  };
};

/** All mounts of this process's namespace, oldest first. `table` as in proc(5), /proc/PID/mountinfo. */
export const parseMountTable = (table: string): readonly MountRow[] =>
  table
    .split('\n')
    .map(parseRow)
    .filter((row) => row !== undefined);

/** The visible ones: of several mounts on one path, only the last is reached by it. */
export const visibleMounts = (rows: readonly MountRow[]): ReadonlyMap<string, MountRow> =>
  new Map(rows.map((row) => [row.mountpoint, row]));

const readTable = (): ReadonlyMap<string, MountRow> =>
  visibleMounts(parseMountTable(readFileSync('/proc/self/mountinfo', 'latin1')));

/** Our mounts, sorted by path. */
export const ourMounts = (): readonly MountRow[] =>
  [...readTable().values()]
    .filter((row) => row.type === mountType)
    .sort((a, b) => (a.mountpoint < b.mountpoint ? -1 : 1));

export interface PlaceInMount {
  readonly row: MountRow;
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
const step = ({ here, rest }: Walk, name: string, mounts: ReadonlyMap<string, MountRow>): Walk => {
  const next = join(here, name);
  const target = mounts.has(next) ? undefined : linkTarget(next);
  if (target === undefined) return { here: next, rest: rest.slice(1) };
  return { here: '/', rest: [...namesOf(resolve(dirname(next), target)), ...rest.slice(1)] };
};

/** Symbolic links that lead to a mount are followed; those inside of it are not looked at. */
export const placeOf = (
  path: string,
  mounts: ReadonlyMap<string, MountRow> = readTable(),
): PlaceInMount | undefined => {
  let walk: Walk = { here: '/', rest: namesOf(resolve(path)) };
  // Links can lead in a circle; no path that works needs so many steps.
  for (let steps = 0; steps < 4096; steps += 1) {
    const row = mounts.get(walk.here);
    if (row?.type === mountType) return { row, inside: walk.rest.join('/') };
    const name = walk.rest[0];
    if (name === undefined) return undefined;
    walk = step(walk, name, mounts);
  }
  return undefined;
};
