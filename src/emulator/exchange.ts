// One request, read once: method, target, headers, body stream, and the address under which the client reached us. Handlers get it
// and answer with a Reply.
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Refusal, textReply } from './reply.ts';
import { parseTarget, type Target } from './url-text.ts';

export interface Exchange extends Target {
  /** Upper case. */
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  /** Scheme and host for URLs that are handed out, without a slash at the end. */
  readonly base: string;
  /** The request's bytes as they come; pacing and faults are in it already. */
  readonly body: Readable;
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal;
  /** The same bytes; who stops early leaves the connection usable for the answer. */
  readonly chunks: () => AsyncIterable<Buffer>;
  /** As the client announced it. */
  readonly contentLength: number | undefined;
}

const firstOf = (header: string | string[] | undefined): string | undefined =>
  (Array.isArray(header) ? header[0] : header)?.split(',')[0]?.trim();

const baseOf = (request: IncomingMessage, target: Target, ownUrl: string): string => {
  const forwarded = firstOf(request.headers['x-forwarded-host']);
  const host = forwarded ?? (target.origin === undefined ? request.headers.host : undefined);
  if (host === undefined || host === '') return target.origin ?? ownUrl;
  // Names of the service are https alone, whatever a proxy that led them here made of it.
  const usual = /\.microsoft(online)?\.com$/i.test(host) ? 'https' : new URL(ownUrl).protocol.replace(':', '');
  const scheme = firstOf(request.headers['x-forwarded-proto']) ?? usual;
  return `${scheme}://${host}`;
};

export const unbreakable = (stream: Readable): AsyncIterable<Buffer> => stream.iterator({ destroyOnReturn: false });

export interface Received {
  readonly body: Readable;
  readonly gone: AbortSignal;
}

export const readExchange = (request: IncomingMessage, received: Received, ownUrl: string): Exchange => {
  const target = parseTarget(request.url ?? '/');
  const announced = Number(request.headers['content-length']);
  return {
    ...target,
    method: (request.method ?? 'GET').toUpperCase(),
    headers: request.headers,
    base: baseOf(request, target, ownUrl),
    ...received,
    chunks: () => unbreakable(received.body),
    contentLength: Number.isSafeInteger(announced) ? announced : undefined,
  };
};

/** A whole small body in memory, one byte per character; 413 beyond `limit`. */
export const readSmallBody = async (exchange: Exchange, limit = 1024 * 1024): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of exchange.chunks()) {
    size += chunk.length;
    if (size > limit) throw new Refusal(textReply(413, 'Request Entity Too Large'));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};
