// One file of this computer to the drive: as a new item, or as new content of the item that has the name. An upload that breaks off goes
// on from where it came, and before anything is sent twice it is looked whether it arrived.
import { basename, resolve } from 'node:path';
import { type Clock, systemClock } from '../base/clock.ts';
import { ControlError } from '../daemon/protocol.ts';
import type { Drive, Item, Upload, UploadTarget } from '../drive/drive.ts';
import { type DriveError, isFault } from '../drive/drive-error.ts';
import { toRemoteName } from '../metadata/names.ts';
import { LocalContent } from './local-content.ts';
import { type Places, placeName, severalItems } from './places.ts';
import { TransferPatience } from './transfer-patience.ts';
import type { UploadNotes } from './upload-notes.ts';

export interface UploadOrder {
  readonly drive: Drive;
  readonly places: Places;
  readonly notes: UploadNotes;
  readonly signal: AbortSignal;
  /** What has the name already gets the new content. */
  readonly overwrite: boolean;
  /** Goes on where an earlier attempt broke off. */
  readonly resume: boolean;
  readonly clock?: Clock;
  /** Bytes that the drive has, and how many it will have. */
  onProgress(sent: number, total: number): void;
}

const mostRaces = 3;

/** The name on the drive that a mount would give it too. */
const remoteNameOf = (path: string): string => toRemoteName(basename(resolve(path)), false);

export class FileUpload {
  readonly #order: UploadOrder;
  readonly #folder: Item;
  readonly #name: string;
  readonly #content: LocalContent;
  readonly #clock: Clock;
  #existing: Item | undefined;
  #session: string | undefined;

  private constructor(content: LocalContent, folder: Item, name: string, order: UploadOrder) {
    this.#order = order;
    this.#folder = folder;
    this.#name = name;
    this.#content = content;
    this.#clock = order.clock ?? systemClock;
  }

  /** The item as the drive has it afterwards. */
  static async run(path: string, folder: Item, order: UploadOrder): Promise<Item> {
    await using content = await LocalContent.open(path);
    const upload = new FileUpload(content, folder, remoteNameOf(path), order);
    return await upload.#run();
  }

  async #run(): Promise<Item> {
    for (let races = 0; ; races++) {
      await this.#look();
      try {
        const item = await this.#send(this.#target());
        this.#order.places.learn(this.#folder.id, item);
        await this.#content.checkSame();
        return item;
      } catch (error) {
        // Somebody else took the name after it was looked for.
        this.#order.places.forget(this.#folder.id);
        if (!isFault(error, 'exists') || !this.#order.overwrite || races >= mostRaces) throw this.#explained(error);
      }
    }
  }

  /** What has the name. The service compares names without regard to case. */
  async #look(): Promise<void> {
    const folded = this.#name.toLowerCase();
    const found = (await this.#order.places.children(this.#folder)).filter(({ name }) => name.toLowerCase() === folded);
    if (found.length > 1)
      throw new ControlError(`${severalItems(found, this.#name, this.#folder)}: remove the others first`);
    [this.#existing] = found;
    if (this.#existing === undefined) return;
    if (!this.#order.overwrite) throw this.#taken();
    if (this.#existing.kind !== 'file') {
      throw new ControlError(`"${this.#existing.name}" in "${placeName(this.#folder)}" is a ${this.#existing.kind}`);
    }
  }

  #target(): UploadTarget {
    if (this.#existing === undefined) return { parentId: this.#folder.id, name: this.#name };
    return { itemId: this.#existing.id, ifVersion: this.#existing.version };
  }

  #taken(cause?: unknown): ControlError {
    return new ControlError(`there is a "${this.#name}" in "${placeName(this.#folder)}" already`, { cause });
  }

  #explained(error: unknown): unknown {
    if (isFault(error, 'exists')) return this.#taken(error);
    if (isFault(error, 'full'))
      return new ControlError(`${this.#content.path} does not fit: the drive is full`, { cause: error });
    if (!isFault(error, 'changed')) return error;
    return new ControlError(
      `"${this.#name}" was changed on the drive meanwhile; that was left as it is: put ${this.#content.path} once more`,
      { cause: error },
    );
  }

  async #send(target: UploadTarget): Promise<Item> {
    const { notes, resume, signal } = this.#order;
    const patience = new TransferPatience(this.#clock, signal);
    this.#session = resume ? await notes.find(this.#content, target) : undefined;
    for (;;) {
      try {
        const item = await this.#once(target, patience);
        await notes.forget(this.#content, target);
        return item;
      } catch (error) {
        await patience.after(error);
        const arrived = (error as DriveError).ambiguous ? await this.#arrived() : undefined;
        if (arrived !== undefined) return arrived;
      }
    }
  }

  async #once(target: UploadTarget, patience: TransferPatience): Promise<Item> {
    const { drive, notes, onProgress, signal } = this.#order;
    const { state } = this.#content;
    let most = 0;
    const upload: Upload = {
      ...{ target, size: state.size, modified: Math.round(state.modifiedMs) },
      body: (offset) => this.#content.body(offset),
      ...(this.#session === undefined ? {} : { session: this.#session }),
      onSession: async (session) => {
        this.#session = session;
        await notes.keep(this.#content, target, session);
      },
      onProgress: (sent) => {
        if (sent > most) patience.progress();
        most = Math.max(most, sent);
        onProgress(sent, state.size);
      },
    };
    return await drive.upload(upload, signal);
  }

  /** The answer was lost; what was sent may be there. Undefined if it is not, and may be sent again. */
  async #arrived(): Promise<Item | undefined> {
    const { drive, places, signal } = this.#order;
    const before = this.#existing;
    const { size } = this.#content.state;
    if (before !== undefined) {
      const now = await drive.get(before.id, signal);
      return now.version !== before.version && now.size === size ? now : undefined;
    }
    places.forget(this.#folder.id);
    const found = await places.named(this.#folder, this.#name);
    return found.find((item) => item.kind === 'file' && item.size === size);
  }
}
