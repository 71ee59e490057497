// Small images for tests, made byte by byte: a JPEG header with EXIF, and a GIF.

const ascii = (value: string): Buffer => Buffer.from(`${value}\0`, 'latin1');

interface Entry {
  readonly tag: number;
  /** 2: text, 4: long, 5: fractions of two longs. */
  readonly type: 2 | 4 | 5;
  readonly value: Buffer;
  readonly count: number;
}

const text = (tag: number, value: string): Entry => ({ tag, type: 2, value: ascii(value), count: value.length + 1 });

const fractions = (tag: number, ...pairs: readonly [number, number][]): Entry => {
  const value = Buffer.alloc(8 * pairs.length);
  pairs.forEach(([numerator, denominator], index) => {
    value.writeUInt32LE(numerator, 8 * index);
    value.writeUInt32LE(denominator, 8 * index + 4);
  });
  return { tag, type: 5, value, count: pairs.length };
};

const pointer = (tag: number, to: number): Entry => {
  const value = Buffer.alloc(4);
  value.writeUInt32LE(to);
  return { tag, type: 4, value, count: 1 };
};

/** One directory of a TIFF structure whose first byte is at `at`. */
const directory = (at: number, entries: readonly Entry[]): Buffer => {
  const table = Buffer.alloc(2 + 12 * entries.length + 4);
  table.writeUInt16LE(entries.length, 0);
  const values: Buffer[] = [];
  let next = at + table.length;
  entries.forEach(({ tag, type, value, count }, index) => {
    const place = 2 + 12 * index;
    table.writeUInt16LE(tag, place);
    table.writeUInt16LE(type, place + 2);
    table.writeUInt32LE(count, place + 4);
    if (value.length <= 4) {
      value.copy(table, place + 8);
      return;
    }
    table.writeUInt32LE(next, place + 8);
    values.push(value);
    next += value.length;
  });
  return Buffer.concat([table, ...values]);
};

/** A JPEG of 3000 by 2000 pixels (its header), taken by a camera on a known day at a known place. */
export const sampleJpeg = (): Buffer => {
  const exif = [
    fractions(0x829a, [1, 250]),
    fractions(0x829d, [28, 10]),
    text(0x9003, '2012:07:14 10:20:30'),
    fractions(0x920a, [50, 1]),
  ];
  const gps = [
    text(1, 'N'),
    fractions(2, [47, 1], [30, 1], [0, 1]),
    text(3, 'E'),
    fractions(4, [8, 1], [15, 1], [0, 1]),
  ];
  const main = (exifStart: number, gpsStart: number) => [
    text(0x010f, 'Maker'),
    text(0x0110, 'Model 7'),
    pointer(0x8769, exifStart),
    pointer(0x8825, gpsStart),
  ];
  const exifAt = 8 + directory(8, main(0, 0)).length;
  const exifPart = directory(exifAt, exif);
  const gpsAt = exifAt + exifPart.length;
  const head = Buffer.from([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0]);
  const tiff = Buffer.concat([head, directory(8, main(exifAt, gpsAt)), exifPart, directory(gpsAt, gps)]);
  const payload = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const app1 = Buffer.from([0xff, 0xe1, 0, 0]);
  app1.writeUInt16BE(payload.length + 2, 2);
  const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, 0x07, 0xd0, 0x0b, 0xb8, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), app1, payload, frame, Buffer.from([0xff, 0xd9])]);
};

export const sampleGif = (): Buffer =>
  Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
