// Answers that are lost, and others who change the drive meanwhile.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Drive } from '../../src/drive/drive.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { failingDrive, failNth, type Method, type Plan } from '../support/failing-drive.ts';
import { Bench, type BenchOptions } from '../support/opened.ts';
import { hold, until } from '../support/queue-steps.ts';

const loseFirst = (method: Method): BenchOptions => ({
  wrap: (drive: Drive) => failingDrive(drive, failNth(method, 1, 'lose-reply')),
});

describe('lost replies make nothing twice', () => {
  const cases: Record<string, [Method, (bench: Bench) => Promise<void>]> = {
    'a new file': ['upload', (b) => b.write('/a', 'text')],
    'a new content': ['upload', (b) => b.write('/known', 'other')],
    'a new folder': ['makeFolder', (b) => b.calls.mkdir('/f')],
    'a move': ['move', (b) => b.calls.rename('/known', '/g')],
    'a removal': ['remove', (b) => b.calls.unlink('/known')],
    'a description': [
      'setDescription',
      (b) => b.calls.setxattr('/known', 'user.skydrive.description', Buffer.from('d')),
    ],
    'a comment': ['addComment', (b) => b.calls.setxattr('/known', 'user.skydrive.comment.add', Buffer.from('hi'))],
  };
  for (const [name, [method, act]] of Object.entries(cases)) {
    test(name, async () => {
      await using bench = await Bench.open(loseFirst(method));
      bench.memory.store.put('known', 'k');
      await bench.list();
      await act(bench);
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(bench.tree(), await bench.shown());
      assert.deepEqual(bench.troubles, []);
      assert.ok((bench.memory.store.find('known')?.comments.length ?? 0) <= 1);
    });
  }

  test('a file that is written to again before the second attempt is no conflict with itself', async () => {
    await using bench = await Bench.open(loseFirst('upload'));
    await bench.list();
    await bench.write('/a', 'one');
    await until(() => !(bench.opened.unsent()[0]?.trouble === undefined));
    await bench.write('/a', 'two');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { a: 'two' });
  });

  const removals: Record<string, readonly [string[], (bench: Bench) => Promise<unknown>]> = {
    'with its folder': [['f/a'], (b) => b.calls.rmdir('/f')],
    'with its folder, into which somebody puts something': [
      ['f/a'],
      async (b) => {
        await b.calls.rmdir('/f');
        b.memory.store.put('f/theirs', 'theirs');
      },
    ],
    'with a tree': [
      ['f/g/a', 'f/b'],
      async (b) => {
        await b.calls.rmdir('/f/g');
        await b.calls.unlink('/f/b');
        await b.calls.rmdir('/f');
      },
    ],
  };
  for (const [name, [[path = '', ...others], act]] of Object.entries(removals))
    test(`a file whose new content got there unheard is removed ${name}: that was not somebody else`, async () => {
      await using bench = await Bench.open(loseFirst('upload'));
      for (const each of [path, ...others]) bench.memory.store.put(each, 'old');
      await bench.shown();
      await bench.write(`/${path}`, 'new');
      await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
      await bench.calls.unlink(`/${path}`);
      await act(bench);
      assert.deepEqual(await bench.sync(), []);
      const theirs = name.includes('somebody') ? { 'f/': '', 'f/theirs': 'theirs' } : {};
      assert.deepEqual(bench.tree(), theirs);
      assert.deepEqual(await bench.shown(), theirs);
    });

  test('a new folder is known all the same: it is listed when the drive is out of reach', async () => {
    let isOut = false;
    const plan: Plan = (method, count) => {
      if (isOut) return new DriveError('offline', 'no network');
      return method === 'makeFolder' && count === 1 ? 'lose-reply' : undefined;
    };
    await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, plan) });
    await bench.list();
    await bench.calls.mkdir('/f');
    await bench.write('/f/a', 'a');
    assert.deepEqual(await bench.sync(), []);
    isOut = true;
    assert.deepEqual(await bench.list('/f'), ['a']);
  });

  test('a new folder into which somebody has put something meanwhile: that is seen', async () => {
    await using bench = await Bench.open(loseFirst('makeFolder'));
    await bench.list();
    await bench.calls.mkdir('/f');
    await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
    bench.memory.store.put('f/theirs', 'theirs');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(await bench.list('/f'), ['theirs']);
  });

  test('a comment that was under way when the process ended', async () => {
    await using bench = await Bench.open();
    bench.memory.store.put('known', 'k');
    await bench.list();
    const { store } = bench.memory;
    const add = bench.memory.addComment.bind(bench.memory);
    let isFirst = true;
    bench.memory.addComment = async (...args) => {
      const comment = await add(args[0], args[1]);
      // The answer never comes.
      if (isFirst) await new Promise((_, reject) => args[2]?.addEventListener('abort', () => reject(args[2]?.reason)));
      return comment;
    };
    await bench.calls.setxattr('/known', 'user.skydrive.comment.add', Buffer.from('hi'));
    await until(() => !(store.at('known').comments.length === 0));
    await bench.opened.close();
    isFirst = false;
    await bench.reopenClosed();
    assert.deepEqual(await bench.sync(), []);
    assert.equal(store.at('known').comments.length, 1);
  });
});

describe('others on the same drive', () => {
  test('a name that somebody else has taken: theirs keeps it, ours is beside it', async () => {
    await using bench = await Bench.open();
    await bench.list();
    await bench.write('/a.txt', 'ours');
    bench.memory.store.put('a.txt', 'theirs');
    assert.deepEqual(await bench.sync(), []);
    const names = Object.keys(bench.tree());
    assert.equal(bench.tree()['a.txt'], 'theirs');
    const copy = names.find((name) => /^a \(conflict .* \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\)\.txt$/.test(name));
    assert.equal(bench.tree()[copy ?? ''], 'ours');
    assert.equal(names.length, 2);
    await bench.reopen({ listingAgeMs: 0 });
    assert.deepEqual(await bench.shown(), bench.tree());
  });

  test('the same bytes are no conflict, an equal folder neither', async () => {
    await using bench = await Bench.open();
    await bench.list();
    await bench.write('/a.txt', 'same');
    await bench.calls.mkdir('/f');
    bench.memory.store.put('a.txt', 'same');
    bench.memory.store.put('f/theirs', 't');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { 'a.txt': 'same', 'f/': '', 'f/theirs': 't' });
    assert.deepEqual(await bench.shown(), bench.tree());
  });

  test('a move to a name that is taken meanwhile, and moved on by us', async () => {
    await using bench = await Bench.open();
    bench.memory.store.put('a', 'ours');
    await bench.list();
    const { arrived, letGo } = hold(bench, 'move');
    await bench.calls.rename('/a', '/b');
    await arrived;
    bench.memory.store.put('b', 'theirs');
    await bench.calls.rename('/b', '/c');
    letGo();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { b: 'theirs', c: 'ours' });
    await bench.reopen({ listingAgeMs: 0 });
    assert.deepEqual(await bench.shown(), bench.tree());
  });

  test('the folder that a move leads to is gone: it is made again, and the item arrives', async () => {
    await using bench = await Bench.open();
    bench.memory.store.put('a', 'ours');
    bench.memory.store.makeFolder('f');
    await bench.list();
    await bench.list('/f');
    bench.memory.store.remove('f');
    await bench.calls.rename('/a', '/f/a');
    await bench.write('/f/b', 'new');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { 'f/': '', 'f/a': 'ours', 'f/b': 'new' });
    assert.deepEqual(await bench.shown(), bench.tree());
  });

  test('an item that is gone: its new content makes it again, its new name does not', async () => {
    await using bench = await Bench.open();
    bench.memory.store.put('a', 'a');
    bench.memory.store.put('b', 'b');
    await bench.list();
    bench.memory.store.remove('a');
    bench.memory.store.remove('b');
    await bench.write('/a', 'new');
    await bench.calls.rename('/b', '/c');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { a: 'new' });
    assert.deepEqual(await bench.list(), ['a']);
  });

  test('a file that has our name, and changes while it is compared with ours, is compared again', async () => {
    await using bench = await Bench.open({ fs: { settleMs: 5 } });
    await bench.list();
    bench.memory.store.put('a', 'ours');
    let changes = 0;
    bench.memory.before = ({ intent }) => {
      if (intent !== 'read' || changes === 2) return;
      changes += 1;
      bench.memory.store.put('a', 'them');
    };
    await bench.write('/a', 'ours');
    assert.deepEqual(await bench.sync(), []);
    const { a, ...others } = bench.tree();
    assert.deepEqual([changes, a, Object.values(others)], [2, 'them', ['ours']]);
  });

  test('a removed folder into which somebody has put something comes back', async () => {
    await using bench = await Bench.open();
    bench.memory.store.makeFolder('f');
    await bench.list();
    await bench.list('/f');
    bench.memory.store.put('f/x', 'theirs');
    await bench.calls.rmdir('/f');
    assert.deepEqual(await bench.sync(), []);
    await until(async () => (await bench.list()).length > 0);
    assert.deepEqual(await bench.shown(), { 'f/': '', 'f/x': 'theirs' });
  });

  for (const [kind, what] of Object.entries({ file: 'a', folder: 'a/new' }))
    for (const [told, memory] of Object.entries({ 'the change feed': { features: {} }, 'no feed': {} }))
      test(`a removed ${kind} that somebody has changed, then moved, as ${told} told: it comes back where it is`, async () => {
        await using bench = await Bench.open({ memory, fs: { settleMs: 60_000, listingAgeMs: 0, feedIntervalMs: 5 } });
        const { store } = bench.memory;
        store.put('in/known', 'known');
        if (kind === 'file') store.put('a', 'old');
        else store.makeFolder('a');
        await until(async () => 'in/known' in (await bench.shown()));
        await (kind === 'file' ? bench.calls.unlink('/a') : bench.calls.rmdir('/a'));
        store.put(what, 'theirs');
        store.move('a', 'in/b');
        // Told after the move.
        store.put('told', '');
        await until(async () => 'told' in (await bench.shown()));
        assert.deepEqual(await bench.sync(), []);
        await until(async () => (await bench.list('/in')).includes('b'));
        await until(async () => Object.values(await bench.shown()).includes('theirs'));
        assert.deepEqual(await bench.shown(), bench.tree());
      });

  test('a listing that sees our new file before its answer came, and after we renamed it: one name', async () => {
    await using bench = await Bench.open({ fs: { listingAgeMs: 0 } });
    await bench.list();
    const upload = bench.memory.upload.bind(bench.memory);
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    bench.memory.upload = async (...args) => {
      const item = await upload(...args);
      await gate;
      return item;
    };
    await bench.write('/x', 'x');
    await until(() => !(bench.memory.store.find('x') === undefined));
    await bench.calls.rename('/x', '/y');
    assert.deepEqual(await bench.list(), ['y']);
    letGo();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { y: 'x' });
    assert.deepEqual(await bench.list(), ['y']);
  });

  test('comments and descriptions of an item that is gone go with it', async () => {
    await using bench = await Bench.open();
    bench.memory.store.put('a', 'a');
    bench.memory.store.put('b', 'b');
    await bench.list();
    bench.memory.store.remove('a');
    bench.memory.store.remove('b');
    await bench.calls.setxattr('/a', 'user.skydrive.description', Buffer.from('d'));
    await bench.calls.setxattr('/b', 'user.skydrive.comment.add', Buffer.from('c'));
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(await bench.list(), []);
    await bench.reopen();
    assert.equal(bench.opened.nodes(), 1);
  });
});
