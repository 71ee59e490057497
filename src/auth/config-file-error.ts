// A settings file that cannot be used as it is. The message names file and line, and says what to do about it.

/**
 * - `missing`: there is no such file
 * - `unreadable`: it cannot be read (or written), or is no file
 * - `broken`: its text is no YAML mapping
 * - `value`: one of its values cannot be what it should be
 */
export type ConfigFileTrouble = 'missing' | 'unreadable' | 'broken' | 'value';

export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
  readonly trouble: ConfigFileTrouble;
  readonly path: string;
  /** Counted from 1; undefined where no line is to blame. */
  readonly line: number | undefined;

  constructor(
    trouble: ConfigFileTrouble,
    message: string,
    options: ErrorOptions & { readonly path: string; readonly line?: number | undefined },
  ) {
    const { path, line } = options;
    super(`${path}${line === undefined ? '' : `:${line}`}: ${message}`, options);
    this.trouble = trouble;
    this.path = path;
    this.line = line;
  }
}
