// Rows for open folders. A listing starts with `.` and `..`, at offsets 1 and 2; an entry's offset is the file system's own
// plus 2. Nodes are counted only for entries that are sent: an entry is asked for after it was found to fit.
import type { DirectoryEntry, HandleId } from '../../fs/file-system.ts';
import { direntType, entryOut, entrySize } from './attribute-wire.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Call } from './call.ts';
import { handleIn } from './field-decoding.ts';
import { noBody, nothing, operation, type Row } from './operation.ts';

interface Listing {
  readonly call: Call;
  readonly handle: HandleId;
  readonly offset: number;
  readonly size: number;
}

const listingIn = (body: ByteReader, call: Call): Listing => ({
  call,
  handle: handleIn(body),
  offset: body.u64(),
  size: body.u32(),
});

const same = (_: Call, listing: Listing): Listing => listing;

const dots = 2;
const direntHeader = 24;
const aligned = (size: number): number => (size + 7) & ~7;

/** `.` and `..` as far as they lie behind `offset`. */
const dotEntries = (call: Call, offset: number): readonly DirectoryEntry[] => {
  const both: readonly DirectoryEntry[] = [
    { name: '.', node: call.node, kind: 'folder', next: 1 - dots },
    { name: '..', node: call.fs.parentOf(call.node), kind: 'folder', next: 2 - dots },
  ];
  return both.slice(Math.min(offset, dots));
};

const writeDirent = (entry: DirectoryEntry, name: Uint8Array, reply: ByteWriter): void => {
  reply
    .u64(entry.node)
    .u64(entry.next + dots)
    .u32(name.length)
    .u32(direntType(entry.kind));
  reply.bytes(name).align();
};

/** An entry that is gone meanwhile is listed without a node, as the dots are: the kernel then looks its name up. */
const writeEntry = (call: Call, entry: DirectoryEntry, reply: ByteWriter): void => {
  const found = entry.next > 0 ? call.fs.entry(entry.node) : undefined;
  if (found) entryOut(found, reply);
  else reply.zeros(entrySize);
};

const list = ({ call, handle, offset, size }: Listing, reply: ByteWriter, withEntries: boolean): void => {
  const end = reply.length + size;
  const head = direntHeader + (withEntries ? entrySize : 0);
  const addWhatFits = (entries: readonly DirectoryEntry[]): boolean =>
    entries.every((entry) => {
      const name = Buffer.from(entry.name);
      if (reply.length + aligned(head + name.length) > end) return false;
      if (withEntries) writeEntry(call, entry, reply);
      writeDirent(entry, name, reply);
      return true;
    });
  if (!addWhatFits(dotEntries(call, offset))) return;
  const room = Math.floor((end - reply.length) / aligned(head + 1));
  if (room > 0) addWhatFits(call.fs.readdir(handle, Math.max(0, offset - dots), room));
};

const folderOut = (handle: HandleId, reply: ByteWriter): void => {
  reply.u64(handle).zeros(8);
};

export const folderOperations: readonly Row[] = [
  [27, operation('opendir', nothing, (c) => c.fs.opendir(c.node, c.signal), folderOut)],
  [28, operation('readdir', listingIn, same, (listing, reply) => list(listing, reply, false))],
  [29, operation('releasedir', handleIn, (c, handle) => c.fs.releasedir(handle), noBody)],
  [30, operation('fsyncdir', handleIn, (c, handle) => c.fs.fsyncdir(handle, c.signal), noBody)],
  [44, operation('readdirplus', listingIn, same, (listing, reply) => list(listing, reply, true))],
];
