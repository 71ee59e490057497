// What is known, durably, of one content: the bytes of one version of one file, as far as they are on this disk.
import type { Item } from '../drive/drive.ts';

export type ContentId = number;

export interface ContentRecord {
  /** The node it belongs (or belonged) to. */
  readonly node: number;
  readonly size: number;
  /** Where bytes come from that are not present: those of this item below `upTo`. */
  readonly base?: Base;
  /** Bytes that the drive has of its item now, which what is written replaces. */
  readonly onDrive?: number;
  /** Ranges of bytes that are in the file on this disk. */
  readonly present: readonly (readonly [number, number])[];
  /** Ranges that nobody ever wrote: zeros, told to SEEK_HOLE. Part of `present`. */
  readonly holes: readonly (readonly [number, number])[];
  /** Holds bytes that the drive does not have. */
  readonly dirty: boolean;
  /** Last use, milliseconds since 1970. */
  readonly used: number;
  /** The kernel's boot id while bytes may not have reached the disk yet: after a power cut they cannot be trusted. */
  readonly unsyncedIn?: string;
  /** The boot id, and the file's time of last change then (milliseconds since 1970), when this was saved. */
  readonly savedIn: string;
  readonly fileTime: number;
}

export interface Base {
  readonly item: Item;
  readonly upTo: number;
}
