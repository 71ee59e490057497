// What a drive holds, in words that belong to neither dialect. All records are immutable and are stored as JSON. Owned by
// drive-state.ts; the views (live/, graph/) read them.
import type { ContentHashes } from './content-hash.ts';
import type { MediaFacts } from './media-facts.ts';

/** Counts up per drive, is never given twice. The root is 103; comments and tags draw from the same counter. */
export type ItemNumber = number;

/** A file's kind of media follows from its name; see media-facts.ts. */
export type ItemKind = 'folder' | 'album' | 'file' | 'notebook';

/** The special folders that every drive has, by the role that the service gives them. */
export type SpecialRole = 'documents' | 'photos' | 'public' | 'cameraroll';

interface Sharing {
  /** In the service's words, as shown in `shared_with`. */
  readonly access: string;
  readonly readKey?: string;
  readonly editKey?: string;
  readonly embedKey?: string;
  /** Uids of the accounts that see the item among what is shared with them. */
  readonly with?: readonly string[];
  /** Those of them that may change it. */
  readonly writers?: readonly string[];
}

/** What only the graph dialect tells of an item. */
export interface GraphFacts {
  readonly special?: 'music' | 'desktop' | 'approot';
  /** Stands for an item of another drive. */
  readonly shortcut?: { readonly uid: string; readonly number: ItemNumber };
  /** The Personal Vault: listed, never reachable. */
  readonly vault?: true;
}

export interface DriveItem {
  readonly number: ItemNumber;
  readonly kind: ItemKind;
  readonly name: string;
  /** Only the root has none. */
  readonly parent: ItemNumber | undefined;
  readonly description: string;
  readonly createdMs: number;
  /** Server time of the last change of content or properties. */
  readonly modifiedMs: number;
  /** What a client that can set times has set; else equal to the server's. */
  readonly clientCreatedMs: number;
  readonly clientModifiedMs: number;
  /** Counts changes of the item's own properties or content. */
  readonly etag: number;
  /** Counts changes of the content. */
  readonly ctag: number;
  /** Position of the last change in the drive's sequence of changes. */
  readonly sequence: number;
  /** Files only. */
  readonly content?: ContentHashes;
  readonly media?: MediaFacts;
  readonly sharing?: Sharing;
  readonly role?: SpecialRole;
  readonly graph?: GraphFacts;
  /** Position of the last move to another folder. */
  readonly movedAt?: number;
  readonly sortBy?: string;
  /** Audio properties that a client has set. */
  readonly audio?: Readonly<Record<string, string>>;
  /** Uid of whoever made it. */
  readonly creator: string;
  /** Set when it is in the recycle bin: the number of the item whose removal took it there. */
  readonly removedWith?: ItemNumber;
}

export interface Comment {
  readonly number: ItemNumber;
  readonly item: ItemNumber;
  readonly from: { readonly name: string; readonly uid: string };
  readonly message: string;
  readonly createdMs: number;
}

/** A mark on a photo or video; x and y in percent. */
export interface Tag {
  readonly id: string;
  readonly item: ItemNumber;
  readonly user: { readonly name: string; readonly uid?: string };
  readonly x?: number;
  readonly y?: number;
  readonly createdMs: number;
}

/** One content that was stored at some time: what must never vanish unnoticed. */
export interface StoredVersion {
  readonly order: number;
  readonly uid: string;
  readonly item: ItemNumber;
  readonly name: string;
  readonly atMs: number;
  readonly content: ContentHashes;
}

/** What to do when the name is taken. */
export type OnConflict = 'fail' | 'replace' | 'rename';

export type DriveFaultReason =
  | 'bad-name'
  | 'name-taken'
  | 'missing'
  | 'not-a-folder'
  | 'not-a-file'
  | 'full'
  | 'into-itself'
  | 'is-root';

/** A drive that refuses; each dialect has its own words for the reason. */
export class DriveFault extends Error {
  override readonly name = 'DriveFault';
  readonly reason: DriveFaultReason;

  constructor(reason: DriveFaultReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
