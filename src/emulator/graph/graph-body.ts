// Bodies of Graph requests: JSON objects, read once, with what is wrong with them said in the service's way.
import { type Exchange, readSmallBody } from '../exchange.ts';
import { invalidRequest } from './graph-error.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An empty body is an empty object. */
export const readFields = async (exchange: Exchange, limit = 4 * 1024 * 1024): Promise<Fields> => {
  const text = (await readSmallBody(exchange, limit)).toString('utf8').trim();
  if (text === '') return {};
  const type = exchange.headers['content-type'] ?? '';
  if (!/json/i.test(type)) {
    throw invalidRequest('Entity only allows writes with a JSON Content-Type header.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw Object.assign(invalidRequest('Unable to read JSON request payload: it is no valid JSON.'), { cause });
  }
  if (!isFields(value)) throw invalidRequest('The request payload must be a JSON object.');
  return value;
};

/** Null and the empty string mean that nothing is wanted. */
export const textField = (fields: Fields, name: string): string | undefined => {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalidRequest(`The property '${name}' must be a string.`);
  return value;
};

export const objectField = (fields: Fields, name: string): Fields | undefined => {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!isFields(value)) throw invalidRequest(`The property '${name}' must be an object.`);
  return value;
};

/** Nothing is older than the epoch of Windows. */
const earliestMs = Date.UTC(1601, 0, 1);

/** Milliseconds, cut to what the drive keeps. */
export const timeField = (fields: Fields, name: string, precision: 'ms' | 's'): number | undefined => {
  const text = textField(fields, name);
  if (text === undefined) return undefined;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  if (!isTime || !Number.isFinite(ms) || ms < earliestMs)
    throw invalidRequest(`The property '${name}' is not a valid time.`);
  return precision === 's' ? Math.floor(ms / 1000) * 1000 : ms;
};
