// What the service cannot hold as a name (docs: Live Connect, 3.3). Such names are refused here: some of them would be trimmed
// or answered with a puzzle, and `.` and `..` would turn an address into that of something else.
import { DriveError } from '../drive-error.ts';

const forbidden = /[/\\*<>?:|"\p{Cc}]/u;
const longest = 255;

const reason = (name: string, isFolder: boolean): string | undefined => {
  if (name === '' || name === '.' || name === '..') return 'it is no name';
  if (name.length > longest) return `it is longer than ${longest} characters`;
  if (!name.isWellFormed()) return 'it is no valid Unicode';
  if (forbidden.test(name)) return 'it has a character that the drive does not allow';
  if (name.trim() !== name) return 'it begins or ends with a blank';
  if (isFolder && name.endsWith('.')) return "it ends with a '.'";
  return undefined;
};

/** Throws `refused`. */
export const checkName = (name: string, isFolder: boolean): void => {
  const why = reason(name, isFolder);
  if (why !== undefined) throw new DriveError('refused', `'${name}' cannot be stored: ${why}`);
};
