// Being told to wait: 429 and 503 with Retry-After in all its forms, and who doesn't wait (docs/graph-drive.md, 18).
import type { Exchange } from '../exchange.ts';
import { GraphError } from './graph-error.ts';
import type { GraphServices } from './graph-services.ts';
import { noteViolation } from './graph-strict.ts';

const hugeSeconds = 86_400;

/** The header as the quirk wants it. */
const retryAfter = ({ quirks, now }: GraphServices, seconds: number): Record<string, string> => {
  switch (quirks.word('retry-after')) {
    case 'none':
      return {};
    case 'date':
      return { 'Retry-After': new Date(now() + seconds * 1000).toUTCString() };
    case 'huge':
      return { 'Retry-After': String(hugeSeconds) };
    default:
      return { 'Retry-After': String(seconds) };
  }
};

const keyOf = (scope: string | undefined, exchange: Exchange, who: string, app: string): string => {
  if (scope === 'app') return app;
  return scope === 'drive' ? `${who} ${exchange.segments.slice(1, 3).join('/')}` : who;
};

/** Throws when the caller has to wait. `who`: the token's owner, `app`: the client. */
export const checkThrottle = (services: GraphServices, exchange: Exchange, who: string, app: string): void => {
  const { quirks, now, waits } = services;
  const key = keyOf(quirks.word('throttle-scope'), exchange, who, app);
  const seconds = quirks.number('throttle-s') || 1;
  const mustWait = (waits.get(key) ?? 0) > now();
  if (!mustWait && !quirks.strikes('throttle')) return;
  if (!mustWait) waits.set(key, now() + seconds * 1000);
  if (mustWait && services.settings().strict) noteViolation(services, exchange, 'it came before Retry-After was over');
  throw new GraphError(429, 'activityLimitReached', 'The request has been throttled', {
    inner: 'throttledRequest',
    headers: retryAfter(services, seconds),
  });
};
