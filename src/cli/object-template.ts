// `-k SPEC`: what to print of each object. A SPEC without a brace is the name of a key; any other is a format string of Python, as the
// ancestor's, whose first argument is the object: `{0[id]} {0[from][name]!r:>10}`. Objects that do not fit are left out.
import { InvalidArgumentError } from 'commander';

/** The text for an object; undefined if it does not fit. */
export type ObjectTemplate = (value: unknown) => string | undefined;

interface Field {
  readonly path: readonly string[];
  /** `!r` */
  readonly isQuoted: boolean;
  readonly format: Format | undefined;
}

type Part = string | Field;

const field = /^0?((?:\[[^\]]*\])*)(?:!([rs]))?(?::(.*))?$/s;

const toField = (text: string): Field => {
  const found = field.exec(text);
  if (found === null) throw new InvalidArgumentError(`"{${text}}" is no field: {0[key]} and {0[key][key]} are some`);
  const [, accessors = '', conversion, format = ''] = found;
  const path = [...accessors.matchAll(/\[([^\]]*)\]/g)].map(([, key = '']) => key);
  return { path, isQuoted: conversion === 'r', format: format === '' ? undefined : toFormat(format) };
};

const parse = (spec: string): readonly Part[] => {
  const parts: Part[] = [];
  for (const [all, literal, inner] of spec.matchAll(/\{\{|\}\}|([^{}]+)|\{([^{}]*)\}|[{}]/gs)) {
    if (literal !== undefined) parts.push(literal);
    else if (inner !== undefined) parts.push(toField(inner));
    else if (all.length === 2) parts.push(all.charAt(0));
    else throw new InvalidArgumentError(`a brace is alone in "${spec}"; one that is meant is written twice`);
  }
  return parts;
};

const lookUp = (value: unknown, path: readonly string[]): unknown => {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
};

/** As Python writes values. */
const pythonText = (value: unknown): string => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const quoted = (value: unknown): string => {
  if (typeof value !== 'string') return pythonText(value);
  const text = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`;
};

interface Format {
  readonly fill: string | undefined;
  readonly align: string | undefined;
  readonly sign: string | undefined;
  readonly zero: boolean;
  readonly width: number;
  readonly comma: boolean;
  readonly digits: number | undefined;
  readonly type: string;
}

const formatPattern =
  /^(?:(?<fill>.)?(?<align>[<>^=]))?(?<sign>[-+ ])?#?(?<zero>0)?(?<width>\d+)?(?<comma>,)?(?:\.(?<digits>\d+))?(?<type>[sdxXobeEfFgGn%])?$/su;

const toFormat = (text: string): Format => {
  const found = formatPattern.exec(text)?.groups;
  if (found === undefined) throw new InvalidArgumentError(`":${text}" is no format of Python`);
  const { fill, align, sign, zero, width = '0', comma, digits, type = '' } = found;
  return {
    ...{ fill, align, sign, zero: zero !== undefined, width: Number(width), comma: comma !== undefined, type },
    digits: digits === undefined ? undefined : Number(digits),
  };
};

const numberText = (value: number, { type, digits }: Format): string => {
  switch (type) {
    case 'x':
      return value.toString(16);
    case 'X':
      return value.toString(16).toUpperCase();
    case 'o':
      return value.toString(8);
    case 'b':
      return value.toString(2);
    case 'f':
    case 'F':
      return value.toFixed(digits ?? 6);
    case 'e':
    case 'E':
      return value.toExponential(digits ?? 6);
    case '%':
      return `${(value * 100).toFixed(digits ?? 6)}%`;
    default:
      return digits === undefined ? String(value) : value.toPrecision(Math.max(1, digits));
  }
};

const padded = (text: string, format: Format, usual: string): string => {
  const lack = Math.max(0, format.width - [...text].length);
  const fill = format.fill ?? (format.zero ? '0' : ' ');
  const align = format.align ?? usual;
  if (align === '=' && /^[-+ ]/.test(text)) return text.charAt(0) + fill.repeat(lack) + text.slice(1);
  if (align === '<') return text + fill.repeat(lack);
  if (align === '^') return fill.repeat(Math.floor(lack / 2)) + text + fill.repeat(Math.ceil(lack / 2));
  return fill.repeat(lack) + text;
};

const formattedNumber = (value: number, format: Format): string => {
  const plain = numberText(value, format);
  const grouped = format.comma ? plain.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',') : plain;
  const { sign = '-' } = format;
  return padded(sign !== '-' && value >= 0 ? sign + grouped : grouped, format, format.zero ? '=' : '>');
};

/** Undefined where Python would refuse: a number's format for a text, or the other way round. */
const formatted = (value: unknown, format: Format): string | undefined => {
  const isText = format.type === '' || format.type === 's';
  if (typeof value === 'number') return format.type === 's' ? undefined : formattedNumber(value, format);
  if (!isText) return undefined;
  const text = pythonText(value);
  return padded(format.digits === undefined ? text : [...text].slice(0, format.digits).join(''), format, '<');
};

const partText = (part: Part, object: unknown): string | undefined => {
  if (typeof part === 'string') return part;
  const found = lookUp(object, part.path);
  if (found === undefined) return undefined;
  const value = part.isQuoted ? quoted(found) : found;
  return part.format === undefined ? pythonText(value) : formatted(value, part.format);
};

/** Throws commander's InvalidArgumentError for what is no template. */
export const objectTemplate = (spec: string): ObjectTemplate => {
  const isKey = !spec.includes('{') && spec.trim() !== '';
  const parts: readonly Part[] = isKey ? [{ path: [spec], isQuoted: false, format: undefined }] : parse(spec);
  return (value) => {
    const texts = parts.map((part) => partText(part, value));
    return texts.every((text) => text !== undefined) ? texts.join('') : undefined;
  };
};
