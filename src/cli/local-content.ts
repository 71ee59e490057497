// A file of this computer as the content of an upload: read in pieces, again from wherever the drive wants to go on, and known to have
// been the same all the while, or not.
import { type FileHandle, open } from 'node:fs/promises';
import { ControlError } from '../daemon/protocol.ts';
import { locally } from './local-trouble.ts';

/** What bytes of an argument that are no UTF-8 have become by the time that this program sees them. */
const replaced = '\ufffd';

const unreadableName = (path: string, cause: unknown): ControlError =>
  new ControlError(`there is no ${path}; a name that is no UTF-8 is none for the drive either: rename it first`, {
    kind: 'missing',
    cause,
  });

const pieceSize = 2 ** 18;

/** What tells one state of a file from another. */
export interface LocalState {
  readonly size: number;
  readonly modifiedMs: number;
  readonly inode: number;
}

export class LocalContent implements AsyncDisposable {
  readonly path: string;
  readonly state: LocalState;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, state: LocalState) {
    this.path = path;
    this.#handle = handle;
    this.state = state;
  }

  /** Rejects with a sentence where there is no such file, or none with a content of a certain length. */
  static async open(path: string): Promise<LocalContent> {
    const handle = await locally('read', path, () => open(path, 'r')).catch((error: unknown) => {
      throw path.includes(replaced) ? unreadableName(path, error) : error;
    });
    try {
      const kind = await handle.stat();
      if (kind.isDirectory()) throw new ControlError(`${path} is a folder: -r puts it with all that is in it`);
      if (!kind.isFile())
        throw new ControlError(`${path} is no regular file: only those have a size that can be announced`);
      return new LocalContent(path, handle, await stateOf(handle));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The bytes from `offset` to the end. */
  async *body(offset: number): AsyncIterable<Uint8Array> {
    for (let at = offset; at < this.state.size; ) {
      const wanted = Math.min(pieceSize, this.state.size - at);
      const { bytesRead, buffer } = await locally('read', this.path, () =>
        this.#handle.read(Buffer.alloc(wanted), 0, wanted, at),
      );
      if (bytesRead === 0) throw this.#changed();
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** Throws where the file is no longer what it was when it was opened. */
  async checkSame(): Promise<void> {
    const { size, modifiedMs } = await stateOf(this.#handle);
    if (size !== this.state.size || modifiedMs !== this.state.modifiedMs) throw this.#changed();
  }

  #changed(): ControlError {
    return new ControlError(`${this.path} was changed while it was sent: put it once more`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

const stateOf = async (handle: FileHandle): Promise<LocalState> => {
  const { size, mtimeMs, ino } = await handle.stat();
  return { size, modifiedMs: mtimeMs, inode: ino };
};
