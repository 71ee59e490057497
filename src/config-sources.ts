// Where settings come from: the file's `skydrive:` section, the environment, and `-o` lists. Each value keeps its origin,
// so that an error can name it. What the keys are, and which values they take, is config.ts's.
import { nearMatch } from './base/near-match.ts';

/** A setting is wrong, or needs something that is not there. The message names source, value and what is allowed. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export interface Given {
  readonly key: string;
  readonly text: string;
  /** For people: `/home/u/.lcrc, line 7`, `SKYDRIVE_SETTLE` or `-o settle`. */
  readonly origin: string;
  /** Relative paths in the value start here. */
  readonly folder: string;
}

/** The file's section, as text: YAML's types never get to decide what an id or an octal number is. */
export interface FileSection {
  readonly path: string;
  readonly entries: readonly { readonly key: string; readonly text: string; readonly line: number | undefined }[];
}

/** mount(8) and fstab(5) words that say nothing to us; `rw` and friends are what happens anyway. */
const wordsOfMount: ReadonlySet<string> = new Set(
  (
    'defaults auto noauto _netdev nofail user nouser users nousers owner group exec noexec suid nosuid dev nodev async ' +
    'sync dirsync atime noatime diratime nodiratime relatime norelatime strictatime lazytime nolazytime iversion ' +
    'silent loud fsname subtype comment context'
  ).split(' '),
);

const unknown = (key: string, origin: string, known: readonly string[]): SettingsError => {
  const near = nearMatch(key, known);
  const hint = near === undefined ? `known are ${[...known].sort().join(', ')}` : `did you mean ${near}?`;
  return new SettingsError(`${origin}: there is no setting "${key}"; ${hint}`);
};

export const fromFile = (section: FileSection, known: readonly string[], folder: string): readonly Given[] =>
  section.entries.map(({ key, text, line }) => {
    const origin = line === undefined ? section.path : `${section.path}, line ${line}`;
    if (!known.includes(key)) throw unknown(key, origin, known);
    return { key, text, origin: `${origin}, ${key}`, folder };
  });

/** Variables that merely share the prefix are left alone; one that is nearly ours is a mistake. Empty means not given. */
export const fromEnvironment = (
  environment: NodeJS.ProcessEnv,
  known: readonly string[],
  folder: string,
): readonly Given[] => {
  const given: Given[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('SKYDRIVE_') || name === 'SKYDRIVE_CONFIG' || text === undefined || text === '') continue;
    const key = name.slice('SKYDRIVE_'.length).toLowerCase();
    if (known.includes(key)) given.push({ key, text, origin: name, folder });
    else if (nearMatch(key, known) !== undefined) throw unknown(key, name, known);
  }
  return given;
};

/** The words of `-o a,b=c` lists; a comma inside a value is written `\,`. */
const optionWords = (lists: readonly string[]): readonly string[] =>
  lists
    .flatMap((list) => list.split(/(?<!\\),/))
    .map((word) => word.replaceAll('\\,', ',').trim())
    .filter((word) => word !== '');

export const fromOptions = (lists: readonly string[], known: readonly string[], folder: string): readonly Given[] => {
  const given: Given[] = [];
  for (const word of optionWords(lists)) {
    const cut = word.indexOf('=');
    const key = cut < 0 ? word : word.slice(0, cut);
    const text = cut < 0 ? '' : word.slice(cut + 1);
    const origin = `-o ${key}`;
    if (key === 'rw') given.push({ key: 'ro', text: 'no', origin, folder });
    else if (known.includes(key)) given.push({ key, text, origin, folder });
    else if (!wordsOfMount.has(key) && !key.startsWith('x-')) throw unknown(key, origin, known);
  }
  return given;
};
