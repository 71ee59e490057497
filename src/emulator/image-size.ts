// Width and height of an image, from its header: JPEG, PNG, GIF, BMP. Bytes may be cut off or hostile: then undefined.

interface Size {
  readonly width: number;
  readonly height: number;
}

const pngSize = (bytes: Buffer): Size | undefined =>
  bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47
    ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
    : undefined;

const gifSize = (bytes: Buffer): Size | undefined =>
  bytes.length >= 10 && bytes.toString('latin1', 0, 4) === 'GIF8'
    ? { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
    : undefined;

const bmpSize = (bytes: Buffer): Size | undefined =>
  bytes.length >= 26 && bytes.toString('latin1', 0, 2) === 'BM'
    ? { width: Math.abs(bytes.readInt32LE(18)), height: Math.abs(bytes.readInt32LE(22)) }
    : undefined;

/** SOF0 to SOF15 carry the size, except the three that aren't frames (DHT, JPG, DAC). */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

const jpegSize = (bytes: Buffer): Size | undefined => {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    if (isFrame(marker)) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return undefined;
};

export const imageSize = (bytes: Buffer): Size | undefined =>
  jpegSize(bytes) ?? pngSize(bytes) ?? gifSize(bytes) ?? bmpSize(bytes);
