// Writes a Reply to its connection: headers, then the body in small pieces, paced, with the faults that strike on the wire. The only
// writer of responses.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { systemClock } from '../base/clock.ts';
import type { FaultAction } from './faults.ts';
import { type Pacing, paceUnit } from './pacing.ts';
import type { Reply } from './reply.ts';

export interface Line {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly pacing: Pacing;
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal;
}

/** A stop in the stream of the body's bytes. */
interface Stop {
  readonly at: number;
  readonly how: 'reset' | 'stall' | 'cut';
  readonly ms: number;
}

const stopsOf = (actions: readonly FaultAction[]): Stop[] =>
  actions
    .flatMap((action): Stop[] => {
      if (action.do === 'cut') return [{ at: action.afterBytes, how: 'cut', ms: 0 }];
      if (action.do !== 'reset' && action.do !== 'stall') return [];
      if (action.in === 'request') return [];
      const ms = action.do === 'stall' ? (action.ms ?? Number.POSITIVE_INFINITY) : 0;
      return [{ at: action.afterBytes ?? 0, how: action.do, ms }];
    })
    .sort((one, other) => one.at - other.at);

/** Resolves after `ms`, or never when that is infinite; rejects when the connection goes. */
export const standStill = async (ms: number, gone: AbortSignal): Promise<void> => {
  // A timer can't wait for ever; the connection's end is what ends an endless stall.
  while (ms === Number.POSITIVE_INFINITY) await systemClock.sleep(86_400_000, gone);
  await systemClock.sleep(ms, gone);
};

/** Ends the connection so that the other side sees ECONNRESET. */
export const resetConnection = (socket: Socket): void => {
  // Only TCP sockets can be reset; a TLS connection just breaks off.
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
};

const write = async ({ response, request, pacing, gone }: Line, bytes: Uint8Array): Promise<void> => {
  for (let at = 0; at < bytes.length; at += paceUnit) {
    const piece = bytes.subarray(at, at + paceUnit);
    await pacing.take(request.socket, piece.length, gone);
    gone.throwIfAborted();
    if (!response.write(piece)) await once(response, 'drain', { signal: gone });
  }
};

/** False: the connection is at its end. */
const carryOut = async (stop: Stop, line: Line): Promise<boolean> => {
  const { response, request, gone } = line;
  response.flushHeaders();
  // A reset overtakes bytes that are still on their way; they were promised to arrive.
  if (stop.how !== 'stall') await systemClock.sleep(30, gone);
  if (stop.how === 'reset') resetConnection(request.socket);
  if (stop.how === 'cut') request.socket.end();
  if (stop.how !== 'stall') return false;
  await standStill(stop.ms, gone);
  return true;
};

const sendBody = async (line: Line, body: AsyncIterable<Uint8Array>, stops: Stop[]): Promise<number> => {
  let sent = 0;
  for await (const chunk of body) {
    let rest = chunk;
    for (let stop = stops[0]; stop !== undefined && stop.at <= sent + rest.length; stop = stops[0]) {
      const before = rest.subarray(0, stop.at - sent);
      await write(line, before);
      sent += before.length;
      rest = rest.subarray(before.length);
      stops.shift();
      if (!(await carryOut(stop, line))) return sent;
    }
    await write(line, rest);
    sent += rest.length;
  }
  for (const stop of stops) if (!(await carryOut(stop, line))) return sent;
  return sent;
};

const noBody = (request: IncomingMessage, status: number): boolean =>
  request.method === 'HEAD' || status === 204 || status === 304;

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const writeHead = (line: Line, reply: Reply, length: number, delta: number): void => {
  const headers: Record<string, string> = { ...reply.headers };
  if (reply.status !== 204) headers['Content-Length'] = String(Math.max(0, length + delta));
  if (delta !== 0) headers['Connection'] = 'close';
  line.response.writeHead(reply.status, headers);
};

/** The number of bytes of the body that were sent. Rejects when the connection breaks. */
export const sendReply = async (line: Line, reply: Reply, actions: readonly FaultAction[]): Promise<number> => {
  const { request, response } = line;
  const delta = actions.reduce((sum, action) => sum + (action.do === 'length' ? action.delta : 0), 0);
  writeHead(line, reply, reply.body?.length ?? 0, delta);
  const stops = stopsOf(actions);
  if (noBody(request, reply.status) || reply.body === undefined) {
    for (const stop of stops) if (!(await carryOut(stop, line))) return 0;
    response.end();
    return 0;
  }
  const body = Buffer.isBuffer(reply.body) ? single(reply.body) : reply.body.bytes();
  const sent = await sendBody(line, body, stops);
  if (!request.socket.destroyed) response.end();
  // Whoever was promised more than there is must see the end of the connection, not wait for the rest.
  if (delta !== 0) response.once('finish', () => request.socket.end());
  return sent;
};
