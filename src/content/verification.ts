// A content that has come as a whole is compared once with what the drive says of its bytes: the way from one disk to another is long,
// and not all of it is checked. Bytes that are others are fetched again; if they come again, the service's word is what is wrong.
import { LRUCache } from 'lru-cache';
import { Breather } from '../base/breather.ts';
import type { Log } from '../base/log.ts';
import { ContentCheck } from '../drive/content-check.ts';
import type { Item } from '../drive/drive.ts';
import type { ContentFile } from './content-file.ts';

const pieceSize = 1 << 20;
const rememberedVersions = 1000;

export class Verification {
  readonly #log: Log;
  readonly #abort = new AbortController();
  /** Versions whose bytes were others than told. */
  readonly #doubted = new LRUCache<string, true>({ max: rememberedVersions });

  constructor(log: Log) {
    this.#log = log;
  }

  /** False if the bytes have to be fetched again. The file must stay open until this resolves; it never rejects. */
  async passes(file: ContentFile): Promise<boolean> {
    const { item } = file;
    if (item === undefined) return true;
    const isAsTold = await this.#isAsTold(file, item).catch(() => undefined);
    if (isAsTold !== false) return true;
    const version = `${item.id} ${item.contentVersion}`;
    if (this.#doubted.has(version)) {
      this.#log.warn(
        `"${item.name}" came with other bytes than the drive says, twice the same: its hash is not believed`,
      );
      return true;
    }
    this.#doubted.set(version, true);
    this.#log.warn(`"${item.name}" came with other bytes than the drive says: it is fetched again`);
    return false;
  }

  close(): void {
    this.#abort.abort(new Error('the contents are closing'));
  }

  /** Undefined if it cannot be said: the content is no longer that of the item, say. */
  async #isAsTold(file: ContentFile, item: Item): Promise<boolean | undefined> {
    const check = new ContentCheck(item);
    if (!check.isPossible) return undefined;
    const isStill = (): boolean => !file.isDirty && file.item === item && file.isComplete;
    const breather = new Breather();
    for (let at = 0; at < file.size; at += pieceSize) {
      await breather.breathe();
      if (!isStill()) return undefined;
      check.add(await file.read(at, pieceSize, this.#abort.signal));
    }
    return isStill() ? check.passes() : undefined;
  }
}
