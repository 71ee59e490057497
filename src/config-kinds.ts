// The kinds of values a setting can have: how each is read from text, and how an error describes what is allowed. Knows no
// setting by name; config.ts owns the table.
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseDuration, parseSize } from './base/quantity.ts';

export interface ReadingContext {
  /** Relative paths start here. */
  readonly folder: string;
  /** What `~` stands for; undefined if there is no home folder. */
  readonly home: string | undefined;
}

export interface SettingKind<T> {
  /** For people: completes "allowed: …". */
  readonly allowed: string;
  /** Undefined if the text is not allowed. */
  read(text: string, context: ReadingContext): T | undefined;
}

/** The home folder of this process, or undefined if the environment and the user database name none. */
export const homeFolder = (environment: NodeJS.ProcessEnv): string | undefined => {
  const named = environment['HOME'];
  if (named !== undefined) return named.startsWith('/') ? named : undefined;
  try {
    return homedir();
  } catch {
    return undefined;
  }
};

/** Absolute path with `~` expanded; undefined where `~` is needed and there is no home folder. */
export const expandPath = (text: string, { folder, home }: ReadingContext): string | undefined => {
  const usesHome = text === '~' || text.startsWith('~/');
  if (!usesHome) return resolve(folder, text);
  return home === undefined ? undefined : resolve(home, text.slice(2));
};

export const choice = <T extends string>(...words: readonly T[]): SettingKind<T> => ({
  allowed: words.join(' or '),
  read: (text) => words.find((word) => word === text),
});

export const size: SettingKind<number> = {
  allowed: 'a size of at least 1M, such as 500M or 10G',
  read: (text) => {
    const bytes = parseSize(text);
    return bytes !== undefined && bytes >= 2 ** 20 ? bytes : undefined;
  },
};

export const duration = (leastMs: number): SettingKind<number> => ({
  allowed: `a duration${leastMs > 0 ? ` of at least ${leastMs}ms` : ''}, such as 250ms, 1s or 2m`,
  read: (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms >= leastMs ? ms : undefined;
  },
});

export const flag: SettingKind<boolean> = {
  allowed: 'yes or no',
  read: (text) => {
    if (/^(|1|true|yes|on)$/i.test(text)) return true;
    return /^(0|false|no|off)$/i.test(text) ? false : undefined;
  },
};

export const userNumber: SettingKind<number> = {
  allowed: 'the number of a user or group',
  read: (text) => (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1 ? Number(text) : undefined),
};

export const count = (most: number): SettingKind<number> => ({
  allowed: `a number from 0 to ${most}`,
  read: (text) => (/^\d{1,10}$/.test(text) && Number(text) <= most ? Number(text) : undefined),
});

export const permissionMask: SettingKind<number> = {
  allowed: 'an octal number from 0 to 777',
  read: (text) => (/^0*[0-7]{1,3}$/.test(text) ? Number.parseInt(text, 8) : undefined),
};

export const webAddress: SettingKind<string> = {
  allowed: 'an address that starts with https:// or http://',
  read: (text) => {
    if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return undefined;
    const url = new URL(text);
    return url.search === '' && url.hash === '' && url.username === '' ? text.replace(/\/+$/, '') : undefined;
  },
};

/** Compared letter by letter by others, so that nothing is taken off it. */
export const exactAddress: SettingKind<string> = {
  allowed: 'an address that starts with https:// or http://, without a #',
  read: (text) => (/^https?:\/\/[^/\s][^\s#]*$/i.test(text) && URL.canParse(text) ? text : undefined),
};

export const folderPath: SettingKind<string> = {
  allowed: 'the path of a folder (~ needs HOME to be set)',
  read: (text, context) => (text === '' || text.includes('\0') ? undefined : expandPath(text, context)),
};

export const identifier: SettingKind<string> = {
  allowed: 'letters, digits and ! . _ -',
  read: (text) => (/^[\w!.-]{1,200}$/.test(text) && !/^\.+$/.test(text) ? text : undefined),
};
