// Mounts for tests: a child process serves one (serve-file-system.ts), because a process that serves a mount must never touch
// it. What a test leaves behind is ended by pid and detached from its mountpoint alone.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { MountOptions } from '../../src/fuse/driver.ts';
import type { ExportedName, ServeOrder } from './serve-file-system.ts';
import { tempDir } from './temp-dir.ts';

export interface Mounted extends AsyncDisposable {
  readonly mountpoint: string;
  readonly pid: number;
  /** What the service answers. */
  ask(question?: unknown): Promise<unknown>;
  /** Unmounts; resolves with the service's last answer. */
  stop(): Promise<unknown>;
  /** SIGKILL: the mountpoint stays behind, dead. Disposing cleans it up. */
  kill(): Promise<void>;
}

export interface MountOrder {
  readonly driver: ExportedName;
  readonly service?: ExportedName;
  readonly serviceOptions?: unknown;
  readonly mount?: Partial<Omit<MountOptions, 'log'>>;
  /** Default: a folder of its own. */
  readonly mountpoint?: string;
  /** Default: true. */
  readonly makeMountpoint?: boolean;
  /** Runs the server as another user (only root can). */
  readonly uid?: number;
  readonly gid?: number;
  /** Log lines of the server at level debug, shown at once. */
  readonly verbose?: boolean;
}

const compiled = join(import.meta.dirname, '..', '..');

/** A compiled file of the project, `src/…` or `test/…` without its ending, and what it exports. */
export const exported = (path: string, name: string): ExportedName => ({ file: join(compiled, `${path}.js`), name });

export const drivers = {
  kernel: exported('src/fuse/kernel/kernel-driver', 'kernelDriver'),
  native: exported('src/fuse/native/native-driver', 'nativeDriver'),
} as const;

/** Why no test can mount here; undefined where they can. */
export const mountObstacle = (): string | undefined =>
  existsSync('/dev/fuse') ? undefined : 'this machine has no /dev/fuse';

/** Whether something is mounted there, alive or dead. */
export const isMountpoint = async (path: string): Promise<boolean> => {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.some((line) => line.split(' ')[4]?.replaceAll('\\040', ' ') === path);
};

const detach = async (mountpoint: string): Promise<void> => {
  const command = process.getuid?.() === 0 ? ['umount', '-l'] : ['fusermount3', '-u', '-z'];
  const [program = '', ...flags] = command;
  await promisify(execFile)(program, [...flags, mountpoint]);
};

type Line = { ready: number } | { answer: unknown } | { failed: string } | { ended: unknown };

/** The child's lines of JSON, one at a time; rejects once it is gone. */
class Lines {
  readonly #child: ChildProcess;
  readonly #iterator: AsyncIterator<string>;
  #errors = '';

  constructor(child: ChildProcess, verbose: boolean) {
    if (!child.stdout || !child.stderr) throw new Error('the server has no pipes');
    this.#child = child;
    this.#iterator = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on('data', (data: Buffer) => {
      this.#errors += data.toString();
      if (verbose) process.stderr.write(data);
    });
  }

  async next(): Promise<Line> {
    const { value, done } = await this.#iterator.next();
    if (done === true) throw await this.#end();
    return JSON.parse(value) as Line;
  }

  async #end(): Promise<Error> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return new Error(`the server ended (${child.signalCode ?? `exit code ${child.exitCode}`}):\n${this.#errors}`);
  }
}

const startServer = (order: MountOrder, mountpoint: string): ChildProcess => {
  const serveOrder: ServeOrder = {
    driver: order.driver,
    service: order.service ?? exported('test/support/memory-service', 'memoryService'),
    serviceOptions: order.serviceOptions ?? {},
    mount: {
      mountpoint,
      source: 'skydrive-test',
      allowOther: false,
      readOnly: false,
      defaultPermissions: true,
      autoUnmount: false,
      ...order.mount,
    },
    verbose: order.verbose ?? false,
  };
  const entry = join(compiled, 'test', 'support', 'serve-file-system.js');
  const { uid, gid } = order;
  return spawn(process.execPath, ['--enable-source-maps', entry, JSON.stringify(serveOrder)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
};

/** Starts a server, and resolves when its mount answers. Rejects with what the server wrote if it could not mount. */
export const mounted = async (order: MountOrder): Promise<Mounted> => {
  const temp = await tempDir();
  const mountpoint = order.mountpoint ?? join(temp.path, 'mnt');
  if (order.makeMountpoint ?? true) await mkdir(mountpoint, { recursive: true });
  const isOthers = await isMountpoint(mountpoint);
  const child = startServer(order, mountpoint);
  const exited = once(child, 'exit');
  // Writing to a server that is gone is no error here: reading from it says so.
  child.stdin?.on('error', () => {});
  const lines = new Lines(child, order.verbose ?? false);
  let failed = false;
  const dispose = async (): Promise<void> => {
    child.stdin?.end();
    // A server that does not end when asked is ended; its mount is detached like that of any dead server.
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await exited;
    clearTimeout(timer);
    if (!(failed && isOthers) && (await isMountpoint(mountpoint))) await detach(mountpoint);
    await temp[Symbol.asyncDispose]();
  };
  try {
    const first = await lines.next();
    if (!('ready' in first)) throw new Error(`unexpected: ${JSON.stringify(first)}`);
  } catch (error) {
    failed = true;
    await dispose();
    throw error;
  }
  return {
    mountpoint,
    pid: child.pid ?? 0,
    ask: async (question = null) => {
      child.stdin?.write(`${JSON.stringify(question)}\n`);
      const line = await lines.next();
      if ('answer' in line) return line.answer;
      throw new Error(JSON.stringify(line));
    },
    stop: async () => {
      child.stdin?.end();
      const line = await lines.next();
      await exited;
      return 'ended' in line ? line.ended : undefined;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    [Symbol.asyncDispose]: dispose,
  };
};
