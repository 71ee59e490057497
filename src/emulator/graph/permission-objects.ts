// Permissions of an item as Graph shows them: its links, the people it is shared with, and what it inherits (docs/graph-drive.md, 12).
import type { Account } from '../accounts.ts';
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import { userObject } from './graph-item.ts';
import { graphTime } from './graph-json.ts';
import type { GraphObject, Viewer } from './graph-viewer.ts';
import { type LinkType, linkKeys, linkTypes, linkUrl, permissionId, shareIdOf } from './share-links.ts';

const roleOf = (type: LinkType): string => (type === 'edit' ? 'write' : 'read');

export const linkPermission = (viewer: Viewer, drive: DriveState, item: DriveItem, type: LinkType): GraphObject => {
  const { services } = viewer;
  const url = linkUrl(drive, item, item.sharing?.[linkKeys[type]] ?? '');
  const id = permissionId(drive, item, type);
  const { scope = 'anonymous', hasPassword = false, expiresMs } = services.linkTerms.get(id) ?? {};
  const html = type === 'embed' ? { webHtml: `<iframe src="${url}" width="98" height="120"></iframe>` } : {};
  return {
    id,
    roles: [roleOf(type)],
    shareId: shareIdOf(url),
    hasPassword,
    ...(expiresMs === undefined ? {} : { expirationDateTime: graphTime(expiresMs, 's') }),
    link: {
      type,
      scope,
      webUrl: url,
      ...html,
      application: { displayName: 'SkyDrive emulator', id: '0000000000000001' },
    },
  };
};

export const userPermission = (drive: DriveState, item: DriveItem, account: Account): GraphObject => {
  const granted = userObject(account);
  const writes = item.sharing?.writers?.includes(account.uid) === true;
  return {
    id: permissionId(drive, item, account.uid),
    roles: [writes ? 'write' : 'read'],
    grantedTo: granted,
    grantedToV2: granted,
  };
};

const ownerPermission = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject => {
  const owner = viewer.services.accounts.byUid(drive.uid);
  const id = permissionId(drive, item, 'owner');
  return { id, roles: ['owner'], grantedTo: userObject(owner), grantedToV2: userObject(owner) };
};

const ownPermissions = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject[] => {
  const links = linkTypes.filter((type) => item.sharing?.[linkKeys[type]] !== undefined);
  const people = (item.sharing?.with ?? []).flatMap((uid) => viewer.services.accounts.byUid(uid) ?? []);
  return [
    ...links.map((type) => linkPermission(viewer, drive, item, type)),
    ...people.map((account) => userPermission(drive, item, account)),
  ];
};

const inherited = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject[] => {
  const parent = item.parent === undefined ? undefined : drive.get(item.parent);
  if (parent === undefined) return [];
  const { types } = viewer.services;
  const inheritedFrom = { driveId: types.driveId(drive.uid), id: types.itemId(drive.uid, parent.number) };
  const from = types.isPersonal(drive.uid) ? { inheritedFrom } : {};
  const above = ownPermissions(viewer, drive, parent).map((permission) => ({ ...permission, ...from }));
  return [...above, ...inherited(viewer, drive, parent)];
};

export const permissionsOf = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject[] => {
  const found = [...ownPermissions(viewer, drive, item), ...inherited(viewer, drive, item)];
  const ownerRow = viewer.services.quirks.on('perm-owner-row') ? { link: { webUrl: 'https://1drv.ms/f/bare' } } : {};
  return [{ ...ownerPermission(viewer, drive, item), ...ownerRow }, ...found];
};
