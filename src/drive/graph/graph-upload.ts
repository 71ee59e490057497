// Uploads of the graph dialect. One PUT for what is small and was just saved; a session for what is large, and for what bears an
// older time, which only a session can store together with the content: a change of the time afterwards would be one more request,
// may fail by itself, and costs a version on business drives.
import type { HttpAnswer } from '../../http/http-answer.ts';
import { holdsUpload } from '../content-of.ts';
import type { Drive, Item, Upload, UploadTarget } from '../drive.ts';
import { DriveError, isFault } from '../drive-error.ts';
import { toDriveError } from '../http-faults.ts';
import type { WireObject } from './graph-errors.ts';
import { type Place, thePlace } from './graph-ids.ts';
import type { GraphItems } from './graph-items.ts';
import { checkName } from './graph-names.ts';
import { Recent } from './graph-recent.ts';
import { type GraphSession, parseSession, SessionGone, type SessionState } from './graph-session.ts';
import { fromMs, tagsOf } from './graph-wire.ts';

/** Once it has all bytes, the service may think for a while before it answers. */
const uploadIdleMs = 90_000;
const maxStarts = 3;

const behavior = '@microsoft.graph.conflictBehavior';

export interface GraphUploadOptions {
  /** Bytes; above it, sessions are used. */
  readonly simpleUploadLimit: number;
  readonly maxFileSize: number;
  /** A time that is no further from now than this is not worth a second request, milliseconds: the service stamps its own. */
  readonly timeSlackMs: number;
}

export interface Uploaded {
  readonly item: Item;
  /** The service's own words, where it had some. */
  readonly wire: WireObject | undefined;
}

export class GraphUpload {
  readonly #items: GraphItems;
  readonly #session: GraphSession;
  readonly #reader: Pick<Drive, 'read'>;
  readonly #options: GraphUploadOptions;
  /** By what they are for: sessions that were begun here and may be open still. */
  readonly #begun = new Recent<string>(1000);

  constructor(items: GraphItems, session: GraphSession, reader: Pick<Drive, 'read'>, options: GraphUploadOptions) {
    this.#items = items;
    this.#session = session;
    this.#reader = reader;
    this.#options = options;
  }

  async upload(upload: Upload, signal: AbortSignal | undefined): Promise<Uploaded> {
    signal?.throwIfAborted();
    const { target, size } = upload;
    if ('parentId' in target) checkName(target.name);
    if (size > this.#options.maxFileSize) {
      throw new DriveError('too-large', `${size} bytes; the drive takes files up to ${this.#options.maxFileSize}`);
    }
    if (size === 0) return await this.#empty(upload, signal);
    if (size > this.#options.simpleUploadLimit || !this.#isRecent(upload)) return await this.#inSession(upload, signal);
    try {
      return await this.#simple(upload, signal);
    } catch (error) {
      // Some deployments take less at once than others.
      if (!isFault(error, 'too-large')) throw error;
      return await this.#inSession(upload, signal);
    }
  }

  #isRecent({ modified }: Upload): boolean {
    return Math.abs(this.#items.requests.clock.now() - modified) <= this.#options.timeSlackMs;
  }

  // ---- one request ----

  async #simple(upload: Upload, signal: AbortSignal | undefined): Promise<Uploaded> {
    const { target } = upload;
    if (!('parentId' in target)) return await this.#put(upload, thePlace(target.itemId), undefined, signal);
    return await this.#items.inFolder(
      target.parentId,
      async (folder) => {
        try {
          return await this.#put(upload, folder, target.name, signal);
        } catch (error) {
          throw isFault(error, 'missing') && folder.via !== undefined
            ? await this.#masked(error, folder, target.name)
            : error;
        }
      },
      signal,
    );
  }

  /** In shares that may only be read, a new name is answered as if the folder were missing; a session tells the truth. */
  async #masked(error: DriveError, folder: Place, name: string): Promise<unknown> {
    try {
      const url = this.#items.addresses.child(folder, name, 'createUploadSession');
      const body = { json: { item: { [behavior]: 'fail' } } };
      const wire = await this.#items.requests.object({ method: 'POST', url, body });
      if (typeof wire['uploadUrl'] === 'string') await this.#session.cancel(wire['uploadUrl']);
    } catch (probed) {
      if (isFault(probed, 'denied')) return probed;
    }
    return error;
  }

  /** `name`: of a new item in the folder `place`; undefined: new content for the item `place`. */
  async #put(
    upload: Upload,
    place: Place,
    name: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Uploaded> {
    const { addresses, requests } = this.#items;
    const url = name === undefined ? `${addresses.item(place)}/content` : addresses.child(place, name, 'content');
    const query = name === undefined ? {} : { [behavior]: 'fail' };
    try {
      const ask = {
        ...{ method: 'PUT', url, query, signal, limits: { idleMs: uploadIdleMs } },
        headers: { 'content-type': 'application/octet-stream', ...condition(upload.target) },
        body: {
          ...{ size: upload.size, open: () => upload.body(0) },
          onSent: (bytes: number) => upload.onProgress?.(bytes),
        },
      };
      const answer = await requests.answer(ask);
      if (isOther(answer)) throw requests.noObject(answer, ask);
      return await this.#after(upload, answer.object, signal);
    } catch (error) {
      return name === undefined ? await this.#items.missing(error, [place], signal) : raise(error);
    }
  }

  /** Sessions take no files without bytes. The content is safe before its time is set: trouble with that is no failure. */
  async #empty(upload: Upload, signal: AbortSignal | undefined): Promise<Uploaded> {
    const made = await this.#simple(upload, signal);
    if (this.#isRecent(upload)) return made;
    try {
      const url = this.#items.addresses.item(thePlace(made.item.id));
      const body = { json: { fileSystemInfo: { lastModifiedDateTime: fromMs(upload.modified) } } };
      const wire = await this.#items.requests.object({ method: 'PATCH', url, body, signal });
      return { item: this.#items.the(wire, thePlace(made.item.id).via, made.item.id), wire };
    } catch (error) {
      if (!(error instanceof DriveError)) throw error;
      return made;
    }
  }

  /** The item that an upload made, as the answer has it. One without an item says nothing: the item is looked at. */
  async #after(upload: Upload, wire: WireObject | undefined, signal: AbortSignal | undefined): Promise<Uploaded> {
    const { target } = upload;
    if (wire?.['id'] !== undefined) {
      const item =
        'parentId' in target
          ? this.#items.named(wire, this.#items.folder(target.parentId).via, target.name)
          : this.#items.the(wire, thePlace(target.itemId).via, target.itemId);
      return { item, wire };
    }
    const item = await this.#ours(upload, {}, signal);
    if (item !== undefined) return { item, wire: undefined };
    throw new DriveError('broken', 'upload: answered without an item, and the bytes are not there', {
      ambiguous: true,
    });
  }

  /** The item, if it holds the bytes of the upload by now, or what the service made of them, in another version than `base`. */
  async #ours(
    upload: Upload,
    { base, isFulfilled = false }: { readonly base?: string | undefined; readonly isFulfilled?: boolean },
    signal: AbortSignal | undefined,
  ): Promise<Item | undefined> {
    const item = await this.#found(upload.target, signal);
    if (item === undefined || item.contentVersion === base) return undefined;
    try {
      const isRewritten = isFulfilled && mayBeRewritten(item, upload);
      return isRewritten || (await holdsUpload(this.#reader, item, upload, signal)) ? item : undefined;
    } catch (error) {
      throw error instanceof DriveError ? unseen(error) : error;
    }
  }

  async #found(target: UploadTarget, signal: AbortSignal | undefined): Promise<Item | undefined> {
    try {
      if ('itemId' in target) return (await this.#items.look(target.itemId, signal)).item;
      return await this.#items.child(this.#items.folder(target.parentId), target.name, signal);
    } catch (error) {
      if (isFault(error, 'missing')) return undefined;
      throw error instanceof DriveError ? unseen(error) : error;
    }
  }

  // ---- in a session ----

  async #inSession(upload: Upload, signal: AbortSignal | undefined): Promise<Uploaded> {
    const key = keyOf(upload.target);
    let state = parseSession(upload.session, key, upload.size);
    for (let starts = 1; ; starts++) {
      try {
        return await this.#run(upload, state, signal);
      } catch (error) {
        if (!(error instanceof SessionGone)) throw error;
        if (starts >= maxStarts) throw forgotten(error);
        state = undefined;
      }
    }
  }

  async #run(upload: Upload, resumed: SessionState | undefined, signal: AbortSignal | undefined): Promise<Uploaded> {
    let state = resumed;
    try {
      state = resumed === undefined ? await this.#begin(upload, signal) : await this.#session.status(resumed, signal);
      await upload.onSession?.(JSON.stringify({ ...state, closing: false }));
      const current = { ...state, closing: false };
      const wire = await this.#session.send(
        current,
        {
          ...upload,
          onSession: async (text) => {
            state = parseSession(text, current.target, current.size) ?? state;
            await upload.onSession?.(text);
          },
        },
        (now) => this.#checkBase(upload, now, signal),
        signal,
      );
      this.#begun.delete(current.target);
      return await this.#after(upload, wire, signal);
    } catch (thrown) {
      if (thrown instanceof SessionGone) return await this.#lost(upload, state, thrown, signal);
      throw await this.#given(thrown, state);
    }
  }

  /** The session is over. If its last bytes were on their way, it may have become the file. */
  async #lost(
    upload: Upload,
    state: SessionState | undefined,
    gone: SessionGone,
    signal: AbortSignal | undefined,
  ): Promise<Uploaded> {
    this.#begun.delete(keyOf(upload.target));
    if (state?.closing !== true) throw gone;
    const item = await this.#ours(upload, { base: state.base, isFulfilled: gone.isFulfilled }, signal);
    if (item === undefined) throw gone;
    return { item, wire: undefined };
  }

  /** A session that will never become a file is ended: it counts against the quota, and may keep the name from others. */
  async #given(thrown: unknown, state: SessionState | undefined): Promise<unknown> {
    const error = toDriveError(thrown, { mutates: true });
    const isFinal = error instanceof DriveError && !error.passing && error.fault !== 'signed-out';
    if (state !== undefined && isFinal) {
      this.#begun.delete(state.target);
      await this.#session.cancel(state.url);
    }
    return error;
  }

  async #begin(upload: Upload, signal: AbortSignal | undefined): Promise<SessionState> {
    const { target } = upload;
    const key = keyOf(target);
    const earlier = this.#begun.get(key);
    if (earlier !== undefined) await this.#session.cancel(earlier);
    const isWatched =
      'itemId' in target && target.ifVersion !== undefined && upload.size > this.#options.simpleUploadLimit;
    const base = isWatched ? await this.#base(target, signal) : undefined;
    const url = await ('parentId' in target
      ? this.#beginNew(upload, target, signal)
      : this.#beginReplace(upload, target, base === undefined, signal));
    this.#begun.set(key, url);
    return {
      ...{ url, target: key, size: upload.size, offset: 0, closing: false },
      ...(base === undefined ? {} : { base: base.contentVersion }),
    };
  }

  /** The service checks a version when a session begins, at best; sessions that last are watched from here. */
  async #base(target: Extract<UploadTarget, { itemId: unknown }>, signal: AbortSignal | undefined): Promise<Item> {
    const { item } = await this.#items.look(target.itemId, signal);
    if (isSameContent(item.version, target.ifVersion)) return item;
    throw new DriveError('changed', `${item.id} is ${item.version}, no longer ${target.ifVersion}`);
  }

  async #checkBase({ target }: Upload, { base }: SessionState, signal: AbortSignal | undefined): Promise<void> {
    if (base === undefined || !('itemId' in target)) return;
    const { item } = await this.#items.look(target.itemId, signal);
    if (item.contentVersion === base) return;
    throw new DriveError('changed', `${item.id} was changed while its new content was sent`);
  }

  async #beginNew(
    upload: Upload,
    { parentId, name }: Extract<UploadTarget, { parentId: unknown }>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const begin = async (folder: Place): Promise<string> => {
      const url = this.#items.addresses.child(folder, name, 'createUploadSession');
      return await this.#create(url, { [behavior]: 'fail', name }, upload, {}, signal);
    };
    return await this.#items.inFolder(
      parentId,
      async (folder) => {
        try {
          return await begin(folder);
        } catch (error) {
          // Another session for the name is refused in the same words as a name that is taken.
          const isFree = isFault(error, 'exists') && (await this.#items.child(folder, name, signal)) === undefined;
          throw isFree ? occupied(error, `'${name}'`) : error;
        }
      },
      signal,
    );
  }

  async #beginReplace(
    upload: Upload,
    target: Extract<UploadTarget, { itemId: unknown }>,
    isConditional: boolean,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const place = thePlace(target.itemId);
    const url = `${this.#items.addresses.item(place)}/createUploadSession`;
    const begin = (terms: Readonly<Record<string, string>>): Promise<string> =>
      this.#create(url, { [behavior]: 'replace' }, upload, terms, signal);
    const headers = isConditional ? condition(target) : {};
    try {
      return await begin(headers);
    } catch (error) {
      if (isFault(error, 'exists')) throw occupied(error, target.itemId);
      if (!isFault(error, 'changed') || Object.keys(headers).length === 0)
        return await this.#items.missing(error, [place], signal);
      // The beginning of a session changes tags; some that were current are refused for it.
      await this.#base(target, signal);
      return await begin({});
    }
  }

  async #create(
    url: string,
    terms: Readonly<Record<string, string>>,
    upload: Upload,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const item = { ...terms, fileSystemInfo: { lastModifiedDateTime: fromMs(upload.modified) } };
    const wire = await this.#items.requests.object({ method: 'POST', url, headers, body: { json: { item } }, signal });
    return this.#items.requests.outside(wire['uploadUrl'], 'new upload session');
  }
}

const keyOf = (target: UploadTarget): string =>
  'parentId' in target ? `new ${target.parentId} ${target.name}` : `item ${target.itemId}`;

/** Tags of contents survive what the service does to an item by itself a moment after an upload. */
const condition = (target: UploadTarget): Readonly<Record<string, string>> => {
  if ('parentId' in target || target.ifVersion === undefined) return {};
  const { item, content } = tagsOf(target.ifVersion);
  return { 'if-match': content ?? item };
};

const isSameContent = (version: string, wanted: string | undefined): boolean => {
  const [now, then] = [tagsOf(version), tagsOf(wanted ?? '')];
  return now.content !== undefined && then.content !== undefined
    ? now.content === then.content
    : now.item === then.item;
};

/** Libraries write into documents as soon as they have them: another size than ours, in another version than before. */
const mayBeRewritten = (item: Item, { target, size }: Upload): boolean => {
  if (item.kind !== 'file' || item.size === size) return false;
  return 'parentId' in target || (target.ifVersion !== undefined && !isSameContent(item.version, target.ifVersion));
};

const occupied = (cause: DriveError, what: string): DriveError =>
  new DriveError('busy', `${what} is being uploaded already`, { cause });

/** The content is on the drive by now, whatever happened to the look at it. */
const unseen = (cause: DriveError): DriveError =>
  new DriveError(cause.fault, `after an upload: ${cause.message}`, { ambiguous: true, cause });

/** Neither an object nor nothing: it comes from something in front of the service. */
const isOther = ({ bytes, object }: HttpAnswer): boolean => bytes.length > 0 && object === undefined;

const raise = (error: unknown): never => {
  throw error;
};

const forgotten = (cause: SessionGone): DriveError =>
  new DriveError('broken', `upload: the service forgets its sessions (${cause.message})`, { cause });
