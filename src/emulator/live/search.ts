// Listings across the drive: search, recent documents, what others share (docs/live-connect-v5.md, 4.2).
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { Reply } from '../reply.ts';
import { pageReply, sorted } from './listing.ts';
import type { ItemCall } from './live-call.ts';
import { missingParameter } from './live-error.ts';
import { liveReply } from './live-json.ts';
import { liveObject, liveType } from './live-object.ts';
import { isSharedWith } from './reach.ts';

const present = (drive: DriveState): DriveItem[] =>
  [...drive.all()].filter((item) => item.removedWith === undefined && item.parent !== undefined);

/** Exact names first, then beginnings, then the rest: whoever looks for a path must find it on the first page. */
const rank = (name: string, wanted: string): number => {
  if (name === wanted) return 0;
  return name.startsWith(wanted) ? 1 : 2;
};

const searchPage = 100;

/** GET me/skydrive/search?q=TEXT: names that contain it; `.` and `*` stand for everything. */
export const search = (call: ItemCall): Reply => {
  const { drive } = call.subject;
  const q = call.exchange.query.get('q');
  if (q === undefined || q === '') throw missingParameter('q');
  const wanted = q.toLowerCase();
  const all = wanted === '.' || wanted === '*';
  const nameOf = (item: DriveItem) => item.name.toLowerCase();
  const found = present(drive).filter((item) => all || nameOf(item).includes(wanted));
  const ranked = call.exchange.query.has('sort_by')
    ? sorted(call.exchange, drive, found)
    : found.sort(
        (one, other) => rank(nameOf(one), wanted) - rank(nameOf(other), wanted) || other.sequence - one.sequence,
      );
  const listing = { items: ranked, path: 'me/skydrive/search', defaultLimit: searchPage };
  return pageReply(call.exchange, listing, (item) => liveObject(call, drive, item));
};

const recentCount = 100;

/** GET me/skydrive/recent_docs: documents, newest first. */
export const listRecent = (call: ItemCall): Reply => {
  const { drive } = call.subject;
  const documents = present(drive).filter((item) => liveType(item) === 'file');
  const newest = documents.sort((one, other) => other.sequence - one.sequence).slice(0, recentCount);
  return pageReply(call.exchange, { items: newest, path: 'me/skydrive/recent_docs' }, (item) =>
    liveObject(call, drive, item),
  );
};

/** GET me/skydrive/shared: what other accounts share with this one; only the items themselves, not what is below them. */
export const listShared =
  (type?: string) =>
  (call: ItemCall): Reply => {
    const { accounts } = call.services;
    const others = accounts.list().filter((account) => account.uid !== call.account.uid);
    const data = others.flatMap((other) => {
      const drive = accounts.drive(other);
      const shared = present(drive).filter(
        (item) => item.sharing !== undefined && isSharedWith(drive, item, call.account),
      );
      const chosen = shared.filter((item) => type === undefined || liveType(item) === type);
      return chosen.map((item) => liveObject(call, drive, item));
    });
    return liveReply(200, { data });
  };
