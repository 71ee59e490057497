// What a check looks at: the tables as they are stored, read directly because it is their owners who are to be proven; the
// folder of the contents; and who uses what at the moment.
import { join } from 'node:path';
import { contentPath } from '../content/content-path.ts';
import type { ContentRecord } from '../content/content-record.ts';
import { type Node, type NodeId, type NodeKind, rootNode } from '../metadata/node.ts';
import type { Conflict } from '../queue/conflicts.ts';
import type { Entry } from '../queue/intent.ts';
import type { Store, Table } from '../store/store.ts';

/** Something that does not agree with something else. */
export interface Finding {
  /** A sentence that names the thing. */
  readonly text: string;
  /** It agrees now. */
  readonly mended: boolean;
}

interface Child {
  readonly id: NodeId;
  readonly name: string;
  readonly kind: NodeKind;
}

export interface GroundOptions {
  readonly store: Store;
  /** The account's folder. */
  readonly folder: string;
  /** Only where nothing is mounted: the owners of the tables keep copies in memory. */
  readonly repair: boolean;
  /** A mount that runs has the content open: what is stored of it may be old. */
  readonly isInUse?: (content: number) => boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Rows looked at before others get their turn. */
const batch = 2_000;

export class Ground {
  readonly nodes: Table<NodeId, Node>;
  readonly children: Table<[NodeId, string], Child>;
  readonly ids: Table<string, NodeId>;
  readonly orphans: Table<NodeId, true>;
  readonly about: Table<string, number>;
  readonly contents: Table<number, ContentRecord>;
  readonly journal: Table<number, Entry>;
  readonly conflicts: Table<NodeId, Conflict>;
  readonly xattrs: Table<[NodeId, string], Uint8Array>;
  readonly folder: string;
  readonly now: number;
  readonly repair: boolean;
  readonly findings: Finding[] = [];
  readonly #store: Store;
  readonly #isInUse: (content: number) => boolean;

  constructor({ store, folder, repair, isInUse = () => false, now }: GroundOptions) {
    this.#store = store;
    this.#isInUse = isInUse;
    this.folder = folder;
    this.repair = repair;
    this.now = now;
    this.nodes = store.table('nodes');
    this.children = store.table('children');
    this.ids = store.table('ids');
    this.orphans = store.table('orphans');
    this.about = store.table('about');
    this.contents = store.table('contents');
    this.journal = store.table('journal');
    this.conflicts = store.table('conflicts');
    this.xattrs = store.table('xattrs');
  }

  isInUse(content: number | undefined): boolean {
    return content !== undefined && this.#isInUse(content);
  }

  /** `mend` is absent where nothing can be done without losing something. */
  found(text: string, mend?: () => void): void {
    const isMended = this.repair && mend !== undefined;
    if (isMended) this.#store.transact(mend);
    this.findings.push({ text, mended: isMended });
  }

  /** Looks at each, and lets others go on now and then. */
  async each<T>(values: readonly T[], look: (value: T) => void, signal: AbortSignal): Promise<void> {
    for (const [index, value] of values.entries()) {
      look(value);
      if (index % batch !== batch - 1) continue;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  }

  contentPath(id: number): string {
    return contentPath(join(this.folder, 'content'), id);
  }

  /** How people call a node, as far as the table of nodes leads. */
  path(id: NodeId): string {
    const names: string[] = [];
    const seen = new Set<NodeId>();
    for (let at: NodeId | undefined = id; at !== undefined && at !== rootNode; ) {
      const node: Node | undefined = this.nodes.get(at);
      if (node === undefined || seen.has(at)) return `…/${names.join('/')}`;
      seen.add(at);
      names.unshift(node.name);
      if (node.parent === undefined) return `${names.join('/')} (removed)`;
      at = node.parent;
    }
    return `/${names.join('/')}`;
  }

  /** Puts a node under the root, beside what is there. In a transaction. */
  moveToRoot(node: Node, foldName: (name: string) => string): void {
    let name = node.name;
    for (let number = 2; this.children.get([rootNode, foldName(name)]) !== undefined; number += 1)
      name = `${node.name} (${number})`;
    const { id, kind } = node;
    this.nodes.put(id, { ...node, parent: rootNode, name });
    this.children.put([rootNode, foldName(name)], { id, name, kind });
    this.orphans.remove(id);
    for (const { key, value } of [...this.journal.all()]) {
      const { intent } = value;
      if (intent.node === id && 'at' in intent)
        this.journal.put(key, { ...value, intent: { ...intent, at: { parent: rootNode, name } } });
    }
  }
}
