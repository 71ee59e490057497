// Strict mode: what the service doesn't document is answered with 400 and noted, so that a test of ours fails instead of passing by
// the emulator's leniency. Off, nothing here happens.
import type { EmulatorSettings } from './emulator-options.ts';
import type { Exchange } from './exchange.ts';
import type { Route } from './http-server.ts';
import { textReply } from './reply.ts';
import type { RequestLog } from './request-log.ts';

export interface StrictParts {
  readonly settings: { readonly get: () => EmulatorSettings };
  readonly requests: RequestLog;
}

/** docs/live-connect-v5.md, 2.1. */
const globalParameters = new Set([
  'access_token',
  'callback',
  'suppress_response_codes',
  'suppress_redirects',
  'method',
  'pretty',
  'return_ssl_resources',
  'x_http_live_library',
  'interface_method',
  'locale',
]);

/** What any HTTP client sends, and what the service documents beside it. */
const knownHeaders = new Set([
  ...['accept', 'accept-charset', 'accept-encoding', 'accept-language', 'authorization', 'cache-control', 'connection'],
  ...['content-length', 'content-type', 'cookie', 'date', 'expect', 'host', 'if-match', 'if-modified-since'],
  ...['if-none-match', 'if-range', 'keep-alive', 'origin', 'pragma', 'proxy-connection', 'range', 'referer', 'te'],
  ...['transfer-encoding', 'upgrade-insecure-requests', 'user-agent', 'via'],
  ...['overwrite', 'x-http-live-library', 'x-http-method-override', 'x-forwarded-for', 'x-forwarded-host'],
  ...['x-forwarded-proto', 'bits-packet-type', 'bits-protocol', 'bits-session-id', 'bits-supported-protocols'],
  ...['content-range', 'content-name', 'content-encoding', 'bits-original-request-url'],
  ...['client-request-id', 'deltaexcludeparent', 'deltashowremoteitemsaliasid', 'prefer', 'return-client-request-id'],
]);

const violationOf = (exchange: Exchange, route: Route): string | undefined => {
  if (route.kind === 'unknown') return 'the path or method is not documented';
  if (route.documented !== undefined) {
    const documented = new Set([...globalParameters, ...route.documented]);
    const query = [...exchange.query.keys()].find((name) => !documented.has(name.toLowerCase()));
    if (query !== undefined) return `the query parameter '${query}' is not documented`;
  }
  const isBrowsers = (name: string) => name.startsWith('sec-');
  const header = Object.keys(exchange.headers).find((name) => !knownHeaders.has(name) && !isBrowsers(name));
  return header === undefined ? undefined : `the header '${header}' is not documented`;
};

export const strictRoute = (parts: StrictParts, exchange: Exchange, route: Route): Route => {
  if (!parts.settings.get().strict || route.plain === true) return route;
  const reason = violationOf(exchange, route);
  if (reason === undefined) return route;
  parts.requests.addViolation({ method: exchange.method, path: exchange.path, reason });
  return { ...route, run: () => textReply(400, `Strict mode: ${reason}.\n`) };
};
