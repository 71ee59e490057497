// The drive itself, the list of drives and their owner (docs/graph-drive.md, 3).
import { type Account, fullName } from '../accounts.ts';
import type { DriveState } from '../drive-state.ts';
import type { Reply } from '../reply.ts';
import type { DriveCall, GraphCall } from './graph-call.ts';
import { accessDenied, GraphError } from './graph-error.ts';
import { precisionOf, userObject } from './graph-item.ts';
import { graphReply, graphTime } from './graph-json.ts';
import { option, selected } from './graph-query.ts';
import type { GraphObject, Viewer } from './graph-viewer.ts';

const stateOf = (total: number, remaining: number): string => {
  if (remaining <= 0) return 'exceeded';
  if (remaining < total / 100) return 'critical';
  return remaining < total / 10 ? 'nearing' : 'normal';
};

/** Bytes in the recycle bin. */
const deletedBytes = (drive: DriveState): number => {
  let sum = 0;
  for (const item of drive.all()) if (item.removedWith !== undefined) sum += item.content?.size ?? 0;
  return sum;
};

const quotaObject = ({ services }: Viewer, drive: DriveState): GraphObject => {
  if (services.quirks.on('quota-zero')) return { total: 0, used: 0, remaining: 0, deleted: 0, state: 'normal' };
  const { quota: total, used, available: remaining } = drive;
  return { total, used, remaining, deleted: deletedBytes(drive), state: stateOf(total, remaining) };
};

const webUrls = {
  personal: 'https://onedrive.live.com/?cid=',
  business: 'https://contoso-my.sharepoint.com/personal/',
} as const;

const driveObject = (viewer: Viewer, drive: DriveState, owner: Account): GraphObject => {
  const { types } = viewer.services;
  const type = types.of(drive.uid);
  const time = (ms: number): string => graphTime(ms, precisionOf(viewer, drive));
  return {
    id: types.driveId(drive.uid),
    driveType: type,
    name: type === 'documentLibrary' ? 'Documents' : 'OneDrive',
    description: '',
    webUrl: `${types.isPersonal(drive.uid) ? webUrls.personal : webUrls.business}${drive.uid}`,
    createdBy: userObject(owner),
    lastModifiedBy: userObject(owner),
    createdDateTime: time(drive.root.createdMs),
    lastModifiedDateTime: time(drive.mark(drive.root).atMs),
    owner: userObject(owner),
    quota: quotaObject(viewer, drive),
  };
};

const context = (call: GraphCall, what: string): GraphObject => ({
  '@odata.context': `${call.exchange.base}/v1.0/$metadata#${what}`,
});

const selectOf = (call: GraphCall): string[] | undefined =>
  option(call.exchange, 'select')
    ?.split(',')
    .map((name) => name.trim());

/** GET /me/drive, /drives/{id} */
export const getDrive = (call: DriveCall): Reply => {
  const { drive, owner } = call.subject;
  const object = selected(driveObject(call, drive, owner), selectOf(call));
  return graphReply(200, { ...context(call, 'drives/$entity'), ...object });
};

/** Hidden drives that a personal account has beside its own; nothing can be done with them. */
const phantoms = (call: GraphCall, drive: DriveState): GraphObject[] =>
  ['faces', 'albums'].map((name) => ({
    ...driveObject(call, drive, call.account),
    id: `b!phantom-${name}-${drive.uid}`,
    name,
  }));

const ownDrives = (call: GraphCall): GraphObject[] => {
  const { services, account } = call;
  const own = services.accounts.drive(account);
  const libraries = services.accounts
    .list()
    .filter(({ uid }) => uid !== account.uid && services.types.of(uid) === 'documentLibrary');
  return [
    driveObject(call, own, account),
    ...libraries.map((owner) => driveObject(call, services.accounts.drive(owner), owner)),
  ];
};

/** GET /me/drives, /drives */
export const listDrives = (call: GraphCall): Reply => {
  const { services, account } = call;
  const { quirks, accounts } = services;
  if (quirks.spends('drives-403')) throw accessDenied();
  const found = ownDrives(call);
  if (quirks.on('drives-phantom')) found.unshift(...phantoms(call, accounts.drive(account)));
  const select = selectOf(call);
  return graphReply(200, { ...context(call, 'drives'), value: found.map((drive) => selected(drive, select)) });
};

/** GET /me, /users/{id} */
export const getUser = (call: GraphCall): Reply => {
  const { services, account } = call;
  if (services.quirks.spends('me-504')) throw new GraphError(504, 'GatewayTimeout', 'ProfileException');
  const [, who] = call.address.words;
  const user = who === undefined || call.address.rest[0] === 'me' ? account : services.accounts.find(who);
  if (user === undefined) throw new GraphError(404, 'Request_ResourceNotFound', `Resource '${who}' does not exist.`);
  const object = {
    id: user.uid,
    displayName: fullName(user),
    givenName: user.firstName,
    surname: user.lastName,
    mail: user.email,
    userPrincipalName: user.email,
    preferredLanguage: 'en-US',
    businessPhones: [],
    mobilePhone: null,
    jobTitle: null,
    officeLocation: null,
  };
  return graphReply(200, { ...context(call, 'users/$entity'), ...selected(object, selectOf(call)) });
};

const librariesOf = (call: GraphCall): Account[] =>
  call.services.accounts.list().filter(({ uid }) => call.services.types.of(uid) === 'documentLibrary');

const siteObject = (account: Account): GraphObject => ({
  id: `contoso.sharepoint.com,${account.tokenUserId}`,
  name: account.firstName.toLowerCase(),
  displayName: fullName(account),
  webUrl: `https://contoso.sharepoint.com/sites/${account.uid}`,
});

/** GET /sites?search=TEXT: every document library is the library of a site of its own. */
export const searchSites = (call: GraphCall): Reply => {
  const wanted = (call.exchange.query.get('search') ?? '*').toLowerCase();
  const sites = librariesOf(call).filter((site) => wanted === '*' || fullName(site).toLowerCase().includes(wanted));
  return graphReply(200, { ...context(call, 'sites'), value: sites.map(siteObject) });
};

/** GET /sites/{id}/drives */
export const listSiteDrives = (call: GraphCall): Reply => {
  const site = librariesOf(call).find((account) => siteObject(account)['id'] === call.address.words[1]);
  if (site === undefined) throw new GraphError(404, 'itemNotFound', 'Requested site could not be found');
  const value = [driveObject(call, call.services.accounts.drive(site), site)];
  return graphReply(200, { ...context(call, 'drives'), value });
};
