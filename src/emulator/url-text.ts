// Requests targets and form bodies, read the way a lenient server reads them: bytes are percent-decoded as bytes, raw UTF-8 and raw
// blanks pass, what isn't UTF-8 is taken for Latin-1, broken escapes stay as they are. Nothing here throws.

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Node hands over request targets and headers byte by byte, as Latin-1. */
export const fromBytes = (bytes: Uint8Array): string => {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
};

/** `latin1` holds one byte per character. */
export const percentDecode = (latin1: string): string => {
  const raw = latin1.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return fromBytes(Buffer.from(raw, 'latin1'));
};

/** `a=1&b=x+y` as a Map; the first of several values counts. Keys keep their case. */
export const parseForm = (latin1: string): Map<string, string> => {
  const fields = new Map<string, string>();
  for (const pair of latin1.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const [key, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    const name = percentDecode(key.replaceAll('+', ' '));
    if (!fields.has(name)) fields.set(name, percentDecode(value.replaceAll('+', ' ')));
  }
  return fields;
};

export interface Target {
  /** Scheme and host, when the target names them (a proxy is asked so). */
  readonly origin?: string;
  /** Decoded parts of the path; empty ones are left out, so doubled, leading and trailing slashes don't matter. */
  readonly segments: readonly string[];
  /** Still encoded, without the query. */
  readonly path: string;
  readonly query: Map<string, string>;
}

export const parseTarget = (target: string): Target => {
  const absolute = /^(https?:\/\/[^/?#]*)(.*)$/i.exec(target);
  const rest = absolute?.[2] ?? target;
  const mark = rest.indexOf('?');
  const path = (mark < 0 ? rest : rest.slice(0, mark)).split('#')[0] ?? '';
  const query = parseForm((mark < 0 ? '' : rest.slice(mark + 1)).split('#')[0] ?? '');
  const segments = path.split('/').filter((part) => part !== '');
  const origin = absolute?.[1] === undefined ? {} : { origin: absolute[1] };
  return { ...origin, path, query, segments: segments.map(percentDecode) };
};
