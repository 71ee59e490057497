// Graph's front: finds the operation for a request in the table, checks the token, has it carried out, and presents the answer with the
// ids of the request (docs/graph-drive.md, 1, 2 and 17).
import { randomUUID } from 'node:crypto';
import type { Account } from '../accounts.ts';
import type { Exchange } from '../exchange.ts';
import type { Route } from '../http-server.ts';
import type { Grant } from '../oauth/grants.ts';
import { emptyReply, Refusal, type Reply } from '../reply.ts';
import { runBatch } from './batches.ts';
import { type Address, readAddress } from './graph-address.ts';
import type { GraphCall } from './graph-call.ts';
import { accessDenied, asGraphError, errorReply, GraphError, type RequestIds } from './graph-error.ts';
import { graphOperations, type Operation } from './graph-operations.ts';
import { checkReach, existing, findSubject, type Subject } from './graph-place.ts';
import type { GraphServices } from './graph-services.ts';
import { checkStrict } from './graph-strict.ts';
import { checkThrottle } from './throttle.ts';
import { checkJson, distortedError, foreignFault, transportFault } from './transport-quirks.ts';

const methodOf = (exchange: Exchange): string => (exchange.method === 'HEAD' ? 'GET' : exchange.method);

const unauthorized = (message: string, challenge: string): GraphError =>
  new GraphError(401, 'InvalidAuthenticationToken', message, { headers: { 'WWW-Authenticate': challenge } });

const noToken =
  'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"';

/** The grant behind the request's token. */
const authorize = (services: GraphServices, exchange: Exchange): Grant => {
  const [, token = ''] = /^bearer\s+(.+)$/i.exec(exchange.headers.authorization ?? '') ?? [];
  if (token === '') throw unauthorized('Access token is empty.', noToken);
  const check = services.grants.check(token);
  if (check.state === 'valid') return check.grant;
  if (check.state === 'expired') {
    const text = 'Lifetime validation failed, the token is expired.';
    throw unauthorized(
      text,
      'Bearer realm="OneDriveAPI", error="expired_token", error_description="Auth token expired. Try refreshing."',
    );
  }
  throw unauthorized(
    'IDX14100: JWT is not well formed.',
    'Bearer realm="OneDriveAPI", error="invalid_token", error_description="Invalid auth token"',
  );
};

/** Scopes in all spellings; those of the live dialect count, the drive being the same. */
const allows = (scope: string, writes: boolean): boolean => {
  const name = scope.replace(/^https:\/\/graph\.microsoft\.[a-z.]+\//i, '').toLowerCase();
  if (name === '.default' || name === 'wl.skydrive_update') return true;
  if (/^(files\.readwrite|sites\.(readwrite|manage|fullcontrol))/.test(name)) return true;
  return !writes && /^(files\.read|sites\.read|wl\.)/.test(name);
};

const checkScope = (grant: Grant, operation: Operation): void => {
  const identity = operation.kind === 'me' && grant.scopes.length > 0;
  if (!identity && !grant.scopes.some((scope) => allows(scope, operation.writes))) throw accessDenied();
};

const fits = ({ path, on }: Operation, address: Address): boolean => {
  const subject = on === 'place' || on === 'bin' ? 'item' : on;
  if (subject !== address.on) return false;
  const parts = path === '' ? [] : path.split('/');
  return (
    parts.length === address.rest.length &&
    parts.every((part, index) => part.startsWith(':') || part === address.rest[index])
  );
};

const noSegment = (address: Address): GraphError =>
  new GraphError(400, 'BadRequest', `Resource not found for the segment '${address.words.at(-1) ?? ''}'.`);

const subjectFor = (services: GraphServices, account: Account, operation: Operation, address: Address): Subject => {
  if (operation.on === 'bin') return findSubject(services, account, { ...address, on: 'drive' });
  const subject = findSubject(services, account, address);
  return operation.on === 'item' ? (subject.on === 'gap' ? subject : existing(subject)) : subject;
};

/** What a lookup by path found, or sometimes something else of that drive. */
const mistaken = ({ quirks }: GraphServices, method: string, address: Address, subject: Subject): Subject => {
  const byPath = subject.on === 'item' && method === 'GET' && address.path.length > 0;
  if (!byPath || !quirks.strikes('path-wrong-item')) return subject;
  const other = [...subject.drive.all()].find((one) => one.kind === subject.item.kind && one.removedWith === undefined);
  return other === undefined ? subject : { ...subject, item: other };
};

const perform = async (services: GraphServices, exchange: Exchange, operation: Operation): Promise<Reply> => {
  services.grants.countCall();
  const address = readAddress(exchange.segments.slice(1));
  const grant: Grant = operation.open
    ? { uid: services.accounts.first.uid, clientId: '', scopes: ['files.readwrite'] }
    : authorize(services, exchange);
  checkScope(grant, operation);
  services.quirks.spends('id-migrate-root');
  const account = services.accounts.byUid(grant.uid) ?? services.accounts.first;
  checkThrottle(services, exchange, account.uid, grant.clientId);
  checkStrict(services, exchange, operation.query);
  const method = methodOf(exchange);
  await transportFault(services, exchange);
  if (method === 'POST') checkJson(services, exchange);
  const subject = mistaken(services, method, address, subjectFor(services, account, operation, address));
  checkReach(services, account, address, subject, operation.writes);
  if (subject.on === 'gap' && operation.on === 'item') existing(subject);
  if (subject.on !== 'service' && subject.drive.uid !== account.uid) foreignFault(services);
  if (subject.on === 'item' || subject.on === 'gap') services.lookups.check(operation.kind, method, address, subject);
  const call: GraphCall = { exchange, services, account, grant, address, subject };
  return await operation.run(call);
};

const idsOf = (services: GraphServices, exchange: Exchange): RequestIds => {
  const request = randomUUID();
  const given = exchange.headers['client-request-id'];
  const client = (Array.isArray(given) ? given[0] : given) ?? request;
  return { request, client, atMs: services.now() };
};

const withIds = (reply: Reply, ids: RequestIds): Reply => ({
  ...reply,
  headers: { ...reply.headers, 'request-id': ids.request, 'client-request-id': ids.client },
});

/** Runs it, and makes an answer of whatever it throws. */
export const answered = async (
  services: GraphServices,
  exchange: Exchange,
  run: () => Promise<Reply> | Reply,
): Promise<Reply> => {
  const ids = idsOf(services, exchange);
  try {
    return withIds(await run(), ids);
  } catch (error) {
    const known = asGraphError(error);
    if (known === undefined) throw error;
    return withIds(distortedError(services, errorReply(known, ids)), ids);
  }
};

const batch = (services: GraphServices, exchange: Exchange): Promise<Reply> => {
  authorize(services, exchange);
  return runBatch(exchange, async (inner) => {
    try {
      return await graphRoute(services, inner).run();
    } catch (error) {
      if (error instanceof Refusal) return error.reply;
      throw error;
    }
  });
};

/** What a request below /v1.0/ or /beta/ is about. */
export const graphRoute = (services: GraphServices, exchange: Exchange): Route => {
  const address = readAddress(exchange.segments.slice(1));
  const method = methodOf(exchange);
  if (method === 'OPTIONS') return { kind: 'options', run: () => emptyReply(200) };
  if (method === 'POST' && address.on === 'service' && address.rest.join('/') === '$batch') {
    return { kind: 'batch', run: () => answered(services, exchange, () => batch(services, exchange)) };
  }
  const failure = (status: number, code: string, message: string): Reply =>
    errorReply(new GraphError(status, code, message), idsOf(services, exchange));
  const rows = graphOperations.filter((one) => fits(one, address));
  const operation = rows.find((one) => one.method === method);
  if (operation !== undefined) {
    return {
      kind: operation.kind,
      failure,
      run: () => answered(services, exchange, () => perform(services, exchange, operation)),
    };
  }
  const refusal =
    rows.length > 0 ? new GraphError(405, 'notAllowed', 'The HTTP method is not allowed.') : noSegment(address);
  const refuse = (): Reply => {
    authorize(services, exchange);
    throw refusal;
  };
  return { kind: 'unknown', failure, run: () => answered(services, exchange, refuse) };
};
