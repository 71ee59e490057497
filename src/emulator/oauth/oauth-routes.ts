// The sign-in host by path: authorize, token, sign-out and the empty page that native apps are sent to, under their names of both eras
// (docs/live-connect-v5.md, 1.1).
import type { Exchange } from '../exchange.ts';
import type { Route } from '../http-server.ts';
import { emptyReply, htmlReply, type Reply, redirectReply } from '../reply.ts';
import { authorizePage, decide } from './authorize.ts';
import { noticePage } from './pages.ts';
import { type OAuthParts, tokenEndpoint } from './token-endpoint.ts';

const logout = (exchange: Exchange): Reply => {
  const target = exchange.query.get('redirect_uri');
  if (target === undefined || target === '')
    return htmlReply(200, noticePage('Signed out', 'You can close this page.'));
  return redirectReply(target);
};

const wrongMethod = (): Route => ({ kind: 'unknown', plain: true, run: () => emptyReply(405) });

const authorizeRoute = (parts: OAuthParts, exchange: Exchange): Route => {
  if (exchange.method === 'POST') return { kind: 'consent', plain: true, run: () => decide(parts, exchange) };
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return wrongMethod();
  return { kind: 'authorize', plain: true, run: () => authorizePage(parts, exchange) };
};

/** Undefined: `first` is no path of the sign-in host. */
export const oauthRoute = (parts: OAuthParts, exchange: Exchange, first: string): Route | undefined => {
  switch (first) {
    case 'oauth20_authorize.srf':
    case 'authorize':
      return authorizeRoute(parts, exchange);
    case 'oauth20_token.srf':
    case 'token':
      return { kind: 'token', run: () => tokenEndpoint(parts, exchange) };
    case 'oauth20_desktop.srf':
    case 'desktop':
      // Apps read the code from this page's address; there is nothing on it.
      return { kind: 'desktop', plain: true, run: () => htmlReply(200, noticePage('', '')) };
    case 'oauth20_logout.srf':
    case 'logout':
      return { kind: 'logout', plain: true, run: () => logout(exchange) };
    default:
      return undefined;
  }
};
