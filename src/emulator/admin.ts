// Calls that go behind the client's back: change the drives, look into them, arrange trouble. Typed for tests in the same process;
// admin-routes.ts offers the same over HTTP. Paths are from the root of the drive, like `/Documents/a.txt`.
import { fullName } from './accounts.ts';
import { AdminFailure, type AdminItem, type AdminPlace, AdminPlaces, type AdminTarget } from './admin-places.ts';
import type { VersionView } from './content-history.ts';
import type { DriveItem, ItemKind } from './drive-item.ts';
import { isFolder } from './drive-state.ts';
import type { EmulatorSettings } from './emulator-options.ts';
import type { EmulatorParts } from './emulator-parts.ts';
import type { Fault, FaultStatus } from './faults.ts';
import { commentId, parseLiveId } from './live/live-ids.ts';
import { readMediaFacts } from './media-facts.ts';
import { placeholderImage } from './placeholder-image.ts';
import type { LoggedRequest, RequestCounters, Violation } from './request-log.ts';

export interface AdminSnapshot {
  readonly uid: string;
  /** Position in the drive's sequence of changes. */
  readonly sequence: number;
  readonly quota: number;
  readonly used: number;
  readonly items: readonly AdminItem[];
  readonly removed: readonly AdminItem[];
  readonly comments: readonly { readonly id: string; readonly message: string }[];
}

export class EmulatorAdmin {
  readonly #parts: EmulatorParts;
  readonly #places: AdminPlaces;

  constructor(parts: EmulatorParts) {
    this.#parts = parts;
    this.#places = new AdminPlaces(parts.accounts);
  }

  accounts(): { uid: string; name: string; email: string; root: string }[] {
    return this.#parts.accounts.list().map((account) => ({
      uid: account.uid,
      name: fullName(account),
      email: account.email,
      root: `folder.${account.uid}`,
    }));
  }

  addAccount(name: string): { uid: string; name: string; email: string } {
    const account = this.#parts.accounts.findOrMake(name);
    this.#parts.accounts.drive(account);
    return { uid: account.uid, name: fullName(account), email: account.email };
  }

  /** Everything below `path` (default: the root), parents before their children. */
  tree(place: AdminPlace = {}): AdminItem[] {
    const { drive, item } = this.#places.place(place);
    const found: AdminItem[] = [];
    const visit = (at: DriveItem, path: string): void => {
      for (const child of drive.children(at.number)) {
        const childPath = `${path}/${child.name}`;
        found.push(this.#places.view(drive, child, childPath));
        if (isFolder(child)) visit(child, childPath);
      }
    };
    visit(item, item.parent === undefined ? '' : this.#places.path(drive, item));
    return found;
  }

  item(place: AdminPlace): AdminItem {
    const { drive, item } = this.#places.place(place);
    return this.#places.view(drive, item);
  }

  /** All of a drive at this moment, to compare with another moment or another drive. */
  snapshot(target: AdminTarget = {}): AdminSnapshot {
    const { account, drive } = this.#places.drive(target);
    const comments = [...drive.all()].flatMap((item) => drive.notes.comments(item.number));
    return {
      uid: account.uid,
      sequence: drive.sequence,
      quota: drive.quota,
      used: drive.used,
      items: this.tree(target),
      removed: this.removed(target),
      comments: comments.map((comment) => ({ id: commentId(drive.uid, comment), message: comment.message })),
    };
  }

  /** What is in the recycle bin: only the items that were removed themselves. */
  removed(target: AdminTarget = {}): AdminItem[] {
    const { drive } = this.#places.drive(target);
    const tops = [...drive.all()].filter((item) => item.removedWith === item.number);
    return tops.map((item) => ({ ...this.#places.view(drive, item, item.name), removed: true }));
  }

  /** A file with that content, made or replaced; folders above it are made too. */
  async put(place: AdminPlace, content: string | Uint8Array): Promise<AdminItem> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const { drive, parent, name } = this.#places.newPlace(place);
    const hashes = await this.#parts.store.receive(once(bytes));
    const media = await readMediaFacts(name, this.#parts.store.path(hashes.sha256));
    return this.#places.view(drive, drive.putFile(parent, name, { hashes, media }).item);
  }

  async read(place: AdminPlace): Promise<Buffer> {
    const { item } = this.#places.place(place);
    if (item.content === undefined) throw new AdminFailure('that is no file');
    return await this.readContent(item.content.sha256);
  }

  /** A content that is or was somewhere, by its hash. */
  async readContent(sha256: string): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#parts.store.read(sha256)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** A small picture of one colour under that name. */
  async addPhoto(place: AdminPlace): Promise<AdminItem> {
    return await this.put(place, placeholderImage(place.path ?? ''));
  }

  /** A folder, album or notebook; folders above it are made too. What is there already is given back. */
  mkdir(place: AdminPlace, kind: Exclude<ItemKind, 'file'> = 'folder'): AdminItem {
    const { drive, parent, name } = this.#places.newPlace(place);
    const present = drive.named(parent, name);
    return this.#places.view(drive, present ?? drive.createFolder(parent, name, { kind }));
  }

  rename(place: AdminPlace, name: string): AdminItem {
    const { drive, item } = this.#places.place(place);
    return this.#places.view(drive, drive.update(item.number, { name }));
  }

  /** To the folder `to`, under the same name or another. */
  move(place: AdminPlace, to: string, name?: string): AdminItem {
    const { drive, item } = this.#places.place(place);
    const parent = this.#places.place({ account: place.account, path: to }).item.number;
    return this.#places.view(drive, drive.move(item.number, { parent, ...(name === undefined ? {} : { name }) }));
  }

  remove(place: AdminPlace): void {
    const { drive, item } = this.#places.place(place);
    drive.remove(item.number);
  }

  /** Back from the recycle bin, by id. */
  restore(id: string): AdminItem {
    const known = parseLiveId(id);
    if (known?.kind !== 'item') throw new AdminFailure(`'${id}' is no id of an item`);
    const { drive } = this.#places.drive({ account: known.uid });
    return this.#places.view(drive, drive.restore(known.number));
  }

  describe(place: AdminPlace, description: string): AdminItem {
    const { drive, item } = this.#places.place(place);
    return this.#places.view(drive, drive.update(item.number, { description }));
  }

  addComment(place: AdminPlace, message: string, from?: string): { id: string } {
    const { drive, item } = this.#places.place(place);
    const account = from === undefined ? this.#places.account(place) : this.#parts.accounts.findOrMake(from);
    const author = { name: fullName(account), uid: account.uid };
    const comment = this.#parts.log.commit(() => drive.notes.addComment(item.number, author, message));
    return { id: commentId(drive.uid, comment) };
  }

  /** Lets other accounts see the item; without any, everybody. */
  share(place: AdminPlace, access: string, accounts: readonly string[] = []): AdminItem {
    const { drive, item } = this.#places.place(place);
    const uids = accounts.map((who) => this.#parts.accounts.findOrMake(who).uid);
    return this.#places.view(drive, drive.update(item.number, { sharing: { ...item.sharing, access, with: uids } }));
  }

  quota(target: AdminTarget = {}): { quota: number; used: number; available: number } {
    const { drive } = this.#places.drive(target);
    return { quota: drive.quota, used: drive.used, available: drive.available };
  }

  setQuota(bytes: number, target: AdminTarget = {}): void {
    this.#places.drive(target).drive.quota = bytes;
  }

  /** Every content that a drive ever took, oldest first. */
  history(target: AdminTarget = {}): VersionView[] {
    return this.#parts.history.list(this.#places.account(target).uid);
  }

  requests(): readonly LoggedRequest[] {
    return this.#parts.requests.list();
  }

  counters(): RequestCounters {
    return this.#parts.requests.counters();
  }

  violations(): readonly Violation[] {
    return this.#parts.requests.violations;
  }

  resetRequests(): void {
    this.#parts.requests.reset();
  }

  addFault(fault: Fault): number {
    return this.#parts.faults.add(fault);
  }

  faults(): FaultStatus[] {
    return this.#parts.faults.list();
  }

  clearFaults(id?: number): void {
    this.#parts.faults.clear(id);
  }

  settings(): EmulatorSettings {
    return this.#parts.settings.get();
  }

  /** Throws RangeError for what is no setting, or no value for it. */
  set(change: Partial<EmulatorSettings>): EmulatorSettings {
    return this.#parts.settings.change(change);
  }

  /** Tokens for a test client, without any page. */
  token(options: { account?: string; clientId?: string; scopes?: readonly string[] } = {}): {
    accessToken: string;
    refreshToken: string | undefined;
    expiresIn: number;
    uid: string;
  } {
    const { uid } = this.#places.account(options);
    const scopes = options.scopes ?? ['wl.skydrive', 'wl.skydrive_update', 'wl.offline_access'];
    const issued = this.#parts.grants.issueTokens({ uid, clientId: options.clientId ?? '0000000012345678', scopes });
    return { refreshToken: undefined, ...issued, uid };
  }

  /** All access tokens stop working now, or after so many more calls. */
  expireTokens(afterCalls?: number): void {
    if (afterCalls === undefined) this.#parts.grants.expireAll();
    else this.#parts.grants.expireAfterCalls(afterCalls);
  }

  /** All refresh tokens stop working; with `access`, access tokens too. */
  revokeTokens(options: { clientId?: string; access?: boolean } = {}): void {
    this.#parts.grants.revoke(options);
  }

  /** Refuses connections; for `ms`, or until `up` is called. */
  async down(ms?: number): Promise<void> {
    await this.#parts.power.down(ms);
  }

  async up(): Promise<void> {
    await this.#parts.power.up();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
