// Comments and tags on the items of one drive. Part of the drive's state: numbers come from the drive's counter. Owned by
// drive-state.ts; the views reach it as `drive.notes`.
import { randomBytes } from 'node:crypto';
import type { Comment, ItemNumber, Tag } from './drive-item.ts';
import type { RecordLog, RecordTable } from './record-log.ts';

export class DriveNotes {
  readonly #comments: RecordTable<ItemNumber, Comment>;
  readonly #tags: RecordTable<string, Tag>;
  readonly #byItem = new Map<ItemNumber, ItemNumber[]>();
  readonly #nextNumber: () => ItemNumber;
  readonly #now: () => number;

  constructor(log: RecordLog, uid: string, nextNumber: () => ItemNumber, now: () => number) {
    this.#comments = log.table(`comments:${uid}`);
    this.#tags = log.table(`tags:${uid}`);
    this.#nextNumber = nextNumber;
    this.#now = now;
    for (const comment of this.#comments.values()) this.#place(comment);
  }

  comment(number: ItemNumber): Comment | undefined {
    return this.#comments.get(number);
  }

  /** Oldest first. */
  comments(item: ItemNumber): Comment[] {
    return (this.#byItem.get(item) ?? []).flatMap((number) => this.#comments.get(number) ?? []);
  }

  commentCount(item: ItemNumber): number {
    return this.#byItem.get(item)?.length ?? 0;
  }

  addComment(item: ItemNumber, from: Comment['from'], message: string): Comment {
    const comment = { number: this.#nextNumber(), item, from, message, createdMs: this.#now() };
    this.#comments.set(comment.number, comment);
    this.#place(comment);
    return comment;
  }

  removeComment(comment: Comment): void {
    this.#comments.delete(comment.number);
    const left = (this.#byItem.get(comment.item) ?? []).filter((number) => number !== comment.number);
    this.#byItem.set(comment.item, left);
  }

  tags(item: ItemNumber): Tag[] {
    return [...this.#tags.values()].filter((tag) => tag.item === item);
  }

  tag(id: string): Tag | undefined {
    return this.#tags.get(id);
  }

  addTag(item: ItemNumber, tag: Pick<Tag, 'user' | 'x' | 'y'>): Tag {
    const made: Tag = { ...tag, id: randomBytes(8).toString('hex'), item, createdMs: this.#now() };
    this.#tags.set(made.id, made);
    return made;
  }

  removeTag(id: string): void {
    this.#tags.delete(id);
  }

  #place(comment: Comment): void {
    this.#byItem.set(comment.item, [...(this.#byItem.get(comment.item) ?? []), comment.number]);
  }
}
