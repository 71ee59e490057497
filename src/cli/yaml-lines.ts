// Results as YAML, in the ancestor's layout: block style, keys by code point, names of any script as they are. Every parser of YAML
// 1.1 or 1.2 reads the values back that were printed: what could be taken for something else is quoted.
import { byCodePoint } from './terminal.ts';

const words = /^(?:~|null|true|false|yes|no|on|off|y|n|=|<<|)$/i;
/** Numbers of either version: also `0777`, `1_000`, `12:30:45` and `0x1F`. */
const number = /^[-+]?(?:\.?\d[\d_.,:]*(?:e[-+]?\d*)?|0[xob][\da-f_]+|\.(?:inf|nan))$/i;
const time = /^\d{4}-\d\d?-\d\d?(?:(?:[Tt]|\s+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d\d?(?::\d\d)?))?)?$/;
/** Signs that mean something at the beginning, and those that do within. */
const meaningful = /^[-?:,[\]{}#&*!|>'"%@`.\s]|: | #|[:\s]$/;
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\ufeff\ufffe\uffff]/u;

const escaped = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const textScalar = (text: string): string => {
  if (unprintable.test(text)) return escaped(text);
  const isPlain = ![words, number, time, meaningful].some((pattern) => pattern.test(text));
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`;
};

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What fits on the line of its key; undefined for what needs lines of its own. */
const inline = (value: unknown): string | undefined => {
  if (typeof value === 'string') return textScalar(value);
  if (Array.isArray(value)) return value.length === 0 ? '[]' : undefined;
  if (isMapping(value)) return Object.keys(value).length === 0 ? '{}' : undefined;
  return value === undefined ? 'null' : String(value);
};

function* itemLines(value: unknown, indent: string): Iterable<string> {
  const short = inline(value);
  if (short !== undefined) {
    yield `${indent}- ${short}`;
    return;
  }
  let mark = '- ';
  for (const line of blockLines(value, '')) {
    yield `${indent}${mark}${line}`;
    mark = '  ';
  }
}

function* blockLines(value: unknown, indent: string): Iterable<string> {
  if (Array.isArray(value)) {
    for (const one of value) yield* itemLines(one, indent);
    return;
  }
  for (const [key, one] of Object.entries(value as object).sort(([a], [b]) => byCodePoint(a, b))) {
    const short = inline(one);
    yield `${indent}${textScalar(key)}:${short === undefined ? '' : ` ${short}`}`;
    if (short === undefined) yield* blockLines(one, `${indent}  `);
  }
}

/** Without an end of line; nothing for an empty list, as scripts that read lines want it. */
export const toYaml = (value: unknown): string => {
  if (Array.isArray(value) && value.length === 0) return '';
  return inline(value) ?? [...blockLines(value, '')].join('\n');
};
