// Links that share an item, and back from a link to the item (docs/graph-drive.md, 12). The keys are the drive's own, so a link that the
// live dialect made counts here too.
import { createHash } from 'node:crypto';
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { GraphServices } from './graph-services.ts';

export type LinkType = 'view' | 'edit' | 'embed';

export const linkKeys = { view: 'readKey', edit: 'editKey', embed: 'embedKey' } as const satisfies Record<
  LinkType,
  keyof NonNullable<DriveItem['sharing']>
>;

export const linkTypes = Object.keys(linkKeys) as LinkType[];

const linkHost = 'https://1drv.ms';

/** `https://1drv.ms/f/s!KEY`; the key names drive and item. */
export const linkUrl = (drive: DriveState, item: DriveItem, key: string): string => {
  const claim = Buffer.from(`${drive.uid}.${item.number}.${key}`).toString('base64url');
  return `${linkHost}/${item.kind === 'file' ? 'u' : 'f'}/s!${claim}`;
};

/** As `/shares/{id}` takes it. */
export const shareIdOf = (url: string): string => `u!${Buffer.from(url).toString('base64url')}`;

/** Opaque, stable, different for each kind of link. */
export const permissionId = (drive: DriveState, item: DriveItem, what: string): string =>
  createHash('sha256').update(`${drive.uid} ${item.number} ${what}`).digest('base64url').slice(0, 22);

const urlOf = (shareId: string): string =>
  shareId.startsWith('u!') ? Buffer.from(shareId.slice(2), 'base64url').toString() : `${linkHost}/f/${shareId}`;

/** What a share id (`u!…` of a URL, or `s!…`) stands for, as long as the link works. */
export const sharedItem = (
  services: GraphServices,
  shareId: string,
): { readonly drive: DriveState; readonly item: DriveItem } | undefined => {
  const [, claim = ''] = /\/s!([\w-]+)/.exec(urlOf(shareId)) ?? [];
  const [uid = '', number = '', ...key] = Buffer.from(claim, 'base64url').toString().split('.');
  const account = services.accounts.byUid(uid);
  const drive = account === undefined ? undefined : services.accounts.drive(account);
  const item = drive?.get(Number(number));
  const works = item !== undefined && linkTypes.some((type) => item.sharing?.[linkKeys[type]] === key.join('.'));
  return drive === undefined || item === undefined || !works ? undefined : { drive, item };
};
