// A mount as a service: its control socket, and the signals that end it. Ends when the mount does, whoever unmounted it.
import { rmSync } from 'node:fs';
import type { Log } from '../base/log.ts';
import type { Mount } from '../mount.ts';
import { type ControlServer, openControlServer } from './control-server.ts';
import { failureOf } from './failure.ts';
import { type Ask, ControlError, type Question } from './protocol.ts';
import { errorsPathOf, newSocketPath } from './runtime-folder.ts';
import { answerUpkeep, isAboutUpkeep } from './upkeep-answers.ts';

/** How long an unmount by signal waits for the queue: whoever sends it is about to lose patience. */
const signalPatienceMs = 10_000;

const endingSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

type Answer = (mount: Mount, question: Question, signal: AbortSignal) => Promise<unknown>;

const answers: Readonly<Partial<Record<Ask, Answer>>> = {
  ping: async () => ({ pid: process.pid }),
  status: (mount) => mount.status(),
  sync: async (mount, { path }, signal) => ({ unsent: await mount.sync(path === '' ? undefined : path, signal) }),
  check: async (mount, { remote = false }, signal) => ({ findings: await mount.check({ remote }, signal) }),
  unmount: async (mount, { timeoutMs, now = false }, signal) => {
    const limit = timeoutMs === undefined ? {} : { timeoutMs };
    return { unsent: await mount.unmount({ now, signal, ...limit }) };
  },
};

const respondWith =
  (mount: Mount) =>
  async (question: Question, signal: AbortSignal): Promise<unknown> => {
    const { ask } = question;
    if (isAboutUpkeep(ask)) return answerUpkeep(mount.upkeep, question, signal);
    const answer = Object.hasOwn(answers, ask) ? answers[ask] : undefined;
    if (answer !== undefined) return answer(mount, question, signal);
    throw new ControlError(`this version cannot be asked for ${String(ask)}`);
  };

/** The first signal unmounts in order, within bounds; the second at once. */
const endOnSignals = (mount: Mount, log: Log): (() => void) => {
  let signals = 0;
  const detach = async (): Promise<void> => {
    await mount.unmount({ now: true }).catch((error: unknown) => log.error('unmount', error));
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1;
    log.info(`${signal}: unmounting ${mount.mountpoint}${signals > 1 ? ' at once' : ''}`);
    if (signals > 1) void detach();
    else
      mount.unmount({ now: false, timeoutMs: signalPatienceMs }).catch((error: unknown) => {
        log.warn('the mount is in use and is detached nevertheless', error);
        return detach();
      });
  };
  for (const signal of endingSignals) process.on(signal, onSignal);
  return () => {
    for (const signal of endingSignals) process.off(signal, onSignal);
  };
};

const untilEnded = async (mount: Mount, server: ControlServer, path: string): Promise<void> => {
  try {
    await mount.ended;
  } finally {
    // Last, because the answer to `unmount` is still on its way when the mount ends.
    await server.close();
    rmSync(path, { force: true });
    rmSync(errorsPathOf(path), { force: true });
  }
};

export interface Service {
  /** Resolves when the mount is gone and all is closed; rejects if serving it failed. */
  readonly ended: Promise<void>;
}

/** Resolves when commands can reach the mount. If that fails, the mount is taken down again. */
export const startService = async (mount: Mount, log: Log): Promise<Service> => {
  const stopListening = endOnSignals(mount, log);
  try {
    const path = newSocketPath(mount.mountpoint);
    const server = await openControlServer(path, respondWith(mount), failureOf, log);
    return { ended: untilEnded(mount, server, path).finally(stopListening) };
  } catch (error) {
    await mount.unmount({ now: true }).catch((failure: unknown) => log.error('unmount', failure));
    stopListening();
    throw error;
  }
};
