// Copies within the drive. Where the service copies no folders, the folder is made and its files are copied one by one; what could
// not be copied is told, and the rest is copied all the same.
import { ControlError } from '../daemon/protocol.ts';
import type { Drive, Item } from '../drive/drive.ts';
import { isFault } from '../drive/drive-error.ts';
import type { CommandContext } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { explained } from './explained.ts';
import { oneByOne } from './one-by-one.ts';
import { childrenOf } from './places.ts';

/** A copy of a folder into itself would never end. */
const refuseInside = async (drive: Drive, source: Item, target: Item, signal: AbortSignal): Promise<void> => {
  for (let at: Item | undefined = target; at !== undefined; ) {
    if (at.id === source.id) throw new ControlError(`"${source.name}" cannot be copied into itself`);
    at = at.parentId === undefined ? undefined : await drive.get(at.parentId, signal);
  }
};

export class TreeCopy {
  readonly #drive: Drive;
  readonly #context: CommandContext;

  constructor(drive: Drive, context: CommandContext) {
    this.#drive = drive;
    this.#context = context;
  }

  async copy(source: Item, target: Item): Promise<Item> {
    const drive = this.#drive;
    const signal = this.#context.interruption;
    if (source.kind !== 'folder' || drive.features.copiesFolders) {
      const to = { parentId: target.id, name: source.name };
      return await explained(source.name, target, drive.copy(source.id, to, signal));
    }
    await refuseInside(drive, source, target, signal);
    // Listed before, so that a copy beside the source is not taken for a part of it.
    const children = await childrenOf(drive, source.id, signal);
    const made = await explained(source.name, target, drive.makeFolder(target.id, source.name, signal));
    await this.#copyAll(children, made);
    return made;
  }

  async #copyAll(children: readonly Item[], into: Item): Promise<void> {
    const { exitCode } = await oneByOne(this.#context, children, (child) => this.#copyChild(child, into));
    if (exitCode !== exitCodes.done) throw new ControlError(`not all that is in "${into.name}" was copied`);
  }

  async #copyChild(child: Item, into: Item): Promise<void> {
    try {
      await this.copy(child, into);
    } catch (error) {
      if (!isFault(error, 'refused') || child.kind !== 'notebook') throw error;
      throw new ControlError(`"${child.name}" is a notebook, which cannot be copied`, { cause: error });
    }
  }
}
