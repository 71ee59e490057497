// OData options of a request: $select, $expand, $top, $orderby, $skiptoken; the dollar may be missing (docs/graph-drive.md, 2).
import type { Exchange } from '../exchange.ts';
import { GraphError } from './graph-error.ts';

export const odata = {
  item: ['select', 'expand'],
  list: ['select', 'expand', 'top', 'orderby', 'skiptoken', 'count'],
  delta: ['select', 'expand', 'top', 'token', 'skiptoken'],
} as const;

/** The option of that name, with or without its dollar. */
export const option = (exchange: Pick<Exchange, 'query'>, name: string): string | undefined =>
  exchange.query.get(`$${name}`) ?? exchange.query.get(name);

export const badOption = (message: string): GraphError =>
  new GraphError(400, 'invalidRequest', message, { inner: 'invalidQueryOption' });

/** Splits at `separator` outside of parentheses. */
const splitOutside = (text: string, separator: string): string[] => {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === separator && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
};

export interface Expansion {
  readonly name: string;
  readonly select: readonly string[] | undefined;
  readonly top: number | undefined;
}

export interface Shape {
  /** Undefined: everything. */
  readonly select: readonly string[] | undefined;
  readonly expand: readonly Expansion[];
}

const selection = (text: string | undefined): readonly string[] | undefined =>
  text === undefined || text.trim() === '' ? undefined : text.split(',').map((name) => name.trim());

const expansionOf = (text: string): Expansion => {
  const [, name = '', inside = ''] = /^([\w@.]+)(?:\((.*)\))?$/s.exec(text) ?? [];
  const settings = new Map(
    splitOutside(inside, ';').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).replace(/^\$/, '').toLowerCase(), pair.slice(at + 1)] as const;
    }),
  );
  const top = Number(settings.get('top'));
  return {
    name,
    select: selection(settings.get('select')),
    top: Number.isSafeInteger(top) && top > 0 ? top : undefined,
  };
};

const expandable = new Set(['children', 'thumbnails', 'permissions', 'listItem', 'versions']);

export const shapeOf = (exchange: Pick<Exchange, 'query'>): Shape => {
  const expand = splitOutside(option(exchange, 'expand') ?? '', ',').map(expansionOf);
  const unknown = expand.find(({ name }) => !expandable.has(name));
  if (unknown !== undefined) throw badOption(`Could not find a property named '${unknown.name}' on type 'driveItem'.`);
  return { select: selection(option(exchange, 'select')), expand };
};

/** Names that Graph takes for the download URL. */
const downloadNames = ['@microsoft.graph.downloadUrl', 'content.downloadUrl', '@content.downloadUrl'];

/** Only what was asked for; the tags that OData needs always stay. */
export const selected = (
  object: Readonly<Record<string, unknown>>,
  select: readonly string[] | undefined,
): Record<string, unknown> => {
  if (select === undefined || select.includes('*')) return { ...object };
  const wanted = new Set(select);
  if (downloadNames.some((name) => wanted.has(name))) wanted.add(downloadNames[0] ?? '');
  return Object.fromEntries(Object.entries(object).filter(([name]) => name === '@odata.etag' || wanted.has(name)));
};

export const topOf = (exchange: Pick<Exchange, 'query'>, usual: number, most: number): number => {
  const text = option(exchange, 'top');
  if (text === undefined) return usual;
  const top = Number(text);
  if (!Number.isSafeInteger(top) || top < 1) throw badOption(`Invalid value '${text}' for $top query option found.`);
  return Math.min(top, most);
};

/** The same request with another value for one option. */
export const linkWith = (
  exchange: Exchange,
  path: string,
  changes: Readonly<Record<string, string | undefined>>,
): string => {
  const pairs = [...exchange.query].filter(([name]) => !(name.replace(/^\$/, '') in changes));
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const named = added.map(([name, value]) => [name === 'token' ? name : `$${name}`, value] as const);
  const query = [...pairs, ...named].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return `${exchange.base}${path}${query === '' ? '' : `?${query}`}`;
};
