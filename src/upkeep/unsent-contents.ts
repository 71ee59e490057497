// Gets the bytes that only this disk has out of it: contents that the drive does not have, copied to a folder, under their
// names in the tree. Changes nothing here, and overwrites nothing there.
import { createWriteStream } from 'node:fs';
import { mkdir, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FsError, messageOf } from '../base/errors.ts';
import type { ContentFile } from '../content/content-file.ts';
import type { FsParts } from '../fs/parts.ts';
import type { NodeId } from '../metadata/node.ts';
import { isBelow } from '../queue/entry-path.ts';

export interface Exported {
  /** In the tree, from the root with a slash. */
  readonly path: string;
  /** Where it is now. */
  readonly to: string;
  /** Parts of it are on the drive alone, which does not answer: they are zeros in the copy, whose name says so. */
  readonly partial?: true;
}

export interface NotExported {
  readonly path: string;
  readonly reason: string;
}

export interface ExportReport {
  readonly exported: readonly Exported[];
  readonly failed: readonly NotExported[];
}

const pieceSize = 1 << 20;

/** What is here of the content, with zeros for what is not. */
async function* hereOnly(file: ContentFile, present: readonly (readonly [number, number])[], signal: AbortSignal) {
  let at = 0;
  for (const [start, end] of present) {
    if (start > at) yield* zeros(start - at);
    for (at = Math.max(at, start); at < end; at += pieceSize)
      yield await file.read(at, Math.min(pieceSize, end - at), signal);
    at = end;
  }
  if (at < file.size) yield* zeros(file.size - at);
}

function* zeros(length: number): Iterable<Uint8Array> {
  for (let left = length; left > 0; left -= pieceSize) yield new Uint8Array(Math.min(pieceSize, left));
}

async function* whole(file: ContentFile, signal: AbortSignal) {
  for (let at = 0; at < file.size; at += pieceSize) yield await file.read(at, pieceSize, signal);
}

const save = async (pieces: AsyncIterable<Uint8Array>, to: string, signal: AbortSignal): Promise<void> => {
  await mkdir(dirname(to), { recursive: true });
  const stream = createWriteStream(to, { flags: 'wx', mode: 0o600 });
  let isOurs = false;
  stream.once('open', () => {
    isOurs = true;
  });
  try {
    await pipeline(pieces, stream, { signal });
  } catch (error) {
    if (isOurs) await rm(to, { force: true });
    throw error;
  }
};

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'there is a file of that name already' : messageOf(error);

/** `destination` is absolute, and not in a mount that this process serves. */
export const exportUnsent = async (
  parts: FsParts,
  { below, destination }: { readonly below: string; readonly destination: string },
  signal: AbortSignal,
): Promise<ExportReport> => {
  const { contents, tree } = parts;
  const exported: Exported[] = [];
  const failed: NotExported[] = [];
  for (const [id, record] of [...contents.dirty()]) {
    const path = tree.path(record.node as NodeId);
    if (path === undefined || tree.get(record.node as NodeId)?.content !== id || !isBelow(path, below)) continue;
    try {
      exported.push(await exportOne(parts, { id, path, to: join(destination, path) }, signal));
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ path, reason: reasonOf(error) });
    }
  }
  return { exported, failed };
};

const exportOne = async (
  { contents, tree }: FsParts,
  { id, path, to }: { readonly id: number; readonly path: string; readonly to: string },
  signal: AbortSignal,
): Promise<Exported> => {
  const file = contents.open(id);
  try {
    const saved = await saveAsFarAsPossible(file, path, to, signal);
    const mtime = tree.get(file.node as NodeId)?.mtime;
    if (mtime !== undefined) await utimes(saved.to, mtime.seconds, mtime.seconds);
    return saved;
  } finally {
    contents.close(file);
  }
};

const saveAsFarAsPossible = async (
  file: ContentFile,
  path: string,
  to: string,
  signal: AbortSignal,
): Promise<Exported> => {
  try {
    await file.ensure(0, file.size, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FsError && error.code === 'EBADF') throw error;
    const name = `${to}.partial`;
    await save(hereOnly(file, file.record(0).present, signal), name, signal);
    return { path, to: name, partial: true };
  }
  await save(whole(file, signal), to, signal);
  return { path, to };
};
