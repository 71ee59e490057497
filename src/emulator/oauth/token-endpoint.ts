// oauth20_token.srf: codes and refresh tokens for access tokens (docs/live-connect-v5.md, 1.3). As lenient as the service: GET or POST,
// unescaped values, no secret, no redirect_uri.
import type { Accounts } from '../accounts.ts';
import { type Exchange, readSmallBody } from '../exchange.ts';
import { jsonReply, type Reply } from '../reply.ts';
import { parseForm } from '../url-text.ts';
import type { Grant, Grants } from './grants.ts';
import { splitScopes } from './scopes.ts';

export interface OAuthParts {
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly autoApprove: () => boolean;
}

const oauthFailure = (error: string, description: string): Reply =>
  jsonReply(400, { error, error_description: description });

const notValid = (parameter: string): Reply =>
  oauthFailure('invalid_grant', `The provided value for the input parameter '${parameter}' is not valid.`);

const missing = (parameter: string): Reply =>
  oauthFailure('invalid_request', `The request body must contain the following parameter: '${parameter}'.`);

const base64Json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const authenticationToken = (grant: Grant, expiresIn: number): string => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { ver: 1, iss: 'urn:windows:liveid', exp: now + expiresIn, uid: grant.uid, aud: grant.clientId };
  return `${base64Json({ alg: 'HS256', kid: '1', typ: 'JWT' })}.${base64Json(claims)}.${base64Json(grant.clientId)}`;
};

/** The members of a token answer; for the implicit grant they go into a fragment. */
export const tokenAnswer = ({ accounts, grants }: OAuthParts, grant: Grant): Record<string, string | number> => {
  const { accessToken, refreshToken, expiresIn } = grants.issueTokens(grant);
  const account = accounts.byUid(grant.uid) ?? accounts.first;
  return {
    token_type: 'bearer',
    expires_in: expiresIn,
    scope: grant.scopes.join(' '),
    access_token: accessToken,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(grant.scopes.includes('wl.signin') ? { authentication_token: authenticationToken(grant, expiresIn) } : {}),
    user_id: account.tokenUserId,
  };
};

const byCode = (parts: OAuthParts, fields: Map<string, string>): Reply => {
  const code = fields.get('code');
  if (code === undefined || code === '') return missing('code');
  const grant = parts.grants.redeem(code);
  if (grant === undefined) return notValid('code');
  if (fields.get('client_id') !== grant.clientId) return notValid('client_id');
  return jsonReply(200, tokenAnswer(parts, grant));
};

const byRefreshToken = (parts: OAuthParts, fields: Map<string, string>): Reply => {
  const token = fields.get('refresh_token');
  if (token === undefined || token === '') return missing('refresh_token');
  const grant = parts.grants.refreshGrant(token);
  if (grant === undefined) return notValid('refresh_token');
  const asked = splitScopes(fields.get('scope') ?? '');
  return jsonReply(200, tokenAnswer(parts, asked.length > 0 ? { ...grant, scopes: asked } : grant));
};

export const tokenEndpoint = async (parts: OAuthParts, exchange: Exchange): Promise<Reply> => {
  const body = exchange.method === 'POST' ? (await readSmallBody(exchange)).toString('latin1') : '';
  const fields = new Map([...exchange.query, ...parseForm(body.trim())]);
  if ((fields.get('client_id') ?? '') === '') return missing('client_id');
  const grantType = fields.get('grant_type');
  if (grantType === undefined) return missing('grant_type');
  if (grantType === 'authorization_code') return byCode(parts, fields);
  if (grantType === 'refresh_token') return byRefreshToken(parts, fields);
  return oauthFailure(
    'unsupported_grant_type',
    `The provided value for the input parameter 'grant_type' is not valid.`,
  );
};
