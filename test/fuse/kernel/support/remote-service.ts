// A file system in memory that changes by other hands than the kernel's when it is asked to, and tells the kernel.
import assert from 'node:assert/strict';
import type { NodeId } from '../../../../src/fs/file-system.ts';
import { MemoryFileSystem } from '../../../support/memory-file-system.ts';
import type { Service } from '../../../support/serve-file-system.ts';
import { node } from './golden.ts';

const root = node(1);
const { signal } = new AbortController();

/** Changes are made in the root. Counters tell how often the kernel asked. */
class CountedFileSystem extends MemoryFileSystem {
  readonly asked = { lookup: 0, read: 0, getattr: 0 };

  override lookup(...args: Parameters<MemoryFileSystem['lookup']>): ReturnType<MemoryFileSystem['lookup']> {
    this.asked.lookup += 1;
    return super.lookup(...args);
  }

  override read(...args: Parameters<MemoryFileSystem['read']>): ReturnType<MemoryFileSystem['read']> {
    this.asked.read += 1;
    return super.read(...args);
  }

  override getattr(...args: Parameters<MemoryFileSystem['getattr']>): ReturnType<MemoryFileSystem['getattr']> {
    this.asked.getattr += 1;
    return super.getattr(...args);
  }

  /** As the kernel would find it, without counting. */
  async find(name: string): Promise<NodeId> {
    const found = await super.lookup(root, name, signal);
    assert.ok(found, `${name} is not there`);
    this.forget(found.attributes.node, 1);
    return found.attributes.node;
  }

  async replaceContent(name: string, content: string): Promise<NodeId> {
    const id = await this.find(name);
    const file = await this.open(id, 2, signal);
    await this.setattr(id, { size: 0 }, signal);
    await this.write(file.handle, 0, Buffer.from(content), signal);
    await this.release(file.handle);
    return id;
  }
}

export type RemoteQuestion =
  /** Ends the process as it is, mounted. */
  | { readonly change: 'exit'; readonly name: string }
  | { readonly change: 'content'; readonly name: string; readonly content: string }
  | { readonly change: 'rename'; readonly name: string; readonly to: string }
  | { readonly change: 'remove'; readonly name: string }
  /** Tells of a name that is there already as of a new one. */
  | { readonly change: 'appear'; readonly name: string }
  | { readonly change: 'flood'; readonly name: string; readonly count: number };

const noFlags = { noReplace: false, exchange: false };

export const remoteService = async (): Promise<Service> => {
  // Without being told, the kernel would believe what it knows for an hour.
  const fs = new CountedFileSystem({ validMs: 3_600_000 });
  let tell: Parameters<NonNullable<Service['attached']>>[0] | undefined;
  const change = async (question: RemoteQuestion): Promise<void> => {
    if (question.change === 'exit') process.exit(0);
    if (question.change === 'appear') {
      tell?.expireEntry(root, question.name);
      return;
    }
    const place = { parent: root, name: question.name };
    if (question.change === 'content') {
      tell?.invalidateNode(await fs.replaceContent(question.name, question.content));
    } else if (question.change === 'rename') {
      await fs.rename(place, { parent: root, name: question.to }, noFlags, signal);
      tell?.expireEntry(root, question.to);
    } else if (question.change === 'remove') {
      await fs.unlink(place, signal);
    } else {
      const id = await fs.find(question.name);
      for (let count = 0; count < question.count; count += 1) {
        tell?.invalidateNode(id);
        tell?.invalidateEntry(root, `${question.name}-${count}`);
      }
    }
    tell?.invalidateEntry(root, question.name);
  };
  return {
    fs,
    attached: (mount) => {
      tell = mount;
    },
    ask: async (question) => {
      if (question !== null && typeof question === 'object') await change(question as RemoteQuestion);
      return { ...fs.asked, references: fs.references };
    },
  };
};
