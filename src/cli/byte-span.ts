// `-b` of `get`: one range of bytes as HTTP writes it (RFC 9110, 14.1.2): `0-499`, `500-`, or `-500` for the last 500.
import { InvalidArgumentError } from 'commander';
import { ControlError } from '../daemon/protocol.ts';
import type { ByteRange } from '../drive/drive.ts';

export interface ByteSpan {
  readonly text: string;
  /** Undefined: `last` counts from the end. */
  readonly first: number | undefined;
  /** Inclusive; undefined: to the end. */
  readonly last: number | undefined;
}

export const parseByteSpan = (text: string): ByteSpan => {
  const [, first = '', last = ''] = /^(?:bytes=)?(\d*)-(\d*)$/.exec(text.trim()) ?? [];
  const span = { text, first: first === '' ? undefined : Number(first), last: last === '' ? undefined : Number(last) };
  const isBackwards = span.first !== undefined && span.last !== undefined && span.last < span.first;
  if ((first === '' && last === '') || isBackwards) {
    throw new InvalidArgumentError('a range of bytes is wanted: 0-499, 500- or -500');
  }
  return span;
};

/** Which bytes of a content these are; as with HTTP, some of them must be there. */
export const bytesOf = ({ text, first, last }: ByteSpan, size: number): ByteRange => {
  const start = first ?? Math.max(0, size - (last ?? 0));
  const end = first === undefined || last === undefined ? size : Math.min(size, last + 1);
  if (start < end) return { start, end };
  throw new ControlError(`the range ${text} has none of the ${size} bytes of the file`);
};
