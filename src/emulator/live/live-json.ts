// JSON as the service wrote it: indented by three, a blank at the end of each line that goes on after a comma, `=` and `&` escaped
// (docs/live-connect-v5.md, 2.2).
import type { Reply } from '../reply.ts';

export const liveJson = (value: unknown, pretty = true): string => {
  const text = pretty ? JSON.stringify(value, null, 3).replaceAll(',\n', ', \n') : JSON.stringify(value);
  return text.replaceAll('=', '\\u003d').replaceAll('&', '\\u0026');
};

/** Times are whole seconds in UTC, with the zone written as +0000. */
export const liveTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000');

export const liveReply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => {
  const render = (some: unknown): Buffer => Buffer.from(liveJson(some));
  return {
    status,
    headers: {
      'Content-Type': 'application/json; charset=UTF-8',
      'Cache-Control': 'private, no-cache, no-store',
      ...headers,
    },
    body: render(value),
    json: { value, render },
  };
};
