// What an app asks for at the sign-in page; carried along by the page's forms until the answer (docs/live-connect-v5.md, 1.2).
import { splitScopes } from './scopes.ts';

export interface AuthorizeRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly responseType: 'code' | 'token';
  readonly scopes: readonly string[];
  readonly state: string | undefined;
  /** What another protocol asks for beside these. */
  readonly more?: readonly (readonly [string, string])[];
}

/** Parameters of the request, as they have to come back with the forms. */
export const carriedFields = (request: AuthorizeRequest): (readonly [string, string])[] => [
  ['client_id', request.clientId],
  ['redirect_uri', request.redirectUri],
  ['response_type', request.responseType],
  ['scope', request.scopes.join(' ')],
  ...(request.state === undefined ? [] : [['state', request.state] as const]),
  ...(request.more ?? []),
];

/** The request, or a sentence about what is wrong with it. */
export const readRequest = (fields: ReadonlyMap<string, string>, base: string): AuthorizeRequest | string => {
  const clientId = fields.get('client_id') ?? '';
  if (clientId === '') return "The request has no 'client_id'.";
  const responseType = fields.get('response_type') ?? 'code';
  if (responseType !== 'code' && responseType !== 'token') return "The 'response_type' must be 'code' or 'token'.";
  const scopes = splitScopes(fields.get('scope') ?? '');
  if (scopes.length === 0) return "The request has no 'scope'.";
  const redirectUri = fields.get('redirect_uri') ?? `${base}/oauth20_desktop.srf`;
  if (!/^[a-z][a-z0-9+.-]*:/i.test(redirectUri) || /^(javascript|data):/i.test(redirectUri)) {
    return "The 'redirect_uri' is no address.";
  }
  return { clientId, redirectUri, responseType, scopes, state: fields.get('state') };
};
