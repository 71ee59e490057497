// oauth20_authorize.srf: who are you, may this app do that, and back to the app with a code, tokens or a refusal
// (docs/live-connect-v5.md, 1.2). Plain forms: they work without scripts and can be filled in by a program.
import { type Account, fullName } from '../accounts.ts';
import { type Exchange, readSmallBody } from '../exchange.ts';
import { htmlReply, type Reply, redirectReply } from '../reply.ts';
import { parseForm } from '../url-text.ts';
import { type AuthorizeRequest, readRequest } from './authorize-request.ts';
import type { Grant } from './grants.ts';
import { consentPage, noticePage, signInPage } from './pages.ts';
import { type OAuthParts, tokenAnswer } from './token-endpoint.ts';

const encoded = (fields: Record<string, string | number | undefined>): string =>
  Object.entries(fields)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&');

const withQuery = (uri: string, query: string): string => `${uri}${uri.includes('?') ? '&' : '?'}${query}`;

const sendBack = (request: AuthorizeRequest, fields: Record<string, string | number | undefined>): Reply => {
  const uri = request.redirectUri;
  const answer = encoded({ ...fields, state: request.state });
  return redirectReply(request.responseType === 'token' ? `${uri.split('#')[0]}#${answer}` : withQuery(uri, answer));
};

const approve = (parts: OAuthParts, request: AuthorizeRequest, account: Account): Reply => {
  const grant: Grant = { uid: account.uid, clientId: request.clientId, scopes: request.scopes };
  if (request.responseType === 'code') {
    return sendBack(request, { code: parts.grants.issueCode(grant, request.redirectUri), lc: 1033 });
  }
  // The implicit grant is for pages in a browser: no refresh token leaves this way.
  const { refresh_token: _kept, ...answer } = tokenAnswer(parts, grant);
  return sendBack(request, answer);
};

const deny = (request: AuthorizeRequest): Reply =>
  sendBack(request, {
    error: 'access_denied',
    error_description: 'The user has denied access to the scope requested by the client application.',
  });

const badRequest = (reason: string): Reply => htmlReply(400, noticePage("This sign-in can't go on", reason));

/** GET: the sign-in page; with auto-approval the answer at once. */
export const authorizePage = (parts: OAuthParts, exchange: Exchange): Reply => {
  const request = readRequest(exchange.query, exchange.base);
  if (typeof request === 'string') return badRequest(request);
  const auto = exchange.query.get('auto_approve')?.toLowerCase();
  if (auto === 'deny') return deny(request);
  if (auto === 'true' || (auto === undefined && parts.autoApprove())) {
    const hint = exchange.query.get('login_hint');
    return approve(parts, request, hint === undefined ? parts.accounts.first : parts.accounts.findOrMake(hint));
  }
  if (exchange.query.get('display') === 'none') {
    return sendBack(request, { error: 'unknown_user', error_description: 'The user is not signed in.' });
  }
  return htmlReply(200, signInPage(request, parts.accounts.list()));
};

/** POST: a form of ours came back: an account was chosen, or the question was answered. */
export const decide = async (parts: OAuthParts, exchange: Exchange): Promise<Reply> => {
  const body = parseForm((await readSmallBody(exchange)).toString('latin1').trim());
  const fields = new Map([...exchange.query, ...body]);
  const request = readRequest(fields, exchange.base);
  if (typeof request === 'string') return badRequest(request);
  const typed = fields.get('other')?.trim() ?? '';
  const who = typed === '' ? (fields.get('account') ?? '') : typed;
  if (who === '') {
    return htmlReply(200, signInPage(request, parts.accounts.list(), 'Choose an account or type a name.'));
  }
  const account = parts.accounts.findOrMake(who);
  const decision = fields.get('decision')?.toLowerCase();
  if (decision === 'allow') return approve(parts, request, account);
  if (decision === 'deny') return deny(request);
  return htmlReply(200, consentPage(request, { uid: account.uid, name: fullName(account), email: account.email }));
};
