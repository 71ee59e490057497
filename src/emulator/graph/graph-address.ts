// The address of a Graph request, read by its form alone: which drive, which item, what of it (docs/graph-drive.md, 2). Colons open and
// close paths, functions may stand for segments. What it names is looked up by graph-place.ts.

type DriveRef = { readonly by: 'me' } | { readonly by: 'id' | 'user' | 'site' | 'share'; readonly id: string };
type Anchor = { readonly by: 'root' } | { readonly by: 'id' | 'special'; readonly id: string };

export interface Address {
  readonly on: 'service' | 'drive' | 'item';
  readonly drive: DriveRef;
  readonly anchor: Anchor;
  /** Names below the anchor. */
  readonly path: readonly string[];
  /** Lower case; the operation on what was named. */
  readonly rest: readonly string[];
  /** The rest as it was written, for ids in it. */
  readonly words: readonly string[];
  /** Of a function: `search(q='…')`. */
  readonly args: Readonly<Record<string, string>>;
}

const keyed = /^(drives|items|users|groups|sites|shares|children|special)\('(.*)'\)(:?)$/is;

/** `drives('x')` is `drives/x`; names inside colons stay what they are. */
const unfolded = (segments: readonly string[]): string[] => {
  let inside = false;
  return segments.flatMap((segment) => {
    const [, name, key = '', colon = ''] = inside ? [] : (keyed.exec(segment) ?? []);
    if (segment.endsWith(':')) inside = !inside;
    return name === undefined ? [segment] : [name, key.replaceAll("''", "'") + colon];
  });
};

interface Opened {
  readonly path: readonly string[];
  readonly rest: readonly string[];
}

/** Clients that build paths from `./a` leave the dot in. */
const isName = (name: string): boolean => name !== '' && name !== '.';

/** A part of a path in a body; what can't be decoded is meant as it is. */
export const decodedPart = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** What follows an opening colon: names up to the segment that ends with the closing one. */
const openPath = (segments: readonly string[]): Opened => {
  const closing = segments.findIndex((segment) => segment.endsWith(':'));
  const inside = closing < 0 ? segments : [...segments.slice(0, closing), (segments[closing] ?? '').slice(0, -1)];
  // Encoded slashes arrive here as part of a segment; clients that encode whole paths mean separators.
  const path = inside.flatMap((segment) => segment.split('/')).filter(isName);
  return { path, rest: closing < 0 ? [] : segments.slice(closing + 1) };
};

/** `children/{name}` and what follows is a path too. */
const throughChildren = ({ path, rest }: Opened): Opened => {
  const [first, name, ...more] = rest;
  const named = first?.toLowerCase() === 'children' && name !== undefined;
  return named ? throughChildren({ path: [...path, name], rest: more }) : { path, rest };
};

/** `microsoft.graph.delta` is `delta`. */
const functionOf = (words: readonly string[]): Pick<Address, 'rest' | 'args'> => {
  const last = (words.at(-1) ?? '').replace(/^microsoft\.graph\./i, '');
  const [, name, list] = /^(\w+)\((.*)\)$/s.exec(last) ?? [];
  const rest = words.map((word) => word.toLowerCase().replace(/^microsoft\.graph\./, ''));
  if (name === undefined || list === undefined) return { rest, args: {} };
  const pairs = [...list.matchAll(/(\w+)\s*=\s*(?:'((?:[^']|'')*)'|([^,]*))/g)];
  const args = Object.fromEntries(
    pairs.map(([, key = '', quoted, bare]) => [key.toLowerCase(), (quoted ?? bare ?? '').replaceAll("''", "'")]),
  );
  return { rest: [...rest.slice(0, -1), name.toLowerCase()], args };
};

const address = (on: Address['on'], drive: DriveRef, place: Partial<Address>, words: readonly string[]): Address => ({
  on,
  drive,
  anchor: { by: 'root' },
  path: [],
  ...place,
  words,
  ...functionOf(words),
});

const itemAddress = (drive: DriveRef, anchor: Anchor, opened: Opened): Address => {
  const { path, rest } = throughChildren(opened);
  return address('item', drive, { anchor, path }, rest);
};

const anchorOf = (by: 'id' | 'special', text: string): Anchor =>
  by === 'id' && text === 'root' ? { by: 'root' } : { by, id: text };

const inDrive = (drive: DriveRef, segments: readonly string[]): Address => {
  const [first = '', second = '', ...more] = segments;
  const word = first.toLowerCase();
  if (word === 'root') return itemAddress(drive, { by: 'root' }, { path: [], rest: segments.slice(1) });
  if (word === 'root:') return itemAddress(drive, { by: 'root' }, openPath(segments.slice(1)));
  if ((word === 'items' || word === 'special') && second !== '') {
    const by = word === 'items' ? 'id' : 'special';
    if (second.endsWith(':')) return itemAddress(drive, anchorOf(by, second.slice(0, -1)), openPath(more));
    return itemAddress(drive, anchorOf(by, second), { path: [], rest: more });
  }
  return address('drive', drive, {}, segments);
};

const inShare = (id: string, segments: readonly string[]): Address => {
  const drive: DriveRef = { by: 'share', id };
  const [first = '', ...more] = segments;
  if (first.toLowerCase() === 'driveitem') return itemAddress(drive, { by: 'root' }, { path: [], rest: more });
  if (/^(root:?|items)$/i.test(first)) return inDrive(drive, segments);
  return address('service', drive, {}, ['shares', id, ...segments]);
};

const owners: Readonly<Record<string, 'user' | 'site'>> = { users: 'user', groups: 'user', sites: 'site' };

/** The drive that the first segments name, and what follows them. */
const driveIn = (
  parts: readonly string[],
): { readonly drive: DriveRef; readonly rest: readonly string[] } | undefined => {
  const [first = '', second = '', third = ''] = parts.map((part) => part.toLowerCase());
  const id = parts[1] ?? '';
  if (first === 'drive') return { drive: { by: 'me' }, rest: parts.slice(1) };
  if (first === 'drives' && id !== '') return { drive: { by: 'id', id }, rest: parts.slice(2) };
  if (first === 'me' && second.startsWith('drive') && (second === 'drive' || third !== ''))
    return driveIn(parts.slice(1));
  const owner = owners[first];
  return owner !== undefined && third === 'drive' ? { drive: { by: owner, id }, rest: parts.slice(3) } : undefined;
};

/** `segments` follow the version: `me`, `drive`, `root:`, … */
export const readAddress = (segments: readonly string[]): Address => {
  const parts = unfolded(segments);
  const found = driveIn(parts);
  if (found !== undefined) return inDrive(found.drive, found.rest);
  const [first = '', id = '', ...rest] = parts;
  if (first.toLowerCase() === 'shares' && id !== '') return inShare(id, rest);
  return address('service', { by: 'me' }, {}, parts);
};
