// How admin calls name drives and items, and how they show them. Owned by admin.ts.
import type { Account, Accounts } from './accounts.ts';
import type { DriveItem, ItemNumber } from './drive-item.ts';
import type { DriveState } from './drive-state.ts';
import { itemId, parseLiveId } from './live/live-ids.ts';
import { liveType } from './live/live-object.ts';
import { nameKey } from './name-rules.ts';

/** Which drive: an account's uid, address or name. Default: the first account. */
export interface AdminTarget {
  readonly account?: string | undefined;
}

/** An item: its path from the root, or its id in the live dialect. */
export interface AdminPlace extends AdminTarget {
  readonly path?: string | undefined;
  readonly id?: string | undefined;
}

export interface AdminItem {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  /** As the live dialect calls it. */
  readonly type: string;
  readonly size: number;
  readonly sha1?: string;
  readonly sha256?: string;
  readonly quickXor?: string;
  readonly etag: number;
  readonly ctag: number;
  readonly sequence: number;
  readonly description: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly comments: number;
  readonly shared: string;
  /** Only in lists of the recycle bin. */
  readonly removed?: boolean;
}

export class AdminFailure extends Error {
  override readonly name = 'AdminFailure';
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

/** Exact spelling first, for drives with names that differ in case only through duplicates. */
const childOf = (drive: DriveState, folder: DriveItem, name: string): DriveItem | undefined => {
  const children = drive.children(folder.number).filter((child) => nameKey(child.name) === nameKey(name));
  return children.find((child) => child.name === name) ?? children[0];
};

export class AdminPlaces {
  readonly #accounts: Accounts;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  account(target: AdminTarget): Account {
    if (target.account === undefined) return this.#accounts.first;
    const account = this.#accounts.find(target.account);
    if (account === undefined) throw new AdminFailure(`there is no account '${target.account}'`);
    return account;
  }

  drive(target: AdminTarget): { account: Account; drive: DriveState } {
    const account = this.account(target);
    return { account, drive: this.#accounts.drive(account) };
  }

  place(place: AdminPlace): { drive: DriveState; item: DriveItem } {
    if (place.id !== undefined) {
      const known = parseLiveId(place.id);
      const { drive } = this.drive({ account: known?.uid ?? place.account });
      const item = known?.kind === 'item' ? drive.get(known.number) : undefined;
      if (item === undefined) throw new AdminFailure(`there is no item '${place.id}'`);
      return { drive, item };
    }
    const { drive } = this.drive(place);
    const path = place.path ?? '/';
    let item: DriveItem | undefined = drive.root;
    for (const name of partsOf(path)) item = item === undefined ? undefined : childOf(drive, item, name);
    if (item === undefined) throw new AdminFailure(`there is nothing at '${path}'`);
    return { drive, item };
  }

  /** The folder for a new item, made with those above it, and the item's name. */
  newPlace(place: AdminPlace): { drive: DriveState; parent: ItemNumber; name: string } {
    const { drive } = this.drive(place);
    const parts = partsOf(place.path ?? '');
    const name = parts.pop();
    if (name === undefined) throw new AdminFailure("'path' must name something below the root");
    const folder = (parent: ItemNumber, part: string): ItemNumber =>
      (drive.named(parent, part) ?? drive.createFolder(parent, part)).number;
    return { drive, parent: parts.reduce(folder, drive.root.number), name };
  }

  path(drive: DriveState, item: DriveItem): string {
    const parent = item.parent === undefined ? undefined : drive.get(item.parent);
    return parent === undefined ? '' : `${this.path(drive, parent)}/${item.name}`;
  }

  view(drive: DriveState, item: DriveItem, path = this.path(drive, item)): AdminItem {
    const { sha1, sha256, quickXor } = item.content ?? {};
    return {
      id: itemId(drive.uid, item),
      path,
      name: item.name,
      type: liveType(item),
      size: drive.size(item),
      ...(sha1 === undefined ? {} : { sha1 }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(quickXor === undefined ? {} : { quickXor }),
      etag: item.etag,
      ctag: item.ctag,
      sequence: item.sequence,
      description: item.description,
      createdMs: item.createdMs,
      modifiedMs: item.modifiedMs,
      comments: drive.notes.commentCount(item.number),
      shared: item.sharing?.access ?? 'Just me',
    };
  }
}
