// An emulator, a user who is signed in to it, and mounts of theirs that are gone after the test. Owned by the tests of cli/.
// The emulator runs in the test's process: a mount may only be touched by calls that wait elsewhere, never by sync ones.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/emulator-options.ts';
import { mountObstacle } from '../support/mounted.ts';
import { makeUser, type Outcome, type User } from './command.ts';

export interface Mounting extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly user: User;
  readonly mountpoint: string;
  /** Mounts on `mountpoint`; gives the serving process. Fails the test if the command does. */
  mount(...args: readonly string[]): Promise<{ readonly pid: number; readonly log: string; readonly err: string }>;
  run(...args: readonly string[]): Promise<Outcome>;
}

/** For `describe` and `it`: a reason to skip, or nothing. */
export const mountable = { skip: mountObstacle() ?? false } as const;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Resolves when the process is gone. */
export const gone = async (pid: number): Promise<void> => {
  while (isAlive(pid)) await delay(20);
};

export const killed = async (pid: number): Promise<void> => {
  process.kill(pid, 'SIGKILL');
  await gone(pid);
};

/** What the drive holds, by path. */
export const contentOf = async (emulator: Emulator, path: string): Promise<string> =>
  Buffer.from(await emulator.admin.read({ path })).toString();

const clear = async (user: User, mountpoint: string): Promise<void> => {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  if (table.includes(` ${mountpoint} `)) await user.run(['unmount', '--now', mountpoint]);
};

export const makeMounting = async (
  options: EmulatorOptions = {},
  settings: readonly string[] = [],
): Promise<Mounting> => {
  const emulator = await startEmulator({ autoApprove: true, ...options });
  const user = await makeUser();
  const mountpoint = await user.folder('drive');
  await user.use(emulator, settings);
  await user.signIn();
  const run = (...args: readonly string[]): Promise<Outcome> => user.run(args);
  return {
    emulator,
    user,
    mountpoint,
    run,
    mount: async (...args) => {
      const { code, out, err } = await user.run(['--json', 'mount', mountpoint, ...args]);
      if (code !== 0) throw new Error(`mount ended with ${code}: ${err}`);
      return { ...(JSON.parse(out) as { pid: number; log: string }), err };
    },
    [Symbol.asyncDispose]: async () => {
      await clear(user, mountpoint);
      await clear(user, join(user.home, 'second'));
      await emulator.close();
      await user[Symbol.asyncDispose]();
    },
  };
};
