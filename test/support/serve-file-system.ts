// The process that serves a mount in tests: what and how comes as JSON in its argument. It prints a line of JSON when the
// mount answers, answers questions from stdin (one JSON per line) on stdout, unmounts when stdin is closed or on SIGTERM, and
// prints a last line when the mount is gone. Started by mounted.ts, never imported by a test for more than its types.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { makeLog } from '../../src/base/log.ts';
import type { FileSystem } from '../../src/fs/file-system.ts';
import type { Driver, DriverMount, MountOptions } from '../../src/fuse/driver.ts';

export interface Service {
  readonly fs: FileSystem;
  /** Told once the mount answers, before `ready` is printed. */
  attached?(mount: DriverMount): void;
  ask?(question: unknown): Promise<unknown>;
  /** After the mount is gone. */
  close?(): Promise<void>;
}

/** A file of dist/ and the name of what it exports. */
export interface ExportedName {
  readonly file: string;
  readonly name: string;
}

export interface ServeOrder {
  /** A `Driver`. */
  readonly driver: ExportedName;
  /** `(options) => Promise<Service>`. */
  readonly service: ExportedName;
  readonly serviceOptions: unknown;
  readonly mount: Omit<MountOptions, 'log'>;
  readonly verbose: boolean;
}

const load = async ({ file, name }: ExportedName): Promise<unknown> => {
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  if (typeof module[name] !== 'function') throw new Error(`${file} exports no function ${name}`);
  return module[name];
};

const print = (line: unknown): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const answer = async (service: Service, line: string): Promise<void> => {
  try {
    print({ answer: (await service.ask?.(JSON.parse(line))) ?? null });
  } catch (error) {
    print({ failed: String(error) });
  }
};

const serve = async (order: ServeOrder): Promise<void> => {
  const driver = (await load(order.driver)) as Driver;
  const makeService = (await load(order.service)) as (options: unknown) => Promise<Service>;
  const service = await makeService(order.serviceOptions);
  const log = makeLog(order.verbose ? 'debug' : 'warn', (line) => process.stderr.write(`${line}\n`));
  const mount = await driver(service.fs, { ...order.mount, log });
  service.attached?.(mount);
  const stop = (): void => {
    mount.unmount().catch((error: unknown) => log.error('unmount failed', error));
  };
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => void answer(service, line));
  lines.on('close', stop);
  process.on('SIGTERM', stop);
  print({ ready: process.pid });
  await mount.ended;
  lines.off('close', stop);
  process.stdin.destroy();
  await service.close?.();
  print({ ended: (await service.ask?.('ended')) ?? null });
};

const argument = process.argv[2];
if (argument !== undefined && process.argv[1] === import.meta.filename) {
  await serve(JSON.parse(argument) as ServeOrder);
  // What a driver leaves behind (threads of libfuse, a pending read) must not keep the process.
  process.exit(0);
}
