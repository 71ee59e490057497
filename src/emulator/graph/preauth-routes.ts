// Requests to URLs that carry their own authority; the token of the API has no business there (docs/graph-drive.md, 6).
import type { DriveItem } from '../drive-item.ts';
import type { Exchange } from '../exchange.ts';
import type { Route } from '../http-server.ts';
import type { Reply } from '../reply.ts';
import { sendContent } from '../storage-download.ts';
import { getMonitor } from './copies.ts';
import { answered } from './graph-api.ts';
import { GraphError, itemNotFound } from './graph-error.ts';
import type { GraphServices } from './graph-services.ts';
import { noteViolation } from './graph-strict.ts';
import { preauthRoots, type Ticket } from './preauth-urls.ts';
import { uploadKinds, uploadRequest } from './upload-fragments.ts';

const refused = (): GraphError => new GraphError(401, 'unauthenticated', 'The caller is not authenticated.');

/** Some back ends refuse a request that brings the API's token along; strict mode always does. */
const checkNoToken = (services: GraphServices, exchange: Exchange): void => {
  if (exchange.headers.authorization === undefined) return;
  const { strict } = services.settings();
  if (strict) noteViolation(services, exchange, 'the token was sent to a URL that needs none');
  if (strict || services.quirks.word('preauth-bearer') === 'refuse') throw refused();
};

const ticketOf = (services: GraphServices, exchange: Exchange): Ticket => {
  const { strict } = services.settings();
  const ticket = services.preauth.read(exchange, strict || services.quirks.on('preauth-strict'));
  if (ticket === undefined) throw refused();
  return ticket;
};

/** The item with the content that the ticket is for. */
const contentFor = (services: GraphServices, { uid, number, detail }: Ticket): DriveItem => {
  const account = services.accounts.byUid(uid);
  const item = account === undefined ? undefined : services.accounts.drive(account).get(number);
  if (item?.content === undefined) throw itemNotFound();
  if (detail === undefined) return item;
  const version = services.history.list(uid).findLast(({ content, kept }) => content.sha256 === detail && kept);
  if (version === undefined) throw itemNotFound();
  return { ...item, content: version.content };
};

/** GET, HEAD of a download URL */
const download = (services: GraphServices, exchange: Exchange): Reply => {
  checkNoToken(services, exchange);
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD')
    throw new GraphError(405, 'notAllowed', 'Only GET is allowed.');
  const ticket = ticketOf(services, exchange);
  if (services.quirks.strikes('dl-fresh-401')) throw refused();
  const item = contentFor(services, ticket);
  services.downloaded.add(item.content?.sha256 ?? '');
  const ignoresRange = services.quirks.strikes('dl-ignore-range');
  const { range: _ignored, ...headers } = exchange.headers;
  return sendContent(services, ignoresRange ? { ...exchange, headers } : exchange, {
    uid: ticket.uid,
    item,
    attachment: true,
  });
};

const detailOf = (services: GraphServices, exchange: Exchange): string => ticketOf(services, exchange).detail ?? '';

const upload = async (services: GraphServices, exchange: Exchange): Promise<Reply> => {
  checkNoToken(services, exchange);
  return await uploadRequest(services, exchange, detailOf(services, exchange));
};

/** Undefined: `first` is no root of such URLs. */
export const preauthRoute = (services: GraphServices, exchange: Exchange, first: string): Route | undefined => {
  const route = (kind: string, run: () => Promise<Reply> | Reply): Route => ({
    kind,
    run: () => answered(services, exchange, run),
  });
  switch (first) {
    case preauthRoots.download:
      return route('download', () => download(services, exchange));
    case preauthRoots.upload:
      return route(uploadKinds[exchange.method] ?? 'unknown', () => upload(services, exchange));
    case preauthRoots.monitor:
      return route('monitor', () => getMonitor(services, exchange, detailOf(services, exchange)));
    default:
      return undefined;
  }
};
