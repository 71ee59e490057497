// Rows that make, move and remove names.
import { FsError } from '../../base/errors.ts';
import { type Soon, whenThere } from '../../base/soon.ts';
import type { Entry, NodeId, Place, RenameFlags } from '../../fs/file-system.ts';
import { entryOut } from './attribute-wire.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Call } from './call.ts';
import { placeHere, placeIn } from './field-decoding.ts';
import { type KernelFile, kernelFile, openOut } from './file-operations.ts';
import { noBody, operation, type Row } from './operation.ts';

const typeMask = 0o170000;
const regularFile = 0o100000;

interface Made {
  readonly place: Place;
  readonly mode: number;
}

const mknodIn = (body: ByteReader, call: Call): Made => {
  const mode = body.u32();
  body.skip(12);
  const place = placeHere(body, call);
  const type = mode & typeMask;
  if (type !== regularFile && type !== 0) {
    throw new FsError(
      'EPERM',
      `'${place.name}' would be a device, a socket or a pipe: a drive holds files and folders`,
    );
  }
  return { place, mode: mode & 0o7777 };
};

const mkdirIn = (body: ByteReader, call: Call): Made => {
  const mode = body.u32() & 0o7777;
  body.skip(4);
  return { place: placeHere(body, call), mode };
};

const createIn = (body: ByteReader, call: Call): Made & { readonly flags: number } => {
  const flags = body.u32();
  const mode = body.u32() & 0o7777;
  body.skip(8);
  return { place: placeHere(body, call), mode, flags };
};

type Created = KernelFile & { readonly entry: Entry };

const create = (call: Call, { place, mode, flags }: ReturnType<typeof createIn>): Soon<Created> =>
  whenThere(call.fs.create(place, mode, flags, call.caller, call.signal), ({ entry, file }) => ({
    entry,
    ...kernelFile(call, entry.attributes.node, file),
  }));

const createOut = (made: Created, reply: ByteWriter): void => {
  entryOut(made.entry, reply);
  openOut(made, reply);
};

const symlinkIn = (body: ByteReader, call: Call): { readonly place: Place; readonly target: string } => ({
  place: placeHere(body, call),
  target: body.text(),
});

const linkIn = (body: ByteReader, call: Call): { readonly node: NodeId; readonly place: Place } => ({
  node: body.u64() as NodeId,
  place: placeHere(body, call),
});

interface Move {
  readonly from: Place;
  readonly to: Place;
  readonly flags: RenameFlags;
}

const moveIn = (body: ByteReader, call: Call, folder: NodeId, flags: RenameFlags): Move => ({
  from: placeHere(body, call),
  to: placeIn(body, folder),
  flags,
});

const renameIn = (body: ByteReader, call: Call): Move =>
  moveIn(body, call, body.u64() as NodeId, { noReplace: false, exchange: false });

/** RENAME_NOREPLACE and RENAME_EXCHANGE of renameat2(2). */
const renameFlag = { noReplace: 1, exchange: 2 } as const;

const rename2In = (body: ByteReader, call: Call): Move => {
  const folder = body.u64() as NodeId;
  const flags = body.u32();
  body.skip(4);
  const known = renameFlag.noReplace | renameFlag.exchange;
  if ((flags & ~known) !== 0 || flags === known) throw new FsError('EINVAL', `rename with flags ${flags}`);
  const [noReplace, exchange] = [(flags & renameFlag.noReplace) !== 0, (flags & renameFlag.exchange) !== 0];
  return moveIn(body, call, folder, { noReplace, exchange });
};

const move = (call: Call, { from, to, flags }: Move): Promise<void> => call.fs.rename(from, to, flags, call.signal);

export const nameOperations: readonly Row[] = [
  [6, operation('symlink', symlinkIn, (c, s) => c.fs.symlink(s.place, s.target, c.caller, c.signal), entryOut)],
  [8, operation('mknod', mknodIn, (c, m) => c.fs.mknod(m.place, m.mode, c.caller, c.signal), entryOut)],
  [9, operation('mkdir', mkdirIn, (c, m) => c.fs.mkdir(m.place, m.mode, c.caller, c.signal), entryOut)],
  [10, operation('unlink', placeHere, (c, place) => c.fs.unlink(place, c.signal), noBody)],
  [11, operation('rmdir', placeHere, (c, place) => c.fs.rmdir(place, c.signal), noBody)],
  [12, operation('rename', renameIn, move, noBody)],
  [13, operation('link', linkIn, (c, l) => c.fs.link(l.node, l.place, c.signal), entryOut)],
  [35, operation('create', createIn, create, createOut)],
  [45, operation('rename2', rename2In, move, noBody)],
];
