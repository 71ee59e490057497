// Sizes and durations as people write them (10G, 250ms) and as they are printed. Knows no setting: config.ts and the
// commands say which quantities they take.

const sizeUnits: Readonly<Record<string, number>> = { '': 1, B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Bytes of `10G`, `1.5T`, `500 MB`, `64KiB` or `4096`; units are powers of 1024. Undefined if it is none of these. */
export const parseSize = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?) ?([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const unit = sizeUnits[(match[2] ?? '').toUpperCase()] ?? 1;
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
};

/** Milliseconds of `1s`, `250ms`, `1.5m`, `2h`, `1d`, or of a bare number of seconds. Undefined if it is none of these. */
export const parseDuration = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?) ?(ms|s|m|min|h|d)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const unit = (match[2] ?? 's').toLowerCase();
  const ms = Math.round(Number(match[1]) * (durationUnits[unit === 'min' ? 'm' : unit] ?? 1));
  return Number.isSafeInteger(ms) ? ms : undefined;
};

/**
 * One decimal and the largest unit that leaves more than 1: 1536 is `1.5K`, 1024 is `1024.0B`. The ancestor's way of
 * printing sizes, kept because scripts read it.
 */
export const formatSize = (bytes: number): string => {
  const unit = ['T', 'G', 'M', 'K'].find((name) => bytes > (sizeUnits[name] ?? 1)) ?? 'B';
  return `${(bytes / (sizeUnits[unit] ?? 1)).toFixed(1)}${unit}`;
};

/** The two largest units that matter: `2h 5m`, `12s`, `0s`. */
export const formatDuration = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0s';
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count}${unit}`).join(' ');
};
