// Results that are there at once as a rule, and are waited for where they are not. A promise for each would cost programs that
// make thousands of calls more than the work itself.

/** There already, or to be waited for. `await` takes both. */
export type Soon<T> = T | Promise<T>;

/** Goes on with the result: now, if it is there. */
export const whenThere = <T, U>(given: Soon<T>, next: (value: T) => Soon<U>): Soon<U> =>
  given instanceof Promise ? given.then(next) : next(given);
