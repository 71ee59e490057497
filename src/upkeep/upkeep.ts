// What people do with changes that are not on the drive: try again, get the bytes out, take back, hold; and with conflicts.
// Nothing is dropped here that was not asked for by name.
import { constants } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { abortable } from '../base/abortable.ts';
import { FsError } from '../base/errors.ts';
import type { FileSystem, Place, RenameFlags } from '../fs/file-system.ts';
import { nodeAt } from '../fs/node-at.ts';
import type { NodeId } from '../metadata/node.ts';
import type { Brake } from '../queue/brake.ts';
import { type Conflict, originalPath } from '../queue/conflicts.ts';
import { entryPath, isBelow } from '../queue/entry-path.ts';
import type { Entry } from '../queue/intent.ts';
import { type TakeBackParts, takeBack } from './take-back.ts';
import { type ExportReport, exportUnsent, unsentContents } from './unsent-contents.ts';

export interface UpkeepParts extends TakeBackParts {
  readonly fs: FileSystem;
  readonly brake: Brake;
  /** The account's folder. */
  readonly folder: string;
  /** Programs have the file open, and may write to it. */
  isWritable(node: NodeId): boolean;
}

/** Of a conflict. */
interface Side {
  readonly node: NodeId;
  readonly path: string;
}

export type Keep = 'mine' | 'theirs' | 'both';

export interface Reverted {
  /** Paths of what was taken back. */
  readonly taken: readonly string[];
  /** Paths of what is being sent, or has to stay for others. */
  readonly left: readonly string[];
  /** Where the contents that only this disk had are now. */
  readonly saved: ExportReport;
}

const pieceSize = 1 << 20;
/** How often what is written to while it is saved is saved. */
const maxCopies = 5;
/** How long what is being sent is waited for, milliseconds. */
const sendingMs = 10_000;

/** They outlive the process that has begun it. */
const reverting =
  'what was not sent is being taken back; should that be broken off, "skydrive queue revert" begins again, ' +
  'and "skydrive queue release" sends on';
const revertedInPart =
  'not all that was not sent could be taken back; "skydrive queue revert" tries again, "skydrive queue release" sends what is left';

export class Upkeep {
  readonly #parts: UpkeepParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Tries at once what is parked at or below `path`; returns its paths. */
  retry(path = ''): string[] {
    const { queue, tree } = this.#parts;
    return queue.retry((entry) => isBelow(entryPath(tree, entry), path)).map((entry) => entryPath(tree, entry));
  }

  /** Copies contents that the drive does not have to a folder (absolute, outside of the mount). */
  export(path: string, destination: string, signal: AbortSignal): Promise<ExportReport> {
    return exportUnsent(this.#parts, { below: path, destination }, signal);
  }

  /** Drops the changes at or below `path`, with contents that are nowhere else. ENOENT if there are none. */
  async discard(path: string, signal: AbortSignal): Promise<Omit<Reverted, 'saved'>> {
    const entries = this.#below(path);
    if (entries.length === 0) throw new FsError('ENOENT', `there is no unsent change at or below ${path}`);
    await this.#untilSent(entries, signal);
    return this.#takeBack(this.#below(path));
  }

  /** Nothing is sent until `release`. */
  hold(signal: AbortSignal): Promise<void> {
    const held = 'held by "skydrive queue hold"; "skydrive queue release" ends that';
    return this.#inTurn(async () => this.#parts.queue.hold('user', held), signal);
  }

  /** Sends on, whoever has held the queue. */
  release(signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => this.#release(), signal);
  }

  /**
   * Takes all unsent changes back: what was removed or rewritten is again what the drive has. Contents that only this disk has
   * are moved to a folder first. Where something is left, or it is broken off, the queue stays held: nobody wants that sent.
   */
  revert(signal: AbortSignal): Promise<Reverted> {
    return this.#inTurn(async () => {
      const { queue } = this.#parts;
      queue.hold('user', reverting);
      try {
        const reverted = await this.#revert(signal);
        if (reverted.left.length === 0) this.#release();
        else queue.hold('user', revertedInPart);
        return reverted;
      } catch (error) {
        queue.hold('user', revertedInPart);
        throw error;
      }
    }, signal);
  }

  async #revert(signal: AbortSignal): Promise<Reverted> {
    await this.#untilSent(this.#below(''), signal);
    const destination = await this.#newFolder();
    const saved = await this.#saveAll(destination, signal);
    if (saved.exported.length === 0) await rmdir(destination).catch(() => {});
    const unsaved = new Set(saved.failed.map(({ path }) => path));
    const { tree } = this.#parts;
    const result = this.#takeBack(this.#below('').filter((entry) => !unsaved.has(entryPath(tree, entry))));
    return { ...result, left: [...result.left, ...unsaved], saved };
  }

  #release(): void {
    this.#parts.brake.released();
    this.#parts.queue.release('user');
    this.#parts.queue.release('brake');
  }

  /** Several may ask at once: what one of them is about is not what another changes under its hands. */
  async #inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#last;
    const done = (async () => {
      await before;
      signal.throwIfAborted();
      return await work();
    })();
    this.#last = done.catch(() => {});
    return await abortable(done, signal);
  }

  /** For what is taken back now: nothing is in it. */
  async #newFolder(): Promise<string> {
    const { clock, folder } = this.#parts;
    const stamp = new Date(clock.now()).toISOString().replace(/[:]/g, '.').slice(0, 19);
    await mkdir(join(folder, 'reverted'), { recursive: true, mode: 0o700 });
    for (let number = 1; ; number += 1) {
      const path = join(folder, 'reverted', number === 1 ? stamp : `${stamp}-${number}`);
      try {
        await mkdir(path, { mode: 0o700 });
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  /** Programs may write on: what is other bytes by the end of a copy is copied once more, to another folder. */
  async #saveAll(destination: string, signal: AbortSignal): Promise<ExportReport> {
    let copied = this.#unsentBytes();
    const reports = [await this.export('', destination, signal)];
    for (let round = 2; ; round += 1) {
      const now = this.#unsentBytes();
      const changed = [...now].flatMap(([id, { state, path }]) => (state === copied.get(id)?.state ? [] : [path]));
      if (changed.length === 0 || round > maxCopies) {
        const busy = changed.map((path) => ({ path, reason: 'it is written to all the time' }));
        const failed = reports.flatMap((report) => report.failed);
        return { exported: reports.flatMap(({ exported }) => exported), failed: [...failed, ...busy] };
      }
      copied = now;
      for (const path of changed) reports.push(await this.export(path, `${destination}.${round}`, signal));
    }
  }

  /** Of contents that only this disk has: their paths, and what is another after each change of their bytes. */
  #unsentBytes(): Map<NodeId, { readonly path: string; readonly state: string }> {
    const found = new Map<NodeId, { readonly path: string; readonly state: string }>();
    for (const { id, node, path } of unsentContents(this.#parts)) {
      const { size, fileTime } = this.#parts.contents.record(id) ?? {};
      found.set(node, { path, state: `${id} ${size} ${fileTime}` });
    }
    return found;
  }

  /**
   * Ends a conflict, named by either of its two paths. Returns the path that is left. ENOENT if there is none, and where what is to
   * be kept is gone; EISDIR where a folder would have to go; EBUSY where programs may still write to one of the two files.
   */
  async resolve(path: string, keep: Keep, signal: AbortSignal): Promise<string> {
    const conflict = this.#conflictAt(path);
    const ours = this.#placeOf(conflict.node);
    const copy = this.#parts.tree.path(conflict.node) ?? '';
    const original = originalPath(this.#parts.tree, conflict);
    if (keep === 'both') {
      this.#parts.conflicts.end(conflict.node);
      return copy;
    }
    const theirs = await this.#nodeIfThere(original, signal);
    if (keep === 'theirs' && theirs === undefined)
      throw new FsError('ENOENT', `${original} is gone: keep mine, which is ${copy}`);
    if (theirs !== undefined) this.#checkNoFolderGoes(keep === 'mine' ? [conflict.node, theirs] : [conflict.node]);
    if (keep === 'theirs') await this.#removeCopy(ours, signal);
    else if (theirs !== undefined && this.#isFile(conflict.node) && this.#isFile(theirs)) {
      await this.#takeOver({ node: conflict.node, path: copy }, { node: theirs, path: original }, signal);
    } else await this.#putInPlace(ours, original, { noReplace: theirs === undefined, isSave: false }, signal);
    return original;
  }

  #isFile(id: NodeId): boolean {
    return this.#parts.tree.get(id)?.kind === 'file';
  }

  /** What a program writes to a file that is given up is lost with it. */
  #checkWritten({ node, path }: Side): void {
    if (this.#parts.isWritable(node))
      throw new FsError('EBUSY', `a program has ${path} open for writing: close it first`);
  }

  /** What is in a folder was not asked about. */
  #checkNoFolderGoes(nodes: readonly NodeId[]): void {
    const { tree } = this.#parts;
    const folder = nodes.find((id) => tree.get(id)?.kind === 'folder');
    if (folder === undefined) return;
    const path = tree.path(folder) ?? 'one of the two';
    throw new FsError(
      'EISDIR',
      `${path} is a folder: move or remove what is not wanted, then end it with "--keep both"`,
    );
  }

  async #removeCopy(ours: Place, signal: AbortSignal): Promise<void> {
    await this.#parts.fs.unlink(ours, signal);
    this.#parts.kernel().invalidateEntry(ours.parent, ours.name);
  }

  /** The copy gets the name of the original, which is gone or, like the copy, has no content that could be kept in its item. */
  async #putInPlace(
    ours: Place,
    original: string,
    flags: Pick<Required<RenameFlags>, 'noReplace' | 'isSave'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { fs, kernel } = this.#parts;
    const place = {
      parent: await nodeAt(this.#parts.fs, posix.dirname(original), signal),
      name: posix.basename(original),
    };
    await fs.rename(ours, place, { ...flags, exchange: false }, signal);
    kernel().invalidateEntry(ours.parent, ours.name);
    kernel().invalidateEntry(place.parent, place.name);
  }

  async #nodeIfThere(path: string, signal: AbortSignal): Promise<NodeId | undefined> {
    try {
      return await nodeAt(this.#parts.fs, path, signal);
    } catch (error) {
      if (error instanceof FsError && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * The item of the original gets the content of the copy, and keeps what hangs on it: links, comments, versions. In one step, so
   * that nobody ever sees half of it.
   */
  async #takeOver(ours: Side, theirs: Side, signal: AbortSignal): Promise<void> {
    const { fs } = this.#parts;
    for (const side of [ours, theirs]) this.#checkWritten(side);
    const source = await fs.open(ours.node, constants.O_RDONLY, signal);
    try {
      // All of it is on this disk, and stays there while it is open.
      for (let at = 0; ; ) {
        const piece = await fs.read(source.handle, at, pieceSize, signal);
        if (piece.length === 0) break;
        at += piece.length;
      }
      for (const side of [ours, theirs]) this.#checkWritten(side);
      await this.#putInPlace(this.#placeOf(ours.node), theirs.path, { noReplace: false, isSave: true }, signal);
    } finally {
      await fs.release(source.handle);
    }
  }

  #conflictAt(path: string): Conflict {
    const { conflicts, tree } = this.#parts;
    const found = conflicts.all().filter((one) => tree.path(one.node) === path || originalPath(tree, one) === path);
    const [first, second] = found;
    if (first === undefined) throw new FsError('ENOENT', `there is no conflict at ${path}`);
    if (second === undefined || tree.path(first.node) === path) return first;
    const copies = found.map(({ node }) => tree.path(node)).join(', ');
    throw new FsError('EINVAL', `there are several copies beside ${path}: name one of ${copies}`);
  }

  #placeOf(id: NodeId): Place {
    const node = this.#parts.tree.get(id);
    if (node?.parent === undefined) throw new FsError('ENOENT', 'the copy is gone');
    return { parent: node.parent, name: node.name };
  }

  #below(path: string): Entry[] {
    const { journal, tree } = this.#parts;
    return journal.all().filter((entry) => isBelow(entryPath(tree, entry), path));
  }

  #takeBack(entries: readonly Entry[]): Omit<Reverted, 'saved'> {
    const { tree } = this.#parts;
    // Afterwards, what never was on the drive has no path any more.
    const paths = new Map(entries.map((entry) => [entry.seq, entryPath(tree, entry)]));
    const { entries: taken, left } = takeBack(this.#parts, entries);
    const named = (list: readonly Entry[]): string[] => [
      ...new Set(list.map((entry) => paths.get(entry.seq) ?? entryPath(tree, entry))),
    ];
    return { taken: named(taken), left: named(left) };
  }

  /** What is under way is better waited for than broken off. */
  async #untilSent(entries: readonly Entry[], signal: AbortSignal): Promise<void> {
    const { queue, clock } = this.#parts;
    const until = clock.monotonic() + sendingMs;
    while (entries.some((entry) => queue.isSending(entry)) && clock.monotonic() < until) {
      await clock.sleep(50, signal);
    }
  }
}
