// Errors of the identity platform: a code of OAuth, and one of its own in the text (docs/graph-drive.md, 1).
import { randomUUID } from 'node:crypto';
import { jsonReply, Refusal, type Reply } from '../reply.ts';

export type OAuthError =
  | 'invalid_request'
  | 'invalid_grant'
  | 'invalid_client'
  | 'invalid_scope'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'authorization_pending'
  | 'authorization_declined'
  | 'bad_verification_code'
  | 'expired_token'
  | 'slow_down'
  | 'access_denied'
  | 'login_required';

export const description = (number: number, text: string): string =>
  `AADSTS${number}: ${text} Trace ID: ${randomUUID()} Correlation ID: ${randomUUID()} Timestamp: ${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`;

const failureReply = (error: OAuthError, number: number, text: string): Reply =>
  jsonReply(error === 'invalid_client' ? 401 : 400, {
    error,
    error_description: description(number, text),
    error_codes: [number],
    timestamp: `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`,
    trace_id: randomUUID(),
    correlation_id: randomUUID(),
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  });

export const oauthError = (error: OAuthError, number: number, text: string): Refusal =>
  new Refusal(failureReply(error, number, text), `${error}: AADSTS${number}`);

export const missingField = (name: string): Refusal =>
  oauthError('invalid_request', 900144, `The request body must contain the following parameter: '${name}'.`);
