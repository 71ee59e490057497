// What is mounted where, read from /proc/self/mountinfo. Reading it asks no file system that is mounted: it works also while
// one of them hangs.
import { readFile } from 'node:fs/promises';

export interface MountRecord {
  /** Major and minor number of the device, as `0:45`. */
  readonly device: string;
  readonly mountpoint: string;
  /** As `fuse.skydrive`. */
  readonly type: string;
  readonly source: string;
  /** Of the file system itself, as `rw,user_id=1000`. */
  readonly options: string;
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
const unescaped = (field: string): string => {
  if (!field.includes('\\')) return field;
  const bytes = Buffer.from(field).toString('latin1');
  const plain = bytes.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  return Buffer.from(plain, 'latin1').toString();
};

const recordOf = (line: string): MountRecord | undefined => {
  // Any number of optional fields stands before the dash.
  const [before, after] = line.split(' - ', 2);
  const [, , device, , mountpoint] = before?.split(' ') ?? [];
  const [type, source, options = ''] = after?.split(' ') ?? [];
  if (device === undefined || mountpoint === undefined || type === undefined || source === undefined) return undefined;
  return { device, mountpoint: unescaped(mountpoint), type, source: unescaped(source), options };
};

export const parseMountTable = (text: string): readonly MountRecord[] =>
  text
    .split('\n')
    .map(recordOf)
    .filter((record) => record !== undefined);

/** The mount that `path` shows: of several at one path, the last. `path` is absolute and without symbolic links. */
export const mountAt = async (path: string): Promise<MountRecord | undefined> => {
  try {
    const records = parseMountTable(await readFile('/proc/self/mountinfo', 'utf8'));
    return records.findLast((record) => record.mountpoint === path);
  } catch (error) {
    // Systems without it (macOS) have no kernel driver either.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
