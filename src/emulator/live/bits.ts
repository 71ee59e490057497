// BITS uploads: files of any size in fragments, each a POST that says what it is in its headers (docs/live-connect-v5.md, part 5). A
// folder is addressed by its resid or by its path; whatever host or prefix comes before doesn't matter.
import type { Account } from '../accounts.ts';
import { canonicalUid } from '../accounts.ts';
import type { ItemNumber } from '../drive-item.ts';
import { DriveFault } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { Exchange } from '../exchange.ts';
import type { Route } from '../http-server.ts';
import { emptyReply, Refusal, type Reply } from '../reply.ts';
import type { UploadSession } from '../upload-sessions.ts';
import { tokensOf } from './live-api.ts';
import { hasScope, type LiveServices, writeScopes } from './live-call.ts';
import { parseResid, residOf } from './live-ids.ts';
import { newContent } from './uploads.ts';

const protocol = '{7df0354d-249b-430f-820d-3d2a9bef4931}';
const longestFragment = 60 * 1024 * 1024;

interface Target {
  readonly uid: string;
  readonly folder: ItemNumber;
  readonly name: string;
}

interface BitsCall {
  readonly services: LiveServices;
  readonly exchange: Exchange;
}

const failure = (status: number, headers: Record<string, string>): Refusal => new Refusal(emptyReply(status, headers));

const ack = (status: number, headers: Readonly<Record<string, string>> = {}): Reply =>
  emptyReply(status, { 'BITS-Packet-Type': 'Ack', ...headers });

const headerOf = (exchange: Exchange, name: string): string | undefined => {
  const value = exchange.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const tokenFailure = (status: number, error: 'expired_token' | 'invalid_token'): Refusal => {
  // Real clients look for the one word when they create a session, for the other when they close it.
  const words =
    status === 401 ? 'Auth token expired (invalid_token). Try refreshing.' : 'Auth token expired. Try refreshing.';
  const text = error === 'expired_token' ? words : 'Auth token is invalid.';
  return failure(status, {
    'WWW-Authenticate': `Bearer realm="OneDriveAPI", error="${error}", error_description="${text}"`,
  });
};

/** Whose token it is; storage hosts say in a header what is wrong with it, with `status`. */
const accountOf = (
  { services, exchange }: BitsCall,
  status: number,
): { account: Account; token: string; issuedMs: number } => {
  for (const token of tokensOf(exchange)) {
    const check = services.grants.check(token);
    if (check.state === 'expired') throw tokenFailure(status, 'expired_token');
    const account = check.state === 'valid' ? services.accounts.byUid(check.grant.uid) : undefined;
    if (check.state !== 'valid' || account === undefined) continue;
    if (!hasScope(check.grant, writeScopes)) throw failure(403, { 'X-ClientErrorCode': 'AccessDenied' });
    return { account, token, issuedMs: check.issuedMs };
  }
  throw tokenFailure(status, 'invalid_token');
};

const missing = (): Refusal => failure(404, { 'X-ClientErrorCode': 'ItemNotFound' });

/** `items/RESID/name` and `users/0xUID/LiveFolders/path/name`, with anything before. */
const readTarget = (services: LiveServices, segments: readonly string[]): Target => {
  const items = segments.lastIndexOf('items');
  const folders = segments.findIndex((part) => part.toLowerCase() === 'livefolders');
  if (folders > 0) {
    const uid = canonicalUid((segments[folders - 1] ?? '').replace(/^0x/i, ''));
    const account = uid === undefined ? undefined : services.accounts.byUid(uid);
    const path = segments.slice(folders + 1);
    const name = path.pop();
    if (account === undefined || name === undefined) throw missing();
    return { uid: account.uid, folder: folderAt(services.accounts.drive(account), path), name };
  }
  const resid = parseResid(segments[items + 1] ?? '');
  const name = segments[items + 2];
  if (items < 0 || resid === undefined || name === undefined) throw missing();
  return { uid: resid.uid, folder: resid.number, name };
};

const folderAt = (drive: DriveState, path: readonly string[]): ItemNumber => {
  let folder = drive.root.number;
  for (const part of path) {
    const child = drive.named(folder, part);
    if (child === undefined) throw missing();
    folder = child.number;
  }
  return folder;
};

const driveFailure = (error: unknown): unknown => {
  if (!(error instanceof DriveFault)) return error;
  if (error.reason === 'full') return failure(507, { 'X-ClientErrorCode': 'QuotaExceeded' });
  if (error.reason === 'name-taken') return failure(409, { 'X-ClientErrorCode': 'NameAlreadyExists' });
  if (error.reason === 'missing' || error.reason === 'not-a-folder') return missing();
  return failure(400, { 'X-ClientErrorCode': 'InvalidRequest' });
};

const createSession = (call: BitsCall): Reply => {
  const { services, exchange } = call;
  const { account, token } = accountOf(call, 401);
  const offered = headerOf(exchange, 'bits-supported-protocols')?.toLowerCase() ?? protocol;
  if (!offered.includes(protocol)) throw failure(400, { 'X-ClientErrorCode': 'UnsupportedProtocol' });
  const target = readTarget(services, exchange.segments);
  if (target.uid !== account.uid) throw failure(403, { 'X-ClientErrorCode': 'AccessDenied' });
  services.accounts.drive(account).checkPut(target.folder, target.name, 'replace');
  const session = services.sessions.create({ dialect: 'live', ...target, token });
  return ack(201, { 'BITS-Protocol': protocol, 'BITS-Session-Id': session.id });
};

const sessionOf = ({ services, exchange }: BitsCall): UploadSession => {
  const session = services.sessions.get(headerOf(exchange, 'bits-session-id')?.trim() ?? '');
  if (session === undefined) throw failure(500, { 'X-ClientErrorCode': 'UploadSessionNotFound' });
  return session;
};

interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly total: number;
}

const readContentRange = (exchange: Exchange): ContentRange => {
  const text = headerOf(exchange, 'content-range') ?? headerOf(exchange, 'x-content-range') ?? '';
  const [, start, last, total] = /^bytes\s+(\d+)-(\d+)\/(\d+)$/i.exec(text.trim()) ?? [];
  const range = { start: Number(start), end: Number(last) + 1, total: Number(total) };
  if (total !== undefined && range.start < range.end && range.end <= range.total) return range;
  throw failure(400, { 'X-ClientErrorCode': 'InvalidContentRange' });
};

const addFragment = async (call: BitsCall): Promise<Reply> => {
  const { services, exchange } = call;
  const session = sessionOf(call);
  const range = readContentRange(exchange);
  const received = (of: UploadSession) => ({ 'BITS-Received-Content-Range': String(of.received) });
  if (session.total !== undefined && session.total !== range.total)
    throw failure(400, { 'X-ClientErrorCode': 'LengthChanged' });
  if (range.end - range.start > longestFragment) throw failure(413, { 'X-ClientErrorCode': 'FragmentTooLarge' });
  if (services.sessions.isBusy(session.id)) throw failure(409, { 'X-ClientErrorCode': 'SessionBusy' });
  if (range.start > session.received) throw failure(416, received(session));
  // A fragment that was acknowledged already was repeated because its answer was lost.
  if (range.end <= session.received) return ack(200, received(session));
  if (range.start < session.received) throw failure(416, received(session));
  checkRoom(services, session, range.total);
  const complete = await services.sessions.append(session, exchange.chunks(), range.end - range.start, range.total);
  if (!complete) throw failure(400, { 'X-ClientErrorCode': 'FragmentLengthMismatch' });
  return ack(200, { 'BITS-Received-Content-Range': String(range.end) });
};

const targetOf = (session: UploadSession): Target & { readonly token: string } =>
  session.purpose as unknown as Target & { readonly token: string };

const driveOf = (services: LiveServices, session: UploadSession): DriveState => {
  const account = services.accounts.byUid(targetOf(session).uid);
  if (account === undefined) throw missing();
  return services.accounts.drive(account);
};

const checkRoom = (services: LiveServices, session: UploadSession, total: number): void => {
  const { folder, name } = targetOf(session);
  driveOf(services, session).checkPut(folder, name, 'replace', total);
};

const checkToken = (call: BitsCall, session: UploadSession): void => {
  const { token, issuedMs } = accountOf(call, 500);
  const { bitsBoundToToken, bitsFreshTokenSeconds } = call.services.settings();
  const stranger = bitsBoundToToken && token !== targetOf(session).token;
  if (stranger) throw failure(500, { 'X-ClientErrorCode': 'UploadSessionNotFound' });
  const age = (call.services.now() - issuedMs) / 1000;
  if (bitsFreshTokenSeconds > 0 && age > bitsFreshTokenSeconds) throw tokenFailure(500, 'expired_token');
};

const closeSession = async (call: BitsCall): Promise<Reply> => {
  const { services } = call;
  const session = sessionOf(call);
  checkToken(call, session);
  if (services.sessions.isBusy(session.id)) throw failure(409, { 'X-ClientErrorCode': 'SessionBusy' });
  // A session without fragments has no length: empty files don't go this way.
  if (session.total === undefined || session.received < session.total) {
    throw failure(416, { 'BITS-Received-Content-Range': String(session.received) });
  }
  const { uid, folder, name } = targetOf(session);
  const drive = driveOf(services, session);
  drive.checkPut(folder, name, 'replace', session.total);
  const content = await newContent(services, name, await services.sessions.finish(session));
  const { item } = drive.putFile(folder, name, content, 'replace');
  return ack(200, { 'X-Resource-Id': residOf(uid, item.number) });
};

const cancelSession = async (call: BitsCall): Promise<Reply> => {
  await call.services.sessions.cancel(sessionOf(call));
  return ack(200);
};

interface Packet {
  readonly kind: string;
  readonly run: (call: BitsCall) => Promise<Reply> | Reply;
}

const packets = new Map<string, Packet>([
  ['create-session', { kind: 'bits-create', run: createSession }],
  ['fragment', { kind: 'bits-fragment', run: addFragment }],
  ['close-session', { kind: 'bits-close', run: closeSession }],
  ['cancel-session', { kind: 'bits-cancel', run: cancelSession }],
  ['ping', { kind: 'bits-ping', run: () => ack(200) }],
]);

/** Undefined: the request isn't BITS. */
export const bitsRoute = (services: LiveServices, exchange: Exchange): Route | undefined => {
  const packet = packets.get(headerOf(exchange, 'bits-packet-type')?.toLowerCase() ?? '');
  if (packet === undefined || exchange.method !== 'POST') return undefined;
  const run = async (): Promise<Reply> => {
    services.grants.countCall();
    try {
      return await packet.run({ services, exchange });
    } catch (error) {
      throw driveFailure(error);
    }
  };
  return { kind: packet.kind, documented: ['access_token'], run };
};
