// The command line as people run it: in a process of its own, with a home folder of its own. Owned by the tests of cli/.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { tempDir } from '../support/temp-dir.ts';

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly cwd?: string;
}

/** A user with an empty home folder. */
export interface User extends AsyncDisposable {
  readonly home: string;
  /** What `start` runs, before the arguments. */
  readonly command: readonly string[];
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  start(args: readonly string[], options?: RunOptions): ChildProcess;
  /** Makes an empty folder. */
  folder(name: string): Promise<string>;
  /** Writes ~/.lcrc for the emulator, without a sign-in. */
  use(emulator: Emulator, more?: readonly string[]): Promise<void>;
  /** Signs in, as a person with a browser would. */
  signIn(): Promise<Outcome>;
}

const entry = join(import.meta.dirname, '..', '..', 'src', 'cli', 'skydrive.cjs');

const settingsFor = (emulator: Emulator, more: readonly string[]): string =>
  [
    ...['client:', "  id: '0000000048000001'", '  secret: any', 'skydrive:', '  dialect: live'],
    ...[`  api_url: ${emulator.url}/v5.0`, `  login_url: ${emulator.url}`, '  settle: 50ms'],
    ...more.map((line) => `  ${line}`),
    '',
  ].join('\n');

/** What a started command printed and how it ended. `out`: whether what it prints is taken here. */
export const ended = async (child: ChildProcess, { out = true } = {}): Promise<Outcome> => {
  const closed = once(child, 'close');
  const streams = [out ? child.stdout : null, child.stderr];
  const [printed = '', told = ''] = await Promise.all(streams.map((stream) => (stream ? text(stream) : '')));
  await closed;
  return { code: child.exitCode, out: printed, err: told };
};

/** Where the browser ends after a consent that needs no clicks. */
const visit = async (url: string): Promise<string> => {
  const answer = await fetch(url, { redirect: 'manual' });
  return answer.headers.get('location') ?? '';
};

export const makeUser = async (): Promise<User> => {
  const dir = await tempDir();
  const start = (args: readonly string[], { environment, cwd }: RunOptions = {}): ChildProcess =>
    spawn(process.execPath, [entry, ...args], {
      cwd: cwd ?? dir.path,
      env: { PATH: process.env['PATH'], HOME: dir.path, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  const run = async (args: readonly string[], options: RunOptions = {}): Promise<Outcome> => {
    const child = start(args, options);
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
    return await ended(child);
  };
  return {
    home: dir.path,
    command: [process.execPath, entry],
    run,
    start,
    folder: async (name) => {
      const path = join(dir.path, name);
      await mkdir(path);
      return path;
    },
    use: (emulator, more = []) => writeFile(join(dir.path, '.lcrc'), settingsFor(emulator, more), { mode: 0o600 }),
    signIn: async () => {
      const asked = await run(['auth']);
      const url = /^URL to visit: (\S+)$/m.exec(asked.out)?.[1] ?? '';
      return run(['auth', await visit(url)]);
    },
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
};
