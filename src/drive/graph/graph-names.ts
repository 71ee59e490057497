// What the service cannot hold as a name (docs: Graph, 14). Refused here, since some of it would turn an address into that of
// something else. What is only reserved the service refuses itself.
import { DriveError } from '../drive-error.ts';

const forbidden = /[/\\*<>?:|"\p{Cc}]/u;
const longest = 255;

const reason = (name: string): string | undefined => {
  if (name === '' || name === '.' || name === '..') return 'it is no name';
  if (name.length > longest) return `it is longer than ${longest} characters`;
  if (!name.isWellFormed()) return 'it is no valid Unicode';
  if (forbidden.test(name)) return 'it has a character that the drive does not allow';
  if (name.trim() !== name) return 'it begins or ends with a blank';
  if (name.endsWith('.')) return "it ends with a '.'";
  return undefined;
};

/** Throws `refused`. */
export const checkName = (name: string): void => {
  const why = reason(name);
  if (why !== undefined) throw new DriveError('refused', `'${name}' cannot be stored: ${why}`);
};

/** What a name would be if the service had encoded it for an address; undefined where it cannot have. */
export const decodedName = (name: string): string | undefined => {
  if (!/%[0-9a-f]{2}/i.test(name)) return undefined;
  try {
    const decoded = decodeURIComponent(name);
    return decoded === name ? undefined : decoded;
  } catch {
    return undefined;
  }
};
