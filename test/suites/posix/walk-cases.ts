// Random walks, with a seed in the title: one over the bytes of a file (as fsx does), one over a tree of names. A model that
// is a few lines long tells what each step must give, errors included.
import assert from 'node:assert/strict';
import { type Calls, O_APPEND, O_RDWR } from './calls.ts';
import { patterned } from './content-cases.ts';
import type { Case, Ground } from './ground.ts';

/** Uniform numbers from a seed (xorshift, 32 bits). */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) >>> 0 || 1;
  }

  /** 0 to `limit - 1`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state = (this.#state ^ (this.#state << 5)) >>> 0;
    return this.#state % limit;
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error('nothing to pick from');
    return chosen;
  }
}

const largest = 400_000;

interface FileWalk {
  readonly ground: Ground;
  readonly dice: Dice;
  fd: number;
  model: Buffer;
}

const grown = (model: Buffer, size: number): Buffer =>
  size <= model.length ? model : Buffer.concat([model, Buffer.alloc(size - model.length)]);

const overwrite = async (walk: FileWalk, offset: number): Promise<void> => {
  const data = patterned(walk.dice.below(60_000) + 1, walk.dice.below(1000));
  await walk.ground.write(walk.fd, data, offset);
  walk.model = grown(walk.model, offset + data.length);
  data.copy(walk.model, offset);
};

const resize = async (walk: FileWalk, resizer: (size: number) => Promise<void>): Promise<void> => {
  const size = walk.dice.below(largest);
  await resizer(size);
  walk.model = grown(walk.model, size).subarray(0, size);
};

const fileSteps: readonly ((walk: FileWalk) => Promise<void>)[] = [
  (walk) => overwrite(walk, walk.dice.below(largest)),
  (walk) => overwrite(walk, walk.dice.below(walk.model.length + 1)),
  async (walk) => {
    const data = patterned(walk.dice.below(9000) + 1, walk.dice.below(1000));
    await walk.ground.opened('file', O_RDWR | O_APPEND, (fd) => walk.ground.write(fd, data, 0));
    walk.model = Buffer.concat([walk.model, data]);
  },
  (walk) => resize(walk, (size) => walk.ground.calls.ftruncate(walk.fd, size)),
  (walk) => resize(walk, (size) => walk.ground.calls.truncate(walk.ground.path('file'), size)),
  async (walk) => {
    const [offset, length] = [walk.dice.below(largest), walk.dice.below(largest)];
    const read = await walk.ground.calls.read(walk.fd, offset, length);
    assert.ok(read.equals(walk.model.subarray(offset, offset + length)), `read ${length} at ${offset}`);
  },
  async (walk) => {
    assert.equal((await walk.ground.stat('file')).size, walk.model.length);
    assert.ok((await walk.ground.get('file')).equals(walk.model), 'the whole content');
  },
  async (walk) => {
    await walk.ground.calls.close(walk.fd);
    walk.fd = await walk.ground.calls.open(walk.ground.path('file'), O_RDWR);
  },
  (walk) => walk.ground.calls.fsync(walk.fd),
];

export const fileWalk = (seed: number, steps: number): Case => ({
  title: `${steps} steps over a file, seed ${seed}`,
  run: async (ground) => {
    await ground.put('file');
    const fd = await ground.calls.open(ground.path('file'), O_RDWR);
    const walk: FileWalk = { ground, dice: new Dice(seed), fd, model: Buffer.alloc(0) };
    for (let step = 0; step < steps; step += 1)
      await walk.dice
        .pick(fileSteps)(walk)
        .catch((error: unknown) => {
          throw new Error(`step ${step}: ${error instanceof Error ? error.message : error}`, { cause: error });
        });
    await ground.calls.close(walk.fd);
    assert.ok((await ground.get('file')).equals(walk.model));
  },
});

/** A folder is a Map, a file is its content. */
type Model = string | Map<string, Model>;

const parentIn = (root: Map<string, Model>, path: string): [Map<string, Model> | 'ENOENT' | 'ENOTDIR', string] => {
  const names = path.split('/');
  const own = names.pop() ?? '';
  let at: Model = root;
  for (const name of names) {
    if (typeof at === 'string') return ['ENOTDIR', own];
    const next: Model | undefined = at.get(name);
    if (next === undefined) return ['ENOENT', own];
    at = next;
  }
  return [typeof at === 'string' ? 'ENOTDIR' : at, own];
};

type TreeStep = (root: Map<string, Model>, one: string, two: string) => string;

const withParent = (
  root: Map<string, Model>,
  path: string,
  change: (folder: Map<string, Model>, name: string, known: Model | undefined) => string,
): string => {
  const [folder, name] = parentIn(root, path);
  return typeof folder === 'string' ? folder : change(folder, name, folder.get(name));
};

const renameInModel: TreeStep = (root, one, two) => {
  const [from, fromName] = parentIn(root, one);
  const [to, toName] = parentIn(root, two);
  if (typeof from === 'string') return from;
  if (typeof to === 'string') return to;
  const moved = from.get(fromName);
  const target = to.get(toName);
  if (moved === undefined) return 'ENOENT';
  if (one === two) return 'ok';
  if (two.startsWith(`${one}/`)) return 'EINVAL';
  if (one.startsWith(`${two}/`)) return 'ENOTEMPTY';
  if (typeof target === 'string' && typeof moved !== 'string') return 'ENOTDIR';
  if (typeof target === 'object' && typeof moved === 'string') return 'EISDIR';
  if (typeof target === 'object' && target.size > 0) return 'ENOTEMPTY';
  from.delete(fromName);
  to.set(toName, moved);
  return 'ok';
};

const modelSteps: Readonly<Record<string, TreeStep>> = {
  put: (root, path, content) =>
    withParent(root, path, (folder, name, known) => {
      if (typeof known === 'object') return 'EISDIR';
      folder.set(name, content);
      return 'ok';
    }),
  mkdir: (root, path) =>
    withParent(root, path, (folder, name, known) => {
      if (known !== undefined) return 'EEXIST';
      folder.set(name, new Map());
      return 'ok';
    }),
  unlink: (root, path) =>
    withParent(root, path, (folder, name, known) => {
      if (known === undefined) return 'ENOENT';
      if (typeof known === 'object') return 'EISDIR';
      folder.delete(name);
      return 'ok';
    }),
  rmdir: (root, path) =>
    withParent(root, path, (folder, name, known) => {
      if (known === undefined) return 'ENOENT';
      if (typeof known === 'string') return 'ENOTDIR';
      if (known.size > 0) return 'ENOTEMPTY';
      folder.delete(name);
      return 'ok';
    }),
  rename: renameInModel,
};

const realSteps: Readonly<Record<string, (ground: Ground, one: string, two: string) => Promise<void>>> = {
  put: (ground, path, content) => ground.put(path, content),
  mkdir: (ground, path) => ground.mkdir(path),
  unlink: (ground, path) => ground.unlink(path),
  rmdir: (ground, path) => ground.calls.rmdir(ground.path(path)),
  rename: (ground, one, two) => ground.rename(one, two),
};

const outcome = async (call: Promise<void> | undefined): Promise<string> => {
  try {
    await call;
    return 'ok';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
};

const treeOf = async (calls: Calls, path: string): Promise<Map<string, Model>> => {
  const tree = new Map<string, Model>();
  for await (const { name, kind } of calls.scan(path)) {
    const ground: Calls = calls;
    if (kind === 'folder') tree.set(name, await treeOf(ground, `${path}/${name}`));
    else tree.set(name, await contentOf(ground, `${path}/${name}`));
  }
  return tree;
};

const contentOf = async (calls: Calls, path: string): Promise<string> => {
  const fd = await calls.open(path, O_RDWR);
  const content = (await calls.read(fd, 0, 100)).toString();
  await calls.close(fd);
  return content;
};

export const treeWalk = (seed: number, steps: number): Case => ({
  title: `${steps} steps over a tree, seed ${seed}`,
  run: async (ground) => {
    const dice = new Dice(seed);
    const root = new Map<string, Model>();
    const names = ['a', 'b', 'c'];
    const anyPath = (): string => Array.from({ length: dice.below(3) + 1 }, () => dice.pick(names)).join('/');
    for (let step = 0; step < steps; step += 1) {
      const name = dice.pick(Object.keys(modelSteps));
      const [one, two] = [anyPath(), name === 'put' ? `content ${step}` : anyPath()];
      const expected = modelSteps[name]?.(root, one, two);
      const found = await outcome(realSteps[name]?.(ground, one, two));
      assert.equal(found, expected, `step ${step}: ${name} ${one} ${two}`);
      if (step % 50 === 49) assert.deepEqual(await treeOf(ground.calls, ground.folder), root);
    }
    assert.deepEqual(await treeOf(ground.calls, ground.folder), root);
  },
});

export const walkCases: readonly Case[] = [
  ...[1, 2, 3].map((seed) => fileWalk(seed, 250)),
  ...[11, 12, 13].map((seed) => treeWalk(seed, 500)),
];
