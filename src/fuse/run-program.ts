// Runs a small program of the system to its end. What it says goes to its caller, never to the terminal.
import { type StdioOptions, spawn } from 'node:child_process';

export interface Finished {
  /** Exit status; undefined if it could not be started, or was ended by a signal or the time limit. */
  readonly status: number | undefined;
  /** What it wrote to its standard error. */
  readonly complaint: string;
  /** There is no such program. */
  readonly missing: boolean;
}

interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Descriptors for the program's 3 and on. */
  readonly descriptors?: readonly number[];
  /** Milliseconds; none if absent. Past it, the program is killed and no longer waited for, even if it cannot die. */
  readonly limitMs?: number;
}

export const runProgram = (program: string, argv: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  new Promise((resolve) => {
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', ...(options.descriptors ?? [])];
    const child = spawn(program, argv, { stdio, env: { ...process.env, LC_ALL: 'C', ...options.env } });
    let complaint = '';
    const finish = (status: number | null, missing = false): void => {
      clearTimeout(timer);
      resolve({ status: status ?? undefined, complaint: complaint.trim(), missing });
    };
    const giveUp = (): void => {
      child.kill('SIGKILL');
      child.stderr?.destroy();
      child.unref();
      finish(null);
    };
    const timer = options.limitMs === undefined ? undefined : setTimeout(giveUp, options.limitMs);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.on('error', (error: NodeJS.ErrnoException) => finish(null, error.code === 'ENOENT'));
    child.on('close', (status) => finish(status));
  });
