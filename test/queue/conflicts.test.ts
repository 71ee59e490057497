// Two clients change the same things. Whatever the drive can do, both contents are there afterwards, theirs under its name
// and id; and nobody is in conflict with himself.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wrapDrive } from '../../src/drive/wrap-drive.ts';
import { failingDrive, failNth } from '../support/failing-drive.ts';
import type { Bench } from '../support/opened.ts';
import { until } from '../support/queue-steps.ts';
import { type OtherClient, sharedDrives } from '../support/shared-drive.ts';

const copyName = /^a \(conflict .* \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\)\.txt$/;

/** Theirs at `a.txt` in its item, ours beside it, here and on the drive. */
const bothAreThere = async (bench: Bench, others: OtherClient, id: string): Promise<string> => {
  const tree = await others.tree();
  const [copy = '', ...more] = Object.keys(tree).filter((name) => name !== 'a.txt');
  assert.deepEqual(more, []);
  assert.match(copy, copyName);
  assert.deepEqual(tree, { 'a.txt': 'theirs', [copy]: 'ours' });
  assert.equal((await others.item('a.txt')).id, id);
  assert.deepEqual(await bench.shown(), tree);
  assert.deepEqual(
    bench.opened.conflicts().map(({ path, original }) => [path, original]),
    [[`/${copy}`, '/a.txt']],
  );
  return copy;
};

for (const [name, open] of Object.entries(sharedDrives))
  describe(`another client: ${name}`, () => {
    test('has changed the file that we change: theirs keeps name and id, ours is beside it', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      const { id } = await others.put('a.txt', 'old');
      await bench.list();
      await bench.write('/a.txt', 'first');
      assert.deepEqual(await bench.sync(), []);
      await others.put('a.txt', 'theirs');
      await bench.write('/a.txt', 'ours');
      assert.deepEqual(await bench.sync(), []);
      const copy = await bothAreThere(bench, others, id);
      assert.equal((await bench.calls.getxattr(`/${copy}`, 'user.skydrive.state')).toString(), 'conflict');
      await bench.reopen();
      assert.equal(bench.opened.conflicts().length, 1);
      await bench.calls.rename(`/${copy}`, '/mine.txt');
      assert.deepEqual(bench.opened.conflicts(), []);
      assert.equal((await bench.calls.getxattr('/mine.txt', 'user.skydrive.state')).toString(), 'pending');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'a.txt': 'theirs', 'mine.txt': 'ours' });
    });

    test('has changed the file that we change, and removes our copy: there is no conflict any more', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      const { id } = await others.put('a.txt', 'old');
      await bench.list();
      await bench.write('/a.txt', 'first');
      assert.deepEqual(await bench.sync(), []);
      await others.put('a.txt', 'theirs');
      await bench.write('/a.txt', 'ours');
      assert.deepEqual(await bench.sync(), []);
      const copy = await bothAreThere(bench, others, id);
      await others.remove(copy);
      await bench.reopen({ listingAgeMs: 0 });
      assert.deepEqual(await bench.list(), ['a.txt']);
      assert.deepEqual(bench.opened.conflicts(), []);
    });

    test('has changed it, and gives it another name: the conflict is where theirs is by now', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      await others.put('a.txt', 'old');
      await bench.list();
      await others.put('a.txt', 'theirs');
      await bench.write('/a.txt', 'ours');
      assert.deepEqual(await bench.sync(), []);
      await others.rename('a.txt', 'b.txt');
      await others.put('a.txt', 'another');
      await bench.reopen({ listingAgeMs: 0 });
      await until(async () => {
        const names = await bench.list();
        return names.includes('b.txt') && names.includes('a.txt');
      });
      const originals = (): string[] => bench.opened.conflicts().map(({ original }) => original);
      assert.deepEqual(originals(), ['/b.txt']);
      await bench.opened.upkeep.resolve('/b.txt', 'mine', AbortSignal.timeout(20_000));
      assert.deepEqual(originals(), []);
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'a.txt': 'another', 'b.txt': 'ours' });
    });

    test('has taken the name of our copy, too: the next copy is of the same file', async () => {
      await using shared = await open();
      const { others } = shared;
      let isFirst = true;
      const before = async (method: string, [upload]: readonly unknown[]): Promise<void> => {
        const { name: copy = '' } = method === 'upload' ? (upload as { target: { name?: string } }).target : {};
        if (!copyName.test(copy) || !isFirst) return;
        isFirst = false;
        await others.put(copy, 'of a third');
      };
      await using bench = await shared.open({
        wrap: (drive) =>
          wrapDrive(drive, {
            call: async (method, args, run) => {
              await before(method, args);
              return run(args);
            },
            stream: (_method, args, begin) => begin(args),
          }),
      });
      await bench.list();
      await others.put('a.txt', 'theirs');
      await bench.write('/a.txt', 'ours');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(Object.values(await others.tree()).sort(), ['of a third', 'ours', 'theirs']);
      const [conflict, ...more] = bench.opened.conflicts();
      assert.deepEqual([conflict?.original, more], ['/a.txt', []]);
      assert.equal(await bench.read(conflict?.path ?? ''), 'ours');
    });

    test('has changed it, which a listing told before ours was sent', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open({ fs: { settleMs: 60_000, listingAgeMs: 0 } });
      const { id } = await others.put('a.txt', 'old');
      await bench.list();
      await bench.write('/a.txt', 'ours');
      await others.put('a.txt', 'theirs');
      await bench.list();
      assert.equal(await bench.read('/a.txt'), 'ours');
      assert.deepEqual(await bench.sync(), []);
      await bothAreThere(bench, others, id);
    });

    test('has made the same of it', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      await others.put('a.txt', 'old');
      await bench.list();
      await others.put('a.txt', 'same');
      await bench.write('/a.txt', 'same');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'a.txt': 'same' });
      assert.deepEqual(bench.opened.conflicts(), []);
      assert.deepEqual(bench.troubles, []);
    });

    test('has renamed it: it has the new name and our content', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      await others.put('a.txt', 'old');
      await bench.list();
      await others.rename('a.txt', 'b.txt');
      await bench.write('/a.txt', 'ours');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'b.txt': 'ours' });
      assert.deepEqual(bench.opened.conflicts(), []);
    });

    test('has renamed what we rename: the later wish counts', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      await others.put('a.txt', 'old');
      await bench.list();
      await others.rename('a.txt', 'b.txt');
      await bench.calls.rename('/a.txt', '/c.txt');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'c.txt': 'old' });
    });

    test('has moved the folder that we move another into, into that: theirs counts', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      const root = await others.drive.root();
      const [a, b] = [await others.drive.makeFolder(root.id, 'a'), await others.drive.makeFolder(root.id, 'b')];
      await others.put('in a', 'text', a);
      assert.deepEqual(await bench.shown(), { 'a/': '', 'a/in a': 'text', 'b/': '' });
      await others.drive.move(await others.drive.get(a.id), { parentId: b.id, name: 'a' });
      await bench.calls.rename('/b', '/a/b');
      assert.deepEqual(await bench.sync(), []);
      const wanted = JSON.stringify({ 'b/': '', 'b/a/': '', 'b/a/in a': 'text' });
      await until(async () => JSON.stringify(await bench.shown().catch(String)) === wanted);
      assert.equal((await others.items()).length, 1);
    });

    test('has changed what we remove: it stays, and comes back, and is not what a program still has open', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      await others.put('a.txt', 'old');
      await bench.list();
      const fd = await bench.calls.open('/a.txt', 2);
      assert.equal((await bench.calls.read(fd, 0, 9)).toString(), 'old');
      await others.put('a.txt', 'theirs');
      await bench.calls.unlink('/a.txt');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'a.txt': 'theirs' });
      await until(async () => (await bench.list()).length > 0);
      assert.deepEqual(await bench.shown(), await others.tree());
      await bench.calls.write(fd, Buffer.from('scratch'), 0);
      assert.equal((await bench.calls.read(fd, 0, 9)).toString(), 'scratch');
      assert.equal((await bench.calls.fstat(fd)).links, 0);
      await bench.calls.fsync(fd);
      await bench.calls.close(fd);
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'a.txt': 'theirs' });
      assert.deepEqual(await bench.shown(), await others.tree());
    });

    test('has renamed what we remove: it stays', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      await others.put('a.txt', 'old');
      await bench.list();
      await others.rename('a.txt', 'b.txt');
      await bench.calls.unlink('/a.txt');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'b.txt': 'old' });
    });

    test('has renamed what we remove, which is seen before the removal is sent: it stays', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open({ fs: { settleMs: 60_000, listingAgeMs: 0 } });
      await others.put('a.txt', 'old');
      await bench.list();
      await bench.calls.unlink('/a.txt');
      await others.rename('a.txt', 'b.txt');
      await bench.list();
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'b.txt': 'old' });
      assert.deepEqual(await bench.shown(), await others.tree());
    });

    test('is not ourselves: after a lost answer to a content', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open({
        wrap: (drive) => failingDrive(drive, failNth('upload', 1, 'lose-reply')),
      });
      await others.put('a.txt', 'old');
      await bench.list();
      await bench.write('/a.txt', 'one');
      await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
      await bench.write('/a.txt', 'two');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), { 'a.txt': 'two' });
      assert.deepEqual(bench.opened.conflicts(), []);
    });

    test('is not ourselves: a lost answer to a content, and a removal', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open({
        wrap: (drive) => failingDrive(drive, failNth('upload', 1, 'lose-reply')),
      });
      await others.put('a.txt', 'old');
      await bench.list();
      await bench.write('/a.txt', 'one');
      await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
      await bench.calls.unlink('/a.txt');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), {});
    });

    test('is not ourselves: renamed, described, renamed back, written and removed', async () => {
      await using shared = await open();
      const { others } = shared;
      await using bench = await shared.open();
      await others.put('a.txt', 'old');
      await bench.list();
      for (const step of [
        () => bench.calls.rename('/a.txt', '/b.txt'),
        () => bench.calls.setxattr('/b.txt', 'user.skydrive.description', Buffer.from('d')),
        () => bench.write('/b.txt', 'new'),
        () => bench.calls.rename('/b.txt', '/a.txt'),
        () => bench.write('/a.txt', 'newer'),
      ]) {
        await step();
        assert.deepEqual(await bench.sync(), []);
      }
      assert.deepEqual(await others.tree(), { 'a.txt': 'newer' });
      await bench.calls.unlink('/a.txt');
      assert.deepEqual(await bench.sync(), []);
      assert.deepEqual(await others.tree(), {});
      assert.deepEqual(bench.troubles, []);
    });
  });
