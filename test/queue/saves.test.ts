// The ways in which programs save: the item on the drive, with all that hangs on it, stays that of the name.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Bench } from '../support/opened.ts';
import { hold, until } from '../support/queue-steps.ts';
import { changes, meetsTheirs, patient, sameItem, withDocument } from '../support/saved-document.ts';

describe('a save keeps the item', () => {
  const cases: Record<
    string,
    readonly [(bench: Bench) => Promise<unknown>, readonly string[], Record<string, string>]
  > = {
    'a temporary file that takes the name': [
      async (b) => {
        await b.write('/.goutputstream-ABCDEF', 'new');
        await b.calls.rename('/.goutputstream-ABCDEF', '/doc');
      },
      ['upload'],
      { doc: 'new' },
    ],
    'five such saves': [
      async (b) => {
        for (let save = 0; save < 5; save += 1) {
          await b.write('/doc.tmp', `new ${save}`);
          await b.calls.rename('/doc.tmp', '/doc');
        }
      },
      ['upload'],
      { doc: 'new 4' },
    ],
    'a temporary file that was on the drive already': [
      async (b) => {
        await b.write('/doc.tmp', 'new');
        assert.deepEqual(await b.sync(), []);
        await b.calls.rename('/doc.tmp', '/doc');
      },
      ['upload doc.tmp', 'upload', 'remove'],
      { doc: 'new' },
    ],
    'a backup that is kept': [
      async (b) => {
        await b.calls.rename('/doc', '/doc~');
        await b.write('/doc', 'new');
      },
      ['upload doc~', 'upload'],
      { doc: 'new', 'doc~': 'old' },
    ],
    'a backup that is removed': [
      async (b) => {
        await b.calls.rename('/doc', '/doc~');
        await b.write('/doc', 'new');
        await b.calls.unlink('/doc~');
      },
      ['upload'],
      { doc: 'new' },
    ],
    'a file that is put aside under any name, and removed': [
      async (b) => {
        await b.calls.rename('/doc', '/aside');
        await b.write('/doc', 'new');
        await b.calls.unlink('/aside');
      },
      ['upload'],
      { doc: 'new' },
    ],
    'a save over a backup': [
      async (b) => {
        await b.calls.rename('/doc', '/doc~');
        await b.write('/doc', 'one');
        await b.calls.rename('/doc', '/doc~');
        await b.write('/doc', 'two');
      },
      ['upload doc~', 'upload'],
      { doc: 'two', 'doc~': 'one' },
    ],
    'a save over a backup, when the one before is on the drive': [
      async (b) => {
        await b.calls.rename('/doc', '/doc~');
        await b.write('/doc', 'one');
        assert.deepEqual(await b.sync(), []);
        await b.calls.rename('/doc', '/doc~');
        await b.write('/doc', 'two');
      },
      ['upload doc~', 'upload', 'remove', 'upload doc~', 'upload'],
      { doc: 'two', 'doc~': 'one' },
    ],
    'a temporary file that is written before the backup is made, as GLib does it': [
      async (b) => {
        await b.write('/.goutputstream-ABCDEF', 'new');
        await b.calls.rename('/doc', '/doc~');
        await b.calls.rename('/.goutputstream-ABCDEF', '/doc');
      },
      ['upload doc~', 'upload'],
      { doc: 'new', 'doc~': 'old' },
    ],
    'two such saves, both on the drive': [
      async (b) => {
        for (const text of ['one', 'two']) {
          await b.write('/.goutputstream-ABCDEF', text);
          await b.calls.rename('/doc', '/doc~');
          await b.calls.rename('/.goutputstream-ABCDEF', '/doc');
          assert.deepEqual(await b.sync(), []);
        }
      },
      ['upload doc~', 'upload', 'remove', 'upload doc~', 'upload'],
      { doc: 'two', 'doc~': 'one' },
    ],
    'such a save, whose backup is removed': [
      async (b) => {
        await b.write('/.goutputstream-ABCDEF', 'new');
        await b.calls.rename('/doc', '/doc~');
        await b.calls.rename('/.goutputstream-ABCDEF', '/doc');
        await b.calls.unlink('/doc~');
      },
      ['upload'],
      { doc: 'new' },
    ],
    'a save, and another name': [
      async (b) => {
        await b.calls.rename('/doc', '/draft');
        await b.write('/t', 'new');
        await b.calls.rename('/t', '/draft');
        await b.calls.rename('/draft', '/doc');
      },
      ['upload'],
      { doc: 'new' },
    ],
    'the file itself is written anew': [(b) => b.write('/doc', 'new'), ['upload'], { doc: 'new' }],
  };
  for (const [name, [act, asked, tree]] of Object.entries(cases))
    test(name, async () => {
      await using bench = await withDocument();
      const { id } = bench.memory.store.at('doc');
      await act(bench);
      await sameItem(bench, id, tree);
      assert.deepEqual(changes(bench), asked);
    });

  test('links that were made here stay with it', async () => {
    await using bench = await withDocument();
    const link = await bench.calls.getxattr('/doc', 'user.skydrive.link.view');
    await bench.write('/t', 'new');
    await bench.calls.rename('/t', '/doc');
    assert.ok((await bench.calls.listxattr('/doc')).includes('user.skydrive.link.view'));
    assert.deepEqual(await bench.calls.getxattr('/doc', 'user.skydrive.link.view'), link);
  });

  test('who has the old state open reads on', async () => {
    await using bench = await Bench.open({ memory: { fragmentSize: 1000 }, ...patient });
    bench.memory.store.put('doc', 'o'.repeat(100_000));
    await bench.list();
    const fd = await bench.calls.open('/doc', 0);
    await bench.write('/t', 'new');
    await bench.calls.rename('/t', '/doc');
    assert.deepEqual(await bench.sync(), []);
    assert.equal(bench.tree()['doc'], 'new');
    assert.equal((await bench.calls.read(fd, 0, 200_000)).toString(), 'o'.repeat(100_000));
    await bench.calls.close(fd);
    assert.equal(bench.opened.nodes(), 2);
  });

  test('a backup of what is not on this disk holds it', async () => {
    await using bench = await Bench.open(patient);
    const { id } = bench.memory.store.put('doc', 'o'.repeat(300_000));
    await bench.list();
    await bench.calls.rename('/doc', '/doc.bak');
    await bench.write('/doc', 'new');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { doc: 'new', 'doc.bak': 'o'.repeat(300_000) });
    assert.equal(bench.memory.store.at('doc').id, id);
  });

  test('an older file that takes the name is another document', async () => {
    await using bench = await withDocument();
    const { id } = bench.memory.store.put('other', 'other');
    await bench.reopen({ listingAgeMs: 0 });
    await bench.list();
    await bench.calls.rename('/other', '/doc');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { doc: 'other' });
    assert.equal(bench.memory.store.at('doc').id, id);
  });

  test('a name in another case is another name', async () => {
    for (const aside of ['/doc~', '/folder/doc']) {
      await using bench = await withDocument();
      await bench.calls.mkdir('/folder');
      await bench.calls.rename('/doc', aside);
      await bench.write('/DOC', 'new');
      await bench.calls.unlink(aside);
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(bench.tree(), { DOC: 'new', 'folder/': '' });
      assert.deepEqual(await bench.shown(), bench.tree());
    }
  });

  test('what is saved and removed is gone, whatever was under way', async () => {
    await using bench = await withDocument();
    await bench.write('/t', 'new');
    await bench.calls.rename('/t', '/doc');
    await bench.calls.unlink('/doc');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), {});
    assert.deepEqual(changes(bench), ['remove']);
    assert.equal(bench.opened.nodes(), 1);
  });
});

describe('a save while the one before is being sent', () => {
  const saveBy = async (bench: Bench, text: string): Promise<void> => {
    await bench.write('/t', text);
    await bench.calls.rename('/t', '/doc');
  };

  for (const [name, saves] of [
    ['twice', 2],
    ['three times', 3],
  ] as const)
    for (const isNew of [false, true])
      test(`${name}${isNew ? ', of a new file' : ''}`, async () => {
        await using bench = await Bench.open({ fs: { settleMs: 5 } });
        if (!isNew) bench.memory.store.put('doc', 'old');
        await bench.list();
        const { arrived, letGo } = hold(bench, 'upload');
        await saveBy(bench, 'one');
        await arrived;
        for (let save = 1; save < saves; save += 1) await saveBy(bench, `more ${save}`);
        letGo();
        assert.deepEqual(await bench.sync(), []);
        assert.deepEqual(bench.tree(), { doc: `more ${saves - 1}` });
        assert.deepEqual(await bench.shown(), bench.tree());
        assert.deepEqual(changes(bench), [isNew ? 'upload doc' : 'upload', 'upload']);
        assert.equal(bench.opened.nodes(), 2);
        assert.deepEqual(bench.troubles, []);
      });

  test('is removed: so is what was to be taken over', async () => {
    await using bench = await Bench.open({ fs: { settleMs: 5 } });
    bench.memory.store.put('doc', 'old');
    await bench.list();
    const { arrived, letGo } = hold(bench, 'upload');
    await saveBy(bench, 'one');
    await arrived;
    await saveBy(bench, 'two');
    await bench.calls.unlink('/doc');
    letGo();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), {});
    assert.equal(bench.opened.nodes(), 1);
  });

  test('of a temporary file that is being sent itself', async () => {
    await using bench = await Bench.open({ fs: { settleMs: 5 } });
    const { id } = bench.memory.store.put('doc', 'old');
    await bench.list();
    const { arrived, letGo } = hold(bench, 'upload');
    await bench.write('/new', 'new');
    await arrived;
    await bench.calls.rename('/new', '/doc');
    letGo();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { doc: 'new' });
    assert.equal(bench.memory.store.at('doc').id, id);
    await until(() => bench.opened.nodes() === 2);
  });

  test('again and again, by the same temporary name, at any moment', async () => {
    for (let round = 0; round < 24; round += 1) {
      await using bench = await Bench.open({ fs: { settleMs: 5 } });
      bench.memory.store.put('doc', 'old');
      await bench.list();
      bench.memory.before = () => new Promise((resolve) => setTimeout(resolve, (round * 7) % 20));
      for (let save = 0; save < 3; save += 1) {
        await bench.write('/t', `save ${save}`);
        await new Promise((resolve) => setTimeout(resolve, (round * 5 + save * 11) % 40));
        await bench.calls.rename('/t', '/doc');
        await new Promise((resolve) => setTimeout(resolve, (round * 3) % 30));
      }
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(bench.tree(), { doc: 'save 2' }, `round ${round}`);
      assert.deepEqual(bench.troubles, []);
    }
  });

  test('and somebody else has saved it too: both are there', () => meetsTheirs(saveBy));
});

describe('somebody else changes the file whose new content is given to the document', () => {
  for (const isSeen of [false, true])
    test(`while that is being sent${isSeen ? ', which is seen' : ''}: theirs stays where it was, ours is the document`, async () => {
      await using bench = await Bench.open({ fs: { settleMs: 5, listingAgeMs: isSeen ? 0 : 1e9 } });
      const { id } = bench.memory.store.put('doc', 'old');
      await bench.list();
      await bench.write('/draft', 'draft');
      assert.deepEqual(await bench.sync(), []);
      const { arrived, letGo } = hold(bench, 'upload');
      await bench.write('/draft', 'ours');
      await arrived;
      const theirs = bench.memory.store.put('draft', 'theirs');
      if (isSeen) await bench.list();
      await bench.calls.rename('/draft', '/doc');
      letGo();
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(bench.tree(), { doc: 'ours', draft: 'theirs' });
      assert.equal(bench.memory.store.at('doc').id, id);
      assert.equal(bench.memory.store.at('draft').id, theirs.id);
      await until(async () => (await bench.list()).length === 2);
      assert.deepEqual(await bench.shown(), bench.tree());
      assert.deepEqual(bench.opened.conflicts(), []);
      assert.equal(bench.opened.nodes(), 3);
    });

  test('before it was sent: theirs is not removed with what the save leaves', async () => {
    await using bench = await Bench.open({ fs: { settleMs: 60_000, listingAgeMs: 0 } });
    const { id } = bench.memory.store.put('doc', 'old');
    await bench.list();
    await bench.write('/draft', 'draft');
    assert.deepEqual(await bench.sync(), []);
    await bench.write('/draft', 'ours');
    bench.memory.store.put('draft', 'theirs');
    await bench.list();
    await bench.calls.rename('/draft', '/doc');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { doc: 'ours', draft: 'theirs' });
    assert.equal(bench.memory.store.at('doc').id, id);
    await until(async () => (await bench.list()).length === 2);
    assert.deepEqual(await bench.shown(), bench.tree());
  });
});

describe('what a save leaves', () => {
  test('has gone before its name is another file, also when the save itself is removed', async () => {
    await using bench = await Bench.open({ fs: { settleMs: 5 } });
    bench.memory.store.put('doc', 'old');
    await bench.list();
    await bench.write('/draft', 'one');
    await bench.sync();
    const { arrived, letGo } = hold(bench, 'upload');
    await bench.write('/draft', 'two');
    await arrived;
    await bench.calls.rename('/draft', '/doc');
    await bench.write('/draft', 'another');
    await bench.calls.unlink('/doc');
    letGo();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { draft: 'another' });
    assert.deepEqual(await bench.shown(), bench.tree());
    assert.deepEqual(bench.troubles, []);
  });

  test('has gone before its folder is removed', async () => {
    await using bench = await Bench.open({ fs: { settleMs: 100 } });
    bench.memory.store.put('doc', 'old');
    await bench.list();
    await bench.calls.mkdir('/folder', 0o755);
    await bench.write('/folder/draft', 'new');
    await bench.sync();
    await bench.calls.rename('/folder/draft', '/moved');
    await bench.calls.rmdir('/folder');
    await bench.calls.rename('/moved', '/doc');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { doc: 'new' });
    assert.deepEqual(await bench.shown(), bench.tree());
    assert.deepEqual(bench.troubles, []);
  });
});
