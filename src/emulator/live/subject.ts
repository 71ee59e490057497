// From the address of a live call to what it names, and the rest of the path (docs/live-connect-v5.md, 2.1 and 3.1). `me` and the user's
// id are the same; friendly names of folders are resolved here.
import type { Account } from '../accounts.ts';
import type { DriveItem, SpecialRole } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import { isFolder } from '../drive-state.ts';
import type { LiveServices, Subject } from './live-call.ts';
import { type LiveId, parseLiveId } from './live-ids.ts';

export interface Address {
  readonly subject: Subject;
  readonly rest: readonly string[];
}

const friendlyNames = new Map<string, SpecialRole>([
  ['my_documents', 'documents'],
  ['my_photos', 'photos'],
  ['public_documents', 'public'],
  ['camera_roll', 'cameraroll'],
]);

const specialFolder = (drive: DriveState, role: SpecialRole): DriveItem => {
  const known = drive.special(role);
  if (known !== undefined) return known;
  // The camera roll appears when it is first asked for; the others come back when somebody had deleted them.
  const names = { documents: 'Documents', photos: 'Pictures', public: 'Public', cameraroll: 'SkyDrive camera roll' };
  const kind = role === 'photos' || role === 'cameraroll' ? 'album' : 'folder';
  return drive.createFolder(drive.root.number, names[role], { kind, role, onConflict: 'rename' });
};

const inDrive = (services: LiveServices, account: Account, rest: readonly string[]): Address => {
  const drive = services.accounts.drive(account);
  const role = friendlyNames.get(rest[0] ?? '');
  if (role === undefined) return { subject: { on: 'drive', drive, item: drive.root, text: 'me/skydrive' }, rest };
  const item = specialFolder(drive, role);
  return { subject: { on: 'item', drive, item, text: rest[0] ?? '' }, rest: rest.slice(1) };
};

const byId = (services: LiveServices, id: LiveId, text: string): Subject => {
  const account = services.accounts.byUid(id.uid);
  if (account === undefined) return { on: 'gone', text };
  const drive = services.accounts.drive(account);
  if (id.kind === 'item') {
    const item = drive.get(id.number);
    const fits = item !== undefined && isFolder(item) === id.wantsFolder;
    return fits ? { on: 'item', drive, item, text } : { on: 'gone', text };
  }
  if (id.kind === 'comment') {
    const comment = drive.notes.comment(id.number);
    return comment === undefined || drive.get(comment.item) === undefined
      ? { on: 'gone', text }
      : { on: 'comment', drive, comment };
  }
  const tag = drive.notes.tag(id.tag);
  return tag === undefined ? { on: 'gone', text } : { on: 'tag', drive, tag };
};

/** Undefined: the address isn't one of this API. `user` is whose token it is, if there is one. */
export const readAddress = (
  services: LiveServices,
  user: Account | undefined,
  segments: readonly string[],
): Address | undefined => {
  const [first = '', ...rest] = segments;
  if (first.toLowerCase() === 'skydrive') return { subject: { on: 'service' }, rest };
  const account =
    first.toLowerCase() === 'me' ? user : first.length === 16 ? services.accounts.byUid(first) : undefined;
  if (account !== undefined) {
    if (rest[0]?.toLowerCase() === 'skydrive') return inDrive(services, account, rest.slice(1));
    return { subject: { on: 'user', account }, rest };
  }
  const id = parseLiveId(first);
  return id === undefined ? undefined : { subject: byId(services, id, first), rest };
};
