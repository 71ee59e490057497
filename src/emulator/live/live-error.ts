// The service's error codes, their statuses and their wording (docs/live-connect-v5.md, 2.3). Handlers throw `liveError`; the answer is
// made here.
import { DriveFault, type DriveFaultReason } from '../drive-item.ts';
import { Refusal, type Reply } from '../reply.ts';
import { liveReply } from './live-json.ts';

const statuses = {
  request_token_missing: 401,
  request_token_invalid: 401,
  request_token_expired: 401,
  request_token_unauthorized: 403,
  request_url_invalid: 400,
  request_method_invalid: 405,
  request_body_invalid: 400,
  request_parameter_missing: 400,
  request_parameter_invalid: 400,
  resource_not_found: 404,
  resource_already_exists: 409,
  resource_quota_exceeded: 507,
  request_throttled: 420,
  server_internal_error: 500,
  access_denied: 403,
} as const;

export type LiveErrorCode = keyof typeof statuses;

export const liveFailure = (status: number, code: string, message: string): Reply =>
  liveReply(status, { error: { code, message } });

export const liveError = (code: LiveErrorCode, message: string): Refusal =>
  new Refusal(liveFailure(statuses[code], code, message), `${code}: ${message}`);

export const notFound = (id: string): Refusal => liveError('resource_not_found', `The resource '${id}' doesn't exist.`);

export const missingParameter = (name: string): Refusal =>
  liveError(
    'request_parameter_missing',
    `The request entity body is missing the required parameter: '${name}'. Required parameters include: '${name}'.`,
  );

export const badDestination = (): Refusal =>
  liveError(
    'request_parameter_invalid',
    "The value of input resource ID parameter 'destination' isn't valid. The expected value for this parameter is a resource ID for one of these types: folder, album.",
  );

const reasons: Readonly<Record<DriveFaultReason, LiveErrorCode>> = {
  'bad-name': 'request_parameter_invalid',
  'name-taken': 'resource_already_exists',
  missing: 'resource_not_found',
  'not-a-folder': 'request_url_invalid',
  'not-a-file': 'request_url_invalid',
  full: 'resource_quota_exceeded',
  'into-itself': 'request_parameter_invalid',
  'is-root': 'request_method_invalid',
};

const wording: Readonly<Partial<Record<DriveFaultReason, string>>> = {
  'bad-name': "The value of input entity property 'name' isn't valid.",
  'name-taken': 'The resource already exists in the destination folder.',
  full: 'The resource could not be stored because the storage quota has been exceeded.',
};

/** What the drive refused, in the service's words; anything else as it is. */
export const asLiveError = (error: unknown): unknown =>
  error instanceof DriveFault ? liveError(reasons[error.reason], wording[error.reason] ?? error.message) : error;
