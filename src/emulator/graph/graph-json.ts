// JSON answers and times as Graph writes them.
import type { Reply } from '../reply.ts';

export const graphReply = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply => {
  const render = (some: unknown): Buffer => Buffer.from(JSON.stringify(some));
  return {
    status,
    headers: {
      'Content-Type':
        'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
      'Cache-Control': 'no-store',
      ...headers,
    },
    body: render(value),
    json: { value, render },
  };
};

/** Milliseconds without trailing zeros, or whole seconds, with Z. */
export const graphTime = (ms: number, precision: 'ms' | 's'): string => {
  const text = new Date(ms).toISOString();
  if (precision === 's') return text.replace(/\.\d+Z$/, 'Z');
  return text.replace(/\.?0*Z$/, 'Z');
};
