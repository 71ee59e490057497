// The fields that photos and videos have beyond those of a file (docs/live-connect-v5.md, 3.2). Pictures of every size are the photo's
// own bytes: nothing here can scale an image.
import type { DriveItem } from '../drive-item.ts';
import type { MediaFacts } from '../media-facts.ts';

interface PictureSize {
  readonly type: string;
  /** Pixels that the longer side may have. */
  readonly side: number;
}

/** In the order in which the service lists them. */
export const pictureSizes: readonly PictureSize[] = [
  { type: 'normal', side: 800 },
  { type: 'album', side: 176 },
  { type: 'thumbnail', side: 96 },
  { type: 'full', side: 2048 },
];

const fitted = (media: MediaFacts | undefined, side: number): { readonly width: number; readonly height: number } => {
  const { width, height } = media ?? { width: 0, height: 0 };
  const scale = Math.min(1, side / Math.max(1, width, height));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
};

/** Numerator and denominator of an exposure time, as cameras write it: 1/250, 2/1. */
const exposure = (seconds: number | undefined): readonly [number, number] => {
  if (seconds === undefined || seconds <= 0) return [0, 0];
  return seconds < 1 ? [1, Math.round(1 / seconds)] : [Math.round(seconds * 10) / 10, 1];
};

/** `2012:07:14 10:20:30` of a camera, which knows no zone. */
const taken = (text: string | undefined): string | null => {
  const [, year, month, day, time] = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(text ?? '') ?? [];
  return time === undefined ? null : `${year}-${month}-${day}T${time}+0000`;
};

const location = (media: MediaFacts | undefined): unknown =>
  media?.latitude === undefined || media.longitude === undefined
    ? null
    : { latitude: media.latitude, longitude: media.longitude, altitude: media.altitude ?? 0 };

const camera = (media: MediaFacts | undefined): Record<string, unknown> => {
  const [numerator, denominator] = exposure(media?.exposureSeconds);
  return {
    camera_make: media?.make ?? null,
    camera_model: media?.model ?? null,
    focal_ratio: media?.focalRatio ?? 0,
    focal_length: media?.focalLength ?? 0,
    exposure_numerator: numerator,
    exposure_denominator: denominator,
  };
};

export const photoFields = (item: DriveItem, source: string): Record<string, unknown> => {
  const { media } = item;
  const images = pictureSizes.map(({ type, side }) => {
    const { width, height } = fitted(media, side);
    return { height, width, source: `${source}?psid=1&type=${type}`, type };
  });
  return {
    picture: `${source}?psid=1`,
    source,
    images,
    when_taken: taken(media?.taken),
    height: media?.height ?? 0,
    width: media?.width ?? 0,
    location: location(media),
    ...camera(media),
  };
};

export const videoFields = (source: string): Record<string, unknown> => ({
  picture: `${source}?psid=1`,
  source,
  height: 0,
  width: 0,
  duration: 0,
  bitrate: 0,
});
