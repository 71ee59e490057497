// Lists across the drive: search, recent, what others share (docs/graph-drive.md, 12).
import type { Account } from '../accounts.ts';
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { Reply } from '../reply.ts';
import { itemPage, pageReply } from './children.ts';
import type { DriveCall, GraphCall, ItemCall } from './graph-call.ts';
import { invalidRequest } from './graph-error.ts';
import { itemObject, remoteObject } from './graph-item.ts';
import type { GraphObject } from './graph-viewer.ts';

const present = (drive: DriveState): DriveItem[] =>
  [...drive.all()].filter((item) => item.removedWith === undefined && item.parent !== undefined);

const isBelow = (drive: DriveState, item: DriveItem, top: DriveItem): boolean => {
  for (let at = item.parent; at !== undefined; at = drive.get(at)?.parent) if (at === top.number) return true;
  return false;
};

const search = (call: GraphCall, drive: DriveState, top: DriveItem): Reply => {
  const { services, address, exchange } = call;
  const q = address.args['q'] ?? exchange.query.get('q');
  if (q === undefined) throw invalidRequest('The search text is missing.');
  const words = q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '*');
  const fits = (item: DriveItem): boolean =>
    words.every((word) => `${item.name} ${item.description}`.toLowerCase().includes(word));
  const { quirks } = services;
  const found = present(drive).filter(
    (item) => isBelow(drive, item, top) && fits(item) && !quirks.strikes('search-hide'),
  );
  return itemPage(call, drive, quirks.strikes('search-flaky') ? [] : found);
};

/** GET F/search(q='…') */
export const searchBelow = (call: ItemCall): Reply => search(call, call.subject.drive, call.subject.item);

/** GET /me/drive/search(q='…') */
export const searchDrive = (call: DriveCall): Reply => search(call, call.subject.drive, call.subject.drive.root);

const recentCount = 100;

/** GET /me/drive/recent: files, newest first. */
export const listRecent = (call: DriveCall): Reply => {
  const { drive } = call.subject;
  const files = present(drive).filter((item) => item.kind === 'file');
  return itemPage(call, drive, files.sort((one, other) => other.sequence - one.sequence).slice(0, recentCount));
};

interface Shared {
  readonly drive: DriveState;
  readonly item: DriveItem;
}

const sharedWith = (call: DriveCall, account: Account): Shared[] => {
  const { accounts } = call.services;
  const others = accounts.list().filter(({ uid }) => uid !== account.uid);
  return others.flatMap((other) => {
    const drive = accounts.drive(other);
    const items = present(drive).filter((item) => item.sharing?.with?.includes(account.uid) === true);
    return items.map((item) => ({ drive, item }));
  });
};

/** As a list of foreign items shows them: few fields of their own, the rest in the remoteItem. */
const asRemote = (call: DriveCall, { drive, item }: Shared): GraphObject => {
  const { id, name, createdBy, createdDateTime, lastModifiedBy, lastModifiedDateTime, webUrl, fileSystemInfo } =
    itemObject(call, drive, item, 'shared');
  const remoteItem = remoteObject(call, drive, item);
  return {
    id,
    name,
    createdBy,
    createdDateTime,
    lastModifiedBy,
    lastModifiedDateTime,
    webUrl,
    fileSystemInfo,
    remoteItem,
  };
};

/** GET /me/drive/sharedWithMe */
export const listSharedWithMe = (call: DriveCall): Reply =>
  pageReply(call.exchange, sharedWith(call, call.account), (shared) => asRemote(call, shared));
