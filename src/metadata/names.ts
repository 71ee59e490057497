// Names: what a node is called in the tree and what its item is called on the drive. What the service cannot hold is moved
// to the private-use characters U+F001 to U+F07F, the convention that Windows' own Unix layers and Samba use (character code
// + 0xF000), so that every mount shows the same name again and no name that people type is touched. What that convention has no
// place for (control characters and blanks beyond ASCII) becomes two of them: a mark, and a place in a list.

/** Longest name, in UTF-16 units, on both sides (live-connect-v5 3.3). */
export const maxNameLength = 255;

/** A symlink is a small text file that holds its target; the suffix marks it (the convention of rclone's --links). */
const linkSuffix = '.rclonelink';
/** Longest target, bytes: PATH_MAX less the final NUL. */
const maxTargetLength = 4095;

const forbidden = new Set('\\*<>?:|"');
const privateBase = 0xf000;

const isControl = (code: number): boolean => code < 0x20 || (code >= 0x7f && code < 0xa0);

/** Before a private-use character of a local name that would stand for another one, and before itself. */
const literally = '\uf080';

const laterControls = Array.from({ length: 0x20 }, (_, n) => String.fromCharCode(0x80 + n));
const laterBlanks =
  '\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
/** Names on drives hold places in this list: it may only grow at its end. */
const listed: readonly string[] = [...laterControls, ...laterBlanks];
const listBase = 0xf100;

const toPrivate = (character: string): string => {
  const place = listed.indexOf(character);
  return place < 0
    ? String.fromCharCode(privateBase + character.charCodeAt(0))
    : literally + String.fromCharCode(listBase + place);
};

/** What a private-use character stands for; undefined for all others. */
const stoodFor = (character: string): string | undefined => {
  const code = character.charCodeAt(0) - privateBase;
  if (code < 1 || code > 0x7f) return undefined;
  const plain = String.fromCharCode(code);
  return forbidden.has(plain) || isControl(code) || plain === ' ' || plain === '.' ? plain : undefined;
};

const escapeCharacter = (character: string): string => {
  if (character === literally || stoodFor(character) !== undefined) return literally + character;
  return forbidden.has(character) || isControl(character.charCodeAt(0)) ? toPrivate(character) : character;
};

const allToPrivate = (characters: string): string => [...characters].map(toPrivate).join('');

/** The service trims blanks at both ends and dots at the end. Nobody says which blanks: all that some library takes for one. */
const escapeEnds = (name: string): string => name.replace(/^\s+/, allToPrivate).replace(/[\s.]+$/, allToPrivate);

/** A file whose name ends as those of symlinks do must not become one. */
const escapeSuffix = (name: string): string =>
  name.endsWith(linkSuffix) ? `${name.slice(0, -linkSuffix.length)}${toPrivate('.')}${linkSuffix.slice(1)}` : name;

/** Most names have nothing of these. */
const escapable = /[\\*<>?:|"\p{Cc}\uf001-\uf080]|^\s|[\s.]$/u;

/** The name that the drive is given for a local name. */
export const toRemoteName = (name: string, isLink: boolean): string => {
  if (!isLink && !escapable.test(name) && !name.endsWith(linkSuffix)) return name;
  const plain = [...name].map(escapeCharacter).join('');
  return escapeEnds(isLink ? `${plain}${linkSuffix}` : escapeSuffix(plain));
};

const unescapeName = (name: string): string =>
  name.replace(/\uf080([\uf001-\uf080\uf100-\uf1ff])|[\uf001-\uf07f]/g, (found, marked: string | undefined) => {
    if (marked === undefined) return stoodFor(found) ?? found;
    if (marked === literally || stoodFor(marked) !== undefined) return marked;
    return listed[marked.charCodeAt(0) - listBase] ?? found;
  });

/** What the kernel must never see in a name, whatever a server says. */
const defuse = (name: string): string => {
  const whole = name
    .toWellFormed()
    .replaceAll('/', '\uf02f')
    .replaceAll('\0', '\uf000')
    .slice(0, maxNameLength)
    .toWellFormed();
  if (whole === '') return '(no name)';
  return whole === '.' || whole === '..' ? [...whole].map(toPrivate).join('') : whole;
};

/** Whether an item of this name and size is a symlink. */
export const isLinkItem = (remoteName: string, size: number): boolean =>
  remoteName.length > linkSuffix.length && remoteName.endsWith(linkSuffix) && size > 0 && size <= maxTargetLength;

/** The name in the tree for the name of an item; always one that the kernel can take. */
export const toLocalName = (remoteName: string, isLink: boolean): string => {
  const plain = isLink ? remoteName.slice(0, -linkSuffix.length) : remoteName;
  return defuse(unescapeName(defuse(plain)));
};

/** Two names with the same folded form are one name to the service. */
export const foldName = (name: string): string => name.toLowerCase();

/** `name (2).ext`, `name (3).ext` …: what the others are called when a folder holds one name more than once. */
export const distinctName = (name: string, number: number): string => withInfix(name, ` (${number})`);

/** Whether the name is the other one, or that with a number. */
export const isNamedAfter = (name: string, other: string): boolean =>
  foldName(name) === foldName(other) ||
  [...name.matchAll(/ \((\d{1,9})\)/g)].some(([, number]) => distinctName(other, Number(number)) === name);

/** Puts `infix` before the extension, which has neither spaces nor brackets, and keeps the whole within the longest name. */
export const withInfix = (name: string, infix: string): string => {
  const [extension = ''] = /(?<=.)\.[^.\s()]{1,31}$/s.exec(name) ?? [];
  const stem = name.slice(0, name.length - extension.length);
  return `${stem.slice(0, maxNameLength - infix.length - extension.length).toWellFormed()}${infix}${extension}`;
};
