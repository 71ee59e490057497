// The change feed as it misbehaves for real users (docs/graph-quirks.md, delta): pages and links are spoiled here, after delta.ts has made
// them right.

import type { DeltaPosition } from './delta-token.ts';
import type { ItemCall } from './graph-call.ts';
import { GraphError, invalidRequest } from './graph-error.ts';
import { linkWith } from './graph-query.ts';
import type { GraphServices } from './graph-services.ts';
import type { GraphObject } from './graph-viewer.ts';

/** Tokens that stop working, for a while or for good. */
export const tokenFault = ({ quirks }: GraphServices, hasToken: boolean): void => {
  if (!hasToken) return;
  if (quirks.spends('delta-bad-link')) throw invalidRequest('The token is not valid.');
  if (quirks.spends('delta-503-token'))
    throw new GraphError(503, 'serviceNotAvailable', 'The service is not available.');
  if (quirks.spends('delta-500-incoherent')) {
    throw new GraphError(500, 'generalException', 'Failed to get a coherent view of changes.');
  }
};

const isDeleted = (object: GraphObject): boolean => object['deleted'] !== undefined;

const ghost = ({ services, subject }: ItemCall): GraphObject => ({
  id: services.types.itemId(subject.drive.uid, 999_999),
  name: '',
  deleted: { state: 'deleted' },
});

const orphan = ({ services, subject }: ItemCall, object: GraphObject): GraphObject => {
  const unknown = services.types.itemId(subject.drive.uid, 999_998);
  const reference = object['parentReference'];
  return { ...object, parentReference: { ...(typeof reference === 'object' ? reference : {}), id: unknown } };
};

/** The older state of an item, once more: another tag, another size. */
const stale = (object: GraphObject): GraphObject => ({
  ...object,
  eTag: `${String(object['eTag'])}old`,
  cTag: `${String(object['cTag'])}old`,
  ...(object['file'] === undefined ? {} : { size: Number(object['size']) + 1 }),
});

/** What is told of the changes. */
export const distortedPage = (
  call: ItemCall,
  position: DeltaPosition,
  given: readonly GraphObject[],
): GraphObject[] => {
  const { quirks } = call.services;
  const isFirst = position.since === 0;
  const dropped = (object: GraphObject): boolean =>
    isDeleted(object) && (quirks.strikes('delta-drop-tombstone') || quirks.strikes('delta-lose-delete'));
  let objects = given.filter((object) => !dropped(object));
  if (quirks.on('delta-order-swap') && !isFirst) objects = objects.reverse();
  if (quirks.strikes('delta-repeat') && objects[0] !== undefined) objects = [...objects, objects[0]];
  const file = objects.findIndex((object) => object['file'] !== undefined && !isDeleted(object));
  const found = objects[file];
  // The right state follows, in the same page: the last one counts.
  if (found !== undefined && quirks.strikes('delta-stale'))
    objects = [...objects.slice(0, file), stale(found), ...objects.slice(file)];
  if (found !== undefined && quirks.strikes('delta-orphan')) objects = [orphan(call, found), ...objects];
  return quirks.strikes('delta-ghost-delete') ? [...objects, ghost(call)] : objects;
};

/** The links of the page: missing, leading in a circle, or behind empty pages. Empties `value` where it must be. */
export const linkFault = (call: ItemCall, value: GraphObject[], link: GraphObject): GraphObject => {
  const { quirks } = call.services;
  const { exchange } = call;
  const again = { '@odata.nextLink': linkWith(exchange, exchange.path, {}) };
  if (quirks.strikes('delta-no-link')) return {};
  if (quirks.spends('delta-loop')) return again;
  if (!quirks.spends('delta-empty-pages')) return link;
  value.length = 0;
  return again;
};
