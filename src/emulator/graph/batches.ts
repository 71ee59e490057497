// POST $batch: up to twenty requests in one, in parallel unless they depend on each other (docs/graph-drive.md, 13).
import { Readable } from 'node:stream';
import { type Exchange, readSmallBody } from '../exchange.ts';
import type { Reply } from '../reply.ts';
import { parseTarget } from '../url-text.ts';
import { type Fields, isFields } from './graph-body.ts';
import { GraphError, invalidRequest } from './graph-error.ts';
import { graphReply } from './graph-json.ts';

const mostRequests = 20;
const longestBody = 4 * 1024 * 1024;

interface Inner {
  readonly id: string;
  readonly exchange: Exchange;
  readonly dependsOn: readonly string[];
}

interface Answer {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const bad = (message: string): GraphError => new GraphError(400, 'BadRequest', message);

const headersOf = (request: Fields): Record<string, string> => {
  const given = isFields(request['headers']) ? request['headers'] : {};
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)]));
};

const bodyOf = (request: Fields, headers: Readonly<Record<string, string>>): Buffer => {
  const body = request['body'];
  if (body === undefined || body === null) return Buffer.alloc(0);
  const type = headers['content-type'];
  if (type === undefined) throw bad('Request with a body must have a Content-Type header.');
  if (/json/i.test(type)) return Buffer.from(JSON.stringify(body));
  return Buffer.from(String(body), 'base64');
};

const exchangeOf = (outer: Exchange, request: Fields): Exchange => {
  const [method, url] = [request['method'], request['url']];
  if (typeof method !== 'string' || typeof url !== 'string') throw bad('Every request needs a method and a url.');
  if (/^https?:/i.test(url)) throw bad('The url of a request must be relative.');
  const headers = headersOf(request);
  const bytes = bodyOf(request, headers);
  const { authorization } = outer.headers;
  const body = Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false });
  return {
    ...parseTarget(`/${outer.segments[0] ?? 'v1.0'}/${url.replace(/^\//, '')}`),
    method: method.toUpperCase(),
    headers: { ...(authorization === undefined ? {} : { authorization }), ...headers },
    base: outer.base,
    body,
    gone: outer.gone,
    chunks: () => body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>,
    contentLength: bytes.length,
  };
};

const innerOf = (outer: Exchange, request: unknown): Inner => {
  if (!isFields(request) || typeof request['id'] !== 'string' || request['id'] === '') {
    throw bad('Every request needs an id.');
  }
  const dependsOn = Array.isArray(request['dependsOn'])
    ? request['dependsOn'].map((id) => String(id).toLowerCase())
    : [];
  return { id: request['id'], exchange: exchangeOf(outer, request), dependsOn };
};

const readRequests = async (outer: Exchange): Promise<Inner[]> => {
  const text = (await readSmallBody(outer, 2 * longestBody)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw Object.assign(bad('The batch request payload is no valid JSON.'), { cause });
  }
  const requests = isFields(value) ? value['requests'] : undefined;
  if (!Array.isArray(requests) || requests.length === 0) throw bad('The batch has no requests.');
  if (requests.length > mostRequests)
    throw bad(`Number of batch request steps exceeds the maximum value of ${mostRequests}.`);
  const inner = requests.map((request) => innerOf(outer, request));
  const ids = inner.map(({ id }) => id.toLowerCase());
  if (new Set(ids).size < ids.length) throw bad('The ids of the requests must be unique.');
  // What a request depends on comes before it, which rules out circles.
  for (const [index, { dependsOn }] of inner.entries()) {
    if (dependsOn.some((id) => !ids.slice(0, index).includes(id))) throw bad('dependsOn must name earlier requests.');
  }
  return inner;
};

const answerOf = async (id: string, reply: Reply): Promise<Answer> => {
  const { status, headers, json, body } = reply;
  if (json !== undefined) return { id, status, headers, body: json.value };
  if (body === undefined || (Buffer.isBuffer(body) && body.length === 0)) return { id, status, headers };
  if (Buffer.isBuffer(body)) return { id, status, headers, body: body.toString('base64') };
  throw invalidRequest('Bytes of files do not fit into a batch.');
};

const failed: Omit<Answer, 'id'> = {
  status: 424,
  headers: {},
  body: { error: { code: 'FailedDependency', message: 'A request that this one depends on failed.' } },
};

/** `perform` carries out one request as if it had come alone. */
export const runBatch = async (outer: Exchange, perform: (exchange: Exchange) => Promise<Reply>): Promise<Reply> => {
  const requests = await readRequests(outer);
  const running = new Map<string, Promise<Answer>>();
  for (const { id, exchange, dependsOn } of requests) {
    const run = async (): Promise<Answer> => {
      const before = await Promise.all(dependsOn.map((name) => running.get(name)));
      if (before.some((answer) => (answer?.status ?? 500) >= 400)) return { id, ...failed };
      return await answerOf(id, await perform(exchange));
    };
    running.set(id.toLowerCase(), run());
  }
  return graphReply(200, { responses: await Promise.all(running.values()) });
};
