// The sign-in host of the identity platform by path: `/{tenant}/oauth2/v2.0/…` and the page for device codes (docs/graph-drive.md, 1).
import type { Exchange } from '../exchange.ts';
import type { Route } from '../http-server.ts';
import { noticePage } from '../oauth/pages.ts';
import { emptyReply, htmlReply, type Reply, redirectReply } from '../reply.ts';
import { authorizeV2, decideV2 } from './v2-authorize.ts';
import { deviceCode, devicePage } from './v2-device.ts';
import type { V2Parts } from './v2-parts.ts';
import { tokenV2 } from './v2-token.ts';

const wrongMethod = (): Route => ({ kind: 'unknown', plain: true, run: () => emptyReply(405) });

const authorizeRoute = (parts: V2Parts, exchange: Exchange): Route => {
  if (exchange.method === 'POST') return { kind: 'consent', plain: true, run: () => decideV2(parts, exchange) };
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return wrongMethod();
  return { kind: 'authorize', plain: true, run: () => authorizeV2(parts, exchange) };
};

const posted = (kind: string, exchange: Exchange, run: () => Promise<Reply>): Route =>
  exchange.method === 'POST' ? { kind, run } : wrongMethod();

const logout = (exchange: Exchange): Reply => {
  const target = exchange.query.get('post_logout_redirect_uri') ?? '';
  return target === '' ? htmlReply(200, noticePage('Signed out', 'You can close this page.')) : redirectReply(target);
};

/** Undefined: the path isn't one of this sign-in host. */
export const oauthV2Route = (parts: V2Parts, exchange: Exchange): Route | undefined => {
  const [first = '', oauth2 = '', version = '', what = ''] = exchange.segments.map((part) => part.toLowerCase());
  if (first === 'devicelogin') return { kind: 'device-page', plain: true, run: () => devicePage(parts, exchange) };
  // Apps read the code from this page's address; there is nothing on it.
  if (oauth2 === 'oauth2' && version === 'nativeclient') {
    return { kind: 'desktop', plain: true, run: () => htmlReply(200, noticePage('', '')) };
  }
  if (oauth2 !== 'oauth2' || version !== 'v2.0') return undefined;
  switch (what) {
    case 'authorize':
      return authorizeRoute(parts, exchange);
    case 'token':
      return posted('token', exchange, () => tokenV2(parts, exchange));
    case 'devicecode':
      return posted('device-code', exchange, () => deviceCode(parts, exchange));
    case 'logout':
      return { kind: 'logout', plain: true, run: () => logout(exchange) };
    default:
      return undefined;
  }
};
