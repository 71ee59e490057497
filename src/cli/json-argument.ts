// Arguments that are a JSON mapping: properties of an object, by the service's own names.
import { InvalidArgumentError } from 'commander';
import type { Original } from '../drive/drive.ts';

/** Undefined for what is no JSON. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Throws commander's InvalidArgumentError for anything else. */
export const jsonMapping = (text: string): Original => {
  const found = parsed(text);
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as Original;
  throw new InvalidArgumentError('a JSON mapping is wanted, such as {"description": "Read me first"}');
};
