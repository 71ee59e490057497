// Bodies that carry fields: JSON or a form, whatever Content-Type says, JSON with bare keys too; the real service took all of them
// (docs/live-connect-v5.md, 2.2).
import { type Exchange, readSmallBody } from '../exchange.ts';
import { fromBytes, parseForm } from '../url-text.ts';
import { liveError, missingParameter } from './live-error.ts';

export type Fields = ReadonlyMap<string, unknown>;

const bareKeys = /([{,]\s*)([A-Za-z_]\w*)\s*:/g;

const parseLeniently = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(text.replace(bareKeys, '$1"$2":'));
    } catch {
      return undefined;
    }
  }
};

const jsonFields = (text: string): Fields => {
  const value = parseLeniently(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw liveError('request_body_invalid', "The request entity body isn't a valid JSON object.");
  }
  return new Map(Object.entries(value));
};

/** Without a body the query's fields count: that is how JSONP clients send them. */
export const readFields = async (exchange: Exchange): Promise<Fields> => {
  const bytes = await readSmallBody(exchange);
  const text = fromBytes(bytes)
    .replace(/^\uFEFF/, '')
    .trim();
  if (text === '') return exchange.query;
  const type = exchange.headers['content-type'] ?? '';
  if (text.startsWith('{') || text.startsWith('[')) return jsonFields(text);
  if (/json/i.test(type)) return jsonFields(text);
  return parseForm(bytes.toString('latin1').trim());
};

/** The text of a field; null, numbers and booleans are taken as written. */
export const textField = (fields: Fields, name: string): string | undefined => {
  const value = fields.get(name);
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

export const requiredField = (fields: Fields, name: string): string => {
  const value = textField(fields, name);
  if (value === undefined || value === '') throw missingParameter(name);
  return value;
};
