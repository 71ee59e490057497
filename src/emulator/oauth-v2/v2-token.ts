// /{tenant}/oauth2/v2.0/token: codes, refresh tokens and device codes for tokens (docs/graph-drive.md, 1).
import { fullName } from '../accounts.ts';
import type { Exchange } from '../exchange.ts';
import type { Grant } from '../oauth/grants.ts';
import { splitScopes } from '../oauth/scopes.ts';
import { jsonReply, type Reply } from '../reply.ts';
import { percentDecode } from '../url-text.ts';
import { readForm } from './v2-authorize.ts';
import { redeemDevice } from './v2-device.ts';
import { missingField, oauthError } from './v2-error.ts';
import type { CodeFault } from './v2-grants.ts';
import type { V2Parts } from './v2-parts.ts';

type Fields = ReadonlyMap<string, string>;

const required = (fields: Fields, name: string): string => {
  const value = fields.get(name) ?? '';
  if (value === '') throw missingField(name);
  return value;
};

const base64Json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const idToken = ({ accounts }: V2Parts, grant: Grant, expiresIn: number): string => {
  const account = accounts.byUid(grant.uid) ?? accounts.first;
  const now = Math.floor(Date.now() / 1000);
  const names = { name: fullName(account), preferred_username: account.email, email: account.email };
  const tenant = '9188040d-6c67-4c5b-b112-36a304b66dad';
  const claims = {
    ver: '2.0',
    iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
    sub: account.tokenUserId,
    aud: grant.clientId,
  };
  return `${base64Json({ alg: 'none', typ: 'JWT' })}.${base64Json({ ...claims, tid: tenant, iat: now, exp: now + expiresIn, ...names })}.`;
};

const answer = (parts: V2Parts, grant: Grant): Reply => {
  const { accessToken, refreshToken, expiresIn } = parts.grants.tokens.issueTokens(grant);
  // What the app may do offline is its refresh token; it is no scope of the access token.
  const scope = grant.scopes.filter((name) => name !== 'offline_access').join(' ');
  return jsonReply(200, {
    token_type: 'Bearer',
    scope,
    expires_in: expiresIn,
    ext_expires_in: expiresIn,
    access_token: accessToken,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(grant.scopes.includes('openid') ? { id_token: idToken(parts, grant, expiresIn) } : {}),
  });
};

const codeFaults: Readonly<Record<CodeFault, readonly [number, string]>> = {
  unknown: [70_000, 'The provided value for the code parameter is not valid. The code has expired.'],
  used: [70_000, 'The provided authorization code has already been redeemed.'],
  'no-verifier': [50_148, 'The request requires a code_verifier.'],
  'wrong-verifier': [
    501_481,
    'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  ],
};

const byCode = (parts: V2Parts, fields: Fields): Reply => {
  const code = required(fields, 'code');
  const redirectUri = required(fields, 'redirect_uri');
  const verifier = fields.get('code_verifier');
  if (verifier !== undefined && !/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) {
    throw oauthError('invalid_grant', 501_481, 'The Code_Verifier is not valid.');
  }
  const found = parts.grants.redeem(code, verifier);
  if (typeof found === 'string') throw oauthError('invalid_grant', ...codeFaults[found]);
  if (found.clientId !== fields.get('client_id'))
    throw oauthError('invalid_grant', 70_000, 'The code was issued to another client.');
  if (found.redirectUri !== redirectUri) {
    throw oauthError('invalid_grant', 50_011, 'The redirect URI does not match the one in the authorization request.');
  }
  return answer(parts, { uid: found.uid, clientId: found.clientId, scopes: found.scopes });
};

const short = (scope: string): string => scope.replace(/^https:\/\/graph\.microsoft\.[a-z.]+\//i, '').toLowerCase();

/** Tokens that an admin call made are nobody's, and anybody's to renew. */
const anyClient = '0000000012345678';

const byRefreshToken = (parts: V2Parts, fields: Fields): Reply => {
  const grant = parts.grants.tokens.refreshGrant(required(fields, 'refresh_token'));
  const isOwn = grant?.clientId === fields.get('client_id') || grant?.clientId === anyClient;
  if (grant === undefined || !isOwn) {
    throw oauthError(
      'invalid_grant',
      70_000,
      'The provided grant has expired or was revoked. The user must sign in again.',
    );
  }
  const asked = splitScopes(fields.get('scope') ?? '');
  const granted = new Set(grant.scopes.map(short));
  const beyond = asked.find((scope) => !granted.has(short(scope)) && short(scope) !== '.default');
  if (beyond !== undefined) {
    throw oauthError('invalid_grant', 65_001, 'The user or administrator has not consented to use the application.');
  }
  return answer(parts, grant);
};

const byDeviceCode = (parts: V2Parts, fields: Fields): Reply => {
  const device = redeemDevice(
    parts,
    fields.get('device_code') ?? fields.get('code') ?? required(fields, 'device_code'),
  );
  return answer(parts, { uid: device.uid, clientId: device.clientId, scopes: device.scopes });
};

const grantTypes: Readonly<Record<string, (parts: V2Parts, fields: Fields) => Reply>> = {
  authorization_code: byCode,
  refresh_token: byRefreshToken,
  'urn:ietf:params:oauth:grant-type:device_code': byDeviceCode,
  device_code: byDeviceCode,
};

/** POST token */
export const tokenV2 = async (parts: V2Parts, exchange: Exchange): Promise<Reply> => {
  const given = await readForm(exchange);
  // Confidential clients may name themselves in the header.
  const [, basic] = /^basic\s+(\S+)$/i.exec(exchange.headers.authorization ?? '') ?? [];
  const [id] = Buffer.from(basic ?? '', 'base64')
    .toString()
    .split(':');
  const fields = new Map([
    ...(basic === undefined || id === undefined ? [] : [['client_id', percentDecode(id)] as const]),
    ...given,
  ]);
  required(fields, 'client_id');
  const type = required(fields, 'grant_type');
  const redeem = Object.hasOwn(grantTypes, type) ? grantTypes[type] : undefined;
  if (redeem === undefined) {
    throw oauthError('unsupported_grant_type', 70_003, `The app requested an unsupported grant type '${type}'.`);
  }
  return redeem(parts, fields);
};
