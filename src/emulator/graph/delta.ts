// GET delta: the change feed of a drive or of a folder, in pages (docs/graph-drive.md, 11).
import type { DriveState } from '../drive-state.ts';
import type { Reply } from '../reply.ts';
import { isShown } from './children.ts';
import { type DeltaEntry, type DeltaScope, deltaPage } from './delta-changes.ts';
import { distortedPage, linkFault, tokenFault } from './delta-quirks.ts';
import { type DeltaPosition, readToken, writeToken } from './delta-token.ts';
import { expanded } from './expansions.ts';
import type { ItemCall } from './graph-call.ts';
import { GraphError, invalidRequest } from './graph-error.ts';
import { deletedObject } from './graph-item.ts';
import { graphReply } from './graph-json.ts';
import { linkWith, shapeOf, topOf } from './graph-query.ts';

const usualPage = 200;
const longestPage = 1000;

const headerHas = (call: ItemCall, name: string, word: string): boolean =>
  String(call.exchange.headers[name] ?? '')
    .toLowerCase()
    .includes(word);

const tokenText = ({ exchange, address }: ItemCall): string | undefined =>
  address.args['token'] ??
  exchange.query.get('token') ??
  exchange.query.get('$skiptoken') ??
  exchange.query.get('skiptoken');

/** Where a feed without a token begins, and where `latest` does. */
const fresh = (call: ItemCall, since: number): DeltaPosition => {
  const { drive, item } = call.subject;
  return { uid: drive.uid, folder: item.number, since, generation: call.services.generations.get(drive.uid) ?? 0 };
};

/** Business drives take a time for a token: changes since then. */
const sinceTime = (drive: DriveState, ms: number): number => {
  let sequence = 1;
  for (const item of drive.all()) if (item.modifiedMs <= ms) sequence = Math.max(sequence, item.sequence);
  return sequence;
};

const resync = (call: ItemCall, inner: string): GraphError => {
  const { exchange } = call;
  const location = linkWith(exchange, pathOf(call), { token: writeToken(fresh(call, 0)), skiptoken: undefined });
  return new GraphError(410, 'resyncRequired', "Resync required. Replace any local items with the server's version.", {
    inner,
    headers: { Location: location },
  });
};

const resyncCodes: Readonly<Record<string, string>> = {
  apply: 'resyncChangesApplyDifferences',
  upload: 'resyncChangesUploadDifferences',
};

const resyncCode = (call: ItemCall): string =>
  resyncCodes[call.services.quirks.word('delta-410-code') ?? 'apply'] ?? 'resyncRequired';

const positionOf = (call: ItemCall): DeltaPosition => {
  const { services } = call;
  const { drive, item } = call.subject;
  const text = tokenText(call);
  if (text === undefined || text === '') return fresh(call, 0);
  if (text.toLowerCase() === 'latest') return fresh(call, horizonOf(call));
  const personal = services.types.isPersonal(drive.uid);
  if (!personal && /^\d{4}-\d\d-\d\dT/.test(text)) return fresh(call, sinceTime(drive, Date.parse(text)));
  const known = readToken(text);
  if (known === undefined || known.uid !== drive.uid || known.folder !== item.number) {
    throw invalidRequest('The token is not valid for this resource.');
  }
  const isOld = known.generation < (services.generations.get(drive.uid) ?? 0);
  if (isOld || known.since > drive.sequence || (known.since > 0 && services.quirks.spends('delta-410'))) {
    throw resync(call, resyncCode(call));
  }
  return known;
};

/** The last change that the feed knows of at this moment. */
const horizonOf = ({ services, subject }: ItemCall): number => {
  const { drive } = subject;
  const late = services.quirks.number('delta-late');
  if (late === 0) return drive.sequence;
  return Math.min(drive.sequence, services.timeline.horizon(drive.uid, late));
};

/** The feed's own address, whatever way it was asked for. */
const pathOf = ({ services, subject, exchange }: ItemCall): string => {
  const { drive, item } = subject;
  const place = item.parent === undefined ? 'root' : `items/${services.types.itemId(drive.uid, item.number)}`;
  return `/${exchange.segments[0] ?? 'v1.0'}/drives/${services.types.driveId(drive.uid)}/${place}/delta`;
};

const checkSupported = ({ services, subject }: ItemCall): void => {
  const { drive, item } = subject;
  const below = item.parent !== undefined;
  if (services.quirks.on('delta-unsupported') || (below && !services.types.isPersonal(drive.uid))) {
    throw invalidRequest("Change tracking is not supported against 'microsoft.graph.driveItem'.");
  }
};

const scopeOf = (call: ItemCall, { since }: DeltaPosition, upTo: number): DeltaScope => {
  const { drive, item } = call.subject;
  const bare =
    headerHas(call, 'prefer', 'deltaexcludeparent') || call.exchange.headers['deltaexcludeparent'] !== undefined;
  const withDescendants = call.services.quirks.word('delta-descendants') !== 'top';
  return { drive, folder: item, since, upTo, withAncestors: !bare, withDescendants };
};

const shownEntries = (call: ItemCall, entries: readonly DeltaEntry[]): readonly DeltaEntry[] =>
  entries.filter(({ item, gone }) => gone || isShown(call.services, call.exchange, item));

/** GET delta */
export const getDelta = (call: ItemCall): Reply => {
  const { services, exchange } = call;
  const { drive } = call.subject;
  checkSupported(call);
  services.timeline.note(drive.uid, drive.sequence);
  const text = tokenText(call);
  tokenFault(services, text !== undefined);
  const position = positionOf(call);
  const latest = text?.toLowerCase() === 'latest';
  const upTo = position.page?.upTo ?? Math.max(position.since, horizonOf(call));
  const size = services.quirks.number('delta-page') || topOf(exchange, usualPage, longestPage);
  const scope = scopeOf(call, position, upTo);
  const page = latest ? { entries: [], after: undefined } : deltaPage(scope, position.page?.after ?? 0, size);
  const shape = shapeOf(exchange);
  const objects = shownEntries(call, page.entries).map(({ item, gone }) =>
    gone ? deletedObject(call, drive, item) : expanded(call, { drive, item, where: 'delta' }, shape),
  );
  const value = distortedPage(call, position, objects);
  const linkTo = (next: DeltaPosition): string =>
    linkWith(exchange, pathOf(call), { token: writeToken(next), skiptoken: undefined });
  const onward = { ...fresh(call, position.since), since: position.since };
  const link =
    page.after === undefined
      ? { '@odata.deltaLink': linkTo(fresh(call, upTo)) }
      : { '@odata.nextLink': linkTo({ ...onward, page: { upTo, after: page.after } }) };
  const context = { '@odata.context': `${exchange.base}/v1.0/$metadata#Collection(driveItem)` };
  return graphReply(200, { ...context, ...linkFault(call, value, link), value });
};
