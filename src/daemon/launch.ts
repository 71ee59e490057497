// Starts a process that serves a mount and outlives this one. Its order goes to its standard input, its first words come
// back through a pipe of their own: that it is ready, or why it is not.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { crashSignals } from '../base/crash-signals.ts';
import { ControlError, type FailureKind } from './protocol.ts';
import { errorsPathOf, newSocketPath } from './runtime-folder.ts';
import type { Ready } from './serve-mount.ts';

/** The serving process died of itself, as it does of metadata that are damaged. */
export class CrashError extends ControlError {}

/** Descriptor of the serving process for its first words. */
export const firstWordsFd = 3;

export type FirstWords =
  | { readonly ready: Ready }
  | { readonly failure: { readonly kind: FailureKind; readonly message: string } };

export interface Launch {
  /** Script and arguments for Node. */
  readonly command: readonly string[];
  /** Given to the process as JSON. */
  readonly order: unknown;
  readonly mountpoint: string;
  /** How long it may take until the mount answers. */
  readonly timeoutMs: number;
}

/**
 * Reading /dev/fuse holds one thread of libuv's pool for good, and waiting for the disk others: four, the default, are too
 * few. The pool's size is fixed when a process first uses it, so it has to be there from the start.
 */
const widePool = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const size = Number(environment['UV_THREADPOOL_SIZE']);
  return size >= 16 ? environment : { ...environment, UV_THREADPOOL_SIZE: '32' };
};

/**
 * V8 takes its measure from the machine's memory: on a large one it lets garbage gather that a mount, which lives for months,
 * would hold for nothing. With 20,000 files known, a process takes 165 MB so instead of 236, at the same speed.
 */
const smallHeap = ['--max-old-space-size=1024', '--max-semi-space-size=4'];

const parseFirstWords = (text: string): FirstWords | undefined => {
  try {
    return JSON.parse(text) as FirstWords;
  } catch {
    return undefined;
  }
};

const firstWords = async (child: ChildProcess): Promise<FirstWords | undefined> => {
  let text = '';
  const pipe = child.stdio[firstWordsFd] as Readable;
  for await (const piece of pipe.setEncoding('utf8')) {
    text += String(piece);
    if (text.includes('\n')) break;
  }
  return parseFirstWords(text);
};

const lastWords = (path: string): string => {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.find((line) => /^\w*(Error|FATAL)\b/.test(line)) ?? lines.find((line) => line.trim() !== '') ?? '';
};

/** Asked by this process, which does not serve it: a mount that hangs must not look ready. */
const answers = async (mountpoint: string, timeoutMs: number): Promise<void> => {
  const silence = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: silence.signal, ref: false }).then(() => {
    throw new ControlError(`the mount on ${mountpoint} does not answer`);
  });
  try {
    await Promise.race([stat(mountpoint), late]);
  } finally {
    silence.abort();
    late.catch(() => {});
  }
};

const start = ({ command, order }: Launch, errors: number): ChildProcess => {
  const child = spawn(process.execPath, [...smallHeap, ...command], {
    detached: true,
    cwd: '/',
    env: widePool(process.env),
    stdio: ['pipe', 'ignore', errors, 'pipe'],
  });
  // A process that dies at once breaks this pipe; what it died of is told elsewhere.
  child.stdin?.on('error', () => {});
  child.stdin?.end(JSON.stringify(order));
  return child;
};

const waitUntilReady = async (child: ChildProcess, launch: Launch, errorsPath: string): Promise<Ready> => {
  const ended = once(child, 'exit');
  const words = await Promise.race([firstWords(child), delay(launch.timeoutMs, 'late' as const, { ref: false })]);
  if (words === 'late') throw new ControlError(`the mount was not ready after ${launch.timeoutMs / 1000} seconds`);
  if (words === undefined) {
    await ended;
    const reason = lastWords(errorsPath) || `it left no message, only ${child.signalCode ?? `code ${child.exitCode}`}`;
    const message = `the process that was to serve the mount ended: ${reason}`;
    throw crashSignals.has(child.signalCode) ? new CrashError(message) : new ControlError(message);
  }
  if ('failure' in words) throw new ControlError(words.failure.message, { kind: words.failure.kind });
  await answers(words.ready.mountpoint, launch.timeoutMs);
  return words.ready;
};

/** Politely, so that it can unmount; then for good. */
const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit').then(() => true);
  child.kill('SIGTERM');
  if ((await Promise.race([ended, delay(5000, false, { ref: false })])) === false) child.kill('SIGKILL');
};

/** Resolves when the mount answers; rejects with a ControlError, and nothing is left running. */
export const launchService = async (launch: Launch): Promise<Ready> => {
  const errorsPath = errorsPathOf(newSocketPath(launch.mountpoint));
  const errors = openSync(errorsPath, 'w', 0o600);
  const child = start(launch, errors);
  closeSync(errors);
  try {
    const ready = await waitUntilReady(child, launch, errorsPath);
    child.unref();
    child.stdio[firstWordsFd]?.destroy();
    return ready;
  } catch (error) {
    await end(child);
    rmSync(errorsPath, { force: true });
    throw error;
  }
};
