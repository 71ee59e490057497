// The content of one file in memory: pages that were written, zeros between them. Owned by memory-file-system.ts.

/** A multiple of every page size, so that the holes it reports are holes for every caller. */
const pageSize = 65_536;

/** Adds up what the files of one file system take. */
export interface SpaceMeter {
  bytes: number;
}

export class SparseBytes {
  #size = 0;
  readonly #pages = new Map<number, Uint8Array>();
  readonly #meter: SpaceMeter;

  constructor(meter: SpaceMeter) {
    this.#meter = meter;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of memory taken. */
  get allocated(): number {
    return this.#pages.size * pageSize;
  }

  /** What `write` would add to `allocated`. */
  growth(offset: number, length: number): number {
    let pages = 0;
    for (const page of pagesOf(offset, offset + length)) if (!this.#pages.has(page)) pages += 1;
    return pages * pageSize;
  }

  read(offset: number, length: number): Uint8Array {
    const end = Math.min(this.#size, offset + length);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    for (const page of pagesOf(offset, end)) {
      const start = page * pageSize;
      const from = Math.max(offset, start);
      const part = this.#pages.get(page)?.subarray(from - start, Math.min(end, start + pageSize) - start);
      if (part) bytes.set(part, from - offset);
    }
    return bytes;
  }

  write(offset: number, data: Uint8Array): void {
    const end = offset + data.length;
    for (const page of pagesOf(offset, end)) {
      const start = page * pageSize;
      const from = Math.max(offset, start);
      const part = data.subarray(from - offset, Math.min(end, start + pageSize) - offset);
      this.#page(page).set(part, from - start);
    }
    if (data.length > 0) this.#size = Math.max(this.#size, end);
  }

  truncate(size: number): void {
    if (size < this.#size) this.zero(size, this.#size - size);
    this.#size = size;
  }

  /** Makes a hole where whole pages are covered, and writes zeros elsewhere. Never changes the size. */
  zero(offset: number, length: number): void {
    const end = offset + length;
    for (const page of [...this.#pages.keys()]) {
      const start = page * pageSize;
      const from = Math.max(offset, start);
      const to = Math.min(end, start + pageSize);
      if (from >= to) continue;
      // Behind the end of the file there is nothing to keep, so the page may go although it is not covered whole.
      if (from === start && (to === start + pageSize || to >= this.#size)) this.#drop(page);
      else this.#page(page).fill(0, from - start, to - start);
    }
  }

  /** First byte of data at or behind `offset`; undefined if only a hole follows. */
  nextData(offset: number): number | undefined {
    const pages = [...this.#pages.keys()].filter(
      (page) => (page + 1) * pageSize > offset && page * pageSize < this.#size,
    );
    return pages.length > 0 ? Math.max(offset, Math.min(...pages) * pageSize) : undefined;
  }

  /** First byte of a hole at or behind `offset`; the end of the file is one. */
  nextHole(offset: number): number {
    let page = Math.floor(offset / pageSize);
    while (this.#pages.has(page)) page += 1;
    return Math.min(this.#size, Math.max(offset, page * pageSize));
  }

  #page(page: number): Uint8Array {
    const known = this.#pages.get(page);
    if (known) return known;
    const fresh = new Uint8Array(pageSize);
    this.#pages.set(page, fresh);
    this.#meter.bytes += pageSize;
    return fresh;
  }

  #drop(page: number): void {
    if (this.#pages.delete(page)) this.#meter.bytes -= pageSize;
  }
}

function* pagesOf(offset: number, end: number): Generator<number> {
  for (let page = Math.floor(offset / pageSize); page * pageSize < end; page += 1) yield page;
}
