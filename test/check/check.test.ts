// Each kind of breach is planted, found, and mended if it can be; nothing that only this disk has is lost by that.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { QuickXorHash } from '../../src/base/quick-xor-hash.ts';
import { check } from '../../src/check/check.ts';
import { checkBytes } from '../../src/check/check-bytes.ts';
import { type Finding, Ground } from '../../src/check/ground.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { Bench } from '../support/opened.ts';
import { breakDrive } from '../support/queue-steps.ts';
import { tempDir } from '../support/temp-dir.ts';
import { breaches, contentOf, named } from './breaches.ts';

const never = new AbortController().signal;

const sent = { 'folder/': '', 'folder/deep/': '', 'folder/deep/b': 'on the drive', 'folder/a': 'also there' };
const unsent = { 'folder/new': 'only here', 'made/': '', 'made/inside': 'here as well' };

/** A closed folder: some of it on the drive, some not. */
const closed = async (): Promise<Bench> => {
  const bench = await Bench.open();
  for (const [path, text] of Object.entries(sent))
    if (path.endsWith('/')) bench.memory.store.makeFolder(path.slice(0, -1));
    else bench.memory.store.put(path, text).hash = `sha1:${createHash('sha1').update(text).digest('hex')}`;
  await bench.shown();
  breakDrive(bench);
  await bench.calls.mkdir('/made');
  for (const [path, text] of Object.entries(unsent)) if (!path.endsWith('/')) await bench.write(`/${path}`, text);
  await bench.calls.setxattr('/folder/a', 'user.mine', Buffer.from('x'));
  await bench.opened.close();
  return bench;
};

const withStore = async <T>(folder: string, work: (store: Store, ground: Ground) => T | Promise<T>): Promise<T> => {
  const store = openStore(folder);
  try {
    return await work(store, new Ground({ store, folder, repair: false, now: 0 }));
  } finally {
    await store.close();
  }
};

const look = (folder: string, repair = false): Promise<readonly Finding[]> =>
  withStore(folder, (store) => check({ store, folder, repair, now: 1_700_000_000_000 }, never));

describe('skydrive check', () => {
  test('finds nothing where nothing is wrong, while the file system is open and when it is not', async () => {
    await using bench = await closed();
    assert.deepEqual(await look(bench.folder), []);
    await bench.reopenClosed();
    assert.deepEqual(await bench.opened.check({ remote: false }, never), []);
    const fd = await bench.calls.open('/folder/new', 2);
    await bench.calls.write(fd, Buffer.from('more and more'), 0);
    await bench.calls.unlink('/made/inside');
    assert.deepEqual(await bench.opened.check({ remote: false }, never), []);
    await bench.calls.close(fd);
    bench.memory.before = undefined;
    await bench.sync();
    assert.deepEqual(await bench.opened.check({ remote: true }, never), []);
  });

  test('a save by rename that waits is nothing wrong, and its repair changes nothing', async () => {
    await using bench = await Bench.open();
    bench.memory.store.put('document', 'old');
    await bench.list();
    const { mend } = breakDrive(bench);
    await bench.write('/temporary', 'new');
    await bench.calls.rename('/temporary', '/document');
    assert.deepEqual(await bench.opened.check({ remote: false }, never), []);
    await bench.opened.close();
    assert.deepEqual(await look(bench.folder, true), []);
    mend();
    await bench.reopenClosed();
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { document: 'new' });
  });

  for (const { title, plant, says, forgotten = [], moved = {} } of breaches)
    test(`${title}: found and mended`, async () => {
      await using bench = await closed();
      await withStore(bench.folder, (_, ground) => plant(ground));
      const found = await look(bench.folder);
      assert.ok(found.length > 0);
      for (const { text, mended } of found) assert.ok(says.test(text) && !mended, text);
      const findings = await look(bench.folder, true);
      for (const { text, mended } of findings) assert.ok(mended, text);
      assert.deepEqual(await look(bench.folder), [], 'once is enough');
      bench.memory.before = undefined;
      await bench.reopenClosed({ listingAgeMs: 0 });
      await bench.shown();
      assert.deepEqual(await bench.sync(), []);
      const shown = await bench.shown();
      for (const [path, text] of Object.entries({ ...sent, ...unsent }))
        if (!forgotten.includes(path)) assert.equal(shown[moved[path] ?? path], text, path);
      assert.deepEqual(shown, bench.tree());
      assert.deepEqual(await bench.opened.check({ remote: true }, never), []);
    });

  test('what cannot be mended is named, and stays', async () => {
    await using bench = await closed();
    await withStore(bench.folder, (_, ground) => rmSync(ground.contentPath(contentOf(ground, 'new'))));
    const [finding, ...others] = await look(bench.folder, true);
    assert.deepEqual(others, []);
    assert.match(
      finding?.text ?? '',
      /has 0 bytes of 9 of \/folder\/new, which are not on the drive: "skydrive discard PATH" gives/,
    );
    assert.equal(finding?.mended, false);
    assert.equal((await look(bench.folder)).length, 1);
    await bench.reopenClosed();
  });

  test('bytes that are here and of no use are named, and nothing is done about them', async () => {
    await using bench = await closed();
    const path = await withStore(bench.folder, (_, ground) => ground.contentPath(contentOf(ground, 'new')));
    renameSync(path, `${bench.folder}/kept`);
    mkdirSync(path);
    writeFileSync(join(path, 'some'), 'thing');
    for (const repair of [false, true]) {
      const found = await look(bench.folder, repair);
      const finding = found.find(({ text }) => text.startsWith(path));
      assert.equal(finding?.text, `${path} of /folder/new cannot be read and written: it is a folder`);
      assert.equal(finding?.mended, false);
    }
    rmSync(path, { recursive: true, force: true });
    renameSync(`${bench.folder}/kept`, path);
    assert.deepEqual(await look(bench.folder), []);
    await bench.reopenClosed();
  });

  test('of lost bytes, it says how to get out what is left of them, and how to give them up', async () => {
    await using bench = await closed();
    await using place = await tempDir();
    await withStore(bench.folder, (_, ground) => {
      truncateSync(ground.contentPath(contentOf(ground, 'new')), 4);
      rmSync(ground.contentPath(contentOf(ground, 'inside')));
      ground.contents.remove(contentOf(ground, 'inside'));
    });
    const texts = (await look(bench.folder)).map(({ text }) => text);
    assert.equal(texts.length, 2);
    for (const text of texts) assert.match(text, /"skydrive discard PATH" gives up the change/);
    assert.match(texts.find((text) => text.includes('/folder/new')) ?? '', /"skydrive export" saves what is left/);
    await bench.reopenClosed();
    const { exported, failed } = await bench.opened.upkeep.export('', place.path, never);
    const to = join(place.path, 'folder', 'new.partial');
    assert.deepEqual([exported, failed], [[{ path: '/folder/new', to, partial: true }], []]);
    assert.equal(readFileSync(to, 'utf8'), `only${'\0'.repeat(5)}`);
    for (const path of ['/folder/new', '/made/inside']) {
      const { taken, left } = await bench.opened.upkeep.discard(path, never);
      assert.deepEqual([taken, left], [[path], []]);
    }
    await bench.opened.close();
    assert.deepEqual(await look(bench.folder), []);
    await bench.reopenClosed();
  });

  test('files where no content has its place are moved, each to a name of its own', async () => {
    await using bench = await closed();
    const folder = join(bench.folder, 'content');
    const strays = { '99/7': 'one', '98/7': 'two', '7': 'three', '99/deep/7': 'four', notes: 'five', 'f/7': 'six' };
    const lost = join(bench.folder, 'lost+found');
    mkdirSync(lost);
    writeFileSync(join(lost, 'content-7'), 'was there');
    for (const [name, text] of Object.entries(strays)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const found = await look(bench.folder, true);
    assert.deepEqual(
      found.map(({ text, mended }) => [text, mended]).sort(),
      Object.keys(strays)
        .map((name) => [`${join(folder, name)} is of no content that is known`, true])
        .sort(),
    );
    assert.deepEqual(await look(bench.folder), []);
    const kept = readdirSync(lost).filter((name) => !name.endsWith('.txt'));
    assert.deepEqual(
      kept.map((name) => readFileSync(join(lost, name), 'utf8')).sort(),
      [...Object.values(strays), 'was there'].sort(),
    );
    await bench.reopenClosed();
    assert.equal(await bench.read('/folder/new'), 'only here');
  });

  test('a mount deletes none of them', async () => {
    await using bench = await closed();
    const strays = ['99/300', '98/300'];
    for (const name of strays) {
      mkdirSync(dirname(join(bench.folder, 'content', name)), { recursive: true });
      writeFileSync(join(bench.folder, 'content', name), name);
    }
    await bench.reopenClosed();
    const lost = join(bench.folder, 'lost+found');
    assert.deepEqual(
      readdirSync(lost)
        .map((name) => readFileSync(join(lost, name), 'utf8'))
        .sort(),
      strays.sort(),
    );
  });

  test('a file in place of the folder of contents is one finding, and is moved', async () => {
    await using bench = await closed();
    const content = join(bench.folder, 'content');
    rmSync(content, { recursive: true });
    writeFileSync(content, 'no folder');
    const [finding, ...others] = await look(bench.folder);
    assert.deepEqual(others, []);
    bench.memory.before = undefined;
    const remotely = await withStore(bench.folder, (store) =>
      check({ store, folder: bench.folder, repair: false, now: 0, drive: bench.memory }, never),
    );
    assert.deepEqual(remotely, [finding]);
    assert.equal(finding?.text, `${content} is not a folder: no content can be kept there`);
    await assert.rejects(bench.reopenClosed(), /content is not a folder: "skydrive check --repair" moves it/);
    const inTheWay = join(bench.folder, 'lost+found');
    writeFileSync(inTheWay, '');
    await assert.rejects(look(bench.folder, true), /lost\+found is not a folder/);
    rmSync(inTheWay);
    const lost = (await look(bench.folder, true)).filter(({ mended }) => !mended);
    assert.equal(lost.length, 2, 'of what was not sent, nothing is left');
    assert.equal(readFileSync(join(bench.folder, 'lost+found', 'content'), 'utf8'), 'no folder');
    await bench.reopenClosed();
    assert.equal((await bench.read('/folder/a').catch((error: unknown) => String(error))).includes('ENOTDIR'), false);
  });

  test('bytes that belong to nothing are kept in lost+found, with a note', async () => {
    await using bench = await closed();
    await withStore(bench.folder, (_, ground) => {
      writeFileSync(ground.contentPath(25_600), 'of nobody');
      const node = named(ground, 'new');
      const { content: id, ...without } = named(ground, 'inside');
      assert.ok(id !== undefined && node.content !== undefined);
      // The file has another content by now; the bytes of the earlier one were never sent.
      ground.nodes.put(node.id, { ...node, content: id });
      ground.contents.put(id, { ...(ground.contents.get(id) as never as object), node: node.id } as never);
      ground.nodes.put(without.id, without);
    });
    const texts = (await look(bench.folder, true)).map(({ text }) => text);
    assert.ok(texts.some((text) => /which is not on the drive, is of an earlier state of \/folder\/new$/.test(text)));
    assert.ok(
      texts.some((text) => /25600 is of no content that is known$/.test(text)),
      texts.join('\n'),
    );
    const folder = join(bench.folder, 'lost+found');
    const kept = readdirSync(folder).filter((name) => !name.endsWith('.txt'));
    assert.deepEqual(kept.map((name) => readFileSync(join(folder, name), 'utf8')).sort(), ['of nobody', 'only here']);
    for (const name of kept) assert.match(readFileSync(join(folder, `${name}.txt`), 'utf8'), /skydrive check/);
    await bench.reopenClosed();
  });

  test('a mount, too, sets such bytes aside instead of removing them', async () => {
    await using bench = await closed();
    await withStore(bench.folder, (_, ground) => {
      const { content: id, ...without } = named(ground, 'new');
      assert.ok(id !== undefined);
      ground.nodes.put(without.id, without);
    });
    await bench.reopenClosed();
    const [name = ''] = readdirSync(join(bench.folder, 'lost+found'));
    assert.equal(readFileSync(join(bench.folder, 'lost+found', name), 'utf8'), 'only here');
  });

  test('with --remote, cached bytes that are not those of the drive are found, and fetched again', async () => {
    await using bench = await Bench.open();
    const hashings = { a: createHash('sha1'), b: new QuickXorHash() };
    for (const [name, hashing] of Object.entries(hashings)) {
      hashing.update(Buffer.from(`text of ${name}`));
      const told = `${name === 'a' ? 'sha1' : 'quickxor'}:${hashing.digest().toString('hex')}`;
      bench.memory.store.put(name, `text of ${name}`).hash = told;
    }
    bench.memory.store.put('untold', 'no hash');
    bench.memory.store.put('mistold', 'a wrong hash').hash = `sha1:${'0'.repeat(40)}`;
    const before = await bench.shown();
    const flip = (name: string): Promise<void> =>
      withStore(bench.folder, (_, ground) => {
        const path = ground.contentPath(contentOf(ground, name));
        const bytes = readFileSync(path);
        bytes[3] = (bytes[3] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      });
    await bench.opened.close();
    await flip('a');
    await flip('b');
    const { memory: drive, folder } = bench;
    const remotely = (more: object = {}): Promise<readonly Finding[]> =>
      withStore(folder, (store) => check({ store, folder, repair: false, now: 0, drive, ...more }, never));
    assert.deepEqual(await look(folder), []);
    const texts = (await remotely()).map(({ text }) => text);
    assert.equal(texts.length, 2);
    for (const [index, name] of ['a', 'b'].entries())
      assert.ok(texts[index]?.endsWith(` has other bytes than the drive has of /${name}`), texts[index]);
    await withStore(folder, async (store) => {
      let looks = 0;
      // Somebody opens it while it is read.
      const isInUse = (): boolean => looks++ > 0;
      const ground = new Ground({ store, folder, repair: false, now: 0, isInUse });
      await checkBytes(ground, { drive, sound: new Set() }, never);
      assert.deepEqual(ground.findings, []);
    });
    breakDrive(bench);
    await assert.rejects(remotely({ repair: true }), DriveError, 'it would not be there to be fetched again');
    bench.memory.before = undefined;
    assert.ok((await remotely({ repair: true })).every(({ mended }) => mended));
    assert.deepEqual(await remotely(), []);
    assert.deepEqual(await look(folder), []);
    const lost = join(folder, 'lost+found');
    assert.equal(readdirSync(lost).length, 4, 'two with a note each');
    await bench.reopenClosed();
    assert.deepEqual(await bench.shown(), before);
    assert.deepEqual(await bench.opened.check({ remote: true }, never), []);
  });

  test('with --remote, what was found is told although the drive does not answer, and if nothing was, that', async () => {
    await using bench = await closed();
    const { memory: drive, folder } = bench;
    const repaired = (): Promise<readonly Finding[]> =>
      withStore(folder, (store) => check({ store, folder, repair: true, now: 0, drive }, never));
    await assert.rejects(repaired(), DriveError);
    await withStore(folder, (_, ground) => truncateSync(ground.contentPath(contentOf(ground, 'a')), 2));
    const [short, unasked, ...others] = await repaired();
    assert.deepEqual([short?.mended, unasked?.mended, others], [true, false, []]);
    assert.match(unasked?.text ?? '', /^the drive cannot be compared with what is known: not now$/);
    await bench.reopenClosed();
  });

  test('with --remote, what others did meanwhile is found, and asked for again', async () => {
    await using bench = await Bench.open();
    for (const name of ['a', 'b', 'c']) bench.memory.store.put(name, name);
    await bench.shown();
    bench.memory.store.put('a', 'changed');
    bench.memory.store.remove('b');
    bench.memory.store.put('d', 'new');
    const found = (await bench.opened.check({ remote: true }, never)).map(({ text }) => text);
    assert.deepEqual(found.sort(), [
      '/a is another version on the drive',
      '/b is not there on the drive any more',
      'd is in / on the drive, and not known here',
    ]);
    await bench.opened.close();
    const { memory: drive, folder } = bench;
    await withStore(folder, (store) => check({ store, folder, repair: true, now: 0, drive }, never));
    await bench.reopenClosed();
    assert.deepEqual(await bench.shown(), bench.tree());
    assert.deepEqual(await bench.opened.check({ remote: true }, never), []);
  });
});
