// BITS, how the live service takes large files (docs: Live Connect, part 5): a session, fragments in order, and a close that
// makes the file. Knows sessions and offsets; which item it is for, and whether it may be written, is live-upload.ts's.
import type { HttpAnswer } from '../../http/http-answer.ts';
import type { RequestBody } from '../../http/request-body.ts';
import type { Upload } from '../drive.ts';
import { DriveError } from '../drive-error.ts';
import { UploadSource } from '../upload-source.ts';
import { answerError, type LiveRequests } from './live-requests.ts';

const protocol = '{7df0354d-249b-430f-820d-3d2a9bef4931}';
/** In a row, without any byte being accepted. */
const maxFailures = 4;

/** What the journal keeps of a session. */
export interface SessionState {
  readonly id: string;
  /** Where the session was made; it is of no use elsewhere. */
  readonly url: string;
  readonly size: number;
  /** Bytes that the service has accepted. */
  readonly offset: number;
  /** The close was asked for: the file may be there already. */
  readonly closing: boolean;
  /** The content version of the item before, where there was one. */
  readonly base?: string;
}

export const parseSession = (text: string | undefined, url: string, size: number): SessionState | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const state = value as SessionState;
  const isOurs = state.url === url && state.size === size && typeof state.id === 'string';
  return isOurs && state.offset >= 0 && state.offset <= size ? state : undefined;
};

/** The service knows nothing of the session (any more): another has to be made. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone';
}

const received = (answer: HttpAnswer): number | undefined => {
  const text = answer.header('bits-received-content-range')?.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
};

/** Said by the service itself: what is in front of it knows nothing of packets. */
const isAcknowledged = (answer: HttpAnswer): boolean =>
  answer.header('bits-packet-type') !== undefined ||
  answer.header('bits-session-id') !== undefined ||
  answer.header('x-resource-id') !== undefined ||
  received(answer) !== undefined;

const tokenTrouble = (answer: HttpAnswer): boolean =>
  /error="(expired|invalid)_token"/.test(answer.header('www-authenticate') ?? '');

const isGone = (answer: HttpAnswer): boolean =>
  answer.header('x-clienterrorcode') === 'UploadSessionNotFound' || answer.status === 404 || answer.status === 410;

export interface BitsOptions {
  readonly requests: LiveRequests;
  readonly fragmentSize: number;
}

export class LiveBits {
  readonly #options: BitsOptions;
  readonly #requests: LiveRequests;

  constructor(options: BitsOptions) {
    this.#options = options;
    this.#requests = options.requests;
  }

  async create(url: string, size: number, base: string | undefined, signal?: AbortSignal): Promise<SessionState> {
    const headers = { 'bits-supported-protocols': protocol };
    const answer = await this.#packet('Create-Session', url, { headers, signal });
    const id = answer.header('bits-session-id');
    if (!answer.ok) throw this.#error(answer, 'start of an upload');
    if (id === undefined) throw new DriveError('broken', 'start of an upload: the answer names no session');
    return { id, url, size, offset: 0, closing: false, ...(base === undefined ? {} : { base }) };
  }

  /** All fragments that are missing. Throws SessionGone. */
  async send(from: SessionState, upload: Upload, signal?: AbortSignal): Promise<SessionState> {
    const source = new UploadSource(upload);
    let state = from;
    let failures = 0;
    try {
      while (state.offset < state.size) {
        const next = await this.#fragment(state, source, signal).catch((error: unknown) => this.#passing(error));
        failures = typeof next === 'number' && next > state.offset ? 0 : failures + 1;
        if (failures > maxFailures) throw stuck(next);
        if (typeof next === 'number') state = await this.#accepted(state, next, upload);
        else await this.#requests.clock.sleep(next.retryAfterMs ?? 250 * 2 ** failures, signal);
      }
      await source.checkEnd();
      return state;
    } finally {
      await source.close();
    }
  }

  /** A broken fragment may be repeated here, since the service says how far it got. */
  #passing(error: unknown): DriveError {
    if (error instanceof DriveError && error.passing) return error;
    throw error;
  }

  async #accepted(state: SessionState, offset: number, upload: Upload): Promise<SessionState> {
    const next = { ...state, offset };
    await upload.onSession?.(JSON.stringify(next));
    upload.onProgress?.(offset);
    return next;
  }

  /** Up to where the service has all bytes afterwards. */
  async #fragment(state: SessionState, source: UploadSource, signal?: AbortSignal): Promise<number> {
    const { offset, size } = state;
    const end = Math.min(offset + this.#options.fragmentSize, size);
    const answer = await this.#packet('Fragment', state.url, {
      headers: { 'bits-session-id': state.id, 'content-range': `bytes ${offset}-${end - 1}/${size}` },
      body: { size: end - offset, open: () => source.part(offset, end) },
      signal,
    });
    const got = received(answer);
    if (got !== undefined && got > size) throw new SessionGone('the service has more bytes than there are');
    if (answer.ok) return got ?? end;
    if (answer.status === 416 && got !== undefined) return got;
    if (answer.status === 416 || isGone(answer)) throw new SessionGone('the session is not known');
    throw this.#error(answer, `upload of bytes ${offset} to ${end}`);
  }

  /** The resid of the file that the session became. Undefined where the service does not say. Throws SessionGone. */
  async close(state: SessionState, signal?: AbortSignal): Promise<string | undefined> {
    const headers = { 'bits-session-id': state.id };
    let answer = await this.#packet('Close-Session', state.url, { headers, signal });
    if (tokenTrouble(answer)) {
      // Said with a 500: the client, which renews at a 401, has not noticed.
      await this.#requests.http.renewToken(signal);
      answer = await this.#packet('Close-Session', state.url, { headers, signal });
    }
    if (answer.ok) return answer.header('x-resource-id');
    if (answer.status === 416 || isGone(answer)) throw new SessionGone('the session is not known');
    throw this.#error(answer, 'end of an upload');
  }

  /** Whatever comes of it: an unused session ends by itself some day. */
  async cancel(state: SessionState): Promise<void> {
    await this.#packet('Cancel-Session', state.url, { headers: { 'bits-session-id': state.id } }).catch(() => {});
  }

  #error(answer: HttpAnswer, title: string): DriveError {
    return answerError(answer, title, true, this.#requests.clock.now());
  }

  async #packet(
    type: string,
    url: string,
    more: {
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: RequestBody;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<HttpAnswer> {
    const headers = { 'x-http-method-override': 'BITS_POST', 'bits-packet-type': type, ...more.headers };
    const answer = await this.#requests.send({ method: 'POST', url, ...more, headers });
    if (!answer.ok || isAcknowledged(answer)) return answer;
    throw new DriveError('broken', `upload, ${type}: ${answer.status} without a word of the service`, {
      ...{ status: answer.status, ambiguous: true },
    });
  }
}

const stuck = (last: number | DriveError): DriveError =>
  last instanceof DriveError ? last : new DriveError('broken', 'upload: the service accepts no more bytes of it');
