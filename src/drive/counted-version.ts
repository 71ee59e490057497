// Versions with a number, for services whose own do not tell all contents apart (live: times of whole seconds). Only the process
// that saw both contents counts them: the next one is told the same version again without the number.

const number = /~\d+$/;

export const counted = (version: string, count: number): string => (count === 0 ? version : `${version}~${count}`);

export const uncounted = (version: string): string => version.replace(number, '');

/** Whether `now`, which the drive told later, is the version that is `known`, as far as can be said. */
export const isSameVersion = (known: string | undefined, now: string): boolean =>
  known !== undefined && (known === now || uncounted(known) === now);
