// The calls of graph-admin.ts over HTTP: `/admin/graph-<call>`, like those of admin-routes.ts.
import type { DriveType } from '../emulator-options.ts';
import { type Exchange, readSmallBody } from '../exchange.ts';
import type { Route } from '../http-server.ts';
import { emptyReply, jsonReply, type Reply } from '../reply.ts';
import type { GraphAdmin } from './graph-admin.ts';
import { checkGraphSettings } from './graph-settings.ts';

type Given = Readonly<Record<string, unknown>>;
type Call = (admin: GraphAdmin, given: Given) => unknown;

const text = (given: Given, name: string): string => {
  const value = given[name];
  if (typeof value !== 'string') throw new RangeError(`'${name}' is missing`);
  return value;
};

const targetOf = (given: Given): { account?: string } =>
  typeof given['account'] === 'string' ? { account: given['account'] } : {};

const typeOf = (given: Given): DriveType => {
  const driveType = text(given, 'type') as DriveType;
  checkGraphSettings({ driveType });
  return driveType;
};

const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : String(value ?? '').split(',');

const calls: Readonly<Record<string, Call>> = {
  'graph-drives': (admin) => admin.drives(),
  'graph-item': (admin, given) => ({ id: admin.itemId(text(given, 'path'), targetOf(given)) }),
  'graph-drive-type': (admin, given) => admin.setDriveType(typeOf(given), targetOf(given)),
  'graph-share': (admin, given) => {
    const write = given['write'] === true || given['write'] === 'true';
    admin.share(text(given, 'path'), listOf(given['with']), { ...targetOf(given), write });
  },
  'graph-shortcut': (admin, given) => {
    const to = { account: text(given, 'to_account'), path: text(given, 'to_path') };
    return { id: admin.addShortcut(text(given, 'name'), to, targetOf(given)) };
  },
  'graph-vault': (admin, given) => ({ id: admin.addVault(String(given['name'] ?? 'Personal Vault'), targetOf(given)) }),
  'graph-resync': (admin, given) => admin.resync(targetOf(given)),
  'graph-quirks': (admin) => admin.quirks(),
  'graph-quirks-of-seed': (admin, given) => admin.chosenBy(Number(given['seed'])),
};

const givenIn = async (exchange: Exchange): Promise<Given> => {
  const body = (await readSmallBody(exchange)).toString('utf8').trim();
  return { ...Object.fromEntries(exchange.query), ...(body === '' ? {} : (JSON.parse(body) as Given)) };
};

const perform = async (admin: GraphAdmin, call: Call, exchange: Exchange): Promise<Reply> => {
  if (exchange.headers.origin !== undefined && exchange.headers.origin !== exchange.base) {
    return jsonReply(403, { error: 'admin calls are not for web pages' });
  }
  try {
    const value = await call(admin, await givenIn(exchange));
    return value === undefined ? emptyReply(204) : jsonReply(200, value);
  } catch (error) {
    if (error instanceof Error) return jsonReply(400, { error: error.message });
    throw error;
  }
};

/** Undefined: no call of Graph's. */
export const graphAdminRoute = (admin: GraphAdmin, exchange: Exchange): Route | undefined => {
  const name = exchange.segments[1] ?? '';
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  return call === undefined ? undefined : { kind: 'admin', plain: true, run: () => perform(admin, call, exchange) };
};
