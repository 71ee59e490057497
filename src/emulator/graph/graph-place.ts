// From an address to what it names at this moment: a drive, an item, or a gap where an item could be. Decides, too, whose drives and
// items a token reaches (docs/graph-drive.md, 2 and 15).
import type { Account } from '../accounts.ts';
import type { DriveItem, GraphFacts, SpecialRole } from '../drive-item.ts';
import { type DriveState, isFolder } from '../drive-state.ts';
import type { Address } from './graph-address.ts';
import { accessDenied, GraphError, invalidRequest, itemNotFound } from './graph-error.ts';
import type { GraphServices } from './graph-services.ts';
import { sharedItem } from './share-links.ts';

export type Subject =
  | { readonly on: 'service' }
  | { readonly on: 'drive'; readonly drive: DriveState; readonly owner: Account }
  | { readonly on: 'item'; readonly drive: DriveState; readonly item: DriveItem }
  /** `names` are missing below `item`, which is there. */
  | { readonly on: 'gap'; readonly drive: DriveState; readonly item: DriveItem; readonly names: readonly string[] };

type SpecialName = Extract<SpecialRole, 'documents' | 'photos' | 'cameraroll'> | NonNullable<GraphFacts['special']>;

/** By the word in the address; those that the live dialect knows too are one folder in both. */
const specialNames: Readonly<Record<SpecialName, string>> = {
  documents: 'Documents',
  photos: 'Pictures',
  cameraroll: 'Camera Roll',
  music: 'Music',
  desktop: 'Desktop',
  approot: 'Apps',
};

const businessNames: readonly string[] = ['documents', 'photos', 'approot'];

const isSpecialName = (word: string): word is SpecialName => Object.hasOwn(specialNames, word);

/** The special folder, made when it is first asked for. */
const special = (services: GraphServices, drive: DriveState, id: string): DriveItem => {
  const word = id.toLowerCase();
  const usable = services.types.isPersonal(drive.uid) || businessNames.includes(word);
  if (!isSpecialName(word) || !usable) throw invalidRequest("The special folder identifier isn't valid");
  const present = [...drive.all()].find((item) => specialOf(item) === word && item.removedWith === undefined);
  if (present !== undefined) return present;
  const mark =
    word === 'documents' || word === 'photos' || word === 'cameraroll' ? { role: word } : { graph: { special: word } };
  return drive.createFolder(drive.root.number, specialNames[word], { ...mark, onConflict: 'rename' });
};

/** The word under which the folder can be asked for. */
export const specialOf = (item: DriveItem): string | undefined => item.graph?.special ?? item.role;

const ownerOf = (services: GraphServices, account: Account, { drive }: Address): Account => {
  const { quirks, types, accounts } = services;
  if (drive.by === 'me') return account;
  if (drive.by === 'share') throw itemNotFound();
  if (drive.by === 'id' && drive.id.length < 16 && quirks.on('id-drop-zero')) {
    throw invalidRequest('ObjectHandle is Invalid', 'invalidResourceId');
  }
  const owner = drive.by === 'id' ? types.owner(drive.id) : accounts.find(drive.id);
  if (owner !== undefined) return owner;
  if (drive.by === 'id' && drive.id.startsWith('b!phantom')) {
    throw invalidRequest('ObjectHandle is Invalid', 'invalidResourceId');
  }
  throw itemNotFound();
};

const anchorOf = (services: GraphServices, drive: DriveState, { anchor }: Address): DriveItem => {
  if (anchor.by === 'root') return drive.root;
  if (anchor.by === 'special') return special(services, drive, anchor.id);
  const number = services.types.itemNumber(drive.uid, anchor.id);
  const item = number === undefined ? undefined : drive.get(number);
  if (item === undefined) throw itemNotFound();
  return item;
};

const walk = (drive: DriveState, anchor: DriveItem, path: readonly string[]): Subject => {
  let item = anchor;
  for (const [index, name] of path.entries()) {
    if (name === '.' || name === '..' || /\.$/.test(name))
      throw invalidRequest('The path is not valid.', 'invalidPath');
    const child = isFolder(item) ? drive.named(item.number, name) : undefined;
    if (child === undefined) {
      if (!isFolder(item)) throw itemNotFound();
      return { on: 'gap', drive, item, names: path.slice(index) };
    }
    item = child;
  }
  return { on: 'item', drive, item };
};

/** Throws what the client is told when there is nothing there. */
export const findSubject = (services: GraphServices, account: Account, address: Address): Subject => {
  if (address.on === 'service') return { on: 'service' };
  if (address.drive.by === 'share') {
    const shared = sharedItem(services, address.drive.id);
    if (shared === undefined) throw itemNotFound();
    const anchor = address.anchor.by === 'root' ? shared.item : anchorOf(services, shared.drive, address);
    return walk(shared.drive, anchor, address.path);
  }
  const owner = ownerOf(services, account, address);
  const drive = services.accounts.drive(owner);
  if (address.on === 'drive') return { on: 'drive', drive, owner };
  return walk(drive, anchorOf(services, drive, address), address.path);
};

const chainOf = (drive: DriveState, item: DriveItem): DriveItem[] => {
  const parent = item.parent === undefined ? undefined : drive.get(item.parent);
  return parent === undefined ? [item] : [item, ...chainOf(drive, parent)];
};

export type Reach = 'none' | 'read' | 'write';

/** What the account may do with an item of any drive; the nearest sharing that names it decides. */
export const reachOf = (services: GraphServices, account: Account, drive: DriveState, item: DriveItem): Reach => {
  if (drive.uid === account.uid || services.types.of(drive.uid) === 'documentLibrary') return 'write';
  for (const { sharing } of chainOf(drive, item)) {
    if (sharing?.writers?.includes(account.uid) === true) return 'write';
    if (sharing?.with?.includes(account.uid) === true || sharing?.access === 'Everyone (public)') return 'read';
  }
  return 'none';
};

const checkDriveReach = (services: GraphServices, account: Account, drive: DriveState, writes: boolean): void => {
  if (drive.uid === account.uid || services.types.of(drive.uid) === 'documentLibrary') return;
  const anything = [...drive.all()].some((item) => item.sharing?.with?.includes(account.uid) === true);
  if (writes || !anything) throw accessDenied();
};

/** Throws when the token's owner may not do that. */
export const checkReach = (
  services: GraphServices,
  account: Account,
  address: Address,
  subject: Subject,
  writes: boolean,
): void => {
  if (subject.on === 'service') return;
  if (subject.on === 'drive') {
    checkDriveReach(services, account, subject.drive, writes);
    return;
  }
  const { drive, item } = subject;
  const reach = reachOf(services, account, drive, item);
  const byLink = address.drive.by === 'share';
  if (reach === 'write' || (!writes && (byLink || reach === 'read'))) return;
  if (reach === 'none') throw item.parent === undefined ? accessDenied() : itemNotFound();
  // A share that forbids writing hides that behind a 404 when the name is new.
  throw subject.on === 'gap' && services.quirks.on('ro-share-404') ? itemNotFound() : accessDenied();
};

/** For handlers that need what is there. */
export const existing = (subject: Subject): Extract<Subject, { on: 'item' }> => {
  if (subject.on === 'item') return subject;
  if (subject.on === 'gap') throw itemNotFound();
  throw new GraphError(400, 'BadRequest', 'Resource not found for the segment.');
};
