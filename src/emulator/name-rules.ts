// What a name may be on the service, and how two names are compared (docs/live-connect-v5.md, 3.3). Owned by drive-state.ts.

const forbidden = /[/\\*<>?:|"\p{Cc}]/u;
const longest = 255;

/** The name as the service keeps it: blanks at both ends are cut off. */
export const trimName = (name: string): string => name.replace(/^\s+|\s+$/g, '');

/** Why the service refuses this (trimmed) name; undefined: it takes it. */
export const nameFault = (name: string, isFolder: boolean): string | undefined => {
  if (name === '') return 'the name is empty';
  if (name.length > longest) return `the name is longer than ${longest} characters`;
  if (forbidden.test(name)) return 'the name contains a character that is not allowed';
  if (name === '.' || name === '..') return 'the name is reserved';
  if (isFolder && name.endsWith('.')) return "a folder's name can't end with a period";
  return undefined;
};

/** Names with equal keys are the same name: case doesn't count, Unicode forms do. */
export const nameKey = (name: string): string => name.toLowerCase();

/** The name with a number before its extension, as ChooseNewName picks it. */
export const numberedName = (name: string, number: number): string => {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} ${number}${name.slice(dot)}` : `${name} ${number}`;
};
