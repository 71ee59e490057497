// A file of this computer as a download leaves it: written under a temporary name beside its own, and put in its place when it is whole.
// An interrupted one leaves nothing, unless what came is to be kept for another attempt. What is no regular file (a terminal, a pipe,
// /dev/null) is written as it is.
import { createHash, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../base/make-folder.ts';
import { ControlError } from '../daemon/protocol.ts';
import { locally } from './local-trouble.ts';

export interface LocalFileOrder {
  readonly path: string;
  /** Which version of which content: what another attempt brought of another version is no beginning of this one. */
  readonly version: string;
  /** Goes on where an earlier attempt broke off, and leaves what came for the next. */
  readonly resume: boolean;
}

interface Places {
  /** As the user wrote it. */
  readonly named: string;
  /** Where links lead. */
  readonly target: string;
  /** Undefined for what is written as it is. */
  readonly temporary: string | undefined;
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Where a link leads, and what is there. */
const lookAt = async (path: string): Promise<{ readonly target: string; readonly mode: number | undefined }> => {
  try {
    const target = await realpath(path);
    return { target, mode: (await stat(target)).mode };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { target: path, mode: undefined };
    throw error;
  }
};

const typeBits = 0o170000;
const [folderType, regularType] = [0o040000, 0o100000];

/** Whatever is wrong with a path that is none, whoever uses it is told. */
export const isLocalFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

export class LocalFile {
  /** Where the next byte goes; bytes that are there already. */
  position: number;
  readonly #places: Places;
  readonly #handle: FileHandle;
  readonly #resume: boolean;

  private constructor(handle: FileHandle, places: Places, resume = false, position = 0) {
    this.#handle = handle;
    this.#places = places;
    this.#resume = resume;
    this.position = position;
  }

  static async open({ path, version, resume }: LocalFileOrder): Promise<LocalFile> {
    return await locally('written', path, () => LocalFile.#open(path, version, resume));
  }

  static async #open(path: string, version: string, resume: boolean): Promise<LocalFile> {
    makeFolder(dirname(path), 0o777);
    const { target, mode } = await lookAt(path);
    const type = mode === undefined ? regularType : mode & typeBits;
    if (type === folderType) throw new ControlError(`${path} is a folder`);
    if (type !== regularType) {
      return new LocalFile(await open(target, 'w'), { named: path, target, temporary: undefined });
    }
    const temporary = await temporaryFor(target, resume ? version : undefined);
    const handle = await open(temporary, resume ? 'a+' : 'wx');
    if (mode !== undefined) await handle.chmod(mode & 0o7777).catch(() => {});
    return new LocalFile(handle, { named: path, target, temporary }, resume, (await handle.stat()).size);
  }

  /** What is there of an earlier attempt is longer than the whole, or not its beginning. */
  async restart(): Promise<void> {
    await locally('written', this.#places.named, () => this.#handle.truncate(0));
    this.position = 0;
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const { bytesWritten } = await locally('written', this.#places.named, () => this.#handle.write(piece, at));
      at += bytesWritten;
    }
    this.position += piece.length;
  }

  /** The bytes that are there already. */
  async *contents(): AsyncIterable<Uint8Array> {
    for (let at = 0; at < this.position; ) {
      const { bytesRead, buffer } = await this.#handle.read(Buffer.alloc(2 ** 18), 0, 2 ** 18, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** The file is whole, and gets its name. */
  async finish(): Promise<void> {
    await locally('written', this.#places.named, () => this.#finish());
  }

  async #finish(): Promise<void> {
    const { target, temporary } = this.#places;
    if (temporary === undefined) {
      await this.#handle.close();
      return;
    }
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** The file does not become whole. What came stays only where it is to be gone on with, and is more than nothing. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => {});
    const { temporary } = this.#places;
    if (temporary !== undefined && !(this.#resume && this.position > 0)) await rm(temporary, { force: true });
  }
}

/** All of it, under a name that the file gets when it is whole. `version`: as in LocalFileOrder. */
export const writeLocalFile = async (
  path: string,
  version: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> => {
  const file = await LocalFile.open({ path, version, resume: false });
  try {
    for await (const piece of pieces) await file.write(piece);
  } catch (error) {
    await file.abandon();
    throw error;
  }
  await file.finish();
};

/** Beside the target: with one name for each version that is to be gone on with, else with a name of its own. */
const temporaryFor = async (target: string, version: string | undefined): Promise<string> => {
  const folder = dirname(target);
  if (version === undefined) return join(folder, `.skydrive-${randomBytes(8).toString('hex')}.tmp`);
  const prefix = `.skydrive-${shortHash(basename(target))}-`;
  const name = `${prefix}${shortHash(version)}.part`;
  for (const other of await readdir(folder)) {
    // Of another version, and of no use any more.
    if (other.startsWith(prefix) && other.endsWith('.part') && other !== name)
      await rm(join(folder, other), { force: true });
  }
  return join(folder, name);
};
