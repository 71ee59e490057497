// /{tenant}/oauth2/v2.0/authorize: the pages of oauth/ with what this protocol asks for, and back to the app with a code
// (docs/graph-drive.md, 1).
import { type Account, fullName } from '../accounts.ts';
import { type Exchange, readSmallBody } from '../exchange.ts';
import type { AuthorizeRequest } from '../oauth/authorize-request.ts';
import { consentPage, hidden, noticePage, page, signInPage } from '../oauth/pages.ts';
import { splitScopes } from '../oauth/scopes.ts';
import { htmlReply, Refusal, type Reply, redirectReply } from '../reply.ts';
import { parseForm } from '../url-text.ts';
import { description, type OAuthError } from './v2-error.ts';
import type { Challenge } from './v2-grants.ts';
import type { V2Parts } from './v2-parts.ts';

type Fields = ReadonlyMap<string, string>;

interface V2Request extends AuthorizeRequest {
  readonly responseMode: 'query' | 'fragment' | 'form_post';
  readonly challenge: Challenge | undefined;
  readonly prompt: string;
}

const carried = ['response_mode', 'code_challenge', 'code_challenge_method', 'nonce'];

const badRequest = (number: number, text: string): Refusal =>
  new Refusal(htmlReply(400, noticePage("This sign-in can't go on", description(number, text))));

/** The service leads to https addresses, own schemes, and loopback addresses with any port. */
const checkRedirect = (uri: string): void => {
  const loopback = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$|\?)/i.test(uri);
  const other = /^[a-z][a-z0-9+.-]*:/i.test(uri) && !/^(http|javascript|data|file):/i.test(uri);
  if (!loopback && !other) {
    throw badRequest(
      50011,
      `The redirect URI '${uri}' specified in the request does not match the redirect URIs configured for the application.`,
    );
  }
};

const modeOf = (text: string): V2Request['responseMode'] =>
  text === 'fragment' || text === 'form_post' ? text : 'query';

const challengeOf = (fields: Fields): Challenge | undefined => {
  const text = fields.get('code_challenge') ?? '';
  if (text === '') return undefined;
  return { text, method: fields.get('code_challenge_method') === 'S256' ? 'S256' : 'plain' };
};

const readRequest = (fields: Fields): V2Request => {
  const clientId = fields.get('client_id') ?? '';
  if (clientId === '') throw badRequest(900144, "The request body must contain the following parameter: 'client_id'.");
  const redirectUri = fields.get('redirect_uri') ?? 'https://login.microsoftonline.com/common/oauth2/nativeclient';
  checkRedirect(redirectUri);
  const more = carried.flatMap((name) => {
    const value = fields.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    clientId,
    redirectUri,
    responseType: 'code',
    scopes: splitScopes(fields.get('scope') ?? ''),
    state: fields.get('state'),
    more,
    responseMode: modeOf(fields.get('response_mode') ?? 'query'),
    challenge: challengeOf(fields),
    prompt: fields.get('prompt') ?? '',
  };
};

const formPost = (uri: string, answer: readonly (readonly [string, string])[]): Reply => {
  const action = uri.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const form = `<form id="continue-form" method="post" action="${action}">${hidden(answer)}
<div class="row end"><button class="go" type="submit" id="continue">Continue</button></div></form>`;
  return htmlReply(200, page('Continue', `<h1>Back to the app</h1>${form}`));
};

const sendBack = (request: V2Request, answer: Readonly<Record<string, string>>): Reply => {
  const pairs = Object.entries({ ...answer, ...(request.state === undefined ? {} : { state: request.state }) });
  const uri = request.redirectUri;
  if (request.responseMode === 'form_post') return formPost(uri, pairs);
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  if (request.responseMode === 'fragment') return redirectReply(`${uri.split('#')[0]}#${text}`);
  return redirectReply(`${uri}${uri.includes('?') ? '&' : '?'}${text}`);
};

const refuse = (request: V2Request, error: OAuthError, number: number, text: string): Reply =>
  sendBack(request, { error, error_description: description(number, text) });

const approve = ({ grants }: V2Parts, request: V2Request, account: Account): Reply => {
  const { clientId, scopes, redirectUri, challenge } = request;
  const code = grants.issueCode({ uid: account.uid, clientId, scopes }, redirectUri, challenge);
  return sendBack(request, { code });
};

const deny = (request: V2Request): Reply =>
  refuse(request, 'access_denied', 65004, 'User declined to consent to access the app.');

/** What is wrong with a request whose sender can be told; undefined: nothing. */
const faultOf = (fields: Fields, request: V2Request): Reply | undefined => {
  const type = fields.get('response_type');
  if (type === undefined)
    return refuse(
      request,
      'invalid_request',
      900144,
      "The request body must contain the following parameter: 'response_type'.",
    );
  if (type !== 'code')
    return refuse(
      request,
      'unsupported_response_type',
      700054,
      `response_type '${type}' is not enabled for the application.`,
    );
  if (request.scopes.length === 0)
    return refuse(
      request,
      'invalid_request',
      900144,
      "The request body must contain the following parameter: 'scope'.",
    );
  const method = fields.get('code_challenge_method');
  const unknown = method !== undefined && method !== '' && method !== 'S256' && method !== 'plain';
  return unknown ? refuse(request, 'invalid_request', 501491, 'The code_challenge_method is invalid.') : undefined;
};

/** GET: the sign-in page; with auto-approval the answer at once. */
export const authorizeV2 = (parts: V2Parts, exchange: Exchange): Reply => {
  const fields = exchange.query;
  const request = readRequest(fields);
  const fault = faultOf(fields, request);
  if (fault !== undefined) return fault;
  const auto = fields.get('auto_approve')?.toLowerCase();
  if (auto === 'deny') return deny(request);
  if (auto === 'true' || (auto === undefined && parts.autoApprove())) {
    const hint = fields.get('login_hint');
    return approve(parts, request, hint === undefined ? parts.accounts.first : parts.accounts.findOrMake(hint));
  }
  if (request.prompt === 'none') {
    return refuse(request, 'login_required', 50058, 'A silent sign-in request was sent but no user is signed in.');
  }
  return htmlReply(200, signInPage(request, parts.accounts.list()));
};

export const readForm = async (exchange: Exchange): Promise<Map<string, string>> =>
  new Map([...exchange.query, ...parseForm((await readSmallBody(exchange)).toString('latin1').trim())]);

/** Whom a form of ours names: chosen or typed. */
export const chosenAccount = ({ accounts }: V2Parts, fields: Fields): Account | undefined => {
  const typed = fields.get('other')?.trim() ?? '';
  const who = typed === '' ? (fields.get('account') ?? '') : typed;
  return who === '' ? undefined : accounts.findOrMake(who);
};

export const askConsent = (request: AuthorizeRequest, account: Account): Reply =>
  htmlReply(200, consentPage(request, { uid: account.uid, name: fullName(account), email: account.email }));

/** POST: a form of ours came back: an account was chosen, or the question was answered. */
export const decideV2 = async (parts: V2Parts, exchange: Exchange): Promise<Reply> => {
  const fields = await readForm(exchange);
  const request = readRequest(fields);
  const account = chosenAccount(parts, fields);
  if (account === undefined) {
    return htmlReply(200, signInPage(request, parts.accounts.list(), 'Choose an account or type a name.'));
  }
  const decision = fields.get('decision')?.toLowerCase();
  if (decision === 'allow') return approve(parts, request, account);
  return decision === 'deny' ? deny(request) : askConsent(request, account);
};
