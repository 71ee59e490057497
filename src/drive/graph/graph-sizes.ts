// Sizes that the service has wrong for good: photos that it converts when they are fetched, documents that it protects. What was
// delivered counts, and makes a version of its own, so that it is noticed; the service's hash is of other bytes, and is dropped.
import type { Item } from '../drive.ts';
import { Recent } from './graph-recent.ts';

const maxKept = 10_000;

const mark = (contentVersion: string, size: number): string => `${contentVersion}~${size}`;

interface Delivered {
  readonly contentVersion: string;
  readonly size: number;
}

export class GraphSizes {
  readonly #delivered = new Recent<Delivered>(maxKept);

  /** `item` as the service tells it has this many bytes. */
  delivered(item: Item, size: number): void {
    this.#delivered.set(item.id, { contentVersion: item.contentVersion, size });
  }

  /** The item as it can be read. */
  corrected(item: Item): Item {
    const known = this.#delivered.get(item.id);
    if (known === undefined || known.contentVersion !== item.contentVersion || known.size === item.size) return item;
    const { hash: _hash, ...rest } = item;
    return { ...rest, size: known.size, contentVersion: mark(item.contentVersion, known.size) };
  }
}
