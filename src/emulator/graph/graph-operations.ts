// Every operation of Graph that the emulator has, one row each: what it is on, its path, method, documented query and handler. A request
// without a row here isn't part of the API.
import type { Reply } from '../reply.ts';
import { listChildren } from './children.ts';
import { getContent, putContent } from './contents.ts';
import { copyItem } from './copies.ts';
import { getDelta } from './delta.ts';
import { getDrive, getUser, listDrives, listSiteDrives, searchSites } from './drives.ts';
import { createFolder } from './folders.ts';
import type { GraphCall } from './graph-call.ts';
import type { Subject } from './graph-place.ts';
import { odata } from './graph-query.ts';
import { deleteForGood, deleteItem, getItem, restoreItem, updateItem } from './items.ts';
import {
  createLink,
  deletePermission,
  getPermission,
  invite,
  listPermissions,
  updatePermission,
} from './permissions.ts';
import { listRecent, listSharedWithMe, searchBelow, searchDrive } from './searches.ts';
import { getPushEndpoint } from './socket-io.ts';
import {
  createSubscription,
  deleteSubscription,
  getSubscription,
  listSubscriptions,
  renewSubscription,
} from './subscriptions.ts';
import { getThumbnail, getThumbnailContent, listThumbnails } from './thumbnails.ts';
import { commitUnderName } from './upload-commit.ts';
import { createSession } from './upload-sessions-create.ts';
import { getVersion, getVersionContent, listVersions, restoreVersion } from './versions.ts';

/** `place`: an item or a gap; `bin`: the drive, for items that are no longer in it. */
type OperationOn = 'service' | 'drive' | 'item' | 'place' | 'bin';

export interface Operation {
  readonly kind: string;
  readonly on: OperationOn;
  readonly method: string;
  /** Behind the subject, lower case; a part that begins with a colon stands for anything. */
  readonly path: string;
  readonly query: readonly string[];
  readonly writes: boolean;
  /** Works without a token. */
  readonly open: boolean;
  readonly run: (call: GraphCall) => Promise<Reply> | Reply;
}

interface SubjectOf {
  service: Extract<Subject, { on: 'service' }>;
  drive: Extract<Subject, { on: 'drive' }>;
  item: Extract<Subject, { on: 'item' }>;
  place: Extract<Subject, { on: 'item' | 'gap' }>;
  bin: Extract<Subject, { on: 'drive' }>;
}

interface Extras {
  readonly query?: readonly string[];
  readonly writes?: boolean;
  readonly open?: boolean;
}

/** `on` has made sure that the subject fits the handler. */
const row = <O extends OperationOn>(
  kind: string,
  on: O,
  address: string,
  run: (call: GraphCall<SubjectOf[O]>) => Promise<Reply> | Reply,
  extras: Extras = {},
): Operation => {
  const [method = '', path = ''] = address.split(' ');
  const writes = extras.writes ?? method !== 'GET';
  return { kind, on, method, path, query: [], open: false, ...extras, writes, run: run as Operation['run'] };
};

const conflict = ['@microsoft.graph.conflictBehavior', '@name.conflictBehavior'];
const list = { query: odata.list };
const item = { query: odata.item };

export const graphOperations: readonly Operation[] = [
  row('me', 'service', 'GET me', getUser, item),
  row('me', 'service', 'GET users/:id', getUser, item),
  row('drives', 'service', 'GET me/drives', listDrives, list),
  row('drives', 'service', 'GET drives', listDrives, list),
  row('sites', 'service', 'GET sites', searchSites, { query: ['search'] }),
  row('drives', 'service', 'GET sites/:id/drives', listSiteDrives, list),

  row('subscriptions', 'service', 'GET subscriptions', listSubscriptions, { writes: false }),
  row('subscriptions', 'service', 'POST subscriptions', createSubscription, { writes: false }),
  row('subscriptions', 'service', 'GET subscriptions/:id', getSubscription, { writes: false }),
  row('subscriptions', 'service', 'PATCH subscriptions/:id', renewSubscription, { writes: false }),
  row('subscriptions', 'service', 'DELETE subscriptions/:id', deleteSubscription, { writes: false }),

  row('drive', 'drive', 'GET', getDrive, item),

  row('recent', 'drive', 'GET recent', listRecent, list),
  row('shared', 'drive', 'GET sharedwithme', listSharedWithMe, { query: [...odata.list, 'allowexternal'] }),
  row('search', 'drive', 'GET search', searchDrive, { query: [...odata.list, 'q'] }),

  row('get', 'item', 'GET', getItem, item),
  row('get', 'item', 'GET driveitem', getItem, item),
  row('update', 'item', 'PATCH', updateItem, { query: [...odata.item, ...conflict] }),
  row('delete', 'item', 'DELETE', deleteItem),
  row('delete', 'item', 'POST permanentdelete', deleteForGood),
  row('restore', 'bin', 'POST restore', restoreItem),
  row('list', 'item', 'GET children', listChildren, list),
  row('mkdir', 'item', 'POST children', createFolder, { query: conflict }),
  row('content', 'item', 'GET content', getContent, { query: ['format'] }),
  row('put', 'place', 'PUT content', putContent, { query: conflict }),
  row('session-create', 'place', 'POST createuploadsession', createSession, { query: conflict }),
  row('session-commit', 'place', 'PUT', commitUnderName, { query: conflict }),
  row('copy', 'item', 'POST copy', copyItem, { query: conflict }),
  row('delta', 'item', 'GET delta', getDelta, { query: odata.delta }),
  row('search', 'item', 'GET search', searchBelow, { query: [...odata.list, 'q'] }),
  row('link', 'item', 'POST createlink', createLink),
  row('invite', 'item', 'POST invite', invite),
  row('permissions', 'item', 'GET permissions', listPermissions, list),
  row('permissions', 'item', 'GET permissions/:id', getPermission),
  row('permission-update', 'item', 'PATCH permissions/:id', updatePermission),
  row('permission-delete', 'item', 'DELETE permissions/:id', deletePermission),
  row('versions', 'item', 'GET versions', listVersions, list),
  row('versions', 'item', 'GET versions/:id', getVersion),
  row('version-content', 'item', 'GET versions/:id/content', getVersionContent),
  row('version-restore', 'item', 'POST versions/:id/restoreversion', restoreVersion),
  row('push-endpoint', 'item', 'GET subscriptions/socketio', getPushEndpoint),
  row('thumbnails', 'item', 'GET thumbnails', listThumbnails, item),
  row('thumbnails', 'item', 'GET thumbnails/:id/:size', getThumbnail),
  row('thumbnails', 'item', 'GET thumbnails/:id/:size/content', getThumbnailContent),
];
