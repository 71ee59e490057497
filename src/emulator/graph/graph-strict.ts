// Strict mode for Graph: what the service doesn't document, or only tolerates, is noted and refused (docs/graph-drive.md, 2 and 18).
import type { Exchange } from '../exchange.ts';
import { GraphError } from './graph-error.ts';
import type { GraphServices } from './graph-services.ts';

/** Understood on every request. */
const everywhere = ['select', 'expand', 'format'];

const bare = (name: string): string => name.replace(/^\$/, '').toLowerCase();

const reasonOf = (exchange: Exchange, documented: readonly string[]): string | undefined => {
  const known = new Set([...everywhere, ...documented].map(bare));
  const parameter = [...exchange.query.keys()].find((name) => !known.has(bare(name)));
  if (parameter !== undefined) return `the query parameter '${parameter}' is not documented`;
  if (exchange.path.includes('//')) return 'the path has an empty segment';
  return undefined;
};

export const noteViolation = (services: GraphServices, exchange: Exchange, reason: string): GraphError => {
  services.requests.addViolation({ method: exchange.method, path: exchange.path, reason });
  return new GraphError(400, 'invalidRequest', `Strict mode: ${reason}.`);
};

/** Throws in strict mode when the request has something that its operation doesn't document. */
export const checkStrict = (services: GraphServices, exchange: Exchange, documented: readonly string[]): void => {
  if (!services.settings().strict) return;
  const reason = reasonOf(exchange, documented);
  if (reason !== undefined) throw noteViolation(services, exchange, reason);
};
