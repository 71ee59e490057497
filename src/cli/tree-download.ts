// A folder of the drive with all that is below it, into a folder of this computer. A failure is told, and the rest is downloaded all the
// same. Names become those that a mount shows, so that no name leads out of the folder.
import { join } from 'node:path';
import { makeFolder } from '../base/make-folder.ts';
import { ControlError } from '../daemon/protocol.ts';
import type { Item } from '../drive/drive.ts';
import { distinctName, toLocalName } from '../metadata/names.ts';
import type { CommandContext } from './command-context.ts';
import { type DownloadOrder, downloadFile } from './download.ts';
import { locally } from './local-trouble.ts';
import { childrenOf } from './places.ts';
import type { TransferProgress } from './transfer-progress.ts';
import { TreeWork } from './tree-work.ts';

/** The names that items get in one folder of this computer, where no two may be the same. */
const localNames = (items: readonly Item[]): ReadonlyMap<Item, string> => {
  const taken = new Set<string>();
  const names = new Map<Item, string>();
  for (const item of items) {
    const plain = toLocalName(item.name, false);
    let name = plain;
    for (let number = 2; taken.has(name); number += 1) name = distinctName(plain, number);
    taken.add(name);
    names.set(item, name);
  }
  return names;
};

export class TreeDownload {
  readonly #work: TreeWork;
  readonly #order: Omit<DownloadOrder, 'onProgress'>;
  readonly #progress: TransferProgress;

  constructor(context: CommandContext, order: Omit<DownloadOrder, 'onProgress'>, progress: TransferProgress) {
    this.#work = new TreeWork(context, progress);
    this.#order = order;
    this.#progress = progress;
  }

  /** Throws where something is missing at the end. */
  async download(folder: Item, path: string): Promise<void> {
    this.#progress.begin(path, undefined);
    await this.#folder(folder, path);
    if (this.#work.hasFailed) throw new ControlError(`not all that is in "${folder.name}" was downloaded`);
  }

  async #folder(folder: Item, path: string): Promise<void> {
    await locally('made', path, () => makeFolder(path, 0o777));
    const { drive, signal } = this.#order;
    const names = localNames(await childrenOf(drive, folder.id, signal));
    const files = [...names].filter(([item]) => item.kind !== 'folder');
    await Promise.all(files.map(([item, name]) => this.#work.tried(() => this.#file(item, join(path, name)))));
    for (const [item, name] of names) {
      if (item.kind === 'folder') await this.#work.tried(() => this.#folder(item, join(path, name)));
    }
  }

  async #file(item: Item, path: string): Promise<void> {
    if (item.kind === 'notebook') this.#work.leftOut(path, 'is a notebook, which cannot be downloaded');
    else await this.#work.file((onProgress) => downloadFile(item, path, { ...this.#order, onProgress }));
  }
}
