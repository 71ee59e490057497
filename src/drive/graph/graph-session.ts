// Upload sessions of the service (docs: Graph, 8): fragments in their order to a pre-authenticated address, without the token; the
// last one makes the file. Knows addresses and offsets; what the file becomes, and whether it may, is graph-upload.ts's.
import type { HttpAnswer } from '../../http/http-answer.ts';
import type { Upload } from '../drive.ts';
import { DriveError } from '../drive-error.ts';
import { UploadSource } from '../upload-source.ts';
import { isObject, type WireObject } from './graph-errors.ts';
import type { GraphRequests } from './graph-requests.ts';

/** Fragments that are not the last must be multiples of this. */
export const fragmentUnit = 320 * 1024;
/** How long bytes of an attempt that broke may still be on their way into the session. */
const pauseMs = 300;
/** In a row, without any byte being accepted. */
const maxFailures = 4;
/** Once it has all bytes, the service may think for a while before it answers. */
const fragmentIdleMs = 90_000;
/** An abandoned session counts against the quota: it is ended even for a caller who is gone, but nobody waits long for that. */
const cancelMs = 10_000;

/** What the journal keeps of a session. */
export interface SessionState {
  /** Opens the session for whoever has it. */
  readonly url: string;
  /** What the session is for. */
  readonly target: string;
  readonly size: number;
  /** Bytes that the service has accepted. */
  readonly offset: number;
  /** The last fragment was begun: the file may be there already. */
  readonly closing: boolean;
  /** The content version of the item before, where it was looked at. */
  readonly base?: string;
}

const isState = (value: unknown): value is SessionState =>
  isObject(value) &&
  typeof value['url'] === 'string' &&
  URL.canParse(value['url']) &&
  Number.isSafeInteger(value['offset']) &&
  Number(value['offset']) >= 0;

/** Undefined for what is no state of a session for these bytes. */
export const parseSession = (text: string | undefined, target: string, size: number): SessionState | undefined => {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isState(value) && value.target === target && value.size === size ? value : undefined;
  } catch {
    return undefined;
  }
};

/** The service knows nothing of the session (any more), or makes no sense of it: another has to be made. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone';
  /** The last fragment was answered with success before, and the service itself says that there is no such session since. */
  readonly isFulfilled: boolean;

  constructor(message: string, isFulfilled = false) {
    super(message);
    this.isFulfilled = isFulfilled;
  }
}

const goneStatuses: ReadonlySet<number> = new Set([401, 403, 404, 410]);

const expectedIn = (wire: WireObject | undefined): number | undefined => {
  const ranges = wire?.['nextExpectedRanges'];
  const [, start] = /^(\d{1,15})-/.exec(Array.isArray(ranges) ? String(ranges[0]) : '') ?? [];
  return start === undefined ? undefined : Number(start);
};

/** What became of a fragment. */
type Step =
  | { readonly offset: number; readonly url?: string }
  /** The file, as the answer tells it. */
  | { readonly made: WireObject };

export class GraphSession {
  readonly #requests: GraphRequests;
  readonly #fragmentSize: number;

  constructor(requests: GraphRequests, fragmentSize: number) {
    this.#requests = requests;
    this.#fragmentSize = Math.max(fragmentUnit, Math.floor(fragmentSize / fragmentUnit) * fragmentUnit);
  }

  /** The next fragment is the last. */
  isLast(state: SessionState): boolean {
    return this.#endOf(state) === state.size;
  }

  /** Where the next fragment ends. Where the item is watched, the last one is small: what others change while it is sent goes unseen. */
  #endOf({ offset, size, base }: SessionState): number {
    const end = Math.min(offset + this.#fragmentSize, size);
    if (end < size || base === undefined) return end;
    const small = Math.floor((size - 1) / fragmentUnit) * fragmentUnit;
    return offset < small ? small : size;
  }

  /** How far the service got, and under which address it goes on. `isEnd`: all of it, as it seemed. Throws SessionGone. */
  async status(state: SessionState, signal: AbortSignal | undefined, isEnd = false): Promise<SessionState> {
    const ask = { url: state.url, signal };
    const answer = await this.#requests.sendOutside(ask);
    if (goneStatuses.has(answer.status)) throw unknown(answer, isEnd && answer.status === 404);
    if (!answer.ok) throw this.#requests.error(answer, { ...ask, url: 'upload session' });
    if (answer.isPage) throw this.#requests.noObject(answer, { url: 'upload session' });
    const wire = answer.object;
    const offset = expectedIn(wire);
    if (offset === undefined || offset >= state.size) {
      await this.cancel(state.url);
      throw new SessionGone('the service does not say which bytes it has');
    }
    const { uploadUrl } = wire ?? {};
    return { ...state, offset, ...(typeof uploadUrl === 'string' ? { url: this.#address(uploadUrl) } : {}) };
  }

  #address(url: unknown): string {
    return this.#requests.outside(url, 'upload session');
  }

  /**
   * All fragments that are missing. `beforeLast` runs once, before the one that makes the file. Throws SessionGone, also where that
   * one was answered without the file and the session is over. The file as the service answers it.
   */
  async send(
    from: SessionState,
    upload: Upload,
    beforeLast: (state: SessionState) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<WireObject> {
    const source = new UploadSource(upload);
    let state = from;
    let failures = 0;
    try {
      for (;;) {
        if (this.isLast(state) && !state.closing) {
          await beforeLast(state);
          state = await keep({ ...state, closing: true }, upload);
        }
        const step = await this.#step(state, source, signal);
        if ('made' in step) {
          upload.onProgress?.(state.size);
          return step.made;
        }
        failures = step.offset > state.offset ? 0 : failures + 1;
        if (failures > maxFailures) throw new DriveError('broken', 'upload: the service accepts no more bytes of it');
        state = await this.#accepted(state, step, upload);
      }
    } finally {
      await source.close();
    }
  }

  async #accepted(state: SessionState, step: { offset: number; url?: string }, upload: Upload): Promise<SessionState> {
    const next = await keep({ ...state, ...step, closing: false }, upload);
    upload.onProgress?.(next.offset);
    return next;
  }

  /** One fragment; where it breaks, the service is asked how far it got. */
  async #step(state: SessionState, source: UploadSource, signal: AbortSignal | undefined): Promise<Step> {
    try {
      return await this.#fragment(state, source, signal);
    } catch (error) {
      if (!(error instanceof DriveError) || !error.passing) throw error;
      await this.#requests.clock.sleep(error.retryAfterMs ?? 500, signal);
      return await this.#asked(state, signal);
    }
  }

  async #asked(state: SessionState, signal: AbortSignal | undefined, isEnd = false): Promise<Step> {
    const { offset, url } = await this.status(state, signal, isEnd);
    return { offset, url };
  }

  async #fragment(state: SessionState, source: UploadSource, signal: AbortSignal | undefined): Promise<Step> {
    const { offset, size, url } = state;
    const end = this.#endOf(state);
    const answer = await this.#requests.sendOutside({
      ...{ method: 'PUT', url, signal, limits: { idleMs: fragmentIdleMs } },
      headers: { 'content-range': `bytes ${offset}-${end - 1}/${size}`, 'content-type': 'application/octet-stream' },
      // The file is there with its last byte: that one must not leave before it is known that none follows it.
      body: { size: end - offset, open: () => (end === size ? ending(source, offset, end) : source.part(offset, end)) },
    });
    if (answer.ok) {
      const isEnd = end === size && answer.status !== 202 && answer.bytes.length === 0;
      return this.#taken(answer, offset, end) ?? (await this.#asked(state, signal, isEnd));
    }
    if (answer.status === 416) {
      await this.#requests.clock.sleep(pauseMs, signal);
      return await this.#asked(state, signal);
    }
    if (goneStatuses.has(answer.status)) throw unknown(answer);
    throw this.#requests.error(answer, { method: 'PUT', url: `upload of bytes ${offset} to ${end}` });
  }

  /**
   * What became of the fragment, as an answer that is no error tells it. Undefined for one without an object: nobody knows who gave
   * it, and only the session itself can say which bytes it has.
   */
  #taken({ status, object }: HttpAnswer, offset: number, end: number): Step | undefined {
    if (object === undefined) return undefined;
    if (status === 202) return { offset: this.#next(object, offset, end) };
    return object['id'] === undefined ? undefined : { made: object };
  }

  /** The service may have kept less than it was sent, and goes on in the middle of a fragment then. */
  #next(object: WireObject, offset: number, end: number): number {
    const next = expectedIn(object);
    return next !== undefined && next >= offset && next <= end ? next : end;
  }

  /** Whatever comes of it: an unused session ends by itself some day. */
  async cancel(url: string): Promise<void> {
    await this.#requests
      .sendOutside({ method: 'DELETE', url, signal: AbortSignal.timeout(cancelMs) })
      .catch(() => undefined);
  }
}

const unknown = ({ status, object }: HttpAnswer, isEnd = false): SessionGone =>
  new SessionGone(`the session is not known: ${status}`, isEnd && isObject(object?.['error']));

const keep = async (state: SessionState, upload: Upload): Promise<SessionState> => {
  await upload.onSession?.(JSON.stringify(state));
  return state;
};

async function* ending(source: UploadSource, start: number, end: number): AsyncGenerator<Uint8Array> {
  yield* source.part(start, end);
  await source.checkEnd();
}
