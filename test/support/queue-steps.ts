// Steps that tests of the queue are made of.
import { DriveError, type Fault } from '../../src/drive/drive-error.ts';
import type { Call } from './memory-drive.ts';
import type { Bench } from './opened.ts';

/** Holds requests of one kind back, or those about one item, until they are let go. */
export const hold = (bench: Bench, intent: Call['intent'], id?: Call['id']) => {
  let letGo = (): void => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  bench.memory.before = async (call) => {
    if (call.intent !== intent || (id !== undefined && call.id !== id)) return;
    arrive();
    await gate;
  };
  return { arrived, letGo: () => letGo() };
};

/** Requests that `concerns` accepts fail until `mend`. */
export const breakDrive = (bench: Bench, fault: Fault = 'offline', concerns = (_: Call): boolean => true) => {
  bench.memory.before = (call) => {
    if (concerns(call)) throw new DriveError(fault, 'not now');
  };
  return {
    mend: () => {
      bench.memory.before = undefined;
    },
  };
};

/** Resolves once `test` holds. */
export const until = async (test: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await test())) await new Promise((resolve) => setTimeout(resolve, 2));
};
