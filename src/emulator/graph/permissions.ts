// Who may see or change an item: links, people, roles (docs/graph-drive.md, 12). The drive's own record of sharing is changed, so the live
// dialect shows the same.
import { randomBytes } from 'node:crypto';
import type { Account } from '../accounts.ts';
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { type Fields, isFields, readFields, textField, timeField } from './graph-body.ts';
import type { ItemCall } from './graph-call.ts';
import { invalidRequest, itemNotFound, notSupported } from './graph-error.ts';
import { graphReply } from './graph-json.ts';
import { linkPermission, permissionsOf, userPermission } from './permission-objects.ts';
import { type LinkType, linkKeys, linkTypes, permissionId } from './share-links.ts';

type Sharing = NonNullable<DriveItem['sharing']>;

/** How the live dialect calls it. */
const accessOf = (sharing: Partial<Sharing>): string => {
  if ((sharing.with ?? []).length > 0) return 'Shared';
  return linkTypes.some((type) => sharing[linkKeys[type]] !== undefined) ? 'People with a link' : 'Just me';
};

const share = (drive: DriveState, item: DriveItem, change: Partial<Sharing>): DriveItem => {
  const sharing = { ...item.sharing, ...change };
  return drive.update(item.number, { sharing: { ...sharing, access: accessOf(sharing) } });
};

const linkTypeOf = (call: ItemCall, fields: Fields): LinkType => {
  const type = textField(fields, 'type') ?? 'view';
  if (!linkTypes.includes(type as LinkType)) throw invalidRequest('The link type is not valid.');
  const { drive, item } = call.subject;
  const embeds = call.services.types.isPersonal(drive.uid) && item.kind === 'file';
  if (type === 'embed' && !embeds) throw notSupported('Embed links are for files of personal drives.');
  return type as LinkType;
};

const scopeOf = (call: ItemCall, fields: Fields): string => {
  const scope = textField(fields, 'scope') ?? 'anonymous';
  const known = [
    'anonymous',
    'users',
    ...(call.services.types.isPersonal(call.subject.drive.uid) ? [] : ['organization']),
  ];
  if (!known.includes(scope)) throw invalidRequest('The link scope is not valid.');
  return scope;
};

/** POST X/createLink */
export const createLink = async (call: ItemCall): Promise<Reply> => {
  const { services } = call;
  const { drive, item } = call.subject;
  const fields = await readFields(call.exchange);
  const type = linkTypeOf(call, fields);
  const scope = scopeOf(call, fields);
  const expiresMs = timeField(fields, 'expirationDateTime', 's');
  const hasPassword = textField(fields, 'password') !== undefined;
  const key = linkKeys[type];
  const isNew = item.sharing?.[key] === undefined;
  const shared = isNew ? share(drive, item, { [key]: `!A${randomBytes(10).toString('base64url')}` }) : item;
  const terms = { scope, hasPassword, ...(expiresMs === undefined ? {} : { expiresMs }) };
  if (isNew) services.linkTerms.set(permissionId(drive, item, type), terms);
  return graphReply(isNew ? 201 : 200, linkPermission(call, drive, shared, type));
};

/** GET X/permissions */
export const listPermissions = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  return graphReply(200, { value: permissionsOf(call, drive, item) });
};

const idOf = ({ address }: ItemCall): string => address.words[1] ?? '';

/** GET X/permissions/{id} */
export const getPermission = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  const found = permissionsOf(call, drive, item).find(({ id }) => id === idOf(call));
  if (found === undefined) throw itemNotFound();
  return graphReply(200, found);
};

const linkOf = (call: ItemCall): LinkType | undefined => {
  const { drive, item } = call.subject;
  return linkTypes.find(
    (type) => item.sharing?.[linkKeys[type]] !== undefined && permissionId(drive, item, type) === idOf(call),
  );
};

const personOf = (call: ItemCall): Account | undefined => {
  const { drive, item } = call.subject;
  const uid = item.sharing?.with?.find((one) => permissionId(drive, item, one) === idOf(call));
  return uid === undefined ? undefined : call.services.accounts.byUid(uid);
};

const rolesOf = (fields: Fields): 'read' | 'write' => {
  const roles = fields['roles'];
  const [role] = Array.isArray(roles) ? roles : [];
  if (role !== 'read' && role !== 'write') throw invalidRequest('The roles are not valid.');
  return role;
};

const withRole = (item: DriveItem, uids: readonly string[], role: 'read' | 'write'): Partial<Sharing> => {
  const others = (item.sharing?.writers ?? []).filter((uid) => !uids.includes(uid));
  return {
    with: [...new Set([...(item.sharing?.with ?? []), ...uids])],
    writers: role === 'write' ? [...others, ...uids] : others,
  };
};

/** PATCH X/permissions/{id} {roles} */
export const updatePermission = async (call: ItemCall): Promise<Reply> => {
  const { drive, item } = call.subject;
  const role = rolesOf(await readFields(call.exchange));
  const person = personOf(call);
  if (person === undefined)
    throw linkOf(call) === undefined ? itemNotFound() : invalidRequest('The roles of a link cannot be changed.');
  const shared = share(drive, item, withRole(item, [person.uid], role));
  return graphReply(200, userPermission(drive, shared, person));
};

/** DELETE X/permissions/{id} */
export const deletePermission = (call: ItemCall): Reply => {
  const { drive, item } = call.subject;
  const [link, person] = [linkOf(call), personOf(call)];
  if (item.sharing === undefined || (link === undefined && person === undefined)) throw itemNotFound();
  if (link !== undefined) {
    const { [linkKeys[link]]: _revoked, access: _old, ...kept } = item.sharing;
    drive.update(item.number, { sharing: { ...kept, access: accessOf(kept) } });
    call.services.linkTerms.delete(idOf(call));
  }
  if (person !== undefined) {
    const without = (uids: readonly string[] = []): string[] => uids.filter((uid) => uid !== person.uid);
    share(drive, item, { with: without(item.sharing.with), writers: without(item.sharing.writers) });
  }
  return emptyReply(204);
};

const recipientsOf = (call: ItemCall, fields: Fields): Account[] => {
  const recipients = fields['recipients'];
  if (!Array.isArray(recipients) || recipients.length === 0) throw invalidRequest('The recipients are missing.');
  return recipients.map((recipient) => {
    const who = isFields(recipient) ? (recipient['email'] ?? recipient['alias'] ?? recipient['objectId']) : undefined;
    if (typeof who !== 'string' || who === '') throw invalidRequest('A recipient is not valid.');
    return call.services.accounts.findOrMake(who);
  });
};

/** POST X/invite */
export const invite = async (call: ItemCall): Promise<Reply> => {
  const { drive, item } = call.subject;
  const fields = await readFields(call.exchange);
  const people = recipientsOf(call, fields);
  const uids = people.map(({ uid }) => uid);
  const change = withRole(item, uids, rolesOf(fields));
  // Granted, and dropped at once, when a group had the same role before.
  const shared = call.services.quirks.on('perm-drop-user') ? item : share(drive, item, change);
  return graphReply(200, { value: people.map((account) => userPermission(drive, shared, account)) });
};
