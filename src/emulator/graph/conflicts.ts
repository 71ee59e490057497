// What a client wants done when a name is taken, from query or body, under the names of all eras (docs/graph-drive.md, 7 to 10).
import type { OnConflict } from '../drive-item.ts';
import type { Exchange } from '../exchange.ts';
import type { Fields } from './graph-body.ts';
import { invalidRequest } from './graph-error.ts';

const names = ['@microsoft.graph.conflictBehavior', '@name.conflictBehavior'];

const behaviour = (value: unknown): OnConflict | undefined => {
  if (value === undefined || value === null || value === '') return undefined;
  const word = String(value).toLowerCase();
  if (word === 'fail' || word === 'replace' || word === 'rename') return word;
  throw invalidRequest('The conflict behavior value is invalid.');
};

export const conflictIn = (fields: Fields): OnConflict | undefined =>
  names.map((name) => behaviour(fields[name])).find((word) => word !== undefined);

export const conflictInQuery = ({ query }: Pick<Exchange, 'query'>): OnConflict | undefined =>
  names.map((name) => behaviour(query.get(name))).find((word) => word !== undefined);
