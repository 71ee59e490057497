// `~/.lcrc`, the ancestor's settings file: read as it writes it, written so that it reads it. All writers of ours hold a
// lock file; the ancestor locks otherwise, so the text is compared once more before it is replaced. No update is lost. Its
// `conf_save` (another file to write to) is left alone and not followed: tokens that are read here are renewed here.
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { silentLog } from '../base/log.ts';
import { ConfigFileError } from './config-file-error.ts';
import { FileLock } from './file-lock.ts';
import { type NewValue, YamlText, YamlTextError } from './yaml-text.ts';

export interface Lcrc {
  readonly path: string;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly code: string | undefined;
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** Milliseconds since 1970. */
  readonly accessExpires: number | undefined;
  /** Of a sign-in that has begun: see pending-sign-in.ts. */
  readonly pending: string | undefined;
  /** Whose tokens these are, where that is known. */
  readonly account: string | undefined;
  /** The section `skydrive:` as it is written; config.ts knows what the values may be. */
  readonly settings: LcrcSection;
}

export interface LcrcSection {
  readonly path: string;
  /** With lines counted from 1. */
  readonly entries: readonly { readonly key: string; readonly text: string; readonly line: number | undefined }[];
}

/** What to write; what is not named stays, and null empties a value. */
export interface LcrcChange {
  readonly clientId?: string;
  readonly clientSecret?: string | null;
  readonly code?: string | null;
  readonly accessToken?: string | null;
  readonly refreshToken?: string | null;
  readonly accessExpires?: number | null;
  readonly pending?: string | null;
  /** Keys of the section `skydrive:`. */
  readonly settings?: Readonly<Record<string, string | null>>;
}

const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

const mending = "Write `client:` with `id: '…'` and `secret: '…'` into it, or run `skydrive auth --client-id ID`.";

/** The ancestor writes naive UTC, `2013-03-03 14:11:12.699137`. */
const toTime = (text: string | undefined): number | undefined => {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)/.exec(text ?? '') ?? [];
  const ms = Date.parse(`${date}T${time}Z`);
  return Number.isNaN(ms) ? undefined : ms;
};

const fromTime = (ms: number): NewValue => ({
  plain: new Date(ms).toISOString().replace('T', ' ').replace('Z', '000'),
});

/**
 * Programs that take an unquoted id of digits for a number (octal where it has no 8 or 9) write the number back in its
 * place. Nothing can be done with such an id, but it can be said what it probably was.
 */
const checkClientId = (path: string, yaml: YamlText): void => {
  const id = yaml.get('client', 'id');
  if (id === undefined || /^\d{16}$/.test(id) || !/^(0o)?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(id)) return;
  const octal = /^[1-9]\d*$/.test(id) ? Number(id).toString(8).padStart(16, '0') : '';
  const guesses = [octal, /^\d+$/.test(id) ? id.padStart(16, '0') : ''].filter((guess) => guess !== '');
  const hint = guesses.length > 0 ? ` (it probably was '${guesses.join("' or '")}')` : '';
  throw new ConfigFileError(
    'value',
    `client.id is ${id}, but an id has 16 hex digits: an earlier program took the unquoted id for a number and wrote ` +
      `that number back. Put the id of your app there again, in quotes${hint}.`,
    { path, line: yaml.line('client', 'id') },
  );
};

const toLcrc = (path: string, yaml: YamlText): Lcrc => ({
  path,
  ...{ clientId: yaml.get('client', 'id'), clientSecret: yaml.get('client', 'secret') },
  ...{ code: yaml.get('auth', 'code'), accessToken: yaml.get('auth', 'access_token') },
  refreshToken: yaml.get('auth', 'refresh_token'),
  accessExpires: toTime(yaml.get('auth', 'access_expires')),
  pending: yaml.get('auth', 'pending'),
  account: yaml.get('skydrive', 'account'),
  settings: {
    path,
    entries: yaml.keys('skydrive').map((key) => ({
      ...{ key, text: yaml.get('skydrive', key) ?? '', line: yaml.line('skydrive', key) },
    })),
  },
});

const edits = (change: LcrcChange): [section: string, key: string, value: NewValue | undefined][] => [
  ['client', 'id', change.clientId],
  ['client', 'secret', change.clientSecret],
  ['auth', 'code', change.code],
  ['auth', 'access_token', change.accessToken],
  ['auth', 'refresh_token', change.refreshToken],
  [
    'auth',
    'access_expires',
    typeof change.accessExpires === 'number' ? fromTime(change.accessExpires) : change.accessExpires,
  ],
  ['auth', 'pending', change.pending],
  ...Object.entries(change.settings ?? {}).map(([key, value]): [string, string, NewValue] => ['skydrive', key, value]),
];

const applied = (yaml: YamlText, change: LcrcChange): YamlText => {
  let result = yaml;
  for (const [section, key, value] of edits(change)) {
    // Also a null where there is nothing.
    const isThere = result.get(section, key) === (value ?? undefined);
    if (value === undefined || isThere) continue;
    result = result.with(section, key, value);
  }
  return result;
};

/** What a file that is written anew has of the old one. */
interface Keep {
  readonly mode: number;
  /** Whose file it is, where root writes it. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** The file's bytes reach the disk before its name does. */
const writeDurably = async (path: string, text: string, { mode, owner }: Keep): Promise<void> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx', 0o600);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    await handle.chmod(mode);
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync().catch(() => {});
  await folder.close();
};

export class LcrcFile {
  readonly path: string;
  readonly #log: Log;
  readonly #lock: FileLock;
  #warned = false;

  constructor(path: string, { log = silentLog, clock = systemClock }: { log?: Log; clock?: Clock } = {}) {
    this.path = path;
    this.#log = log;
    this.#lock = new FileLock(clock, log);
  }

  /** Throws a ConfigFileError that says what is wrong and how to mend it. */
  async read(): Promise<Lcrc> {
    const yaml = await this.#load();
    if (yaml === undefined) {
      throw new ConfigFileError('missing', `there is no such file. ${mending}`, { path: this.path });
    }
    if (yaml.isEmpty) throw new ConfigFileError('broken', `the file is empty. ${mending}`, { path: this.path });
    checkClientId(this.path, yaml);
    return toLcrc(this.path, yaml);
  }

  /** What is there to begin with, be it nothing, or an id that nobody can use: for whoever is about to write it. */
  async peek(): Promise<Lcrc> {
    return toLcrc(this.path, (await this.#load()) ?? new YamlText(''));
  }

  /**
   * Changes the file, which is made (0600) where there is none. `change` sees what the file holds now, and may take its
   * time: no other update by us comes between. Undefined from it leaves the file as it is.
   */
  async update(change: (current: Lcrc) => Promise<LcrcChange | undefined>): Promise<Lcrc> {
    const target = await this.#target();
    return await this.#lock.holding(target, async () => {
      const before = (await this.#load()) ?? new YamlText('');
      const wanted = await change(toLcrc(this.path, before));
      if (wanted === undefined) return toLcrc(this.path, before);
      return toLcrc(this.path, await this.#replace(target, wanted));
    });
  }

  /** The file that a chain of links leads to, even when that does not exist yet. */
  async #target(): Promise<string> {
    try {
      return await realpath(this.path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return this.path;
      throw this.#unreadable(error);
    }
  }

  async #replace(target: string, change: LcrcChange): Promise<YamlText> {
    for (;;) {
      const before = (await this.#load()) ?? new YamlText('');
      const after = applied(before, change);
      if (after.text === before.text) return after;
      const keep = await this.#keepOf(target, change);
      // Somebody who does not know our lock may have written since; then its text is what we change.
      if (((await this.#load())?.text ?? '') !== before.text) continue;
      try {
        await writeDurably(target, after.text, keep);
      } catch (error) {
        throw this.#unwritable(error);
      }
      return after;
    }
  }

  /** Everybody may have been allowed to read the file while nothing secret was in it. */
  async #keepOf(target: string, { accessToken, refreshToken, clientSecret, pending }: LcrcChange): Promise<Keep> {
    const found = await stat(target).catch(() => undefined);
    if (found === undefined) return { mode: 0o600 };
    const { uid, gid } = found;
    const isSecret = [accessToken, refreshToken, clientSecret, pending].some((value) => typeof value === 'string');
    const mode = found.mode & 0o777 & (isSecret ? ~0o007 : ~0);
    return process.getuid?.() === 0 && uid !== 0 ? { mode, owner: { uid, gid } } : { mode };
  }

  #unwritable(error: unknown): ConfigFileError {
    const code = errorCode(error);
    const cure =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'The disk is full: make room.'
        : 'Make the file and its folder yours, or name another file with --config.';
    const message = `cannot be written (${code}). ${cure}`;
    return new ConfigFileError('unreadable', message, { path: this.path, cause: error });
  }

  #unreadable(error: unknown): ConfigFileError {
    const code = errorCode(error);
    const reason =
      code === 'EISDIR'
        ? 'is a folder. Name a file with --config, or move the folder away.'
        : code === 'EACCES'
          ? 'may not be read. Make it yours: chown and chmod 600.'
          : `cannot be read (${code}).`;
    return new ConfigFileError('unreadable', reason, { path: this.path, cause: error });
  }

  async #load(): Promise<YamlText | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
      await this.#warnOfReaders();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw this.#unreadable(error);
    }
    try {
      return new YamlText(text.replace(/^\uFEFF/, ''));
    } catch (error) {
      if (!(error instanceof YamlTextError)) throw error;
      throw this.#broken(text, error);
    }
  }

  #broken(text: string, error: YamlTextError): ConfigFileError {
    const tab = text.split('\n').findIndex((row) => /^ *\t/.test(row));
    const line = tab >= 0 ? tab + 1 : error.line;
    const reason = tab >= 0 ? 'a line begins with a tab, which YAML does not allow: use spaces' : error.message;
    const message = `${reason}. Mend that line, or move the file away.`;
    return new ConfigFileError('broken', message, { path: this.path, line, cause: error });
  }

  async #warnOfReaders(): Promise<void> {
    if (this.#warned || ((await stat(this.path)).mode & 0o004) === 0) return;
    this.#warned = true;
    this.#log.warn(`${this.path} holds secrets and can be read by everybody: chmod 600 ${this.path}`);
  }
}
