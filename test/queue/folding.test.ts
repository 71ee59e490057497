// What is asked of the drive, when many changes come to few; and that it is the same in the end.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Drive } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { wrapDrive } from '../../src/drive/wrap-drive.ts';
import { type Call, liveLike } from '../support/memory-drive.ts';
import { Bench, type BenchOptions } from '../support/opened.ts';
import { until } from '../support/queue-steps.ts';

/** Changes that the drive is asked for while `act` runs and until all is sent. */
const asked = async (bench: Bench, act: () => Promise<unknown>): Promise<string[]> => {
  const looks: Call['intent'][] = ['root', 'children', 'page', 'get', 'piece', 'read', 'quota', 'comments', 'fragment'];
  const before = bench.memory.calls.length;
  await act();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), await bench.shown());
  assert.deepEqual(bench.troubles, []);
  const calls = bench.memory.calls.slice(before).filter(({ intent }) => !looks.includes(intent));
  return calls.map(({ intent, name }) => (name === undefined ? intent : `${intent} ${name}`)).sort();
};

const patient = { fs: { settleMs: 60_000 } };

describe('what many changes come to', () => {
  const cases: Record<string, readonly [(bench: Bench) => Promise<unknown>, readonly string[]]> = {
    'ten saves': [
      async (b) => {
        for (let save = 0; save < 10; save += 1) await b.write('/known', `${save}`);
      },
      ['upload'],
    ],
    'a file made and removed': [
      async (b) => {
        await b.write('/a', 'a');
        await b.calls.unlink('/a');
      },
      [],
    ],
    'a chain of names': [
      async (b) => {
        await b.calls.rename('/known', '/a');
        await b.calls.rename('/a', '/b');
        await b.calls.rename('/b', '/c');
      },
      ['move c'],
    ],
    'a chain of names that ends where it began': [
      async (b) => {
        await b.calls.rename('/known', '/a');
        await b.calls.rename('/a', '/f/b');
        await b.calls.rename('/f/b', '/known');
      },
      [],
    ],
    'a case that is changed and changed back': [
      async (b) => {
        await b.calls.rename('/known', '/KNOWN');
        await b.calls.rename('/KNOWN', '/Known');
      },
      ['move Known'],
    ],
    'a file made, and named anew': [
      async (b) => {
        await b.write('/a', 'a');
        await b.calls.rename('/a', '/b');
        await b.calls.rename('/b', '/f/c');
      },
      ['upload c'],
    ],
    'a folder made, filled, and named anew': [
      async (b) => {
        await b.calls.mkdir('/new folder');
        await b.write('/new folder/x', 'x');
        await b.calls.rename('/new folder', '/photos');
        await b.write('/photos/y', 'y');
      },
      ['makeFolder photos', 'upload x', 'upload y'],
    ],
    'a name given up, taken by another, and a chain behind it': [
      async (b) => {
        await b.calls.rename('/known', '/a');
        await b.write('/known', 'new');
        await b.calls.rename('/a', '/b');
      },
      ['move b', 'upload known'],
    ],
    'two that exchange their names twice': [
      async (b) => {
        await b.calls.rename('/known', '/other', 'exchange');
        await b.calls.rename('/known', '/other', 'exchange');
      },
      [],
    ],
    'two new ones that exchange their names': [
      async (b) => {
        await b.write('/x', 'x');
        await b.write('/y', 'y');
        await b.calls.rename('/x', '/y', 'exchange');
      },
      ['upload x', 'upload y'],
    ],
    'one that is moved and removed': [
      async (b) => {
        await b.calls.rename('/known', '/f/a');
        await b.calls.unlink('/f/a');
      },
      ['remove'],
    ],
    descriptions: [
      async (b) => {
        for (const text of ['one', 'two', 'three'])
          await b.calls.setxattr('/known', 'user.skydrive.description', Buffer.from(text));
      },
      ['setDescription'],
    ],
    'a folder that takes the name of the one that it was in': [
      async (b) => {
        await b.calls.rename('/tree/in', '/out');
        await b.calls.unlink('/tree/a');
        await b.calls.rmdir('/tree');
        await b.calls.rename('/out', '/tree');
      },
      ['move out', 'move tree', 'remove'],
    ],
    'a tree that is removed': [(b) => removeTree(b, '/tree'), ['remove']],
    'a tree that is moved and removed': [
      async (b) => {
        await b.calls.rename('/tree', '/f/tree');
        await removeTree(b, '/f/tree');
      },
      ['remove'],
    ],
    'a tree of which one file is saved elsewhere': [
      async (b) => {
        await b.calls.rename('/tree/in/x', '/saved');
        await removeTree(b, '/tree');
      },
      ['move saved', 'remove'],
    ],
    'a tree that is removed and made again': [
      async (b) => {
        await removeTree(b, '/tree');
        await b.calls.mkdir('/tree');
        await b.write('/tree/new', 'n');
      },
      ['makeFolder tree', 'remove', 'upload new'],
    ],
    'a new tree that is removed': [
      async (b) => {
        await b.calls.mkdir('/t');
        await b.calls.mkdir('/t/in');
        await b.write('/t/in/x', 'x');
        await removeTree(b, '/t');
      },
      [],
    ],
  };
  for (const [name, [act, expected]] of Object.entries(cases))
    test(name, async () => {
      await using bench = await Bench.open(patient);
      for (const path of ['known', 'other', 'f/z', 'tree/a', 'tree/in/x', 'tree/in/y', 'tree/in/deep/z'])
        bench.memory.store.put(path, path);
      await bench.shown();
      assert.deepEqual(await asked(bench, () => act(bench)), expected);
    });
});

/** As `rm -r` does it. */
const removeTree = async (bench: Bench, path: string): Promise<void> => {
  const entries: { readonly name: string; readonly kind: string }[] = [];
  for await (const entry of bench.calls.scan(path)) entries.push(entry);
  for (const { name, kind } of entries)
    if (kind === 'folder') await removeTree(bench, `${path}/${name}`);
    else await bench.calls.unlink(`${path}/${name}`);
  await bench.calls.rmdir(path);
};

/** With what a drive says of a folder, if it says how all stands that is in it. */
const guarded = { ...patient, memory: { features: { ...liveLike, conditionalWrites: true }, treeVersions: true } };

/** Somebody else is at it just before the first removal takes effect. */
const meanwhile = ({ memory }: Bench, act: () => unknown): void => {
  memory.before = ({ intent }) => {
    if (intent !== 'remove') return;
    memory.before = undefined;
    act();
  };
};

/** Whatever the version of a tree is, this drive says that it is another. */
const refusing = (drive: Drive): Drive =>
  wrapDrive(drive, {
    call: async (method, args, run) => {
      if (method === 'remove' && String(args[1]).startsWith('t')) throw new DriveError('changed', 'another version');
      return await run(args);
    },
    stream: (_method, args, run) => run(args),
  });

describe('a tree that is removed while somebody else works in it', () => {
  type Cases = Record<string, readonly [(bench: Bench) => unknown, Record<string, string>]>;
  const intrusions: Cases = {
    'a new file': [
      (b) => b.memory.store.put('tree/in/new', 'theirs'),
      { 'tree/': '', 'tree/in/': '', 'tree/in/new': 'theirs' },
    ],
    'another content': [
      (b) => b.memory.store.put('tree/in/x', 'theirs'),
      { 'tree/': '', 'tree/in/': '', 'tree/in/x': 'theirs' },
    ],
    'another name': [
      (b) => b.memory.store.move('tree/in/x', 'tree/in/w'),
      { 'tree/': '', 'tree/in/': '', 'tree/in/w': 'x' },
    ],
  };
  const withdrawals: Cases = {
    'a file that went away': [(b) => b.memory.store.move('tree/in/x', 'x'), { x: 'x' }],
    'all of it gone': [(b) => b.memory.store.remove('tree'), {}],
  };
  const removedTree = async (options: BenchOptions): Promise<Bench> => {
    const bench = await Bench.open(options);
    for (const path of ['tree/a', 'tree/in/x', 'tree/in/y']) bench.memory.store.put(path, path.slice(-1));
    await bench.shown();
    await removeTree(bench, '/tree');
    return bench;
  };
  const sent = async (bench: Bench, expected: Record<string, string>): Promise<void> => {
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), expected);
    await bench.reopen({ listingAgeMs: 0 });
    assert.deepEqual(await bench.shown(), expected);
  };
  for (const [name, [act, expected]] of Object.entries({ ...intrusions, ...withdrawals }))
    for (const [drive, options] of Object.entries({ 'without versions of trees': patient, 'with them': guarded }))
      test(`${name}, before it is looked at, on a drive ${drive}`, async () => {
        await using bench = await removedTree(options);
        act(bench);
        await sent(bench, expected);
      });
  for (const [name, [act, expected]] of Object.entries(intrusions))
    test(`${name}, between the look and the removal`, async () => {
      await using bench = await removedTree(guarded);
      meanwhile(bench, () => act(bench));
      await sent(bench, expected);
    });

  test('something comes into an empty folder between the look and its removal', async () => {
    await using bench = await Bench.open(guarded);
    bench.memory.store.makeFolder('empty');
    await bench.shown();
    await bench.calls.rmdir('/empty');
    meanwhile(bench, () => bench.memory.store.put('empty/new', 'theirs'));
    await sent(bench, { 'empty/': '', 'empty/new': 'theirs' });
  });

  test('something comes and goes there: the tree is gone in the end', async () => {
    await using bench = await removedTree(guarded);
    meanwhile(bench, () => {
      bench.memory.store.put('tree/in/new', 'theirs');
      bench.memory.store.remove('tree/in/new');
    });
    await sent(bench, {});
    assert.equal(bench.memory.count('remove'), 2);
  });

  test('a drive that does not take the version of a tree as a condition', async () => {
    await using bench = await removedTree({ ...guarded, wrap: refusing });
    await sent(bench, {});
    assert.equal(bench.memory.count('remove'), 1);
  });

  test('is removed after a restart, in one go', async () => {
    await using bench = await Bench.open(patient);
    for (const path of ['tree/a', 'tree/in/x', 'tree/in/y']) bench.memory.store.put(path, path);
    await bench.shown();
    await removeTree(bench, '/tree');
    const fresh = bench.memory.calls.length;
    await bench.reopen();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), {});
    assert.equal(bench.memory.calls.slice(fresh).filter(({ intent }) => intent === 'remove').length, 1);
    assert.equal(bench.opened.nodes(), 1);
  });
});

describe('settling', () => {
  test('removals wait for each other, within limits', async () => {
    await using bench = await Bench.open({ fs: { settleMs: 60 } });
    for (let index = 0; index < 30; index += 1) bench.memory.store.put(`tree/${index}`, 'x');
    await bench.shown();
    for (let index = 0; index < 30; index += 1) {
      await bench.calls.unlink(`/tree/${index}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await bench.calls.rmdir('/tree');
    await until(() => bench.opened.unsent().length === 0);
    assert.ok(bench.memory.count('remove') <= 2, `${bench.memory.count('remove')} removals`);
    assert.deepEqual(bench.tree(), {});
  });

  test('a new file of a temporary name waits longer, until it gets another', async () => {
    await using bench = await Bench.open({ fs: { settleMs: 40 } });
    await bench.list();
    await bench.write('/.goutputstream-X1Y2Z3', 'new');
    await bench.write('/plain', 'new');
    await until(() => bench.memory.count('upload') > 0);
    await new Promise((resolve) => setTimeout(resolve, 120));
    assert.deepEqual(bench.tree(), { plain: 'new' });
    await bench.calls.rename('/.goutputstream-X1Y2Z3', '/doc');
    await until(() => bench.memory.count('upload') > 1);
    await until(() => bench.opened.unsent().length === 0);
    assert.deepEqual(bench.tree(), { doc: 'new', plain: 'new' });
  });
});
