// A folder of this computer with all that is below it, into a folder of the drive. What is there already stays or gets new content; a
// failure is told, and the rest is sent all the same.
import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ControlError } from '../daemon/protocol.ts';
import type { Item } from '../drive/drive.ts';
import { toRemoteName } from '../metadata/names.ts';
import type { CommandContext } from './command-context.ts';
import { localTrouble } from './local-trouble.ts';
import { printable } from './terminal.ts';
import type { TransferProgress } from './transfer-progress.ts';
import { TreeWork } from './tree-work.ts';
import { FileUpload, type UploadOrder } from './upload.ts';

interface Entry {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other';
}

/** Links to files are files; links to folders could lead in circles, and are other things. */
const kindOf = async (entry: Dirent<Buffer>, path: string): Promise<Entry['kind']> => {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'file';
  if (!entry.isSymbolicLink()) return 'other';
  return await stat(path).then(
    (found) => (found.isFile() ? 'file' : 'other'),
    () => 'other',
  );
};

export class TreeUpload {
  readonly #work: TreeWork;
  readonly #order: Omit<UploadOrder, 'onProgress'>;
  readonly #progress: TransferProgress;

  constructor(context: CommandContext, order: Omit<UploadOrder, 'onProgress'>, progress: TransferProgress) {
    this.#work = new TreeWork(context, progress);
    this.#order = order;
    this.#progress = progress;
  }

  /** The folder on the drive. Throws where something is missing in it. */
  async upload(path: string, into: Item): Promise<Item> {
    this.#progress.begin(path, undefined);
    const made = await this.#folder(path, into);
    if (this.#work.hasFailed) throw new ControlError(`not all that is in ${printable(path)} is on the drive`);
    return made;
  }

  async #folder(path: string, into: Item): Promise<Item> {
    const entries = await this.#entries(path);
    const folder = await this.#remoteFolder(toRemoteName(basename(resolve(path)), false), into);
    const files = entries.filter(({ kind }) => kind === 'file');
    await Promise.all(files.map((entry) => this.#work.tried(() => this.#file(entry.path, folder))));
    for (const entry of entries) {
      if (entry.kind === 'folder') await this.#work.tried(() => this.#folder(entry.path, folder));
    }
    return folder;
  }

  async #entries(path: string): Promise<readonly Entry[]> {
    const found: Entry[] = [];
    const taken = new Set<string>();
    for (const entry of await this.#listed(path)) {
      const child = join(path, entry.name.toString());
      if (!isUtf8(entry.name)) {
        this.#work.failed(
          new ControlError(`the name of ${printable(child)} is no UTF-8, and the drive takes no other: rename it`),
        );
        continue;
      }
      const folded = toRemoteName(entry.name.toString(), false).toLowerCase();
      if (taken.has(folded)) {
        this.#work.failed(
          new ControlError(`${printable(child)} has a name that differs from another only in case: rename it`),
        );
        continue;
      }
      taken.add(folded);
      const kind = await kindOf(entry, child);
      found.push({ path: child, kind });
      if (kind === 'other') this.#work.leftOut(child, 'is no regular file, or a link to a folder');
    }
    return found;
  }

  async #listed(path: string): Promise<readonly Dirent<Buffer>[]> {
    try {
      const entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
      return entries.sort((a, b) => Buffer.compare(a.name, b.name));
    } catch (error) {
      throw localTrouble('read', path, error);
    }
  }

  async #remoteFolder(name: string, into: Item): Promise<Item> {
    const { drive, places, signal } = this.#order;
    const folded = name.toLowerCase();
    const there = (await places.children(into)).find((item) => item.name.toLowerCase() === folded);
    if (there?.kind === 'folder') return there;
    if (there !== undefined)
      throw new ControlError(`"${there.name}" on the drive is a ${there.kind}, and a folder is wanted`);
    const made = await drive.makeFolder(into.id, name, signal);
    places.forget(into.id);
    return made;
  }

  async #file(path: string, folder: Item): Promise<void> {
    await this.#work.file((onProgress) => FileUpload.run(path, folder, { ...this.#order, onProgress }));
  }
}
