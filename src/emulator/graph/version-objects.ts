// Versions of a file as Graph shows them, newest first (docs/graph-drive.md, 12). They are the emulator's own history of contents, so
// what the live dialect stored is among them.
import type { VersionView } from '../content-history.ts';
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import { userObject } from './graph-item.ts';
import { graphTime } from './graph-json.ts';
import type { GraphObject, Viewer } from './graph-viewer.ts';

export interface Version extends VersionView {
  readonly id: string;
}

/** Newest first; the first is the current one. */
export const versionList = ({ services }: Viewer, drive: DriveState, item: DriveItem): Version[] => {
  const own = services.history.list(drive.uid).filter((version) => version.item === item.number);
  return own.map((version, index) => ({ ...version, id: `${index + 1}.0` })).reverse();
};

export const versionsOf = (viewer: Viewer, drive: DriveState, item: DriveItem): GraphObject[] => {
  const by = userObject(viewer.services.accounts.byUid(item.creator));
  return versionList(viewer, drive, item).map(({ id, atMs, content }) => ({
    id,
    lastModifiedBy: by,
    lastModifiedDateTime: graphTime(atMs, 's'),
    size: content.size,
  }));
};
