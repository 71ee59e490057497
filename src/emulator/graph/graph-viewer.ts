// For whom an object is shown, and where: the service tells different things in different places.
import type { Exchange } from '../exchange.ts';
import type { GraphServices } from './graph-services.ts';

export type GraphObject = Record<string, unknown>;

export interface Viewer {
  readonly exchange: Exchange;
  readonly services: GraphServices;
}

/** `made`: the answer that made it; `shared`: as an item of another drive. */
export type Where = 'item' | 'list' | 'delta' | 'made' | 'shared';
