// Everything about names: lookup, listing, making, renaming and removing. Each change is one transaction that holds the
// tree's change and the journal's entry, so that there is no moment at which one exists without the other.
import { FsError } from '../base/errors.ts';
import { type Soon, whenThere } from '../base/soon.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { isAhead } from '../metadata/base-version.ts';
import { maxNameLength, toRemoteName } from '../metadata/names.ts';
import { type Node, type NodeId, rootNode } from '../metadata/node.ts';
import { isBackupName } from '../queue/backup-names.ts';
import { isTakingOver } from '../queue/intent.ts';
import type { Caller, Place, RenameFlags } from './file-system.ts';
import { checkWritable, type FsParts, needFolder, needNode, now } from './parts.ts';

/** A file that is older than this when it takes another's name was not written to be saved under it, milliseconds. */
const youngMs = 10 * 60_000;

/** How a node comes into being. */
export interface Birth {
  readonly kind: Node['kind'];
  readonly mode?: number;
  readonly caller: Caller;
  /** Its first content; absent for folders. */
  readonly bytes?: Uint8Array;
  /** An open handle will say when there is something to send. */
  readonly staysOpen?: boolean;
}

/** S_ISGID */
const setGroupId = 0o2000;

export class Folders {
  readonly #parts: FsParts;

  constructor(parts: FsParts) {
    this.#parts = parts;
  }

  /** Undefined if the name is not there. */
  look({ parent, name }: Place, signal: AbortSignal): Soon<NodeId | undefined> {
    checkName(name);
    needFolder(this.#parts, parent);
    const { tree, listings } = this.#parts;
    const child = tree.child(parent, name);
    if (child === undefined) {
      const newer = listings.fresh(parent, signal);
      return newer === undefined ? undefined : newer.then(() => tree.child(parent, name)?.id);
    }
    listings.touch(parent);
    return child.id;
  }

  /** ENOENT if the name is not there. */
  async find(place: Place, signal: AbortSignal): Promise<NodeId> {
    const id = await this.look(place, signal);
    if (id === undefined) throw new FsError('ENOENT', `${place.name} is not in folder ${place.parent}`);
    return id;
  }

  make(place: Place, birth: Birth, signal: AbortSignal): Soon<NodeId> {
    return whenThere(this.#ready(place, birth, signal), () =>
      this.#parts.store.transact(() => this.#makeNow(place, birth)),
    );
  }

  /** Somebody may have made the name since the kernel looked. */
  makeOrFind(
    place: Place,
    birth: Birth,
    signal: AbortSignal,
  ): Soon<{ readonly node: NodeId; readonly isNew: boolean }> {
    const { tree, store } = this.#parts;
    return whenThere(this.#ready(place, birth, signal), () => {
      const existing = tree.child(place.parent, place.name);
      if (existing !== undefined) return { node: existing.id, isNew: false };
      return { node: store.transact(() => this.#makeNow(place, birth)), isNew: true };
    });
  }

  /** What to wait for until the place is known. */
  #ready({ parent, name }: Place, { kind }: Birth, signal: AbortSignal): Promise<void> | undefined {
    checkWritable(this.#parts);
    checkName(name, kind === 'symlink');
    this.#needLiving(parent);
    return this.#parts.listings.known(parent, signal);
  }

  #makeNow(place: Place, birth: Birth): NodeId {
    const { tree, contents, queue } = this.#parts;
    this.#needLiving(place.parent);
    if (tree.childAnyCase(place.parent, place.name) !== undefined)
      throw new FsError('EEXIST', `${place.name} exists in ${this.#describe(place.parent)} (the drive knows no case)`);
    const time = now(this.#parts);
    const node = tree.add({
      ...{ kind: birth.kind, parent: place.parent, name: place.name, size: birth.bytes?.length ?? 0 },
      ...{ mtime: time, ctime: time, atime: time, uid: birth.caller.uid, ...this.#groupIn(place.parent, birth) },
      born: this.#parts.clock.now(),
      ...(birth.kind === 'folder' ? { listedAt: 0 } : { ahead: { content: true as const } }),
    });
    this.#touch(place.parent, time);
    if (birth.kind === 'folder') {
      queue.add({ kind: 'create-folder', node: node.id, at: place });
      return node.id;
    }
    tree.update(node.id, { content: contents.create(node.id) });
    const former = birth.kind === 'file' ? this.#backedUp(place) : undefined;
    if (former !== undefined) queue.saveBeside({ heir: node.id, former, at: place }, birth.staysOpen === true);
    if (birth.bytes !== undefined) this.#fill(node.id, birth.bytes);
    if (birth.staysOpen !== true) queue.addContent({ kind: 'put-content', node: node.id, at: place });
    return node.id;
  }

  /** In a folder with the set-group-ID bit, everything is of its group, and a folder gets the bit (inode(7)). */
  #groupIn(folder: NodeId, { kind, mode, caller }: Birth): Pick<Node, 'gid' | 'mode'> {
    const above = needNode(this.#parts, folder);
    const own = mode === undefined ? {} : { mode: mode & 0o7777 };
    if (((above.mode ?? 0) & setGroupId) === 0) return { gid: caller.gid, ...own };
    const gid = above.gid ?? this.#parts.settings.gid;
    return kind === 'folder' && mode !== undefined ? { gid, mode: (mode & 0o7777) | setGroupId } : { gid, ...own };
  }

  /** The name's former file, which was put aside as a backup a moment ago: what gets the name now is its new content. */
  #backedUp(at: Place): NodeId | undefined {
    const former = this.#parts.queue.putAside(at);
    const node = former === undefined ? undefined : needNode(this.#parts, former);
    if (node?.item?.kind !== 'file' || node.kind !== 'file') return undefined;
    return node.parent === at.parent && isBackupName(node.name, at.name) ? node.id : undefined;
  }

  #fill(id: NodeId, bytes: Uint8Array): void {
    const { contents } = this.#parts;
    const file = contents.open(needNode(this.#parts, id).content as number);
    file.write(0, bytes);
    contents.close(file);
  }

  async unlink(place: Place, signal: AbortSignal): Promise<void> {
    checkWritable(this.#parts);
    const id = await this.find(place, signal);
    this.#parts.store.transact(() => {
      this.#checkStillThere(place, id);
      if (needNode(this.#parts, id).kind === 'folder') throw new FsError('EISDIR', `${place.name} is a folder`);
      this.#takeOut(id, place.parent);
    });
    this.eraseIfUnused(id);
  }

  async rmdir(place: Place, signal: AbortSignal): Promise<void> {
    checkWritable(this.#parts);
    const id = await this.find(place, signal);
    needFolder(this.#parts, id);
    await this.#parts.listings.known(id, signal);
    this.#parts.store.transact(() => {
      this.#checkStillThere(place, id);
      this.#checkEmpty(id);
      this.#takeOut(id, place.parent);
    });
    this.eraseIfUnused(id);
  }

  /** In a transaction. */
  #takeOut(id: NodeId, folder: NodeId): void {
    const before = needNode(this.#parts, id);
    this.#remove(id);
    this.#parts.changes.left(before);
    this.#touch(folder, now(this.#parts));
  }

  async rename(from: Place, to: Place, flags: RenameFlags, signal: AbortSignal): Promise<void> {
    const { store, tree, listings } = this.#parts;
    checkWritable(this.#parts);
    const id = await this.find(from, signal);
    checkName(to.name, tree.get(id)?.kind === 'symlink');
    this.#needLiving(to.parent);
    await listings.known(to.parent, signal);
    const target = tree.child(to.parent, to.name);
    if (target?.kind === 'folder' && !flags.exchange) await listings.known(target.id, signal);
    const replaced = store.transact(() => this.#renameNow(from, to, flags));
    if (replaced !== undefined) this.eraseIfUnused(replaced);
  }

  /** Returns the node that lost its name to the renamed one. */
  #renameNow(from: Place, to: Place, flags: RenameFlags): NodeId | undefined {
    const { tree } = this.#parts;
    const source = tree.child(from.parent, from.name);
    if (source === undefined) throw new FsError('ENOENT', `${from.name} is gone`);
    const holder = this.#holderOf(to, source.id);
    const target = holder?.name === to.name ? holder : undefined;
    this.#checkRename(source, holder, to, flags);
    if (target?.id === source.id) return undefined;
    if (flags.exchange && target !== undefined) {
      this.#exchange({ id: source.id, place: from }, { id: target.id, place: to });
      return undefined;
    }
    const time = now(this.#parts);
    const before = needNode(this.#parts, source.id);
    const former = this.#formerOf(from, to, target?.id);
    if (former !== undefined && this.#isSave(source.id, former, flags)) this.#saveOver(source.id, former, to);
    else {
      if (target !== undefined) this.#remove(target.id);
      this.#give(source.id, from, to);
    }
    this.#parts.changes.left(before);
    tree.update(source.id, { ctime: time });
    this.#touch(from.parent, time);
    if (to.parent !== from.parent) this.#touch(to.parent, time);
    return target?.id;
  }

  /** Who has the new name, or had it a moment ago; undefined if the old name is that of a document of which this is the backup. */
  #formerOf(from: Place, to: Place, target: NodeId | undefined): NodeId | undefined {
    const isBackup = from.parent === to.parent && isBackupName(to.name, from.name);
    return isBackup ? undefined : (target ?? this.#parts.queue.removedFrom(to));
  }

  /** In a transaction: another name, which nobody has. */
  #give(id: NodeId, from: Place, to: Place): void {
    const { queue, tree } = this.#parts;
    const former = needNode(this.#parts, id).kind === 'file' ? this.#backedUp(to) : undefined;
    if (former === undefined || former === id || !queue.canSaveBeside(id)) {
      this.#move(id, from, to);
      return;
    }
    // The new content was written before the former file was put aside, as GLib does it.
    tree.place(id, to.parent, to.name);
    this.#parts.conflicts.end(id);
    queue.saveBeside({ heir: id, former, at: to }, false);
  }

  /** A file that was written lately takes the name of another: that is a new content of the same document. */
  #isSave(source: NodeId, target: NodeId, { isSave = false }: RenameFlags): boolean {
    const { queue, clock } = this.#parts;
    const [heir, former] = [needNode(this.#parts, source), needNode(this.#parts, target)];
    if (heir.kind !== 'file' || former.kind !== 'file' || !queue.canSaveOver(source)) return false;
    const isYoung = isSave || heir.item === undefined || clock.now() - (heir.born ?? 0) < youngMs;
    const isOnDrive = former.item === undefined ? queue.mayBeMade(target) : former.item.kind === 'file';
    return isYoung && isOnDrive;
  }

  /** In a transaction. */
  #saveOver(heir: NodeId, former: NodeId, at: Place): void {
    this.#parts.queue.saveOver({ heir, former, at });
    this.#letGo(former);
    const { tree, conflicts, journal } = this.#parts;
    const { place: _, ...others } = tree.place(heir, at.parent, at.name).ahead;
    const isMoving = journal.of(heir).some(({ intent }) => intent.kind === 'move' || isTakingOver(intent));
    tree.update(heir, { ahead: isMoving ? { ...others, place: true } : others });
    conflicts.end(heir);
  }

  /** In a transaction: another node has taken over what the drive knows of this one. */
  #letGo(id: NodeId): void {
    const { tree, space, conflicts } = this.#parts;
    tree.detach(id);
    space.leavingChanged();
    conflicts.end(id);
    tree.update(id, { ctime: now(this.#parts), ahead: { place: true, content: true } });
  }

  /** Who keeps the name from the node: to the drive, case makes no difference, but a node may write its own name in another way. */
  #holderOf({ parent, name }: Place, id: NodeId): Named | undefined {
    const holder = this.#parts.tree.childAnyCase(parent, name);
    return holder?.id === id && holder.name !== name ? undefined : holder;
  }

  #checkRename(source: Named, holder: Named | undefined, to: Place, flags: RenameFlags): void {
    const { tree } = this.#parts;
    if (flags.exchange && holder?.name !== to.name)
      throw new FsError('ENOENT', `${to.name} is not there to be exchanged`);
    if (holder !== undefined && flags.noReplace) throw new FsError('EEXIST', `${to.name} exists`);
    if (source.kind === 'folder' && tree.isWithin(to.parent, source.id))
      throw new FsError('EINVAL', `${source.name} cannot be moved into itself`);
    if (
      flags.exchange &&
      holder?.kind === 'folder' &&
      tree.isWithin(needNode(this.#parts, source.id).parent ?? rootNode, holder.id)
    )
      throw new FsError('EINVAL', `${holder.name} cannot be moved into itself`);
    if (holder === undefined || holder.id === source.id || flags.exchange) return;
    if (holder.name !== to.name) throw new FsError('EEXIST', `${holder.name} is the same name to the drive`);
    this.#checkReplace(source, holder);
  }

  #checkReplace(source: Named, target: Named): void {
    if (source.kind === 'folder' && target.kind !== 'folder')
      throw new FsError('ENOTDIR', `${target.name} is not a folder`);
    if (source.kind !== 'folder' && target.kind === 'folder') throw new FsError('EISDIR', `${target.name} is a folder`);
    if (target.kind === 'folder') this.#checkEmpty(target.id);
  }

  /** A drive cannot exchange: one of the two steps aside for a moment. */
  #exchange(one: { id: NodeId; place: Place }, other: { id: NodeId; place: Place }): void {
    const { tree } = this.#parts;
    const aside = { parent: one.place.parent, name: `.skydrive-exchange-${one.id}-${other.id}` };
    this.#move(one.id, one.place, aside);
    this.#move(other.id, other.place, one.place);
    this.#move(one.id, aside, other.place);
    const time = now(this.#parts);
    for (const { id, place } of [one, other]) {
      tree.update(id, { ctime: time });
      this.#touch(place.parent, time);
    }
  }

  /** In a transaction. What the drive does not know yet needs no move: it is created where it is. */
  #move(id: NodeId, from: Place, to: Place): void {
    const { tree, queue, journal } = this.#parts;
    const node = tree.place(id, to.parent, to.name);
    this.#parts.conflicts.end(id);
    if (node.item === undefined && journal.of(id).length === 0) return;
    const { place: _, ...others } = node.ahead;
    const ahead = queue.move({ kind: 'move', node: id, from, to }) ? { ...others, place: true as const } : others;
    tree.update(id, { ahead, base: isAhead(ahead) ? (node.base ?? node.item) : undefined });
  }

  /** In a transaction: takes the name away, here and (later) on the drive. */
  #remove(id: NodeId): void {
    const { tree, queue, contents } = this.#parts;
    const node = needNode(this.#parts, id);
    if (node.parent === undefined) return;
    const from = { parent: node.parent, name: node.name };
    const save = node.kind === 'file' && node.item !== undefined ? queue.heirOf(id) : undefined;
    if (save !== undefined && needNode(this.#parts, save.heir).kind === 'file') {
      // It was only put aside while its new content was written.
      queue.saveOver(save);
      this.#letGo(id);
      return;
    }
    const isUnknownToDrive = queue.remove({ kind: 'remove', node: id, from }, node.item !== undefined);
    tree.detach(id);
    this.#parts.space.leavingChanged();
    this.#parts.conflicts.end(id);
    // What the drive says of it from now on was not seen by whoever removed it.
    const ahead = isUnknownToDrive ? {} : { place: true as const, content: true as const };
    tree.update(id, { ctime: now(this.#parts), ahead, base: node.base ?? node.item });
    if (node.content !== undefined && isUnknownToDrive) contents.retire(node.content);
  }

  /**
   * A node without a name goes for good once neither the kernel nor a handle nor the queue knows it. What had to come before has
   * happened: a disk that is full keeps the node until the next start, and nobody from what they do.
   */
  eraseIfUnused(id: NodeId): void {
    const { store, tree, references, journal, contents, log } = this.#parts;
    const node = tree.get(id);
    if (node === undefined || id === rootNode || node.parent !== undefined) return;
    if (references.isUsed(id) || journal.of(id).length > 0 || journal.isReplaced(id)) return;
    try {
      store.transact(() => {
        if (node.content !== undefined) contents.retire(node.content);
        this.#parts.xattrs.removeAll(id);
        tree.erase(id);
      });
    } catch (error) {
      if (!(error instanceof FsError && error.code === 'ENOSPC')) throw error;
      log.warn(`node ${id}, which nothing refers to any more, is kept until the next start`, error);
    }
  }

  /** Another call may have been faster while this one waited. */
  #checkStillThere({ parent, name }: Place, id: NodeId): void {
    if (this.#parts.tree.child(parent, name)?.id !== id) throw new FsError('ENOENT', `${name} is gone`);
  }

  #checkEmpty(folder: NodeId): void {
    if (this.#parts.tree.hasChildren(folder)) throw new FsError('ENOTEMPTY', `${this.#describe(folder)} is not empty`);
  }

  /** ENOENT for a folder that was removed while somebody is in it. */
  #needLiving(folder: NodeId): void {
    const node = needFolder(this.#parts, folder);
    if (node.parent === undefined && folder !== rootNode)
      throw new FsError('ENOENT', `folder ${node.name} was removed`);
  }

  #touch(folder: NodeId, time: Timestamp): void {
    this.#parts.tree.update(folder, { mtime: time, ctime: time });
  }

  #describe(folder: NodeId): string {
    return this.#parts.tree.path(folder) ?? `removed folder ${folder}`;
  }
}

interface Named {
  readonly id: NodeId;
  readonly name: string;
  readonly kind: Node['kind'];
}

const checkName = (name: string, isLink = false): void => {
  if (name.length > maxNameLength || toRemoteName(name, isLink).length > maxNameLength)
    throw new FsError('ENAMETOOLONG', `a name may have ${maxNameLength} characters, this one has ${name.length}`);
};
