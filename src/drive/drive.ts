// PORT: the drive, whatever dialect the service speaks. One method per intent of the caller; how many requests it takes is
// the dialect's secret. Every method may reject with a DriveError, and with the signal's reason once the signal is aborted.
// Callers ask `features` what a drive can do, never which dialect it is.

/** The service's own id of an item; opaque. Survives rename, move and replacement of the content. */
export type ItemId = string & { readonly __brand?: 'item-id' };

/**
 * - `file`: has content
 * - `folder`: has children (albums too)
 * - `notebook`: listed, but neither its content nor its children can be had
 */
export type ItemKind = 'file' | 'folder' | 'notebook';

/** What the service says of an item. A change makes a new record. */
export interface Item {
  readonly id: ItemId;
  /** Undefined for the root. */
  readonly parentId: ItemId | undefined;
  /** As the service has it; may be anything. Only metadata/ turns it into a name of the tree. */
  readonly name: string;
  readonly kind: ItemKind;
  /** Bytes of a file; 0 for everything else. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** When the content last changed, as a file system shows it; milliseconds since 1970. */
  readonly modified: number;
  /** Differs after any change of the item, metadata included. Opaque. */
  readonly version: string;
  /** Differs after any change of the content. Opaque. */
  readonly contentVersion: string;
  /** Hash of the content where the service gives one, `algorithm:value`, e.g. `sha1:da39…` (hex, lower case). */
  readonly hash?: string;
  readonly description?: string;
  /** Further facts for people, by the name they get as extended attributes without `user.skydrive.`, e.g. `web_url`. */
  readonly facts: Readonly<Record<string, string>>;
  /** Items in the folder, as the service counts them, which may differ from what it lists. */
  readonly childCount?: number;
  /** Of a folder: differs after any change of what is in it, at any depth. Opaque; undefined where the service does not say. */
  readonly treeVersion?: string;
  /** What is in this folder, or beside this item, is on another drive: `changes` does not tell of it. */
  readonly foreign?: true;
  /** Comments on the item; undefined where the service does not say. */
  readonly commentCount?: number;
}

/**
 * An object as the service itself describes it: JSON in its own words, with all that it says. For people and their scripts;
 * nothing here relies on what is in it.
 */
export type Original = Readonly<Record<string, unknown>>;

/** Folders that the service knows by what they are for, wherever they are and whatever they are called. */
export type SpecialFolder = 'documents' | 'photos' | 'public' | 'camera-roll';

export interface DriveFeatures {
  /** What an id of this drive looks like, for whoever has to tell ids from paths. */
  readonly idPattern: RegExp;
  /** Folders that `special` knows. */
  readonly specialFolders: readonly SpecialFolder[];
  /** `ifVersion` is checked by the service itself, atomically. */
  readonly conditionalWrites: boolean;
  /** `changes` works. */
  readonly changeFeed: boolean;
  /** `comments`, `addComment` and `removeComment` work. */
  readonly comments: boolean;
  /** What an id of an item looks like that `setDescription` works for. */
  readonly describable: RegExp;
  /** Kinds of links that `link` can make. */
  readonly links: readonly LinkKind[];
  /** `permissions` works. */
  readonly permissions: boolean;
  /** `unlink` works. */
  readonly linkRevocation: boolean;
  /** The upload stores `modified`; without it, the service stamps its own time. */
  readonly storesTimes: boolean;
  /** `versions`, `readVersion` and `restoreVersion` work. */
  readonly versions: boolean;
  /** A folder can be copied by the service. */
  readonly copiesFolders: boolean;
  /** Contents larger than this are sent in fragments, and can be resumed. Bytes. */
  readonly simpleUploadLimit: number;
  /** Nothing larger than this can be stored. Bytes. */
  readonly maxFileSize: number;
}

/** Half-open range of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export type UploadTarget =
  /**
   * New content for an existing item, which keeps its id. `changed` if `ifVersion` is given and stale; where the service can
   * tell them apart, only versions of the content count.
   */
  | { readonly itemId: ItemId; readonly ifVersion?: string }
  /** A new item; `exists` if the name is taken. `refused` if the service cannot hold the name. */
  | { readonly parentId: ItemId; readonly name: string };

export interface Upload {
  readonly target: UploadTarget;
  /** Bytes that `body` gives in all. */
  readonly size: number;
  /** Milliseconds since 1970; stored where `features.storesTimes`. */
  readonly modified: number;
  /** The bytes from `offset` to the end; may be called again. If it throws, nothing of the upload takes effect. */
  body(offset: number): AsyncIterable<Uint8Array>;
  /** State of an earlier, broken upload of exactly the same bytes, as `onSession` gave it. */
  readonly session?: string;
  /** Called whenever `session` changes, before more is sent, so that it can be kept. Waited for. */
  onSession?(session: string): Promise<void>;
  /** Bytes accepted by the service so far. */
  onProgress?(sent: number): void;
}

/** A content that a file has or had. */
export interface FileVersion {
  readonly itemId: ItemId;
  /** The service's own id of the version, within the item. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Bytes. */
  readonly size: number;
  /** Who made it, where the service says so. */
  readonly by?: string;
  /** It is the present content. */
  readonly current: boolean;
}

/** Longest side of a small picture: about 96, 176 and 800 pixels. */
export type ThumbnailSize = 'small' | 'medium' | 'large';

export type LinkKind = 'view' | 'edit' | 'embed';

/** Who may do something with an item. */
export interface Permission {
  /** The service's own id of it, within the item. */
  readonly id: string;
  /** The service's own words: `owner`, `write`, `read`. */
  readonly roles: readonly string[];
  /** The person or group, where it is given to one. */
  readonly who?: string;
  /** The link, where it is given to whoever has that; and for whom that is good (`anonymous`, `organization`). */
  readonly link?: string;
  readonly scope?: string;
  /** It is given to a folder above. */
  readonly inherited: boolean;
}

export interface Comment {
  readonly id: string;
  readonly author: string;
  /** Where the service says whose account it is. */
  readonly authorId?: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly text: string;
}

export interface Quota {
  /** Bytes. */
  readonly total: number;
  readonly free: number;
}

export interface Account {
  readonly id: string;
  readonly name: string;
}

export type Change = { readonly item: Item } | { readonly removed: ItemId };

export interface ChangePage {
  readonly changes: readonly Change[];
  /** Where the next call goes on. */
  readonly cursor: string;
  /** More pages are waiting. */
  readonly more: boolean;
  /** The feed was reset: what it now lists is the whole drive, and what it does not list is gone. */
  readonly reset: boolean;
}

export interface Drive {
  readonly features: DriveFeatures;
  account(signal?: AbortSignal): Promise<Account>;
  root(signal?: AbortSignal): Promise<Item>;
  get(id: ItemId, signal?: AbortSignal): Promise<Item>;
  /** The children of a folder, a page at a time. Items may come twice if others write meanwhile. */
  children(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Item[]>;
  /** `missing` if the drive has none. `unsupported` unless `features.specialFolders` has it. */
  special(folder: SpecialFolder, signal?: AbortSignal): Promise<Item>;
  original(id: ItemId, signal?: AbortSignal): Promise<Original>;
  /** Of the children of a folder, a page at a time; some may come twice, as with `children`. */
  originalChildren(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Original[]>;
  /** Of the account whose drive this is. */
  originalAccount(signal?: AbortSignal): Promise<Original>;
  /** Of the files that were changed lately, newest first; which and how many is the service's choice. */
  recent(signal?: AbortSignal): Promise<readonly Original[]>;
  /**
   * Files and folders whose names have the words of `text`, and whatever else the service finds by them, a page at a time. It may be
   * minutes behind.
   */
  search(text: string, signal?: AbortSignal): AsyncIterable<readonly Item[]>;
  /**
   * All that is in a folder, at any depth, in no order, a page at a time, with as few requests as the service allows. What comes or
   * goes meanwhile may be told or not. The folder itself is among them where it has a `treeVersion`: that of what is told.
   */
  descendants(id: ItemId, signal?: AbortSignal): AsyncIterable<readonly Item[]>;
  /** The change feed from `cursor`, or the whole drive without one. `unsupported` where `features.changeFeed` is false. */
  changes(cursor: string | undefined, signal?: AbortSignal): Promise<ChangePage>;
  /**
   * Exactly the bytes of `range` of the content version that `item` names, in pieces as they arrive. `changed` if the
   * content is no longer that version, `broken` if the service gave fewer or other bytes than it announced.
   */
  read(item: Item, range: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** The contents that the file has and had, newest first. `unsupported` where `features.versions` is false. */
  versions(id: ItemId, signal?: AbortSignal): Promise<readonly FileVersion[]>;
  /** The bytes of `range` of an earlier (or the present) content; as `read`. `missing` if the service no longer has them. */
  readVersion(version: FileVersion, range: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** An earlier content becomes the present one, as a new version. */
  restoreVersion(version: FileVersion, signal?: AbortSignal): Promise<void>;
  /** A small picture of the item, in a format that browsers show. `missing` where the service has none. */
  thumbnail(id: ItemId, size: ThumbnailSize, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * The item as the drive has it afterwards. If its size is not `upload.size`, other bytes are there by now: the service
   * changed them, or another client was faster.
   */
  upload(upload: Upload, signal?: AbortSignal): Promise<Item>;
  /** `exists` if the name is taken. */
  makeFolder(parentId: ItemId, name: string, signal?: AbortSignal): Promise<Item>;
  /** Into another folder, under another name, or both. `exists` if the name is taken there. */
  move(item: Item, to: { readonly parentId: ItemId; readonly name: string }, signal?: AbortSignal): Promise<Item>;
  /**
   * Folders with all that is in them. `missing` if it is gone already; `changed` if `ifVersion` (the `version` of the item, or the
   * `treeVersion` of a folder) is given and stale, which may be so because the service changed something by itself: look what it is
   * now.
   */
  remove(id: ItemId, ifVersion?: string, signal?: AbortSignal): Promise<void>;
  copy(id: ItemId, to: { readonly parentId: ItemId; readonly name: string }, signal?: AbortSignal): Promise<Item>;
  setDescription(id: ItemId, description: string, signal?: AbortSignal): Promise<Item>;
  /**
   * Properties by the service's own names for them. Those that it does not know or let change it may ignore. `exists` if
   * there is a new name and it is taken, `refused` if a value cannot be.
   */
  setProperties(id: ItemId, properties: Original, signal?: AbortSignal): Promise<Item>;
  quota(signal?: AbortSignal): Promise<Quota>;
  /** A link (or, for `embed`, a piece of HTML) that makes the item public to whoever has it. Made if there is none. */
  link(id: ItemId, kind: LinkKind, signal?: AbortSignal): Promise<string>;
  /** Makes the link of that kind invalid. `unsupported` where `features.linkRevocation` is false. */
  unlink(id: ItemId, kind: LinkKind, signal?: AbortSignal): Promise<void>;
  /** Who may do what with the item. `unsupported` where `features.permissions` is false. */
  permissions(id: ItemId, signal?: AbortSignal): Promise<readonly Permission[]>;
  /** Oldest first. */
  comments(id: ItemId, signal?: AbortSignal): Promise<readonly Comment[]>;
  addComment(id: ItemId, text: string, signal?: AbortSignal): Promise<Comment>;
  removeComment(id: ItemId, commentId: string, signal?: AbortSignal): Promise<void>;
}
