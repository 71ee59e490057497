// One call of the live API after its address and token were understood: what every handler gets. And the services that all share.
import type { Account, Accounts } from '../accounts.ts';
import type { ContentStore } from '../content-store.ts';
import type { DownloadLinks } from '../download-links.ts';
import type { Comment, DriveItem, OnConflict, Tag } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { EmulatorSettings } from '../emulator-options.ts';
import type { Exchange } from '../exchange.ts';
import type { Grant, Grants } from '../oauth/grants.ts';
import type { RecordLog } from '../record-log.ts';
import type { UploadSessions } from '../upload-sessions.ts';
import { liveError } from './live-error.ts';

export interface LiveServices {
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly store: ContentStore;
  readonly links: DownloadLinks;
  readonly sessions: UploadSessions;
  readonly log: RecordLog;
  readonly settings: () => EmulatorSettings;
  readonly now: () => number;
}

/** What the address names. `drive` is `me/skydrive` itself, which can do more than the folder that it is. */
export type Subject =
  | { readonly on: 'user'; readonly account: Account }
  | { readonly on: 'drive' | 'item'; readonly drive: DriveState; readonly item: DriveItem; readonly text: string }
  | { readonly on: 'gone'; readonly text: string }
  | { readonly on: 'comment'; readonly drive: DriveState; readonly comment: Comment }
  | { readonly on: 'tag'; readonly drive: DriveState; readonly tag: Tag }
  | { readonly on: 'service' };

export interface LiveCall<S extends Subject = Subject> {
  readonly exchange: Exchange;
  readonly services: LiveServices;
  readonly subject: S;
  /** Whose token it is. */
  readonly account: Account;
  readonly grant: Grant;
  /** The part of the address that stands for a name. */
  readonly name: string;
}

type ItemSubject = Extract<Subject, { on: 'drive' | 'item' }>;
export type ItemCall = LiveCall<ItemSubject>;

export const hasScope = (grant: Grant, wanted: readonly string[]): boolean =>
  wanted.length === 0 || wanted.some((scope) => grant.scopes.includes(scope));

/** Reading is implied by the right to write. */
export const readScopes = [
  'wl.skydrive',
  'wl.skydrive_update',
  'wl.contacts_skydrive',
  'wl.photos',
  'wl.contacts_photos',
];
export const writeScopes = ['wl.skydrive_update'];

/** `overwrite` of a query or header, in any case; `fallback` when it isn't given. */
export const readOverwrite = (exchange: Exchange, fallback: OnConflict): OnConflict => {
  const header = exchange.headers['overwrite'];
  const value = (exchange.query.get('overwrite') ?? (Array.isArray(header) ? header[0] : header) ?? '').toLowerCase();
  if (value === '') return fallback;
  if (['true', 't', 'overwrite'].includes(value)) return 'replace';
  if (['false', 'f', 'donotoverwrite'].includes(value)) return 'fail';
  if (['choosenewname', 'rename'].includes(value)) return 'rename';
  throw liveError('request_parameter_invalid', `The value of query parameter 'overwrite' isn't valid.`);
};
