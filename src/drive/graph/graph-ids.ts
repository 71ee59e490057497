// Ids of the graph dialect and the addresses that follow from them. An item of the drive itself goes by the service's own id. One
// below a shortcut to a shared folder is of another drive: its id says which way it was reached, `SHORTCUT=DRIVE/TOP>ITEM`, so that
// it can be addressed, and its parent named, without asking anybody.
import type { ItemId } from '../drive.ts';
import { DriveError } from '../drive-error.ts';

/** The way into another drive. */
export interface Via {
  /** The item in the own drive that leads there. */
  readonly shortcut: string;
  readonly drive: string;
  /** The folder that it leads to. */
  readonly top: string;
}

/** An item as the service addresses it. */
export interface Place {
  readonly via: Via | undefined;
  readonly item: string;
}

/** Drive ids of personal accounts come in either case, and sometimes without a zero at the front. */
export const canonicalDriveId = (id: string): string =>
  /^[0-9a-f]{1,16}$/i.test(id) ? id.toLowerCase().padStart(16, '0') : id;

/** The account's part of an item's id comes in either case too. */
export const canonicalItemId = (id: string): string =>
  id.replace(/^[0-9a-f]{1,16}(?=!)/i, (account) => account.toUpperCase());

const pattern = /^(?<shortcut>[^=>/]+)=(?<drive>[^=>/]+)\/(?<top>[^=>/]+)>(?<item>[^=>/]+)$/;

/** Undefined for what is no id of this dialect: it would be the address of something else. */
export const placeOf = (id: ItemId): Place | undefined => {
  const { shortcut, drive, top, item } = pattern.exec(id)?.groups ?? {};
  if (shortcut !== undefined && drive !== undefined && top !== undefined && item !== undefined) {
    return { via: { shortcut, drive, top }, item };
  }
  return /^[^=>/\s]{2,200}$/.test(id) && id !== 'root' && id !== '..' ? { via: undefined, item: id } : undefined;
};

export const thePlace = (id: ItemId): Place => {
  const place = placeOf(id);
  if (place === undefined) throw new DriveError('missing', `'${id}' is no id of this drive`);
  return place;
};

/** What a shared folder holds is below the shortcut that leads to it. */
export const idOf = (wireId: string, via: Via | undefined): ItemId => {
  const item = canonicalItemId(wireId);
  if (via === undefined) return item;
  if (item === via.top) return via.shortcut;
  return `${via.shortcut}=${via.drive}/${via.top}>${item}`;
};

/** Not understood in the China cloud, which knows `children/NAME` alone. */
const knowsPaths = (apiUrl: URL): boolean => !apiUrl.hostname.endsWith('.chinacloudapi.cn');

/** The drive of whoever is signed in. */
const mine = 'me/drive';

const named = (driveId: string): string => `drives/${encodeURIComponent(driveId)}`;

export class GraphAddresses {
  readonly #asked: string;
  readonly #knowsPaths: boolean;
  #own: string;

  /** `driveId`: another drive than the account's own. */
  constructor(apiUrl: URL, driveId: string | undefined) {
    this.#asked = driveId === undefined ? mine : named(canonicalDriveId(driveId));
    this.#own = this.#asked;
    this.#knowsPaths = knowsPaths(apiUrl);
  }

  /** Where to ask which drive it is. */
  get asked(): string {
    return this.#asked;
  }

  /** The drive is that one: from now on all requests name it, so that no other sign-in makes them go to another. */
  settle(driveId: string): void {
    if (this.#own === mine) this.#own = named(canonicalDriveId(driveId));
  }

  drive(via?: Via): string {
    return via === undefined ? this.#own : named(via.drive);
  }

  item({ via, item }: Place): string {
    return `${this.drive(via)}/items/${encodeURIComponent(item)}`;
  }

  /** What is, or is to be, under a name in a folder; `action`: what of it. */
  child(folder: Place, name: string, action?: string): string {
    const parent = this.item(folder);
    const encoded = encodeURIComponent(name);
    if (!this.#knowsPaths) return `${parent}/children/${encoded}${action === undefined ? '' : `/${action}`}`;
    return `${parent}:/${encoded}${action === undefined ? '' : `:/${action}`}`;
  }
}
