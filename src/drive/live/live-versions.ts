// Versions that the service does not tell apart. Its times are whole seconds: two saves of equal length within one second look
// the same. Where this process notices that (its own uploads, a tag of the storage host that differs), it counts them.
import { counted, uncounted } from '../counted-version.ts';
import type { Item, ItemId } from '../drive.ts';

const maxKept = 2000;

interface Count {
  /** As the service has it. */
  readonly contentVersion: string;
  readonly count: number;
}

export class LiveVersions {
  readonly #counts = new Map<ItemId, Count>();

  /** The item with versions that differ from those of contents which looked the same. */
  distinct(item: Item): Item {
    const known = this.#counts.get(item.id);
    if (known === undefined || known.contentVersion !== item.contentVersion) return item;
    const { count, contentVersion } = known;
    return { ...item, version: counted(item.version, count), contentVersion: counted(contentVersion, count) };
  }

  /** That is the item after an upload of ours: its content is another than any seen before. */
  uploaded(item: Item, before: Item | undefined): Item {
    const known = this.#counts.get(item.id);
    const earlier = known?.contentVersion ?? uncounted(before?.contentVersion ?? '');
    const contentVersion = uncounted(item.contentVersion);
    this.#set(item.id, { contentVersion, count: earlier === contentVersion ? (known?.count ?? 0) + 1 : 0 });
    return this.distinct({ ...item, version: uncounted(item.version), contentVersion });
  }

  /** Another content was seen under this version. */
  wasReplaced(item: Item): void {
    const contentVersion = uncounted(item.contentVersion);
    const known = this.#counts.get(item.id);
    this.#set(item.id, { contentVersion, count: known?.contentVersion === contentVersion ? known.count + 1 : 1 });
  }

  #set(id: ItemId, count: Count): void {
    this.#counts.delete(id);
    this.#counts.set(id, count);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= maxKept) break;
      this.#counts.delete(oldest);
    }
  }
}
