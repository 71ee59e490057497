// What Graph's answers that are no success mean (docs: Graph, 17). The most specific code that is known decides, then the status;
// never a text. Messages of the service may hold addresses and tokens that open something: those are cut out.
import type { HttpAnswer } from '../../http/http-answer.ts';
import { DriveError, type Fault } from '../drive-error.ts';

export type WireObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is WireObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const codeFaults: Readonly<Record<string, Fault>> = {
  ...{ itemnotfound: 'missing', uploadsessionnotfound: 'missing', resourcenotfound: 'missing' },
  ...{ request_resourcenotfound: 'missing', namealreadyexists: 'exists' },
  ...{ resourcemodified: 'changed', entitytagdoesnotmatch: 'changed' },
  ...{ accessdenied: 'denied', accessrestricted: 'denied', authorization_requestdenied: 'denied' },
  ...{ malwaredetected: 'denied', virussuspicious: 'denied', servicereadonly: 'denied' },
  ...{ unauthenticated: 'signed-out', invalidauthenticationtoken: 'signed-out' },
  ...{ invalidrequest: 'refused', badrequest: 'refused', invalidpath: 'refused', pathistoolong: 'refused' },
  ...{ pathtoodeep: 'refused', propertynotupdateable: 'refused', childitemcountexceeded: 'refused' },
  // "ObjectHandle is Invalid": when it meets an item that is in use, the service is in trouble, sometimes for hours.
  invalidresourceid: 'busy',
  ...{ quotalimitreached: 'full', maxfilesizeexceeded: 'too-large', maxfragmentlengthexceeded: 'too-large' },
  ...{ resourcelocked: 'locked', lockmismatch: 'locked', locknotfoundoralreadyexpired: 'locked' },
  ...{ activitylimitreached: 'busy', toomanyrequests: 'busy', throttledrequest: 'busy' },
  ...{ servicenotavailable: 'busy', cannotsnapshottree: 'busy', resourcebeingprovisioned: 'busy' },
  notsupported: 'unsupported',
};

/** These say it better than any code beside them. */
const strongStatuses: Readonly<Record<number, Fault>> = {
  ...{ 401: 'signed-out', 412: 'changed', 423: 'locked', 429: 'busy', 507: 'full', 509: 'busy' },
};

const statusFaults: Readonly<Record<number, Fault>> = {
  ...{ 400: 'refused', 403: 'denied', 404: 'missing', 405: 'unsupported', 408: 'busy', 409: 'exists', 410: 'missing' },
  ...{ 411: 'refused', 413: 'too-large', 415: 'refused', 416: 'changed', 422: 'refused', 501: 'unsupported' },
  ...{ 503: 'busy' },
};

/** Statuses that gateways answer too, in HTML; only the service's own may be believed. */
const needsProof: ReadonlySet<number> = new Set([400, 403, 404, 405, 409, 410, 412, 415]);

const innerOf = (error: WireObject): WireObject | undefined => {
  const inner = error['innerError'] ?? error['innererror'];
  return isObject(inner) ? inner : undefined;
};

/** From the most specific to the most general, in lower case. */
const codesIn = (body: WireObject | undefined): readonly string[] => {
  const codes: string[] = [];
  let error = isObject(body?.['error']) ? body['error'] : undefined;
  for (let depth = 0; error !== undefined && depth < 8; depth++) {
    if (typeof error['code'] === 'string') codes.unshift(error['code'].toLowerCase());
    error = innerOf(error);
  }
  return codes;
};

const faultOf = (answer: HttpAnswer, codes: readonly string[]): Fault => {
  const strong = strongStatuses[answer.status];
  if (strong !== undefined) return strong;
  const named = codes.map((code) => codeFaults[code]).find((fault) => fault !== undefined);
  if (named !== undefined) return named;
  if (needsProof.has(answer.status) && answer.isPage) return 'broken';
  return statusFaults[answer.status] ?? 'broken';
};

/** Without what could be used by whoever reads it. */
const harmless = (text: string): string =>
  text
    .slice(0, 2000)
    .replace(/https?:\/\/\S+/gi, '(address)')
    .replace(/\b(bearer|token|tempauth)\b[\s=:]+\S+/gi, '$1 (secret)')
    .slice(0, 300);

const wordsOf = (body: WireObject | undefined, codes: readonly string[]): string => {
  const error = isObject(body?.['error']) ? body['error'] : {};
  const message = typeof error['message'] === 'string' ? harmless(error['message']) : '';
  return [[...new Set(codes)].reverse().join('/').slice(0, 100), message].filter((word) => word !== '').join(': ');
};

const hints: Readonly<Record<string, string>> = {
  pathistoolong:
    'All names on the way to it have room for 400 characters: give it, or a folder above it, a shorter name.',
  pathtoodeep: 'It lies in too many folders: move it, or a folder above it, further up.',
  childitemcountexceeded: 'The folder holds as much as it can: put it into another one.',
};

/** What people can do about it. */
const hintOf = (fault: Fault, codes: readonly string[]): string => {
  if (fault === 'signed-out') return ' Sign in again: skydrive auth';
  const hint = codes.map((code) => hints[code]).find((text) => text !== undefined);
  return hint === undefined ? '' : ` ${hint}`;
};

export const isMutation = (method: string): boolean => method !== 'GET' && method !== 'HEAD';

/** Sent twice, these may act twice; a 503 without a time to wait may come from behind something that went on. */
const mayStillAct = (method: string, { status }: HttpAnswer, retryAfterMs: number | undefined): boolean =>
  status === 408 || (status === 503 && (method === 'POST' || method === 'PATCH') && retryAfterMs === undefined);

export interface Failed {
  /** For people; no query. */
  readonly title: string;
  readonly method: string;
  readonly now: number;
}

export const answerError = (answer: HttpAnswer, { title, method, now }: Failed): DriveError => {
  const body = answer.object;
  const codes = codesIn(body);
  const fault = faultOf(answer, codes);
  const retryAfterMs = answer.retryAfterMs(now);
  const words = wordsOf(body, codes);
  const id = answer.header('request-id');
  const request = id === undefined || !/^[\w-]{1,64}$/.test(id) ? '' : ` (request ${id})`;
  return new DriveError(
    fault,
    `${title}: ${answer.status}${words === '' ? '' : ` ${words}`}${request}.${hintOf(fault, codes)}`,
    {
      status: answer.status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ambiguous: isMutation(method) && (fault === 'broken' || mayStillAct(method, answer, retryAfterMs)),
      page: fault === 'broken' && answer.status < 500 && answer.isPage,
    },
  );
};
