// What a client does with an uploadUrl: PUT fragments, GET how far it got, POST the commit that was put off, DELETE it all
// (docs/graph-drive.md, 8).
import type { Exchange } from '../exchange.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { GraphError, invalidRequest } from './graph-error.ts';
import { graphReply, graphTime } from './graph-json.ts';
import type { GraphServices } from './graph-services.ts';
import { commitSession, currentPlace, type OpenSession, sessionNotFound } from './upload-commit.ts';
import { expiryOf, uploadUrl } from './upload-sessions-create.ts';

const unit = 320 * 1024;
const longestFragment = 60 * 1024 * 1024;

interface Span {
  readonly start: number;
  readonly end: number;
  readonly total: number;
}

const spanOf = (exchange: Exchange): Span => {
  const header = exchange.headers['content-range'] ?? '';
  const [, start, last, total] = /^bytes\s+(\d+)-(\d+)\/(\d+)$/i.exec(header.trim()) ?? [];
  const span = { start: Number(start), end: Number(last) + 1, total: Number(total) };
  if (total === undefined || span.start >= span.end || span.end > span.total) {
    throw invalidRequest('The Content-Range header is missing or malformed.');
  }
  if (exchange.contentLength === undefined) throw new GraphError(411, 'invalidRequest', 'Content-Length is required.');
  if (exchange.contentLength !== span.end - span.start) {
    throw invalidRequest(
      'The Content-Range header length does not match the provided number of bytes.',
      'fragmentLengthMismatch',
    );
  }
  return span;
};

const rangeError = (inner: string): GraphError =>
  new GraphError(
    416,
    'invalidRange',
    'The uploaded fragment overlaps with data that has already been received, or leaves a gap.',
    {
      inner,
    },
  );

const checkSpan = ({ record, bytes }: OpenSession, { start, end, total }: Span, strict: boolean): void => {
  const length = end - start;
  if (length > longestFragment || (strict && length === longestFragment)) {
    throw new GraphError(413, 'invalidRequest', 'The fragment is too large.', { inner: 'maxFragmentLengthExceeded' });
  }
  const known = bytes.total ?? (record.fileSize > 0 ? record.fileSize : total);
  if (known !== total) throw invalidRequest('The total size of the file changed.', 'fragmentLengthMismatch');
  if (start < bytes.received) throw rangeError('fragmentOverlap');
  if (start > bytes.received) throw rangeError('fragmentOutOfOrder');
  if (end < total && length % unit !== 0) {
    throw invalidRequest('The fragment length must be a multiple of 320 KiB.', 'invalidFragmentLength');
  }
};

const progress = ({ record, bytes }: OpenSession): Readonly<Record<string, unknown>> => {
  const complete = bytes.total !== undefined && bytes.received >= bytes.total;
  return {
    expirationDateTime: graphTime(record.expiresMs, 'ms'),
    nextExpectedRanges: complete ? [] : [`${bytes.received}-`],
  };
};

/** PUT uploadUrl */
const putFragment = async (services: GraphServices, exchange: Exchange, session: OpenSession): Promise<Reply> => {
  const { quirks, sessions, uploads, settings } = services;
  const { record, bytes } = session;
  if (record.dead || quirks.strikes('session-lost')) {
    await uploads.end(record.id);
    throw sessionNotFound();
  }
  const span = spanOf(exchange);
  checkSpan(session, span, settings().strict);
  if (sessions.isBusy(bytes.id)) throw rangeError('fragmentOverlap');
  const place = currentPlace(services, record);
  const replaced = record.conflict === 'replace' ? (place.present?.content?.size ?? 0) : 0;
  if (span.total > place.drive.available + replaced) {
    throw new GraphError(507, 'quotaLimitReached', 'Insufficient Space Available');
  }
  const complete = await sessions.append(bytes, exchange.chunks(), span.end - span.start, span.total);
  if (!complete) throw invalidRequest('The fragment is not as long as announced.', 'fragmentLengthMismatch');
  uploads.extend(record, expiryOf(services, record.uid));
  const next = await uploads.find(record.id);
  if (next === undefined) throw sessionNotFound();
  if (span.end < span.total || record.deferred) return graphReply(202, progress(next));
  return await commitSession({ services, exchange }, next, {
    place: currentPlace(services, record),
    conflict: record.conflict,
  });
};

/** GET uploadUrl */
const getStatus = (services: GraphServices, exchange: Exchange, session: OpenSession): Reply => {
  const { quirks } = services;
  const rotated = quirks.strikes('session-url-rotate')
    ? { uploadUrl: uploadUrl(services, exchange, session.record) }
    : {};
  const spoiled = quirks.strikes('session-bad-ranges') ? { nextExpectedRanges: [] } : {};
  return graphReply(200, { ...rotated, ...progress(session), ...spoiled });
};

/** POST uploadUrl: the commit that deferCommit put off, or another try after 409. */
const commit = async (services: GraphServices, exchange: Exchange, session: OpenSession): Promise<Reply> => {
  const { record, bytes } = session;
  if (bytes.total === undefined || bytes.received < bytes.total) {
    throw new GraphError(400, 'invalidRequest', 'The upload session is incomplete.', {
      inner: 'uploadSessionIncomplete',
    });
  }
  return await commitSession({ services, exchange }, session, {
    place: currentPlace(services, record),
    conflict: record.conflict,
  });
};

const cancel = async (services: GraphServices, session: OpenSession): Promise<Reply> => {
  await services.uploads.end(session.record.id);
  return emptyReply(204);
};

/** By method; the log's word for it. */
export const uploadKinds: Readonly<Record<string, string>> = {
  PUT: 'session-fragment',
  GET: 'session-status',
  POST: 'session-commit',
  DELETE: 'session-cancel',
};

/** `id`: of the session that the URL stands for. */
export const uploadRequest = async (services: GraphServices, exchange: Exchange, id: string): Promise<Reply> => {
  const session = await services.uploads.find(id);
  if (session === undefined) throw sessionNotFound();
  switch (exchange.method) {
    case 'PUT':
      return await putFragment(services, exchange, session);
    case 'GET':
      return getStatus(services, exchange, session);
    case 'POST':
      return await commit(services, exchange, session);
    case 'DELETE':
      return await cancel(services, session);
    default:
      throw new GraphError(405, 'notAllowed', 'The HTTP method is not allowed.');
  }
};
