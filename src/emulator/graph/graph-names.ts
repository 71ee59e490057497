// What Graph refuses as a name or path beyond what every dialect refuses (docs/graph-drive.md, 14).

import type { DriveItem } from '../drive-item.ts';
import { type DriveState, isFolder } from '../drive-state.ts';
import { invalidRequest } from './graph-error.ts';
import type { GraphServices } from './graph-services.ts';

const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;
const longestPath = 400;

const isReserved = (name: string): boolean =>
  devices.test(name) ||
  ['.lock', 'desktop.ini'].includes(name.toLowerCase()) ||
  name.startsWith('~$') ||
  name.toLowerCase().includes('_vti_');

/** Names from the root down. */
export const pathOf = (drive: DriveState, item: DriveItem): string[] => {
  const parent = item.parent === undefined ? undefined : drive.get(item.parent);
  return parent === undefined ? [] : [...pathOf(drive, parent), item.name];
};

/** A name for an item whose own is taken; the drive itself would put a number behind a blank. */
export const freeName = ({ quirks }: GraphServices, drive: DriveState, folder: DriveItem, name: string): string => {
  if (quirks.word('rename-style') !== 'paren') return name;
  const [, stem = name, extension = ''] = /^(.+?)(\.[^.]*)?$/s.exec(name) ?? [];
  for (let number = 0; ; number += 1) {
    const free = number === 0 ? name : `${stem} (${number})${extension}`;
    if (drive.named(folder.number, free) === undefined) return free;
  }
};

/** Throws when the service wouldn't take `name` in `folder`, or below it in `above`; the drive checks the rest. */
export const checkName = (
  services: GraphServices,
  drive: DriveState,
  folder: DriveItem,
  name: string,
  above: readonly string[] = [],
): void => {
  const bad = (inner = 'invalidPath') =>
    invalidRequest('The provided name cannot be used. The name or path is not valid.', inner);
  if (/^\s|\s$|\.$/.test(name) || !name.isWellFormed() || isReserved(name)) throw bad();
  if (!isFolder(folder)) throw invalidRequest('The parent is not a folder.');
  const inLibrary = !services.types.isPersonal(drive.uid);
  if (inLibrary && folder.parent === undefined && name.toLowerCase() === 'forms') throw bad();
  if ([...pathOf(drive, folder), ...above, name].join('/').length > longestPath) throw bad('pathIsTooLong');
};
