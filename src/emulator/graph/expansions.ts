// An item with what $expand adds and without what $select leaves out (docs/graph-drive.md, 2 and 5).
import type { DriveItem } from '../drive-item.ts';
import { type DriveState, isFolder } from '../drive-state.ts';
import { itemObject } from './graph-item.ts';
import { type Expansion, type Shape, selected } from './graph-query.ts';
import type { GraphObject, Viewer, Where } from './graph-viewer.ts';
import { permissionsOf } from './permission-objects.ts';
import { thumbnailsOf } from './thumbnails.ts';
import { versionsOf } from './version-objects.ts';

interface Shown {
  readonly drive: DriveState;
  readonly item: DriveItem;
  readonly where: Where;
}

const mostChildren = 200;

type Expander = (viewer: Viewer, shown: Shown, expansion: Expansion) => unknown;

const expanders: Readonly<Record<string, Expander>> = {
  children: (viewer, { drive, item }, { select, top = mostChildren }) => {
    if (!isFolder(item)) return [];
    const children = drive.children(item.number).slice(0, top);
    return children.map((child) => selected(itemObject(viewer, drive, child, 'list'), select));
  },
  thumbnails: (viewer, { drive, item }, { select }) =>
    thumbnailsOf(viewer, drive, item).map((set) => selected(set, select)),
  permissions: (viewer, { drive, item }) => permissionsOf(viewer, drive, item),
  versions: (viewer, { drive, item }) => versionsOf(viewer, drive, item),
};

export const expanded = (viewer: Viewer, shown: Shown, { select, expand }: Shape): GraphObject => {
  const { drive, item, where } = shown;
  const object = selected(itemObject(viewer, drive, item, where), select);
  for (const expansion of expand) {
    const expander = expanders[expansion.name];
    if (expander !== undefined) object[expansion.name] = expander(viewer, shown, expansion);
  }
  return object;
};
