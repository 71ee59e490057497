// Small requests that are asked at the same moment go to the service as one, twenty at most (docs: Graph, 13). Each keeps its own
// headers, answer and failure; one that is alone goes as it is, and none waits for others. Owned by graph-requests.ts.
import { HttpAnswer } from '../../http/http-answer.ts';
import type { HttpClient, HttpRequest } from '../../http/http-client.ts';
import { HttpFailure } from '../../http/http-failure.ts';
import { isObject, type WireObject } from './graph-errors.ts';

const mostRequests = 20;
/** Errors of a whole batch that are true of each request in it: signing in, and load. */
const shared: ReadonlySet<number> = new Set([401, 408, 420, 429]);

/** The service, or what is in front of it, takes no batches (any more). Says nothing of the items: a 410 does not mean that they are gone. */
const isRefusal = (status: number): boolean => (status >= 400 && status < 500 && !shared.has(status)) || status === 501;

interface Waiting {
  readonly request: HttpRequest;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (reason: unknown) => void;
  /** Told when nobody wants the answer any more; once it is on its way. */
  left?: () => void;
}

const headersOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).map(([name, text]) => [name.toLowerCase(), String(text)]),
  );

/** JSON as it is; anything else comes in base64. */
const bytesOf = (body: unknown): Buffer => {
  if (body === undefined || body === null) return Buffer.alloc(0);
  return typeof body === 'string' ? Buffer.from(body, 'base64') : Buffer.from(JSON.stringify(body));
};

/** The answers in the answer to a batch, by the ids of their requests. */
const answersIn = (batch: HttpAnswer): ReadonlyMap<string, HttpAnswer> => {
  const found = new Map<string, HttpAnswer>();
  const responses = batch.object?.['responses'];
  const date = batch.header('date');
  for (const response of Array.isArray(responses) ? responses : []) {
    const status = Number(isObject(response) ? response['status'] : undefined);
    if (!isObject(response) || !Number.isInteger(status) || status < 200 || status > 599) continue;
    const headers = { ...(date === undefined ? {} : { date }), ...headersOf(response['headers']) };
    found.set(String(response['id']), HttpAnswer.of(status, headers, bytesOf(response['body'])));
  }
  return found;
};

export class GraphBatches {
  readonly #http: HttpClient;
  #waiting: Waiting[] = [];
  #isRefused = false;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  /** As HttpClient's: any answer; rejects with its failures, which are those of the whole batch, and with the signal's reason. */
  send(request: HttpRequest): Promise<HttpAnswer> {
    const { signal } = request;
    if (this.#isRefused) return this.#http.send(request);
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        settle(() => reject(signal?.reason));
        waiting.left?.();
      };
      const settle = (done: () => void): void => {
        signal?.removeEventListener('abort', leave);
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        done();
      };
      const waiting: Waiting = {
        request,
        resolve: (answer) => settle(() => resolve(answer)),
        reject: (reason) => settle(() => reject(reason)),
      };
      signal?.addEventListener('abort', leave, { once: true });
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push(waiting);
    });
  }

  #flush(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < all.length; at += mostRequests) void this.#sendAll(all.slice(at, at + mostRequests));
  }

  async #sendAll(all: readonly Waiting[]): Promise<void> {
    const [first, ...others] = all;
    if (first === undefined) return;
    if (others.length === 0) this.#sendAlone(first);
    else
      await this.#sendBatch(all).catch((error: unknown) => {
        for (const one of all) one.reject(error);
      });
  }

  #sendAlone({ request, resolve, reject }: Waiting): void {
    this.#http.send(request).then(resolve, reject);
  }

  async #sendBatch(all: readonly Waiting[]): Promise<void> {
    const requests = all.map(({ request }, index) => this.#inner(request, String(index + 1)));
    const signal = abortedWithout(all);
    const answer = await this.#http.send({ method: 'POST', url: '$batch', body: { json: { requests } }, signal });
    if (isRefusal(answer.status)) {
      this.#isRefused = true;
      for (const one of all) this.#sendAlone(one);
    } else if (!answer.ok) for (const one of all) one.resolve(answer);
    else this.#handOut(all, answer);
  }

  #inner({ method = 'GET', url, headers, body }: HttpRequest, id: string): WireObject {
    const json = body !== undefined && 'json' in body ? body.json : undefined;
    return {
      ...{ id, method, url: `/${url}` },
      headers: { ...headers, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(json === undefined ? {} : { body: json }),
    };
  }

  #handOut(all: readonly Waiting[], batch: HttpAnswer): void {
    const answers = answersIn(batch);
    for (const [index, one] of all.entries()) {
      const answer = answers.get(String(index + 1));
      // Alone, it is sent again with a token that was renewed.
      if (answer?.status === 401) this.#sendAlone(one);
      else if (answer !== undefined) one.resolve(answer);
      else one.reject(new HttpFailure('garbled', 'a batch whose answer leaves a request out', { sent: true }));
    }
  }
}

/** Aborted once nobody is left who wants an answer. Their signals live as long as a mount: nothing more is hung on those. */
const abortedWithout = (all: readonly Waiting[]): AbortSignal => {
  const controller = new AbortController();
  let staying = all.length;
  for (const one of all)
    one.left = () => {
      staying -= 1;
      if (staying === 0) controller.abort(one.request.signal?.reason);
    };
  return controller.signal;
};
