// Parked changes tried again, bytes got out, changes taken back, the brake, and conflicts dealt with.
import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FsError } from '../../src/base/errors.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { Bench, type BenchOptions } from '../support/opened.ts';
import { breakDrive, until } from '../support/queue-steps.ts';
import { tempDir } from '../support/temp-dir.ts';

const never = new AbortController().signal;

/** Files below a folder with their contents. */
const filesIn = async (folder: string): Promise<Record<string, string>> => {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const);
  return Object.fromEntries((await Promise.all(read)).sort(([a], [b]) => (a < b ? -1 : 1)));
};

describe('retry', () => {
  test('sends what was parked, where somebody asks for it', async () => {
    await using bench = await Bench.open();
    await bench.list();
    const { mend } = breakDrive(bench, 'denied');
    await bench.write('/a', 'a');
    await bench.write('/b', 'b');
    await bench.calls.mkdir('/folder');
    assert.equal((await bench.sync()).length, 3);
    mend();
    assert.deepEqual(bench.opened.upkeep.retry('/b'), ['/b']);
    assert.equal((await bench.sync()).length, 2);
    assert.deepEqual(bench.tree(), { b: 'b' });
    assert.deepEqual(bench.opened.upkeep.retry().sort(), ['/a', '/folder']);
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { a: 'a', b: 'b', 'folder/': '' });
  });

  test('parks again what fails again', async () => {
    await using bench = await Bench.open();
    await bench.list();
    breakDrive(bench, 'denied');
    await bench.calls.mkdir('/folder');
    await bench.sync();
    bench.opened.upkeep.retry();
    assert.equal((await bench.sync())[0]?.parked, 'not now');
  });
});

describe('export', () => {
  test('copies what only this disk has, under its names, and overwrites nothing', async () => {
    await using bench = await Bench.open();
    await using place = await tempDir();
    await bench.write('/sent', 'sent');
    await bench.sync();
    breakDrive(bench);
    await bench.calls.mkdir('/folder');
    await bench.write('/folder/a', 'text');
    await bench.write('/b', '');
    const first = await bench.opened.upkeep.export('', place.path, never);
    assert.deepEqual(first.failed, []);
    assert.deepEqual(await filesIn(place.path), { b: '', 'folder/a': 'text' });
    await bench.write('/folder/a', 'other');
    const again = await bench.opened.upkeep.export('/folder', place.path, never);
    assert.deepEqual(again, {
      exported: [],
      failed: [{ path: '/folder/a', reason: 'there is a file of that name already' }],
    });
    assert.deepEqual(await filesIn(place.path), { b: '', 'folder/a': 'text' });
  });

  test('makes a symbolic link of one', async () => {
    await using bench = await Bench.open();
    await using place = await tempDir();
    await bench.list();
    breakDrive(bench);
    await bench.calls.symlink('../elsewhere', '/link');
    const { failed, exported } = await bench.opened.upkeep.export('', place.path, never);
    assert.deepEqual([failed, exported], [[], [{ path: '/link', to: join(place.path, 'link') }]]);
    assert.equal(await readlink(join(place.path, 'link')), '../elsewhere');
    const again = await bench.opened.upkeep.export('', place.path, never);
    assert.deepEqual(again.failed, [{ path: '/link', reason: 'there is a file of that name already' }]);
  });

  test('writes nothing outside of the folder that it is given, and says what is in the way there', async () => {
    await using bench = await Bench.open();
    await using place = await tempDir();
    await using elsewhere = await tempDir();
    await bench.list();
    breakDrive(bench);
    for (const folder of ['/deep', '/deep/link', '/file', '/well']) await bench.calls.mkdir(folder);
    for (const path of ['/deep/link/a', '/file/b', '/link', '/well/c']) await bench.write(path, 'text');
    await mkdir(join(place.path, 'deep'));
    await symlink(elsewhere.path, join(place.path, 'deep', 'link'));
    await symlink(join(elsewhere.path, 'new'), join(place.path, 'link'));
    await writeFile(join(place.path, 'file'), '');
    const { exported, failed } = await bench.opened.upkeep.export('', place.path, never);
    assert.deepEqual(
      exported.map(({ path }) => path),
      ['/well/c'],
    );
    assert.deepEqual(failed, [
      { path: '/deep/link/a', reason: `${place.path}/deep/link is a symbolic link, which is not followed` },
      { path: '/file/b', reason: `${place.path}/file is not a folder` },
      { path: '/link', reason: 'there is a file of that name already' },
    ]);
    assert.deepEqual(await readdir(elsewhere.path), []);
    const nowhere = await bench.opened.upkeep.export('/well', '/proc/nowhere', never);
    assert.deepEqual(nowhere.failed, [{ path: '/well/c', reason: '/proc/nowhere: no such file or directory' }]);
    const file = join(place.path, 'file');
    const noFolder = await bench.opened.upkeep.export('/well', file, never);
    assert.deepEqual(noFolder.failed, [{ path: '/well/c', reason: `${file} is not a folder` }]);
  });

  test('gives what there is of a file whose other parts are out of reach', async () => {
    await using bench = await Bench.open();
    await using place = await tempDir();
    bench.memory.store.put('a', 'on the drive');
    await bench.list();
    const fd = await bench.calls.open('/a', 2);
    breakDrive(bench);
    await bench.calls.write(fd, Buffer.from('in'), 0);
    await bench.calls.close(fd);
    const { exported } = await bench.opened.upkeep.export('', place.path, never);
    assert.deepEqual(
      exported.map(({ path, partial }) => [path, partial]),
      [['/a', true]],
    );
    assert.deepEqual(await filesIn(place.path), { 'a.partial': `in${'\0'.repeat(10)}` });
  });
});

describe('discard', () => {
  test('drops what it names, and what is on the drive counts again', async () => {
    await using bench = await Bench.open();
    bench.memory.store.put('a', 'old');
    bench.memory.store.put('b', 'old');
    bench.memory.store.makeFolder('folder');
    bench.memory.store.put('folder/c', 'old');
    await bench.list();
    await bench.list('/folder');
    breakDrive(bench, 'denied');
    await bench.write('/a', 'new');
    await bench.calls.unlink('/b');
    await bench.calls.rename('/folder/c', '/moved');
    await bench.calls.mkdir('/made');
    await bench.write('/made/d', 'new');
    await bench.sync();
    const { upkeep } = bench.opened;
    for (const path of ['/a', '/b', '/moved', '/made']) {
      const { left } = await upkeep.discard(path, never);
      assert.deepEqual(left, [], path);
    }
    assert.deepEqual(bench.opened.unsent(), []);
    bench.memory.before = undefined;
    assert.deepEqual(await bench.shown(), { a: 'old', b: 'old', 'folder/': '', 'folder/c': 'old' });
    assert.deepEqual(await bench.sync(), []);
    await assert.rejects(upkeep.discard('/a', never), (error) => error instanceof FsError && error.code === 'ENOENT');
    await bench.reopen({ listingAgeMs: 0 });
    assert.deepEqual(await bench.shown(), bench.tree());
    assert.equal(bench.opened.nodes(), bench.memory.store.items.size);
  });
});

describe('hold and revert', () => {
  test('nothing is sent while the queue is held, also after a restart, and all of it afterwards', async () => {
    await using bench = await Bench.open();
    await bench.list();
    await bench.opened.upkeep.hold(never);
    await bench.write('/a', 'text');
    const [left] = await bench.sync();
    assert.match(left?.parked ?? '', /skydrive queue release/);
    await bench.reopen();
    assert.equal((await bench.sync()).length, 1);
    assert.deepEqual(bench.tree(), {});
    await bench.opened.upkeep.release(never);
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { a: 'text' });
  });

  test('the brake holds a queue of very many removals; reverting brings everything back', async () => {
    const brake = { count: 10, share: 25, windowMs: 60_000 };
    await using bench = await Bench.open({ fs: { brake, settleMs: 50 } });
    const { store } = bench.memory;
    store.makeFolder('folder');
    for (let n = 0; n < 20; n++) store.put(`folder/${n}`, `old ${n}`);
    await bench.list('/folder');
    const before = bench.tree();
    // Only what is under way when it is braked may still get there.
    let isBraked = false;
    bench.memory.before = async ({ intent }) => {
      if (intent === 'remove') await until(() => isBraked);
    };
    for (let n = 0; n < 9; n++) await bench.calls.unlink(`/folder/${n}`);
    assert.deepEqual(bench.opened.holds(), []);
    await bench.calls.unlink('/folder/9');
    assert.match(bench.opened.holds()[0]?.reason ?? '', /10 of \d+ files and folders were removed within 60 s/);
    isBraked = true;
    bench.memory.before = undefined;
    await bench.write('/folder/15', 'encrypted');
    const reverted = await bench.opened.upkeep.revert(never);
    assert.deepEqual(reverted.left, []);
    assert.deepEqual(
      reverted.saved.exported.map(({ path }) => path),
      ['/folder/15'],
    );
    const [saved] = reverted.saved.exported;
    assert.equal(await readFile(saved?.to ?? '', 'utf8'), 'encrypted');
    assert.deepEqual(bench.opened.unsent(), []);
    assert.deepEqual(bench.opened.holds(), []);
    await bench.reopen({ listingAgeMs: 0 });
    const shown = await bench.shown();
    assert.deepEqual(shown, bench.tree());
    assert.equal(shown['folder/15'], before['folder/15']);
    assert.ok(Object.keys(shown).length >= Object.keys(before).length - 4, 'but for what was being sent');
  });

  test('the brake counts rewritten contents too, lets few of many pass, and what was released', async () => {
    const open = (brake: NonNullable<BenchOptions['fs']>['brake']): Promise<Bench> =>
      Bench.open({ fs: { ...(brake === undefined ? {} : { brake }), settleMs: 50 } });
    await using rewriting = await open({ count: 3, share: 25, windowMs: 60_000 });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) rewriting.memory.store.put(name, 'old');
    await rewriting.list();
    for (const name of ['a', 'b', 'c']) await rewriting.write(`/${name}`, 'new');
    assert.match(rewriting.opened.holds()[0]?.reason ?? '', /3 of 7 files and folders were rewritten/);
    await rewriting.opened.upkeep.release(never);
    for (const name of ['d', 'e', 'f']) await rewriting.calls.unlink(`/${name}`);
    assert.deepEqual(rewriting.opened.holds(), [], 'it is meant');
    assert.deepEqual(await rewriting.sync(), []);
    await using few = await open({ count: 3, share: 90, windowMs: 60_000 });
    for (const name of ['a', 'b', 'c', 'd']) few.memory.store.put(name, 'old');
    await few.list();
    for (const name of ['a', 'b', 'c']) await few.calls.unlink(`/${name}`);
    assert.deepEqual(few.opened.holds(), []);
    for (let n = 0; n < 5; n++) await few.write(`/new ${n}`, 'text');
    assert.deepEqual(few.opened.holds(), [], 'what is new replaces nothing');
  });
});

describe('resolve', () => {
  const conflicting = async (): Promise<{ bench: Bench; copy: string }> => {
    const bench = await Bench.open();
    bench.memory.store.put('a.txt', 'old');
    await bench.list();
    bench.memory.store.put('a.txt', 'theirs');
    await bench.write('/a.txt', 'ours');
    assert.deepEqual(await bench.sync(), []);
    const [conflict] = bench.opened.conflicts();
    return { bench, copy: conflict?.path ?? '' };
  };

  test('keeping mine puts it into the item that theirs is in', async () => {
    const { bench } = await conflicting();
    await using _ = bench;
    const { id } = bench.memory.store.at('a.txt');
    assert.equal(await bench.opened.upkeep.resolve('/a.txt', 'mine', never), '/a.txt');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { 'a.txt': 'ours' });
    assert.deepEqual(bench.opened.conflicts(), []);
    assert.deepEqual(await bench.shown(), { 'a.txt': 'ours' });
    assert.equal(bench.memory.store.at('a.txt').id, id);
  });

  test('keeping mine shows nobody half of it', async () => {
    const { bench, copy } = await conflicting();
    await using _ = bench;
    const large = 'x'.repeat(8 << 20);
    await bench.write(copy, large);
    const sizes = new Set<bigint | number | undefined>();
    let isOver = false;
    const resolving = bench.opened.upkeep.resolve(copy, 'mine', never).finally(() => {
      isOver = true;
    });
    while (!isOver) sizes.add((await bench.calls.lstat('/a.txt')).size);
    await resolving;
    assert.deepEqual(
      [...sizes].filter((size) => size !== 'theirs'.length && size !== large.length),
      [],
    );
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(Object.keys(bench.tree()), ['a.txt']);
    assert.equal(bench.tree()['a.txt']?.length, large.length);
  });

  test('keeping mine waits for nobody who still writes to theirs', async () => {
    const { bench } = await conflicting();
    await using _ = bench;
    const fd = await bench.calls.open('/a.txt', constants.O_RDWR);
    await assert.rejects(bench.opened.upkeep.resolve('/a.txt', 'mine', never), /\/a\.txt open for writing/);
    await bench.calls.close(fd);
    assert.equal(await bench.read('/a.txt'), 'theirs');
  });

  test('keeping mine that cannot be read changes nothing', async () => {
    const { bench, copy } = await conflicting();
    await using _ = bench;
    await bench.reopen({ cacheSize: 1 });
    await bench.read('/a.txt');
    bench.memory.before = ({ intent }) => {
      if (intent === 'read') throw new DriveError('offline', 'no network');
    };
    await assert.rejects(bench.opened.upkeep.resolve('/a.txt', 'mine', never));
    bench.memory.before = undefined;
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { 'a.txt': 'theirs', [copy.slice(1)]: 'ours' });
    assert.equal(bench.opened.conflicts().length, 1);
  });

  test('keeping mine waits for nobody who still writes to it, and says so', async () => {
    const { bench, copy } = await conflicting();
    await using _ = bench;
    const fd = await bench.calls.open(copy, constants.O_RDWR);
    await assert.rejects(bench.opened.upkeep.resolve('/a.txt', 'mine', never), /conflict.*open for writing/);
    assert.equal(await bench.read('/a.txt'), 'theirs');
    await bench.calls.write(fd, Buffer.from('OURS'), 0);
    await bench.calls.close(fd);
    await bench.opened.upkeep.resolve('/a.txt', 'mine', never);
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { 'a.txt': 'OURS' });
  });

  test('keeping theirs removes the copy', async () => {
    const { bench, copy } = await conflicting();
    await using _ = bench;
    await bench.opened.upkeep.resolve(copy, 'theirs', never);
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { 'a.txt': 'theirs' });
    assert.deepEqual(bench.opened.conflicts(), []);
  });

  for (const [what, remove] of [
    ['here', async (bench: Bench) => bench.calls.unlink('/a.txt')],
    ['by somebody else', async (bench: Bench) => bench.memory.store.remove('a.txt')],
  ] as const)
    test(`keeping mine gives it the name again where theirs was removed ${what}`, async () => {
      const { bench, copy } = await conflicting();
      await using _ = bench;
      await remove(bench);
      await bench.sync();
      await bench.list();
      assert.equal(await bench.opened.upkeep.resolve(copy, 'mine', never), '/a.txt');
      assert.deepEqual(await bench.shown(), { 'a.txt': 'ours' });
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(bench.tree(), { 'a.txt': 'ours' });
      assert.deepEqual(bench.opened.conflicts(), []);
    });

  test('keeping theirs, which is gone, does not remove mine, too', async () => {
    const { bench, copy } = await conflicting();
    await using _ = bench;
    await bench.calls.unlink('/a.txt');
    await assert.rejects(bench.opened.upkeep.resolve(copy, 'theirs', never), /a\.txt is gone: keep mine/);
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(Object.values(bench.tree()), ['ours']);
    assert.equal(bench.opened.conflicts().length, 1);
  });

  /** Both sides make `a`, theirs first. */
  const madeByBoth = async (
    ours: (on: Bench) => Promise<unknown>,
    theirs: (on: Bench) => unknown,
  ): Promise<{ bench: Bench; copy: string }> => {
    const bench = await Bench.open();
    await bench.list();
    theirs(bench);
    await ours(bench);
    assert.deepEqual(await bench.sync(), []);
    const [conflict] = bench.opened.conflicts();
    assert.ok(conflict);
    return { bench, copy: conflict.path };
  };

  test('keeping mine of two symbolic links gives it the name', async () => {
    const { bench, copy } = await madeByBoth(
      (on) => on.calls.symlink('ours', '/a'),
      (on) => on.memory.store.put('a.rclonelink', 'theirs'),
    );
    await using _ = bench;
    assert.equal(await bench.calls.readlink('/a'), 'theirs');
    assert.equal(await bench.opened.upkeep.resolve(copy, 'mine', never), '/a');
    assert.equal(await bench.calls.readlink('/a'), 'ours');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { 'a.rclonelink': 'ours' });
    assert.deepEqual(bench.opened.conflicts(), []);
  });

  test('no folder goes with it: who has to choose is told how', async () => {
    const { bench, copy } = await madeByBoth(
      (on) => on.write('/a', 'ours'),
      (on) => on.memory.store.put('a/theirs.txt', 'theirs'),
    );
    await using _ = bench;
    const before = bench.tree();
    await assert.rejects(bench.opened.upkeep.resolve(copy, 'mine', never), /\/a is a folder: .*--keep both/);
    assert.deepEqual(bench.tree(), before);
    assert.equal(await bench.opened.upkeep.resolve(copy, 'theirs', never), '/a');
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { 'a/': '', 'a/theirs.txt': 'theirs' });
  });

  test('keeping both leaves two ordinary files', async () => {
    const { bench, copy } = await conflicting();
    await using _ = bench;
    assert.equal(await bench.opened.upkeep.resolve(copy, 'both', never), copy);
    assert.deepEqual(bench.opened.conflicts(), []);
    assert.deepEqual(Object.values(await bench.shown()).sort(), ['ours', 'theirs']);
    await assert.rejects(
      bench.opened.upkeep.resolve(copy, 'both', never),
      (error) => error instanceof FsError && error.code === 'ENOENT',
    );
  });
});

test('a drive that fails for good keeps nothing from being got out', async () => {
  await using bench = await Bench.open();
  await using place = await tempDir();
  await bench.list();
  bench.memory.before = () => {
    throw new DriveError('signed-out', 'no sign-in');
  };
  await bench.write('/a', 'text');
  await bench.reopen();
  const { exported } = await bench.opened.upkeep.export('/a', place.path, never);
  assert.equal(exported.length, 1);
  assert.deepEqual(await filesIn(place.path), { a: 'text' });
});
