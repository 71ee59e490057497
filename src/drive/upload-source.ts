// The bytes of an upload, taken in parts. Goes on reading where the last part ended, and opens the body anew only when a part
// is wanted from elsewhere (after a broken request).
import { BodyLengthError } from '../http/http-failure.ts';
import type { Upload } from './drive.ts';

export class UploadSource {
  readonly #upload: Upload;
  #pieces: AsyncIterator<Uint8Array> | undefined;
  #position = -1;
  #left: Uint8Array = new Uint8Array();

  constructor(upload: Upload) {
    this.#upload = upload;
  }

  /** The bytes of [start, end); fewer where the body ends before. */
  async *part(start: number, end: number): AsyncGenerator<Uint8Array> {
    if (this.#position !== start) await this.#open(start);
    while (this.#position < end) {
      const piece = await this.#next();
      if (piece === undefined) return;
      const wanted = piece.subarray(0, end - this.#position);
      this.#left = piece.subarray(wanted.length);
      this.#position += wanted.length;
      yield wanted;
    }
  }

  /** Throws where the body goes on behind the size that was announced. */
  async checkEnd(): Promise<void> {
    if (this.#position !== this.#upload.size) return;
    if ((await this.#next()) !== undefined) {
      throw new BodyLengthError(`the body is longer than the ${this.#upload.size} bytes announced`);
    }
  }

  async close(): Promise<void> {
    await this.#pieces?.return?.();
    this.#pieces = undefined;
    this.#position = -1;
  }

  async #open(start: number): Promise<void> {
    await this.close();
    this.#pieces = this.#upload.body(start)[Symbol.asyncIterator]();
    this.#left = new Uint8Array();
    this.#position = start;
  }

  async #next(): Promise<Uint8Array | undefined> {
    while (this.#left.length === 0) {
      const next = await this.#pieces?.next();
      if (next === undefined || next.done) return undefined;
      this.#left = next.value;
    }
    const piece = this.#left;
    this.#left = new Uint8Array();
    return piece;
  }
}
