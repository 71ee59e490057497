// Makes the waits of this process short: what waits for seconds (pauses after failures, looks at the feed) waits for so many
// times less, in the same order. Import it before everything else.
import { syncBuiltinESMExports } from 'node:module';
import promised from 'node:timers/promises';

const factor = 100;
/** Shorter waits stay as they are. */
const shortMs = 50;

const hasty = (ms: number | undefined): number => {
  const asked = ms ?? 0;
  return asked > shortMs ? Math.max(shortMs / factor, asked / factor) : asked;
};

const original = globalThis.setTimeout;
const hastened = (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): NodeJS.Timeout =>
  original(work, hasty(ms), ...args);
globalThis.setTimeout = Object.assign(hastened, original) as typeof setTimeout;

const originalDelay = promised.setTimeout;
promised.setTimeout = (ms, value, options) => originalDelay(hasty(ms), value, options);
syncBuiltinESMExports();
