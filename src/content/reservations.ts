// Bytes that the drive will have to hold in addition once everything is sent, by content and in all. A running total: asked
// for with every write.
import type { ContentId } from './content-record.ts';

export class Reservations {
  readonly #bytes = new Map<ContentId, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(id: ContentId): number {
    return this.#bytes.get(id) ?? 0;
  }

  set(id: ContentId, bytes: number): void {
    this.#total += bytes - this.of(id);
    if (bytes > 0) this.#bytes.set(id, bytes);
    else this.#bytes.delete(id);
  }
}
