// The same for each of several things that were named: a failure is told, and does not keep the others from being done.
import { failureOf } from '../daemon/failure.ts';
import type { CommandContext } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';

export interface Outcomes<R> {
  readonly results: readonly R[];
  /** That of the failures where they are of one kind; `failed` where not. */
  readonly exitCode: number;
}

/** The one exit code of several failures. */
const commonCode = (codes: readonly number[]): number => {
  const [first = exitCodes.done] = codes;
  return codes.every((code) => code === first) ? first : exitCodes.failed;
};

/** In their order. */
export const oneByOne = async <T, R>(
  context: CommandContext,
  things: readonly T[],
  work: (thing: T) => Promise<R>,
): Promise<Outcomes<R>> => {
  const results: R[] = [];
  const codes: number[] = [];
  for (const thing of things) {
    try {
      results.push(await work(thing));
    } catch (error) {
      context.interruption.throwIfAborted();
      // Where there is one thing, its failure is the command's.
      if (things.length === 1) throw error;
      const failure = failureOf(error);
      context.terminal.failure(failure.message, error);
      codes.push(exitCodes[failure.kind]);
    }
  }
  return { results, exitCode: commonCode(codes) };
};
