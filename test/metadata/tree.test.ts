import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { timestamp } from '../../src/base/timestamp.ts';
import type { Item } from '../../src/drive/drive.ts';
import { foldName } from '../../src/metadata/names.ts';
import { type NodeId, type NodeKind, rootNode } from '../../src/metadata/node.ts';
import { Tree } from '../../src/metadata/tree.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { tempDir } from '../support/temp-dir.ts';

const now = timestamp(0);
const item = (id: string): Item => ({
  ...{
    id,
    parentId: undefined,
    name: id,
    kind: 'file',
    size: 0,
    created: 0,
    modified: 0,
    version: '',
    contentVersion: '',
  },
  facts: {},
});
const plain = (parent: NodeId, name: string, kind: NodeKind = 'file') => ({
  ...{ parent, name, kind, size: 0, mtime: now, ctime: now },
});

const open = async () => {
  const folder = await tempDir();
  const store = openStore(folder.path);
  const tree = new Tree(store);
  tree.ensureRoot(now);
  return {
    ...{ store, tree },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
};

const act = fc.record({
  kind: fc.constantFrom('add', 'place', 'detach', 'erase', 'item', 'undo'),
  node: fc.nat(15),
  folder: fc.nat(15),
  name: fc.constantFrom('a', 'A', 'b', 'ß', 'İ'),
  isFolder: fc.boolean(),
});
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

interface Known {
  kind: NodeKind;
  parent: NodeId | undefined;
  name: string;
  item?: string;
}

class Model {
  nodes = new Map<NodeId, Known>([[rootNode, { kind: 'folder', parent: undefined, name: '' }]]);
  readonly #tree: Tree;
  readonly #store: Store;
  #items = 0;

  constructor(tree: Tree, store: Store) {
    this.#tree = tree;
    this.#store = store;
  }

  children(parent: NodeId): NodeId[] {
    return [...this.nodes].flatMap(([id, node]) => (node.parent === parent ? [id] : []));
  }

  #isWithin(id: NodeId, above: NodeId): boolean {
    for (let at: NodeId | undefined = id; at !== undefined; at = this.nodes.get(at)?.parent)
      if (at === above) return true;
    return false;
  }

  run({ kind, node: nth, folder: nthFolder, name, isFolder }: Act): void {
    const ids = [...this.nodes.keys()];
    const folders = ids.filter((each) => this.nodes.get(each)?.kind === 'folder');
    const id = ids[nth % ids.length] as NodeId;
    const folder = folders[nthFolder % folders.length] as NodeId;
    const node = this.nodes.get(id) as Known;
    const holder = this.children(folder).find(
      (child) => foldName(this.nodes.get(child)?.name ?? '') === foldName(name),
    );
    if (kind === 'undo') {
      const undone = (): void =>
        this.#store.transact(() => {
          if (holder === undefined) this.#tree.add(plain(folder, name));
          this.#tree.update(id, { size: 77 });
          throw new Error('undone');
        });
      assert.throws(undone, /undone/);
    } else if (kind === 'add' && holder === undefined) {
      const added = this.#tree.add(plain(folder, name, isFolder ? 'folder' : 'file'));
      assert.ok(!this.nodes.has(added.id), 'numbers are new');
      this.nodes.set(added.id, { kind: added.kind, parent: folder, name });
    } else if (id === rootNode) {
      return;
    } else if (kind === 'place' && (holder === undefined || holder === id) && !this.#isWithin(folder, id)) {
      this.#tree.place(id, folder, name);
      Object.assign(node, { parent: folder, name });
    } else if (kind === 'detach') {
      this.#tree.detach(id);
      node.parent = undefined;
    } else if (kind === 'erase' && node.parent === undefined && this.children(id).length === 0) {
      this.#tree.erase(id);
      this.nodes.delete(id);
    } else if (kind === 'item') {
      this.#items += 1;
      node.item = `item ${this.#items}`;
      this.#tree.update(id, { item: item(node.item) });
    }
  }

  check(tree: Tree): void {
    assert.equal(tree.count(), this.nodes.size);
    const orphans = [...this.nodes].flatMap(([id, { parent }]) =>
      parent === undefined && id !== rootNode ? [id] : [],
    );
    assert.deepEqual(tree.orphans().sort(), orphans.sort());
    for (const [id, node] of this.nodes) {
      const found = tree.get(id);
      assert.deepEqual([found?.kind, found?.parent, found?.name, found?.size], [node.kind, node.parent, node.name, 0]);
      assert.deepEqual([...tree.children(id)].map((child) => child.id).sort(), this.children(id).sort());
      const folders = this.children(id).filter((child) => this.nodes.get(child)?.kind === 'folder');
      assert.equal(found?.subfolders, folders.length);
      assert.equal(tree.hasChildren(id), this.children(id).length > 0);
      if (node.parent !== undefined) {
        assert.equal(tree.child(node.parent, node.name)?.id, id);
        assert.equal(tree.childAnyCase(node.parent, node.name.toUpperCase().toLowerCase())?.id ?? id, id);
      }
      if (node.item !== undefined) assert.equal(tree.byItem(node.item)?.id, id);
    }
  }
}

test('stays in step with a model, undone transactions and restarts included', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      await using opened = await open();
      const model = new Model(opened.tree, opened.store);
      for (const one of acts) model.run(one);
      model.check(opened.tree);
      model.check(new Tree(opened.store));
    }),
    { numRuns: 40 },
  );
});

test('an item that changes hands is found at its new node alone', async () => {
  await using opened = await open();
  const { tree } = opened;
  const one = tree.add({ ...plain(rootNode, 'a'), item: item('x') });
  const other = tree.add(plain(rootNode, 'b'));
  tree.update(other.id, { item: item('x') });
  tree.update(one.id, { item: undefined });
  assert.equal(tree.byItem('x')?.id, other.id);
  tree.update(other.id, { item: item('y') });
  assert.equal(tree.byItem('x'), undefined);
});

test('paths and ancestors', async () => {
  await using opened = await open();
  const { tree } = opened;
  const folder = tree.add(plain(rootNode, 'f', 'folder'));
  const file = tree.add(plain(folder.id, 'x'));
  assert.equal(tree.path(file.id), '/f/x');
  assert.equal(tree.path(rootNode), '/');
  assert.ok(
    tree.isWithin(file.id, folder.id) && tree.isWithin(file.id, rootNode) && !tree.isWithin(folder.id, file.id),
  );
  tree.detach(folder.id);
  assert.equal(tree.path(file.id), undefined);
});

test('more nodes than are kept decoded', async () => {
  await using opened = await open();
  const { tree, store } = opened;
  store.transact(() => {
    for (let index = 0; index < 30_000; index += 1) tree.add(plain(rootNode, `file ${index}`));
  });
  assert.equal([...tree.children(rootNode)].length, 30_000);
  assert.equal(tree.child(rootNode, 'file 0')?.name, 'file 0');
  assert.equal(tree.get(tree.child(rootNode, 'file 7')?.id as NodeId)?.name, 'file 7');
});
