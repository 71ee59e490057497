// Everything that people see. Results go to standard output, sentences about them to standard error; with --json, results
// are JSON and nothing else is on standard output. A reader that has seen enough (`| head`) ends the command quietly.
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import type { WriteStream } from 'node:tty';
import { exitCodes } from './exit-codes.ts';

export interface TerminalOptions {
  readonly json: boolean;
  /** Stack traces of errors. */
  readonly debug: boolean;
}

const end = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE') process.exit();
  try {
    writeSync(process.stderr.fd, `skydrive: the output cannot be written: ${error.message}\n`);
  } catch {
    // Nor can that.
  }
  process.exit(exitCodes.failed);
};

/** For commands, whose work is for whoever reads their output. Called before anything is printed. */
export const endOnClosedPipe = (): void => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', end);
};

/** For a process that serves a mount, which must not end because nobody reads its log any more. */
export const stayOnClosedPipe = (): void => {
  for (const stream of [process.stdout, process.stderr]) stream.off('error', end).on('error', () => {});
};

export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;
  readonly #options: TerminalOptions;

  constructor(options: TerminalOptions, out: NodeJS.WriteStream = process.stdout, err = process.stderr) {
    this.#options = options;
    this.#out = out;
    this.#err = err;
  }

  get json(): boolean {
    return this.#options.json;
  }

  /** Width in columns where a person reads the output, undefined where a program does. */
  get columns(): number | undefined {
    return this.#out.isTTY ? (this.#out as WriteStream).columns || 80 : undefined;
  }

  /** The result of a command: `value` for programs that asked for JSON, `text` (without a line's end) for all others. */
  result(value: unknown, text: string): void {
    if (this.json) this.#out.write(`${JSON.stringify(value, undefined, this.columns === undefined ? 0 : 2)}\n`);
    else if (text !== '') this.#out.write(`${text}\n`);
  }

  /** What a person wants to know and a program does not. */
  note(text: string): void {
    this.#err.write(`${text}\n`);
  }

  /** One sentence. */
  warning(text: string): void {
    this.note(`skydrive: warning: ${printable(text)}`);
  }

  /** A question that is answered on the same line. Where results are JSON, it is not among them. */
  ask(text: string): void {
    (this.json ? this.#err : this.#out).write(text);
  }

  /** A piece of a result that is no text. Resolves when there is room for the next one. */
  async bytes(piece: Uint8Array): Promise<void> {
    if (!this.#out.write(piece)) await once(this.#out, 'drain');
  }

  /** Resolves when all is written: what a reader has not taken yet would be lost with the process. */
  async flushed(): Promise<void> {
    const written = (stream: NodeJS.WriteStream): Promise<void> =>
      new Promise((resolve) => {
        stream.write('', () => resolve());
      });
    await Promise.all([written(this.#out), written(this.#err)]);
  }

  /** One sentence; the rest only for whoever looks for a bug. */
  failure(message: string, error: unknown): void {
    this.#err.write(`skydrive: ${printable(message)}\n`);
    if (!this.#options.debug) return;
    for (let cause = error; cause instanceof Error; cause = cause.cause) this.#err.write(`${cause.stack}\n`);
  }
}

/** Smallest code point first, as Python sorts; JavaScript's own order differs behind U+FFFF. */
export const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Control signs in a name could move the cursor, forge lines or turn what follows around; a person gets to see that they are there. */
export const printable = (name: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  name.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (sign) => {
    const code = sign.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
