// Gets the bytes that only this disk has out of it: contents that the drive does not have, copied to a folder, under their
// names in the tree. Changes nothing here, and overwrites nothing there.
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, lutimes, mkdir, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { getSystemErrorMap } from 'node:util';
import { FsError, messageOf } from '../base/errors.ts';
import { makeFolder } from '../base/make-folder.ts';
import type { ContentFile } from '../content/content-file.ts';
import { contentPath } from '../content/content-path.ts';
import type { Contents } from '../content/contents.ts';
import type { FsParts } from '../fs/parts.ts';
import type { NodeId, NodeKind } from '../metadata/node.ts';
import { isBelow } from '../queue/entry-path.ts';

export interface ExportParts extends Pick<FsParts, 'contents' | 'tree'> {
  /** The account's folder. */
  readonly folder: string;
}

export interface Exported {
  /** In the tree, from the root with a slash. */
  readonly path: string;
  /** Where it is now. */
  readonly to: string;
  /** Parts of it are lost, or on the drive alone, which does not answer: they are zeros in the copy, whose name says so. */
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

/** Makes the folders from `top` down to `folder`. A link among them may lead out of `top`, and is not followed. */
const makeFolders = async (top: string, folder: string): Promise<void> => {
  try {
    makeFolder(top, 0o777);
  } catch (error) {
    refuse(error, `${top} is not a folder`);
  }
  let at = top;
  for (const name of relative(top, folder).split('/').filter(Boolean)) {
    at = join(at, name);
    await mkdir(at).catch((error: unknown) => refuseOther(error, at));
  }
};

const refuse = (cause: unknown, message: string): never => {
  if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  throw new FsError('ENOTDIR', message, { cause });
};

/** What is at `path` already may only be a folder. */
const refuseOther = async (error: unknown, path: string): Promise<void> => {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  const is = found?.isSymbolicLink() === true ? 'is a symbolic link, which is not followed' : 'is not a folder';
  refuse(error, `${path} ${is}`);
};

const save = async (pieces: AsyncIterable<Uint8Array>, to: string, signal: AbortSignal): Promise<void> => {
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

const reasonOf = (error: unknown): string => {
  const { code, errno, path } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return 'there is a file of that name already';
  const meaning = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return meaning === undefined || path === undefined ? messageOf(error) : `${path}: ${meaning}`;
};

interface Unsent {
  readonly id: number;
  readonly node: NodeId;
  readonly path: string;
}

/** Contents that the drive does not have, and that a file has when its turn comes. */
export function* unsentContents({ contents, tree }: Pick<FsParts, 'contents' | 'tree'>): Iterable<Unsent> {
  for (const [id, record] of [...contents.dirty()]) {
    const node = record.node as NodeId;
    const path = tree.path(node);
    if (path !== undefined && tree.get(node)?.content === id) yield { id, node, path };
  }
}

/** `destination` is absolute, and not in a mount that this process serves. */
export const exportUnsent = async (
  parts: ExportParts,
  { below, destination }: { readonly below: string; readonly destination: string },
  signal: AbortSignal,
): Promise<ExportReport> => {
  const exported: Exported[] = [];
  const failed: NotExported[] = [];
  for (const { id, path } of unsentContents(parts)) {
    if (!isBelow(path, below)) continue;
    const to = join(destination, path);
    try {
      await makeFolders(destination, dirname(to));
      exported.push(await exportOne(parts, { id, path, to }, signal));
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ path, reason: reasonOf(error) });
    }
  }
  return { exported, failed };
};

/** Undefined if some of its bytes were lost. */
const openWhole = (contents: Contents, id: number): ContentFile | undefined => {
  try {
    return contents.open(id);
  } catch (error) {
    if (error instanceof FsError && error.code === 'EIO') return undefined;
    throw error;
  }
};

const saveRest = async (
  { contents, folder }: ExportParts,
  { id, path, to }: { readonly id: number; readonly path: string; readonly to: string },
  signal: AbortSignal,
): Promise<Exported> => {
  const from = contentPath(join(folder, 'content'), id);
  if ((await stat(from)).size === 0) throw new FsError('EIO', 'its bytes are lost: nothing of them is on this disk');
  await save(rest(from, contents.record(id)?.size ?? 0), to, signal);
  return { path, to, partial: true };
};

/** What is left in a file that was longer, with zeros for what is not. */
async function* rest(path: string, size: number): AsyncIterable<Uint8Array> {
  let left = size;
  for await (const piece of createReadStream(path, { end: size - 1 })) {
    left -= (piece as Uint8Array).length;
    yield piece as Uint8Array;
  }
  yield* zeros(left);
}

const exportOne = async (
  parts: ExportParts,
  { id, path, to }: { readonly id: number; readonly path: string; readonly to: string },
  signal: AbortSignal,
): Promise<Exported> => {
  const { contents, tree } = parts;
  const file = openWhole(contents, id);
  if (file === undefined) return await saveRest(parts, { id, path, to: `${to}.partial` }, signal);
  try {
    const { kind = 'file', mtime } = tree.get(file.node as NodeId) ?? {};
    const saved = await saveAsFarAsPossible(file, { kind, path, to }, signal);
    if (mtime !== undefined) await lutimes(saved.to, mtime.seconds, mtime.seconds);
    return saved;
  } finally {
    contents.close(file);
  }
};

const saveAsFarAsPossible = async (
  file: ContentFile,
  { kind, path, to }: { readonly kind: NodeKind; readonly path: string; readonly to: string },
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
  if (kind === 'symlink') await symlink(Buffer.from(await file.read(0, file.size, signal)), to);
  else await save(whole(file, signal), to, signal);
  return { path, to };
};
