// Uploads of the live dialect: one PUT, or BITS above the limit of one request. The service checks no versions and BITS always
// replaces, so that what must hold before is looked at here. The item is read once afterwards: an upload answers three fields.
import { holdsUpload } from '../content-of.ts';
import { isSameVersion } from '../counted-version.ts';
import type { Drive, Item, ItemId, Upload, UploadTarget } from '../drive.ts';
import { DriveError, isFault } from '../drive-error.ts';
import { toDriveError } from '../http-faults.ts';
import { LiveBits, parseSession, SessionGone, type SessionState } from './live-bits.ts';
import { checkName } from './live-names.ts';
import type { LiveRequests } from './live-requests.ts';
import type { LiveVersions } from './live-versions.ts';
import { idParts, toItem } from './live-wire.ts';

const afterTries = 3;
/** Once it has all bytes, the service may think for a while before it answers. */
const uploadIdleMs = 90_000;

export interface LiveUploadParts extends Pick<Drive, 'read'> {
  readonly requests: LiveRequests;
  readonly versions: LiveVersions;
  look(id: ItemId, signal?: AbortSignal): Promise<Item>;
  children(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Item[]>;
}

export interface LiveUploadOptions {
  /** Bytes; above it, BITS is used. */
  readonly simpleUploadLimit: number;
  readonly maxFileSize: number;
  readonly fragmentSize: number;
  /** Without a slash at the end; `{uid}` stands for the owner of the drive. */
  readonly storageUrl: string;
}

/** Where BITS puts a file. */
interface Place {
  readonly parentId: ItemId;
  readonly name: string;
  /** The item that gets the new content; undefined for a new one. */
  readonly item: Item | undefined;
}

export class LiveUpload {
  readonly #parts: LiveUploadParts;
  readonly #options: LiveUploadOptions;
  readonly #bits: LiveBits;

  constructor(parts: LiveUploadParts, options: LiveUploadOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#bits = new LiveBits({ requests: parts.requests, fragmentSize: options.fragmentSize });
  }

  async upload(upload: Upload, signal: AbortSignal | undefined): Promise<Item> {
    signal?.throwIfAborted();
    const { target, size } = upload;
    if ('parentId' in target) checkName(target.name, false);
    if (size > this.#options.maxFileSize) {
      throw new DriveError('too-large', `${size} bytes; the drive takes files up to ${this.#options.maxFileSize}`);
    }
    const isSimple = size <= this.#options.simpleUploadLimit;
    return isSimple ? await this.#simple(upload, signal) : await this.#inFragments(upload, signal);
  }

  // ---- one request ----

  async #simple(upload: Upload, signal: AbortSignal | undefined): Promise<Item> {
    const { target } = upload;
    const before = await this.#checkedBase(target, signal);
    const path = 'parentId' in target ? [target.parentId, 'files', target.name] : [target.itemId, 'content'];
    const wire = await this.#parts.requests.object({
      ...{ method: 'PUT', path, signal, limits: { idleMs: uploadIdleMs } },
      query: { ...('parentId' in target ? { overwrite: 'false' } : {}), downsize_photo_uploads: 'false' },
      body: {
        size: upload.size,
        open: () => upload.body(0),
        onSent: (bytes) => upload.onProgress?.(bytes),
      },
    });
    const id = 'parentId' in target ? toItem({ ...wire, type: 'file', size: 0 })?.id : target.itemId;
    if (id === undefined) throw new DriveError('broken', 'upload: the answer names no item', { ambiguous: true });
    return await this.#after(id, before, signal);
  }

  /** The item as it is before its content is replaced, where a version is asked for. Another look is not worth a request. */
  async #checkedBase(target: UploadTarget, signal: AbortSignal | undefined): Promise<Item | undefined> {
    if ('parentId' in target || target.ifVersion === undefined) return undefined;
    const item = await this.#parts.look(target.itemId, signal);
    if (isSameVersion(target.ifVersion, item.version)) return item;
    throw new DriveError('changed', `${item.id} is ${item.version}, no longer ${target.ifVersion}`);
  }

  /**
   * The item that the upload made. Its times can only be had by asking: guessed ones would make the next listing look as if
   * somebody else had changed the file. The content is on the drive by now, whatever happens to this request.
   */
  async #after(id: ItemId, before: Item | undefined, signal: AbortSignal | undefined): Promise<Item> {
    for (let tries = 1; ; tries++) {
      try {
        return this.#parts.versions.uploaded(await this.#parts.look(id, signal), before);
      } catch (error) {
        if (!(error instanceof DriveError)) throw error;
        if (!error.passing || tries >= afterTries) throw unseen(error);
        await this.#parts.requests.clock.sleep(error.retryAfterMs ?? 250 * 2 ** tries, signal);
      }
    }
  }

  // ---- in fragments ----

  async #inFragments(upload: Upload, signal: AbortSignal | undefined): Promise<Item> {
    const place = await this.#place(upload.target, signal);
    const url = this.#url(place);
    let state = parseSession(upload.session, url, upload.size);
    for (let starts = 0; ; starts++) {
      try {
        return await this.#run(upload, place, state ?? url, signal);
      } catch (error) {
        if (!(error instanceof SessionGone)) throw error;
        if (starts > 1) throw forgotten(error);
        state = undefined;
      }
    }
  }

  async #place(target: UploadTarget, signal: AbortSignal | undefined): Promise<Place> {
    if ('parentId' in target) return { ...target, item: undefined };
    const item = await this.#parts.look(target.itemId, signal);
    if (item.kind !== 'file' || item.parentId === undefined) {
      throw new DriveError('refused', `${item.id}: a ${item.kind} has no content`);
    }
    return { parentId: item.parentId, name: item.name, item };
  }

  /** The root has no id that BITS understands, and is addressed by its path. */
  #url({ parentId, name }: Place): string {
    const parts = idParts(parentId);
    if (parts === undefined) throw new DriveError('refused', `${parentId} is no folder of this drive`);
    const host = this.#options.storageUrl.replace('{uid}', parts.uid);
    const folder = parts.resid === undefined ? `users/0x${parts.uid}/LiveFolders` : `items/${parts.resid}`;
    return `${host}/${folder}/${encodeURIComponent(name)}`;
  }

  async #run(
    upload: Upload,
    place: Place,
    from: SessionState | string,
    signal: AbortSignal | undefined,
  ): Promise<Item> {
    if (typeof from !== 'string' && from.closing) {
      const finished = await this.#finished(upload, place, from, signal);
      if (finished !== undefined) return finished;
    }
    await this.#checkPlace(upload, place, signal);
    const start =
      typeof from === 'string'
        ? await this.#bits.create(from, upload.size, place.item?.contentVersion, signal)
        : { ...from, closing: false };
    await upload.onSession?.(JSON.stringify(start));
    const sent = await this.#send(start, upload, signal);
    try {
      // Hours may have passed since the first look.
      await this.#checkPlace(upload, await this.#placeNow(place, signal), signal);
    } catch (error) {
      await this.#bits.cancel(sent);
      throw error;
    }
    return await this.#close(upload, place, { ...sent, closing: true }, signal);
  }

  async #send(start: SessionState, upload: Upload, signal: AbortSignal | undefined): Promise<SessionState> {
    try {
      return await this.#bits.send(start, upload, signal);
    } catch (thrown) {
      const error = toDriveError(thrown, { mutates: true });
      if (isFault(error, 'refused')) await this.#bits.cancel(start);
      throw error;
    }
  }

  async #close(upload: Upload, place: Place, state: SessionState, signal: AbortSignal | undefined): Promise<Item> {
    await upload.onSession?.(JSON.stringify(state));
    const resid = await this.#bits.close(state, signal);
    if (resid === undefined) return await this.#unnamed(upload, place, state, signal);
    const id = toItem({ id: `file.${idParts(place.parentId)?.uid ?? ''}.${resid}` })?.id;
    if (id === undefined) throw new DriveError('broken', 'upload: the file cannot be found', { ambiguous: true });
    if (place.item !== undefined && id !== place.item.id) {
      throw new DriveError('changed', `${place.item.id} was moved while its content was sent; that is now in ${id}`);
    }
    return await this.#after(id, place.item, signal);
  }

  /** The service does not say what the session became. */
  async #unnamed(upload: Upload, place: Place, state: SessionState, signal: AbortSignal | undefined): Promise<Item> {
    const item = await this.#finished(upload, await this.#placeNow(place, signal), state, signal);
    if (item !== undefined) return item;
    throw new DriveError('broken', 'upload: the file cannot be found', { ambiguous: true });
  }

  async #placeNow(place: Place, signal: AbortSignal | undefined): Promise<Place> {
    if (place.item === undefined) return place;
    const item = await this.#parts.look(place.item.id, signal);
    if (item.parentId === place.parentId && item.name === place.name) return { ...place, item };
    throw new DriveError('changed', `${item.id} was moved while its content was sent`);
  }

  /** BITS replaces whatever has the name. */
  async #checkPlace(upload: Upload, place: Place, signal: AbortSignal | undefined): Promise<void> {
    const { target } = upload;
    if ('parentId' in target) {
      const taken = await this.#named(place, signal);
      if (taken !== undefined) throw new DriveError('exists', `'${place.name}' exists already, as ${taken.id}`);
    } else if (target.ifVersion !== undefined && !isSameVersion(target.ifVersion, place.item?.version ?? '')) {
      throw new DriveError('changed', `${target.itemId} is ${place.item?.version}, no longer ${target.ifVersion}`);
    }
  }

  async #named({ parentId, name }: Place, signal: AbortSignal | undefined): Promise<Item | undefined> {
    const folded = name.toLowerCase();
    for await (const page of this.#parts.children(parentId, signal)) {
      const found = page.find((item) => item.name.toLowerCase() === folded);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A close whose answer was lost may have worked: then an item with our bytes is there, of another version than before. */
  async #finished(
    upload: Upload,
    place: Place,
    state: SessionState,
    signal: AbortSignal | undefined,
  ): Promise<Item | undefined> {
    const item = place.item ?? (await this.#named(place, signal));
    if (item === undefined || isSameVersion(state.base, item.contentVersion)) return undefined;
    const isOurs = await holdsUpload(this.#parts, item, upload, signal);
    return isOurs ? this.#parts.versions.uploaded(item, undefined) : undefined;
  }
}

const unseen = (cause: DriveError): DriveError =>
  new DriveError(cause.fault, `after an upload: ${cause.message}`, { ambiguous: true, cause });

const forgotten = (cause: SessionGone): DriveError =>
  new DriveError('broken', `upload: the service forgets its sessions (${cause.message})`, { cause });
