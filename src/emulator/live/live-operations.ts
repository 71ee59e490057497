// Every documented operation of the live API, one row each: what it is on, its path, method, scopes, documented query and handler.
// A request without a row here isn't part of the API.
import type { Reply } from '../reply.ts';
import { addComment, deleteComment, getComment, listComments } from './comments.ts';
import { getContent } from './content.ts';
import { createAlbum, createFolder, deleteGone, deleteItem, getItem, updateItem } from './items.ts';
import { getEmbed, getSharedLink } from './links.ts';
import { listAlbums, listByType, listFiles } from './listing.ts';
import { type LiveCall, readScopes, type Subject, writeScopes } from './live-call.ts';
import { copyItem, moveItem } from './moves.ts';
import { getPicture, getPreview } from './pictures.ts';
import { listRecent, listShared, search } from './search.ts';
import { addTag, deleteTag, getTag, listTags } from './tags.ts';
import { postFile, putContent, putFile } from './uploads.ts';
import { getContacts, getPermissions, getQuota, getUser, getUserPicture } from './users.ts';

export interface Operation {
  readonly kind: string;
  readonly on: Subject['on'];
  readonly method: string;
  /** Behind the subject; a part that begins with a colon stands for a name. */
  readonly path: string;
  /** One of them is needed; none: any token will do. */
  readonly scopes: readonly string[];
  /** Documented parameters beside the global ones. */
  readonly query?: readonly string[];
  /** Needs no token. */
  readonly open?: boolean;
  readonly run: (call: LiveCall) => Promise<Reply> | Reply;
}

type Handler<O extends Subject['on']> = (call: LiveCall<Extract<Subject, { on: O }>>) => Promise<Reply> | Reply;

interface Row<O extends Subject['on']> {
  readonly scopes?: readonly string[];
  readonly query?: readonly string[];
  readonly open?: boolean;
  readonly run: Handler<O>;
}

/** `is` has made sure that the subject fits the handler. */
const row = <O extends Subject['on']>(kind: string, on: O, address: string, rest: Row<O>): Operation => {
  const [method = '', path = ''] = address.split(' ');
  return { kind, on, method, path, scopes: [], ...rest, run: rest.run as Operation['run'] };
};

/** Items: the drive itself counts as one. */
const item = (kind: string, address: string, rest: Row<'drive' | 'item'>): Operation => ({
  ...row<'drive' | 'item'>(kind, 'item', address, rest),
});

const paging = ['limit', 'offset', 'sort_by', 'sort_order', 'filter'];
const uploading = ['overwrite', 'downsize_photo_uploads'];
const friends = ['wl.contacts_skydrive', 'wl.contacts_photos'];
const reads = { scopes: readScopes };
const writes = { scopes: writeScopes };

export const liveOperations: readonly Operation[] = [
  row('me', 'user', 'GET', { run: getUser }),
  row('user-picture', 'user', 'GET picture', { query: ['type'], run: getUserPicture }),
  row('friends', 'user', 'GET friends', { scopes: ['wl.basic'], query: paging, run: getContacts }),
  row('contacts', 'user', 'GET contacts', { scopes: ['wl.basic'], query: paging, run: getContacts }),
  row('permissions', 'user', 'GET permissions', { run: getPermissions }),
  row('albums', 'user', 'GET albums', { ...reads, query: paging, run: listAlbums }),
  row('create-album', 'user', 'POST albums', { ...writes, run: createAlbum }),

  row('quota', 'drive', 'GET quota', { ...reads, run: getQuota }),
  row('recent', 'drive', 'GET recent_docs', { ...reads, query: paging, run: listRecent }),
  row('recent', 'drive', 'GET recent', { ...reads, query: paging, run: listRecent }),
  row('search', 'drive', 'GET search', { ...reads, query: ['q', ...paging], run: search }),
  row('shared', 'drive', 'GET shared', { scopes: friends, query: paging, run: listShared() }),
  row('shared', 'drive', 'GET shared/files', { scopes: friends, query: paging, run: listShared() }),
  row('shared', 'drive', 'GET shared/albums', { scopes: friends, query: paging, run: listShared('album') }),
  row('shared', 'drive', 'GET shared/photos', { scopes: friends, query: paging, run: listShared('photo') }),
  row('shared', 'drive', 'GET shared/videos', { scopes: friends, query: paging, run: listShared('video') }),

  item('get', 'GET', { ...reads, run: getItem }),
  item('update', 'PUT', { ...writes, run: updateItem }),
  item('mkdir', 'POST', { ...writes, run: createFolder }),
  item('delete', 'DELETE', { ...writes, run: deleteItem }),
  item('move', 'MOVE', { ...writes, query: ['overwrite', 'destination'], run: moveItem }),
  item('copy', 'COPY', { ...writes, query: ['overwrite', 'destination'], run: copyItem }),
  item('list', 'GET files', { ...reads, query: paging, run: listFiles }),
  item('list', 'GET photos', { ...reads, query: paging, run: listByType('photo') }),
  item('list', 'GET videos', { ...reads, query: paging, run: listByType('video') }),
  item('list', 'GET albums', { ...reads, query: paging, run: listByType('album') }),
  item('post', 'POST files', { ...writes, query: [...uploading, 'redirect_uri', 'state'], run: postFile }),
  item('put', 'PUT files/:name', { ...writes, query: uploading, run: putFile }),
  item('content', 'GET content', { ...reads, query: ['download'], run: getContent }),
  item('put-content', 'PUT content', { ...writes, query: uploading, run: putContent }),
  item('picture', 'GET picture', { ...reads, query: ['type'], run: getPicture }),
  item('link', 'GET shared_read_link', { ...writes, run: getSharedLink('readKey') }),
  item('link', 'GET shared_edit_link', { ...writes, run: getSharedLink('editKey') }),
  item('embed', 'GET embed', { ...writes, run: getEmbed }),
  item('comments', 'GET comments', { ...reads, query: ['limit', 'offset'], run: listComments }),
  item('comment-add', 'POST comments', { ...writes, run: addComment }),
  item('tags', 'GET tags', { ...reads, query: ['limit', 'offset'], run: listTags }),
  item('tag-add', 'POST tags', { ...writes, run: addTag }),

  row('comment-get', 'comment', 'GET', { ...reads, run: getComment }),
  row('comment-delete', 'comment', 'DELETE', { ...writes, run: deleteComment }),
  row('tag-get', 'tag', 'GET', { ...reads, run: getTag }),
  row('tag-delete', 'tag', 'DELETE', { ...writes, run: deleteTag }),
  row('delete', 'gone', 'DELETE', { ...writes, run: deleteGone }),
  row('preview', 'service', 'GET get_item_preview', { open: true, query: ['type', 'url'], run: getPreview }),
];
