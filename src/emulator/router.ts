// From the path of a request to what answers it. One port serves what the service had on many hosts, so the path alone decides.
import type { EmulatorAdmin } from './admin.ts';
import { adminRoute } from './admin-routes.ts';
import type { Exchange } from './exchange.ts';
import type { GraphAdmin } from './graph/graph-admin.ts';
import { graphAdminRoute } from './graph/graph-admin-routes.ts';
import { graphRoute } from './graph/graph-api.ts';
import type { GraphServices } from './graph/graph-services.ts';
import { preauthRoute } from './graph/preauth-routes.ts';
import type { Route } from './http-server.ts';
import { bitsRoute } from './live/bits.ts';
import { liveRoute } from './live/live-api.ts';
import type { LiveServices } from './live/live-call.ts';
import { oauthRoute } from './oauth/oauth-routes.ts';
import type { OAuthParts } from './oauth/token-endpoint.ts';
import { oauthV2Route } from './oauth-v2/oauth-v2-routes.ts';
import type { V2Parts } from './oauth-v2/v2-parts.ts';
import { placeholderImage } from './placeholder-image.ts';
import { htmlReply, type Reply, textReply } from './reply.ts';
import { download } from './storage-download.ts';

export interface RouterParts {
  readonly live: LiveServices;
  readonly graph: GraphServices;
  readonly oauth: OAuthParts;
  readonly oauthV2: V2Parts;
  readonly admin: EmulatorAdmin;
  readonly graphAdmin: GraphAdmin;
}

const picture = (exchange: Exchange): Reply => ({
  status: 200,
  headers: { 'Content-Type': 'image/png', 'Cache-Control': 'max-age=3600' },
  body: placeholderImage(exchange.segments[1] ?? ''),
});

const front = `<!doctype html><html lang="en"><title>SkyDrive emulator</title>
<h1>SkyDrive emulator</h1><p>API: <code>/v5.0/</code>, Graph: <code>/v1.0/</code>. Sign-in: <code>/oauth20_authorize.srf</code>, <code>/common/oauth2/v2.0/authorize</code>.
Admin calls: <code>/admin/</code>.</p></html>\n`;

/** Never throws: every request has a route, and be it to 404. */
export const routeOf = (parts: RouterParts, exchange: Exchange): Route => {
  const first = exchange.segments[0]?.toLowerCase() ?? '';
  switch (first) {
    case 'v1.0':
    case 'beta':
      return graphRoute(parts.graph, exchange);
    case 'v5.0':
      return liveRoute(parts.live, exchange);
    case 'admin':
      return graphAdminRoute(parts.graphAdmin, exchange) ?? adminRoute(parts.admin, exchange);
    case 'download':
      return { kind: 'download', documented: ['download', 'psid', 'type'], run: () => download(parts.live, exchange) };
    case 'pictures':
      return { kind: 'thumbnail', plain: true, run: () => picture(exchange) };
    case '':
      return { kind: 'page', plain: true, run: () => htmlReply(200, front) };
    default:
      return (
        preauthRoute(parts.graph, exchange, first) ??
        oauthV2Route(parts.oauthV2, exchange) ??
        oauthRoute(parts.oauth, exchange, first) ??
        bitsRoute(parts.live, exchange) ?? { kind: 'unknown', run: () => textReply(404, 'There is nothing here.\n') }
      );
  }
};
