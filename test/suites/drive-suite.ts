// The suite of the Drive port: what every implementation must do, whatever dialect its service speaks. Each test works in a
// folder of its own, so that it can run against a drive that is in use. What uploads must do is in drive-upload-suite.ts.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Item, ItemId } from '../../src/drive/drive.ts';
import { isFault } from '../../src/drive/drive-error.ts';
import { findTests } from './drive-find-suite.ts';
import type { DriveTests, DriveUnderTest } from './drive-steps.ts';
import { fails, list, names, put, replace, textOf } from './drive-steps.ts';
import { uploadTests } from './drive-upload-suite.ts';

const folderTests: DriveTests = {
  'the root is a folder without a parent, and can be had by its id': async ({ drive }) => {
    const root = await drive.root();
    assert.equal(root.parentId, undefined);
    assert.equal(root.kind, 'folder');
    assert.equal((await drive.get(root.id)).id, root.id);
  },
  'the account has an id': async ({ drive }) => {
    assert.notEqual((await drive.account()).id, '');
  },
  'a new folder is listed by its parent, the same as it was answered': async ({ drive, folder }) => {
    const made = await drive.makeFolder(folder.id, 'new');
    assert.equal(made.kind, 'folder');
    assert.equal(made.parentId, folder.id);
    assert.equal(made.size, 0);
    assert.deepEqual(await list(drive, folder.id), [made]);
    assert.deepEqual(await drive.get(made.id), made);
    assert.deepEqual(await list(drive, made.id), []);
  },
  'a folder whose name is taken exists, in any case of letters': async ({ drive, folder }) => {
    await drive.makeFolder(folder.id, 'Taken');
    await fails(drive.makeFolder(folder.id, 'Taken'), 'exists');
    await fails(drive.makeFolder(folder.id, 'tAKEN'), 'exists');
  },
  'a folder in a missing one is missing': async ({ drive, folder }) => {
    const gone = await drive.makeFolder(folder.id, 'gone');
    await drive.remove(gone.id);
    await fails(drive.makeFolder(gone.id, 'new'), 'missing');
    await fails(drive.get(gone.id), 'missing');
    await fails(list(drive, gone.id), 'missing');
  },
  'a listing of many items comes complete': async ({ drive, folder }) => {
    const wanted = Array.from({ length: 23 }, (_, n) => `item ${String(n).padStart(2, '0')}`);
    await Promise.all(wanted.map((name) => drive.makeFolder(folder.id, name)));
    assert.deepEqual(await names(drive, folder.id), wanted);
  },
  'what another client makes is listed': async ({ drive, another, folder }) => {
    const made = await another.makeFolder(folder.id, 'theirs');
    assert.deepEqual(await list(drive, folder.id), [made]);
  },
  'names with signs and other scripts come back as they were': async ({ drive, folder }) => {
    const wanted = [
      "a b'c",
      'a%20b',
      'a#b',
      'a&b=c+d',
      'a;b,c',
      '.hidden',
      'Ünïcödé',
      '你好',
      '🙂.txt',
      '(x) [y] {z}!',
      '~a$',
    ];
    for (const name of wanted) await put(drive, folder, name, name);
    assert.deepEqual(await names(drive, folder.id), [...wanted].sort());
    for (const item of await list(drive, folder.id)) assert.equal(await textOf(drive, item), item.name);
  },
  'impossible names are refused': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'x');
    for (const name of ['', 'a/b', 'a:b', 'a*', 'a?b', 'a|b', '<a', 'a>', 'a"b', 'a\\b']) {
      await fails(drive.makeFolder(folder.id, name), 'refused');
      await fails(put(drive, folder, name, 'x'), 'refused');
      await fails(drive.move(file, { parentId: folder.id, name }), 'refused');
    }
    assert.deepEqual(await names(drive, folder.id), ['file']);
  },
};

const changeTests: DriveTests = {
  'a rename keeps id, content and content version': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'old', 'text');
    const renamed = await drive.move(file, { parentId: folder.id, name: 'new' });
    assert.equal(renamed.id, file.id);
    assert.equal(renamed.name, 'new');
    assert.equal(renamed.contentVersion, file.contentVersion);
    assert.notEqual(renamed.version, file.version);
    assert.deepEqual(await list(drive, folder.id), [renamed]);
    assert.equal(await textOf(drive, renamed), 'text');
  },
  'a rename may change only the case of letters': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'readme', 'text');
    await drive.move(file, { parentId: folder.id, name: 'README' });
    assert.deepEqual(await names(drive, folder.id), ['README']);
  },
  'a move goes into another folder, under the same or another name': async ({ drive, folder }) => {
    const [a, b] = [await drive.makeFolder(folder.id, 'a'), await drive.makeFolder(folder.id, 'b')];
    const file = await put(drive, a, 'file', 'text');
    const moved = await drive.move(file, { parentId: b.id, name: 'file' });
    assert.equal(moved.parentId, b.id);
    const back = await drive.move(moved, { parentId: a.id, name: 'other' });
    assert.equal(back.id, file.id);
    assert.equal(back.parentId, a.id);
    assert.deepEqual(await list(drive, a.id), [back]);
    assert.deepEqual(await list(drive, b.id), []);
    assert.equal(await textOf(drive, back), 'text');
  },
  'a move that was done already is done': async ({ drive, folder }) => {
    const to = { parentId: (await drive.makeFolder(folder.id, 'a')).id, name: 'new' };
    const file = await put(drive, folder, 'old', 'text');
    const moved = await drive.move(file, to);
    const again = await drive.move(file, to);
    assert.deepEqual([again.id, again.name, again.parentId], [moved.id, 'new', to.parentId]);
  },
  'a move onto a taken name exists, and changes nothing': async ({ drive, folder }) => {
    const a = await drive.makeFolder(folder.id, 'a');
    const file = await put(drive, folder, 'file', 'text');
    await put(drive, folder, 'taken', 'x');
    await put(drive, a, 'file', 'y');
    await put(drive, a, 'other', 'z');
    await fails(drive.move(file, { parentId: folder.id, name: 'taken' }), 'exists');
    await fails(drive.move(file, { parentId: a.id, name: 'file' }), 'exists');
    await fails(drive.move(file, { parentId: a.id, name: 'other' }), 'exists');
    assert.deepEqual(await names(drive, folder.id), ['a', 'file', 'taken']);
    assert.deepEqual(await names(drive, a.id), ['file', 'other']);
  },
  'a move can take a name that is taken in the old folder, or leave one that is taken in the new': async (place) => {
    const { drive, folder } = place;
    const a = await drive.makeFolder(folder.id, 'a');
    const file = await put(drive, folder, 'file', 'text');
    await put(drive, folder, 'here', 'x');
    await put(drive, a, 'file', 'y');
    const moved = await drive.move(file, { parentId: a.id, name: 'here' });
    assert.deepEqual(await names(drive, folder.id), ['a', 'here']);
    assert.deepEqual(await names(drive, a.id), ['file', 'here']);
    assert.equal(await textOf(drive, moved), 'text');
  },
  'a move of or into what is missing is missing': async ({ drive, folder }) => {
    const gone = await drive.makeFolder(folder.id, 'gone');
    const file = await put(drive, folder, 'file', 'text');
    await drive.remove(gone.id);
    await fails(drive.move(file, { parentId: gone.id, name: 'file' }), 'missing');
    await fails(drive.move(gone, { parentId: folder.id, name: 'new' }), 'missing');
    assert.deepEqual(await names(drive, folder.id), ['file']);
  },
  'a folder moves with all that is in it, but not into itself': async ({ drive, folder }) => {
    const [a, b] = [await drive.makeFolder(folder.id, 'a'), await drive.makeFolder(folder.id, 'b')];
    await put(drive, a, 'file', 'text');
    const moved = await drive.move(a, { parentId: b.id, name: 'a' });
    assert.deepEqual(await names(drive, moved.id), ['file']);
    await fails(drive.move(b, { parentId: moved.id, name: 'b' }), 'refused');
  },
  'a removed folder is gone with all that was in it': async ({ drive, folder }) => {
    const a = await drive.makeFolder(folder.id, 'a');
    const file = await put(drive, a, 'file', 'text');
    await drive.remove(a.id);
    await fails(drive.get(file.id), 'missing');
    assert.deepEqual(await list(drive, folder.id), []);
  },
  'removing what is gone is missing': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'text');
    await drive.remove(file.id, file.version);
    await fails(drive.remove(file.id), 'missing');
  },
  'an item that was changed by another client is not removed under its old version': async (place) => {
    const { drive, another, folder } = place;
    const file = await put(drive, folder, 'file', 'text');
    await replace(another, file, 'their text');
    await fails(drive.remove(file.id, file.version), 'changed');
    assert.equal(await textOf(drive, await drive.get(file.id)), 'their text');
  },
};

const otherTests: DriveTests = {
  'a copy is another item with the same content': async ({ drive, folder }) => {
    const a = await drive.makeFolder(folder.id, 'a');
    const file = await put(drive, folder, 'file', 'text');
    const same = await drive.copy(file.id, { parentId: a.id, name: 'file' });
    const renamed = await drive.copy(file.id, { parentId: folder.id, name: 'other' });
    assert.equal(new Set([file.id, same.id, renamed.id]).size, 3);
    assert.deepEqual(await names(drive, folder.id), ['a', 'file', 'other']);
    assert.deepEqual(await list(drive, a.id), [same]);
    assert.equal(await textOf(drive, renamed), 'text');
    await fails(drive.copy(file.id, { parentId: a.id, name: 'file' }), 'exists');
    assert.deepEqual(await names(drive, a.id), ['file']);
  },
  'a folder is copied by the service, or not at all': async ({ drive, folder }) => {
    const a = await drive.makeFolder(folder.id, 'a');
    await put(drive, a, 'file', 'text');
    const copying = drive.copy(a.id, { parentId: folder.id, name: 'b' });
    if (!drive.features.copiesFolders) return void (await fails(copying, 'unsupported'));
    assert.deepEqual(await names(drive, (await copying).id), ['file']);
  },
  'a description is set and cleared': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'text');
    const described = await drive.setDescription(file.id, 'what & why = "ü"');
    assert.equal(described.description, 'what & why = "ü"');
    assert.equal(described.contentVersion, file.contentVersion);
    assert.equal((await drive.get(file.id)).description, 'what & why = "ü"');
    assert.equal((await drive.setDescription(file.id, '')).description ?? '', '');
  },
  'properties are set by their own names': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'text');
    await put(drive, folder, 'taken', 'x');
    const changed = await drive.setProperties(file.id, { name: 'new', description: 'what' });
    assert.deepEqual([changed.id, changed.name], [file.id, 'new']);
    // Some drives keep no descriptions, and say nothing about it.
    assert.ok(changed.description === 'what' || changed.description === undefined);
    await fails(drive.setProperties(file.id, { name: 'taken' }), 'exists');
    await fails(drive.setProperties(file.id, { name: 'a/b' }), 'refused');
    assert.deepEqual(await names(drive, folder.id), ['new', 'taken']);
  },
  'all that is in a folder is told, at any depth': async ({ drive, folder }) => {
    const one = await drive.makeFolder(folder.id, 'one');
    const two = await drive.makeFolder(one.id, 'two');
    const files = [
      await put(drive, folder, 'a', '1'),
      await put(drive, one, 'b', '22'),
      await put(drive, two, 'c', '333'),
    ];
    const gone = await put(drive, two, 'gone', 'g');
    await drive.remove(gone.id);
    const below = async (id: ItemId): Promise<Map<string, Item>> => {
      const found = new Map<string, Item>();
      for await (const page of drive.descendants(id)) for (const item of page) found.set(item.id, item);
      // The folder itself is told where it says how all stands that is in it.
      assert.equal(found.has(id), (await drive.get(id)).treeVersion !== undefined);
      found.delete(id);
      return found;
    };
    const told = await below(folder.id);
    assert.deepEqual([...told.keys()].sort(), [one, two, ...files].map(({ id }) => id).sort());
    for (const { id, name, size, contentVersion } of files) {
      const item = told.get(id);
      assert.deepEqual([item?.name, item?.size, item?.contentVersion], [name, size, contentVersion]);
    }
    await drive.remove(one.id);
    await fails(below(one.id), 'missing');
  },
  'a folder is removed only with what it held when it was looked at, where it tells a version of that': async (
    bench,
  ) => {
    const { drive, another, folder } = bench;
    const tree = await drive.makeFolder(folder.id, 'tree');
    const inner = await drive.makeFolder(tree.id, 'inner');
    const file = await put(drive, inner, 'file', '1');
    const version = async (): Promise<string | undefined> => {
      const { treeVersion } = await drive.get(tree.id);
      for await (const page of drive.descendants(tree.id))
        for (const { id, treeVersion: told } of page) if (id === tree.id) assert.equal(told, treeVersion);
      return treeVersion;
    };
    const first = await version();
    const changes: readonly (() => Promise<unknown>)[] = [
      async () => await put(another, inner, 'new', '2'),
      async () => await replace(another, file, '3'),
      async () => await another.move(await drive.get(file.id), { parentId: inner.id, name: 'renamed' }),
      async () => await another.remove(file.id),
    ];
    for (const change of changes) {
      const known = await version();
      await change();
      assert.equal((await version()) === known, first === undefined);
      if (known !== undefined) await fails(drive.remove(tree.id, known), 'changed');
    }
    await drive.remove(tree.id, await version());
    await fails(drive.get(tree.id), 'missing');
  },
  'what the service itself says can be had': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'text');
    const { id, name, size } = await drive.original(file.id);
    assert.deepEqual([id, name, size], [file.id, 'file', 4]);
    const listed: unknown[] = [];
    for await (const page of drive.originalChildren(folder.id)) listed.push(...page);
    assert.deepEqual(
      listed.map((one) => (one as Item).id),
      [file.id],
    );
    assert.ok(Object.keys(await drive.originalAccount()).length > 0);
    await drive.remove(file.id);
    await fails(drive.original(file.id), 'missing');
  },
  'files of late are listed newest first': async ({ drive, folder }) => {
    const [one, two] = [await put(drive, folder, 'one.txt', '1'), await put(drive, folder, 'two.txt', '2')];
    const recent = (await drive.recent()).map(({ id }) => id).filter((id) => id === one.id || id === two.id);
    assert.deepEqual(recent, [two.id, one.id]);
  },
  'special folders are found or missing, and the others unsupported': async ({ drive }) => {
    for (const name of drive.features.specialFolders) {
      const found = await drive
        .special(name)
        .catch((error: unknown) => (isFault(error, 'missing') ? undefined : error));
      assert.ok(found === undefined || (found as Item).kind === 'folder', String(found));
    }
    const others = (['documents', 'photos', 'public', 'camera-roll'] as const).filter(
      (name) => !drive.features.specialFolders.includes(name),
    );
    for (const name of others) await fails(drive.special(name), 'unsupported');
  },
  'ids look like ids, and names do not': async ({ drive, folder }) => {
    const { idPattern } = drive.features;
    for (const { id } of [folder, await put(drive, folder, 'file', 'x')]) assert.match(id, idPattern);
    for (const name of ['file.txt', 'folder.1', 'a!b', '', 'Documents/a']) assert.doesNotMatch(name, idPattern);
  },
  'the quota is known': async ({ drive }) => {
    const { total, free } = await drive.quota();
    assert.ok(total > 0 && free >= 0 && free <= total);
  },
  'each kind of link is made once': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'text');
    for (const kind of drive.features.links) {
      const link = await drive.link(file.id, kind);
      assert.match(link, kind === 'embed' ? /https?:\/\// : /^https?:\/\//);
      assert.equal(await drive.link(file.id, kind), link);
    }
    if (!drive.features.linkRevocation) return void (await fails(drive.unlink(file.id, 'view'), 'unsupported'));
    const link = await drive.link(file.id, 'view');
    await drive.unlink(file.id, 'view');
    assert.notEqual(await drive.link(file.id, 'view'), link);
  },
  'comments are added, listed oldest first, and removed': async ({ drive, another, folder }) => {
    const file = await put(drive, folder, 'file', 'text');
    if (!drive.features.comments) return void (await fails(drive.comments(file.id), 'unsupported'));
    const first = await drive.addComment(file.id, 'first & = "ü"');
    const second = await another.addComment(file.id, 'second');
    assert.equal(first.text, 'first & = "ü"');
    assert.deepEqual(await drive.comments(file.id), [first, second]);
    assert.equal((await drive.get(file.id)).commentCount, 2);
    await drive.removeComment(file.id, first.id);
    assert.deepEqual(await drive.comments(file.id), [second]);
  },
  'removing a comment that is gone is missing': async ({ drive, folder }) => {
    if (!drive.features.comments) return;
    const file = await put(drive, folder, 'file', 'text');
    const comment = await drive.addComment(file.id, 'text');
    await drive.removeComment(file.id, comment.id);
    await fails(drive.removeComment(file.id, comment.id), 'missing');
  },
  'a change feed tells what was made, changed and removed': async ({ drive, another, folder }) => {
    if (!drive.features.changeFeed) return void (await fails(drive.changes(undefined), 'unsupported'));
    const follow = async (from: string | undefined) => {
      const seen = new Map<ItemId, Item | undefined>();
      let cursor = from;
      for (let more = true; more; ) {
        const page = await drive.changes(cursor);
        for (const change of page.changes) {
          if ('item' in change) seen.set(change.item.id, change.item);
          else seen.set(change.removed, undefined);
        }
        ({ cursor, more } = page);
      }
      return { seen, cursor };
    };
    const file = await put(another, folder, 'file', 'text');
    const first = await follow(undefined);
    assert.ok(first.seen.has(file.id) && first.seen.has(folder.id) && first.seen.has((await drive.root()).id));
    const renamed = await another.move(file, { parentId: folder.id, name: 'new' });
    const second = await follow(first.cursor);
    assert.deepEqual(second.seen.get(file.id), renamed);
    await another.remove(file.id);
    const third = await follow(second.cursor);
    assert.ok(third.seen.has(file.id) && third.seen.get(file.id) === undefined);
    assert.equal((await follow(third.cursor)).seen.get(file.id), undefined);
  },
  'an aborted call rejects with the reason': async ({ drive, folder }) => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(drive.get(folder.id, signal), reason);
    await assert.rejects(drive.children(folder.id, signal)[Symbol.asyncIterator]().next(), reason);
    await assert.rejects(drive.makeFolder(folder.id, 'new', signal), reason);
    assert.deepEqual(await names(drive, folder.id), []);
  },
};

export interface DriveSuiteOptions {
  /** Tests that this drive cannot pass, each with the reason. */
  readonly cannot?: Readonly<Record<string, string>>;
}

export const driveSuite = (
  name: string,
  makeDrive: () => Promise<DriveUnderTest>,
  { cannot = {} }: DriveSuiteOptions = {},
): void => {
  const tests: DriveTests = { ...folderTests, ...uploadTests, ...findTests, ...changeTests, ...otherTests };
  describe(name, () => {
    let made: DriveUnderTest;
    before(async () => {
      made = await makeDrive();
    });
    after(() => made.close?.());
    for (const [title, test] of Object.entries(tests)) {
      it(title, { skip: cannot[title] ?? false }, async () => {
        const root = await made.drive.root();
        const folder = await made.drive.makeFolder(root.id, `suite ${randomBytes(6).toString('hex')}`);
        await test({ drive: made.drive, another: made.another, folder });
        await made.drive.remove(folder.id);
      });
    }
    it('lists no exception for a test that does not exist', () => {
      assert.deepEqual(
        Object.keys(cannot).filter((title) => !(title in tests)),
        [],
      );
    });
  });
};
