// Answers with a part of a content, the same for both dialects: which bytes came, and those of them that were asked for.
import type { ByteRange } from './drive.ts';

export interface ContentSpan extends ByteRange {
  /** Bytes of the whole; undefined where the server does not say. */
  readonly total: number | undefined;
}

/** What Content-Range says; undefined where it makes no sense. */
export const contentSpan = (header: string | undefined): ContentSpan | undefined => {
  const [, start, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(header?.trim() ?? '') ?? [];
  if (start === undefined || last === undefined) return undefined;
  return { start: Number(start), end: Number(last) + 1, total: total === '*' ? undefined : Number(total) };
};

/** What came is the beginning of what was asked for, at least. */
export const isWithin = (span: ByteRange, asked: ByteRange): boolean =>
  span.start === asked.start && span.end > span.start && span.end <= asked.end;

/**
 * Passes on the bytes of [skip, skip + length), and none behind them. Goes on to the end of the answer where that is near: a
 * connection that was left in the middle of one is lost.
 */
export async function* cutTo(
  pieces: AsyncIterable<Uint8Array>,
  skip: number,
  length: number,
): AsyncIterable<Uint8Array> {
  const end = skip + length;
  let at = 0;
  for await (const piece of pieces) {
    const start = Math.max(skip - at, 0);
    const wanted = piece.subarray(start, Math.max(end - at, start));
    at += piece.length;
    if (wanted.length > 0) yield wanted;
    if (at > end) return;
  }
}
