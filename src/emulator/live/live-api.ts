// The live API's front: finds the operation for a request in the table, checks the token and its scopes, has it carried out, and
// presents the answer as the global parameters ask (docs/live-connect-v5.md, 1.4 and 2.1).
import type { Exchange } from '../exchange.ts';
import type { Route } from '../http-server.ts';
import type { Grant, TokenCheck } from '../oauth/grants.ts';
import { emptyReply, Refusal, type Reply, textReply } from '../reply.ts';
import { hasScope, type LiveServices, type Subject } from './live-call.ts';
import { asLiveError, liveError, liveFailure, notFound } from './live-error.ts';
import { liveJson, liveReply } from './live-json.ts';
import { liveOperations, type Operation } from './live-operations.ts';
import { checkReach } from './reach.ts';
import { readAddress } from './subject.ts';

const overridable = ['GET', 'POST', 'PUT', 'DELETE', 'MOVE', 'COPY'];

const methodOf = (exchange: Exchange): string => {
  const override = exchange.query.get('method')?.toUpperCase();
  if (override !== undefined && overridable.includes(override)) return override;
  return exchange.method === 'HEAD' ? 'GET' : exchange.method;
};

/** The tokens that came with a request, wherever they were put. */
export const tokensOf = (exchange: Exchange): string[] => {
  const [, bearer] = /^bearer\s+(.+)$/i.exec(exchange.headers.authorization ?? '') ?? [];
  return [exchange.query.get('access_token'), bearer].filter(
    (token) => token !== undefined && token !== '',
  ) as string[];
};

type ValidToken = Extract<TokenCheck, { state: 'valid' }>;

/** The first valid token counts; without one, the failure that says most. */
const authorize = (services: LiveServices, exchange: Exchange): ValidToken => {
  const checks = tokensOf(exchange).map((token) => services.grants.check(token));
  const valid = checks.find((check) => check.state === 'valid');
  if (valid !== undefined) return valid;
  if (checks.length === 0) {
    throw liveError(
      'request_token_missing',
      "The request didn't include an access token. Use the 'access_token' parameter or header.",
    );
  }
  if (checks.some((check) => check.state === 'expired')) {
    throw liveError('request_token_expired', 'The provided access token has expired.');
  }
  throw liveError('request_token_invalid', "The provided access token isn't valid.");
};

const checkScope = (grant: Grant, scopes: readonly string[]): void => {
  if (hasScope(grant, scopes)) return;
  const list = scopes.map((scope) => `'${scope}'`).join(', ');
  throw liveError(
    'request_token_unauthorized',
    `The provided access token does not have access to this resource. An access token with one of the following scopes is required: ${list}.`,
  );
};

interface Found {
  readonly operation: Operation;
  readonly name: string;
}

/** Matches `files/:name` against the rest of a path. */
const nameIn = (pattern: string, rest: readonly string[]): string | undefined => {
  const parts = pattern === '' ? [] : pattern.split('/');
  if (parts.length !== rest.length) return undefined;
  const fits = parts.every((part, index) => part.startsWith(':') || part === rest[index]?.toLowerCase());
  return fits ? (rest[parts.findIndex((part) => part.startsWith(':'))] ?? '') : undefined;
};

const isOn = (operation: Operation, subject: Subject): boolean =>
  operation.on === subject.on || (operation.on === 'item' && subject.on === 'drive');

const findOperation = (subject: Subject, rest: readonly string[], method: string): Found | 'no-method' | undefined => {
  let pathFits = false;
  for (const operation of liveOperations) {
    const name = isOn(operation, subject) ? nameIn(operation.path, rest) : undefined;
    if (name === undefined) continue;
    if (operation.method === method) return { operation, name };
    pathFits = true;
  }
  return pathFits ? 'no-method' : undefined;
};

const unsupported = (text: string): Refusal =>
  liveError('request_url_invalid', `The URL contains the path '${text}', which isn't supported.`);

/** What there is nothing to do for: addresses that nobody documents, and items that are no longer there. */
const failingRoute = (
  kind: 'unknown' | 'gone',
  services: LiveServices,
  exchange: Exchange,
  failure: () => Refusal,
): Route => ({
  kind,
  failure: liveFailure,
  run: () => {
    authorize(services, exchange);
    throw failure();
  },
});

const perform = async (services: LiveServices, exchange: Exchange, found: Found): Promise<Reply> => {
  services.grants.countCall();
  const { operation, name } = found;
  const token = operation.open === true ? undefined : authorize(services, exchange);
  const grant = token?.grant ?? { uid: services.accounts.first.uid, clientId: '', scopes: [] };
  checkScope(grant, operation.open === true ? [] : operation.scopes);
  const account = services.accounts.byUid(grant.uid) ?? services.accounts.first;
  // The token decides what `me` is, and the time of the call what is there.
  const address = readAddress(services, account, exchange.segments.slice(1));
  if (address === undefined) throw unsupported(exchange.segments.slice(1).join('/'));
  const { subject } = address;
  if (subject.on === 'gone' && operation.on !== 'gone') throw notFound(subject.text);
  if (operation.open !== true) checkReach(services, account, subject, operation.method !== 'GET');
  return await operation.run({ exchange, services, subject, account, grant, name });
};

const textBody = (reply: Reply): string => (Buffer.isBuffer(reply.body) ? reply.body.toString() : '');

/** The answer as `suppress_redirects`, `pretty`, `suppress_response_codes` and `callback` want it. */
const present = (exchange: Exchange, given: Reply): Reply => {
  const asked = (name: string) => exchange.query.get(name)?.toLowerCase();
  const redirected = given.status === 302 && asked('suppress_redirects') === 'true';
  const reply = redirected ? liveReply(200, { location: given.headers['Location'] }) : given;
  const { json } = reply;
  const compact = json !== undefined && asked('pretty') === 'false';
  const render = (value: unknown): Buffer => Buffer.from(liveJson(value, false));
  const shown: Reply = compact ? { ...reply, body: render(json.value), json: { ...json, render } } : reply;
  const callback = exchange.query.get('callback');
  if (callback !== undefined && /^[\w$.[\]]+$/.test(callback)) {
    return textReply(200, `${callback}(${textBody(shown) || 'null'});`, 'text/javascript; charset=UTF-8');
  }
  return asked('suppress_response_codes') === 'true' && shown.status >= 400 ? { ...shown, status: 200 } : shown;
};

const presented = async (exchange: Exchange, run: () => Promise<Reply> | Reply): Promise<Reply> => {
  try {
    return present(exchange, await run());
  } catch (error) {
    const known = asLiveError(error);
    if (known instanceof Refusal) return present(exchange, known.reply);
    throw known;
  }
};

/** The token's owner, without judging the token: only to find the operation that the address means. */
const presumedUser = (services: LiveServices, exchange: Exchange) => {
  const checks = tokensOf(exchange).map((token) => services.grants.check(token));
  const valid = checks.find((check) => check.state === 'valid');
  return services.accounts.byUid(valid?.grant.uid ?? '') ?? services.accounts.first;
};

/** What a request below /v5.0/ is about. */
export const liveRoute = (services: LiveServices, exchange: Exchange): Route => {
  const rest = exchange.segments.slice(1);
  const show = (route: Route): Route => ({ ...route, run: () => presented(exchange, route.run) });
  if (exchange.method === 'OPTIONS')
    return { kind: 'options', run: () => emptyReply(200, { Allow: overridable.join(', ') }) };
  const address = readAddress(services, presumedUser(services, exchange), rest);
  if (address === undefined)
    return show(failingRoute('unknown', services, exchange, () => unsupported(rest.join('/'))));
  const method = methodOf(exchange);
  const found = findOperation(address.subject, address.rest, method);
  const { subject } = address;
  const kind = subject.on === 'gone' ? 'gone' : 'unknown';
  if (found === undefined) {
    const failure = () => (subject.on === 'gone' ? notFound(subject.text) : unsupported(address.rest.join('/')));
    return show(failingRoute(kind, services, exchange, failure));
  }
  if (found === 'no-method') {
    const failure = () =>
      subject.on === 'gone'
        ? notFound(subject.text)
        : liveError('request_method_invalid', `The provided HTTP method '${method}' is not allowed.`);
    return show(failingRoute(kind, services, exchange, failure));
  }
  const { query = [] } = found.operation;
  return show({
    kind: found.operation.kind,
    documented: query,
    failure: liveFailure,
    run: () => perform(services, exchange, found),
  });
};
