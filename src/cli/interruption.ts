// Ctrl-C and its kin, for commands that have something to clear away: the signal is aborted, the command ends when that is done. A
// second Ctrl-C ends it at once.
import { constants } from 'node:os';

export class Interruption extends Error {
  override readonly name = 'Interruption';
  /** As shells tell of a process that a signal ended. */
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super('interrupted');
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** From now on, interrupting the process aborts the signal. */
export const catchInterruption = (): AbortSignal => {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => controller.abort(new Interruption(name)));
  }
  return controller.signal;
};
