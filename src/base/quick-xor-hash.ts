// quickXorHash, the hash that OneDrive gives for every file: 160 bits, into which byte i is folded at bit 11 * i, and the length at the
// end (docs: Graph, 16; learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash).

/** Positions repeat every 160 bytes. */
const period = 160;
const bits = 160;
const step = 11;

export class QuickXorHash {
  /** All bytes whose number is the same modulo the period, folded into one. */
  readonly #block = new Uint8Array(period);
  #size = 0;

  update(bytes: Uint8Array): void {
    const block = this.#block;
    let at = this.#size % period;
    for (let index = 0; index < bytes.length; index += 1) {
      block[at] = (block[at] as number) ^ (bytes[index] as number);
      at = at === period - 1 ? 0 : at + 1;
    }
    this.#size += bytes.length;
  }

  /** The hash in progress, to go on from here in two ways. */
  copy(): QuickXorHash {
    const copy = new QuickXorHash();
    copy.#block.set(this.#block);
    copy.#size = this.#size;
    return copy;
  }

  /** 20 bytes. */
  digest(): Buffer {
    const out = Buffer.alloc(bits / 8);
    const fold = (at: number, byte: number): void => {
      out[at] = (out[at] as number) ^ byte;
    };
    this.#block.forEach((byte, index) => {
      const bit = (step * index) % bits;
      const shifted = byte << (bit % 8);
      const low = Math.floor(bit / 8);
      fold(low, shifted & 0xff);
      fold((low + 1) % out.length, shifted >> 8);
    });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(this.#size));
    length.forEach((byte, index) => {
      fold(out.length - length.length + index, byte);
    });
    return out;
  }
}
