// Calls that go behind a Graph client's back, beside those of admin.ts: kinds of drives, shortcuts, the vault, resyncs, quirks.
import { type Account, fullName } from '../accounts.ts';
import type { DriveItem } from '../drive-item.ts';
import type { DriveState } from '../drive-state.ts';
import type { DriveType } from '../emulator-options.ts';
import type { GraphServices } from './graph-services.ts';
import { type QuirkName, quirkNames, quirkTable } from './quirk-table.ts';
import { type QuirkValues, randomQuirks } from './quirks.ts';

/** Which drive: an account's uid, address or name; default: the first account. */
export interface GraphTarget {
  readonly account?: string | undefined;
}

export interface QuirkStatus {
  /** `p`, `ms`, `n`, `flag`, or the words to choose from. */
  readonly unit: string | readonly string[];
  readonly value: number | string | boolean | undefined;
  readonly happened: number;
}

export class GraphAdmin {
  readonly #services: GraphServices;

  constructor(services: GraphServices) {
    this.#services = services;
  }

  driveId(target: GraphTarget = {}): string {
    return this.#services.types.driveId(this.#account(target).uid);
  }

  /** Id of an item in Graph's words; `path` from the root. */
  itemId(path: string, target: GraphTarget = {}): string {
    const { drive, item } = this.#place(path, target);
    return this.#services.types.itemId(drive.uid, item.number);
  }

  drives(): { id: string; driveType: DriveType; account: string; owner: string }[] {
    const { accounts, types } = this.#services;
    return accounts.list().map((account) => ({
      id: types.driveId(account.uid),
      driveType: types.of(account.uid),
      account: account.uid,
      owner: fullName(account),
    }));
  }

  setDriveType(type: DriveType, target: GraphTarget = {}): void {
    this.#services.types.set(this.#account(target).uid, type);
  }

  /** Lets other accounts read, or change, the item. */
  share(path: string, accounts: readonly string[], options: GraphTarget & { readonly write?: boolean } = {}): void {
    const { drive, item } = this.#place(path, options);
    const uids = accounts.map((who) => this.#services.accounts.findOrMake(who).uid);
    const sharing = { ...item.sharing, access: 'Shared', with: uids, writers: options.write === true ? uids : [] };
    drive.update(item.number, { sharing });
  }

  /** A shortcut in the account's root to an item of another account's drive. */
  addShortcut(name: string, to: { readonly account: string; readonly path: string }, target: GraphTarget = {}): string {
    const remote = this.#place(to.path, { account: to.account });
    const drive = this.#services.accounts.drive(this.#account(target));
    const shortcut = { uid: remote.drive.uid, number: remote.item.number };
    const made = drive.createFolder(drive.root.number, name, { kind: 'notebook', graph: { shortcut } });
    return this.#services.types.itemId(drive.uid, made.number);
  }

  /** The Personal Vault in the account's root. */
  addVault(name = 'Personal Vault', target: GraphTarget = {}): string {
    const drive = this.#services.accounts.drive(this.#account(target));
    const made = drive.createFolder(drive.root.number, name, { kind: 'notebook', graph: { vault: true } });
    return this.#services.types.itemId(drive.uid, made.number);
  }

  /** All positions in the change feed that were handed out are gone: they answer 410. */
  resync(target: GraphTarget = {}): void {
    const { uid } = this.#account(target);
    this.#services.generations.set(uid, (this.#services.generations.get(uid) ?? 0) + 1);
  }

  /** Every quirk: what it takes, what it is set to, and how often it struck. */
  quirks(): Readonly<Record<string, QuirkStatus>> {
    const { values, happened } = this.#services.quirks;
    const status = (name: QuirkName): QuirkStatus => ({
      unit: quirkTable[name].unit,
      value: values[name],
      happened: happened[name] ?? 0,
    });
    return Object.fromEntries(quirkNames.map((name) => [name, status(name)]));
  }

  /** What a seed would choose. */
  chosenBy(seed: number): QuirkValues {
    return randomQuirks(seed);
  }

  #account({ account }: GraphTarget): Account {
    const { accounts } = this.#services;
    const found = account === undefined ? accounts.first : accounts.find(account);
    if (found === undefined) throw new RangeError(`there is no account '${account}'`);
    return found;
  }

  #place(path: string, target: GraphTarget): { drive: DriveState; item: DriveItem } {
    const drive = this.#services.accounts.drive(this.#account(target));
    let item: DriveItem | undefined = drive.root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      item = item === undefined ? undefined : drive.named(item.number, name);
    }
    if (item === undefined) throw new RangeError(`there is nothing at '${path}'`);
    return { drive, item };
  }
}
