// What the service knows of a photo: its size in pixels and what the camera wrote. Read from the first bytes of a stored file when
// its content comes in. Owned by the uploads, which put the facts beside the content.
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import exifr from 'exifr';
import { imageSize } from './image-size.ts';

export interface MediaFacts {
  readonly width: number;
  readonly height: number;
  /** As the camera wrote it, in seconds without a zone. */
  readonly taken?: string;
  readonly make?: string;
  readonly model?: string;
  readonly focalRatio?: number;
  readonly focalLength?: number;
  readonly exposureSeconds?: number;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly altitude?: number;
}

export type MediaKind = 'photo' | 'video' | 'audio' | 'file';

const extensions: Readonly<Record<Exclude<MediaKind, 'file'>, readonly string[]>> = {
  photo: ['.jpg', '.jpeg', '.jpe', '.png', '.gif', '.bmp', '.tif', '.tiff', '.heic'],
  video: ['.mp4', '.m4v', '.mov', '.avi', '.wmv', '.mpg', '.mpeg', '.mkv', '.3gp', '.asf'],
  audio: ['.mp3', '.wma', '.m4a', '.wav', '.aac', '.flac', '.ogg'],
};

/** The service goes by the extension alone. */
export const mediaKind = (name: string): MediaKind => {
  const extension = extname(name).toLowerCase();
  if (extensions.photo.includes(extension)) return 'photo';
  if (extensions.video.includes(extension)) return 'video';
  return extensions.audio.includes(extension) ? 'audio' : 'file';
};

/** Headers and EXIF are at the start; cameras put previews of some 100 kB before the picture. */
const enough = 512 * 1024;

const numberOr = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

const textOr = (value: unknown): string | undefined => {
  const text = typeof value === 'string' ? value.replace(/\0+$/, '').trim() : '';
  return text === '' ? undefined : text;
};

const exifFacts = async (bytes: Buffer): Promise<Partial<MediaFacts>> => {
  const exif: Record<string, unknown> | undefined = await exifr
    .parse(bytes, { tiff: true, exif: true, gps: true, reviveValues: false })
    .catch(() => undefined);
  if (exif === undefined) return {};
  const found = {
    taken: textOr(exif['DateTimeOriginal']),
    make: textOr(exif['Make']),
    model: textOr(exif['Model']),
    focalRatio: numberOr(exif['FNumber']),
    focalLength: numberOr(exif['FocalLength']),
    exposureSeconds: numberOr(exif['ExposureTime']),
    latitude: numberOr(exif['latitude']),
    longitude: numberOr(exif['longitude']),
    altitude: numberOr(exif['GPSAltitude']),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Partial<MediaFacts>;
};

const firstBytes = async (path: string): Promise<Buffer> => {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(enough), 0, enough, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

/** Facts of the photo stored at `path`; undefined when the name is no photo's or the bytes aren't. */
export const readMediaFacts = async (name: string, path: string): Promise<MediaFacts | undefined> => {
  if (mediaKind(name) !== 'photo') return undefined;
  const bytes = await firstBytes(path).catch(() => Buffer.alloc(0));
  const size = imageSize(bytes);
  if (size === undefined) return undefined;
  return { ...size, ...(await exifFacts(bytes)) };
};
