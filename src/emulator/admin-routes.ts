// Admin calls over HTTP: `/admin/<call>` with a JSON object (POST) or query fields (GET). No token; the server listens on loopback only,
// and pages of other sites are kept out by their Origin header. The calls are those of admin.ts.
import type { EmulatorAdmin } from './admin.ts';
import { AdminFailure, type AdminPlace } from './admin-places.ts';
import { DriveFault } from './drive-item.ts';
import { type Exchange, readSmallBody } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { Route } from './http-server.ts';
import { emptyReply, jsonReply, type Reply } from './reply.ts';

/** Contents that come with `put` are in memory; large files are for the API. */
const longestBody = 256 * 1024 * 1024;

class Parameters {
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(fields: ReadonlyMap<string, unknown>) {
    this.#fields = fields;
  }

  text(name: string): string | undefined {
    const value = this.#fields.get(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'object') throw new AdminFailure(`'${name}' must be a string`);
    return String(value);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new AdminFailure(`'${name}' is missing`);
    return value;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    if (!Number.isFinite(value)) throw new AdminFailure(`'${name}' must be a number`);
    return value;
  }

  list(name: string): string[] | undefined {
    const value = this.#fields.get(name);
    if (value === undefined) return undefined;
    return Array.isArray(value) ? value.map(String) : String(value).split(/[\s,]+/);
  }

  /** All fields as one record, for calls that take one. */
  record(): Record<string, unknown> {
    return Object.fromEntries(this.#fields);
  }

  place(): AdminPlace {
    return { account: this.text('account'), path: this.text('path'), id: this.text('id') };
  }

  get account(): { account?: string } {
    const account = this.text('account');
    return account === undefined ? {} : { account };
  }
}

type Call = (admin: EmulatorAdmin, given: Parameters) => unknown;

const contentOf = (given: Parameters): Buffer =>
  given.text('base64') === undefined
    ? Buffer.from(given.text('content') ?? '')
    : Buffer.from(given.required('base64'), 'base64');

const kindOf = (given: Parameters): 'folder' | 'album' | 'notebook' => {
  const kind = given.text('kind') ?? 'folder';
  if (kind === 'folder' || kind === 'album' || kind === 'notebook') return kind;
  throw new AdminFailure(`'kind' must be folder, album or notebook`);
};

const faultOf = (given: Parameters): Fault => {
  const fault = given.record();
  const action = fault['action'];
  const known = typeof action === 'object' && action !== null && 'do' in action;
  if (!known) throw new AdminFailure("'action' must be an object with a member 'do'");
  return fault as unknown as Fault;
};

/** Every admin call by name. */
const calls = new Map<string, Call>(
  Object.entries<Call>({
    accounts: (admin) => admin.accounts(),
    'add-account': (admin, given) => admin.addAccount(given.required('name')),
    tree: (admin, given) => admin.tree(given.place()),
    snapshot: (admin, given) => admin.snapshot(given.account),
    item: (admin, given) => admin.item(given.place()),
    removed: (admin, given) => admin.removed(given.account),
    put: (admin, given) => admin.put(given.place(), contentOf(given)),
    photo: (admin, given) => admin.addPhoto(given.place()),
    mkdir: (admin, given) => admin.mkdir(given.place(), kindOf(given)),
    rename: (admin, given) => admin.rename(given.place(), given.required('name')),
    move: (admin, given) => admin.move(given.place(), given.required('to'), given.text('name')),
    delete: (admin, given) => admin.remove(given.place()),
    restore: (admin, given) => admin.restore(given.required('id')),
    describe: (admin, given) => admin.describe(given.place(), given.text('description') ?? ''),
    comment: (admin, given) => admin.addComment(given.place(), given.required('message'), given.text('from')),
    share: (admin, given) =>
      admin.share(given.place(), given.text('access') ?? 'Everyone (public)', given.list('with')),
    quota: (admin, given) => {
      const bytes = given.number('bytes');
      if (bytes !== undefined) admin.setQuota(bytes, given.account);
      return admin.quota(given.account);
    },
    history: (admin, given) => admin.history(given.account),
    requests: (admin) => admin.requests(),
    counters: (admin) => admin.counters(),
    violations: (admin) => admin.violations(),
    'reset-requests': (admin) => admin.resetRequests(),
    'add-fault': (admin, given) => ({ id: admin.addFault(faultOf(given)) }),
    faults: (admin) => admin.faults(),
    'clear-faults': (admin, given) => admin.clearFaults(given.number('id')),
    settings: (admin, given) => {
      const change = given.record();
      return Object.keys(change).length === 0 ? admin.settings() : admin.set(change);
    },
    token: (admin, given) => {
      const [clientId, scopes] = [given.text('client_id'), given.list('scopes')];
      const wishes = { ...(clientId === undefined ? {} : { clientId }), ...(scopes === undefined ? {} : { scopes }) };
      const issued = admin.token({ ...given.account, ...wishes });
      const { accessToken, refreshToken, expiresIn, uid } = issued;
      return { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn, uid };
    },
    'expire-tokens': (admin, given) => admin.expireTokens(given.number('after_calls')),
    'revoke-tokens': (admin, given) => admin.revokeTokens({ access: given.text('access') === 'true' }),
    down: (admin, given) => {
      const ms = given.number('ms') ?? 1000;
      // The answer goes out first.
      setTimeout(() => void admin.down(ms), 50);
    },
  }),
);

/** Those that GET may be used for: an image on some web page must not change a drive. */
const readingCalls = new Set([
  ...['accounts', 'tree', 'snapshot', 'item', 'removed', 'history', 'requests', 'counters', 'violations', 'faults'],
]);

const readParameters = async (exchange: Exchange): Promise<Parameters> => {
  const text = (await readSmallBody(exchange, longestBody)).toString('utf8').trim();
  const fields = new Map<string, unknown>(exchange.query);
  if (text === '') return new Parameters(fields);
  try {
    for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) fields.set(name, value);
  } catch (cause) {
    throw new AdminFailure('the body is no JSON object', { cause });
  }
  return new Parameters(fields);
};

const perform = async (admin: EmulatorAdmin, exchange: Exchange): Promise<Reply> => {
  const name = exchange.segments[1] ?? '';
  const call = calls.get(name);
  if (exchange.headers.origin !== undefined && exchange.headers.origin !== exchange.base) {
    return jsonReply(403, { error: 'admin calls are not for web pages' });
  }
  if (exchange.method !== 'POST' && !readingCalls.has(name)) return emptyReply(405, { Allow: 'POST' });
  if (call === undefined) return jsonReply(404, { error: `no admin call '${name}'`, calls: [...calls.keys()] });
  try {
    const value = await call(admin, await readParameters(exchange));
    return value === undefined ? emptyReply(204) : jsonReply(200, value);
  } catch (error) {
    if (
      error instanceof AdminFailure ||
      error instanceof DriveFault ||
      error instanceof RangeError ||
      error instanceof SyntaxError
    ) {
      return jsonReply(400, { error: error.message });
    }
    throw error;
  }
};

export const adminRoute = (admin: EmulatorAdmin, exchange: Exchange): Route => ({
  kind: 'admin',
  plain: true,
  run: () => perform(admin, exchange),
});
