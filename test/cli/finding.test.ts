// `skydrive search`, `versions`, `permissions` and `thumbnail`, in both dialects as far as each can.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type EmulatedDialect, emulated } from '../support/emulated.ts';
import { mountObstacle } from '../support/mounted.ts';
import { Skydrive } from '../support/skydrive.ts';

/** What a command that fails says, and its exit code. */
const failed = async (running: Promise<string>): Promise<{ code: number; err: string }> => {
  const error = await running.then(
    (out) => assert.fail(`it succeeds: ${out}`),
    (reason: { code: number; stderr: string }) => reason,
  );
  return { code: error.code, err: error.stderr };
};

for (const dialect of ['live', 'graph'] as const satisfies readonly EmulatedDialect[])
  describe(`finding things on the ${dialect} dialect`, () => {
    it('search tells what has the words in its name', async () => {
      await using place = await emulated({ strict: true }, dialect);
      const skydrive = new Skydrive(place, 'kernel');
      await place.emulator.admin.put({ path: "/Letters/it's 100% Übung.txt" }, 'text');
      await place.emulator.admin.put({ path: '/Letters/other.txt' }, 'text');
      const found = JSON.parse(await skydrive.run('--json', 'search', "it's 100% Übung")) as { name: string }[];
      assert.deepEqual(
        found.map(({ name }) => name),
        ["it's 100% Übung.txt"],
      );
      assert.match(await skydrive.run('-k', 'name', 'search', 'Letters'), /^- Letters\n$/);
      assert.deepEqual(JSON.parse(await skydrive.run('--json', 'search', 'no such thing')), []);
      assert.deepEqual(place.emulator.requests.violations, []);
    });

    it('thumbnail gives a small picture, or says that there is none', async () => {
      await using place = await emulated({ strict: true }, dialect);
      const skydrive = new Skydrive(place, 'kernel');
      await place.emulator.admin.put({ path: '/clip.mp4' }, 'not really a film');
      await place.emulator.admin.put({ path: '/text.txt' }, 'text');
      const target = join(place.folder, 'small.png');
      await skydrive.run('thumbnail', '-s', 'small', 'clip.mp4', target);
      assert.equal((await readFile(target)).subarray(1, 4).toString(), 'PNG');
      await rm(target);
      const { code, err } = await failed(skydrive.run('thumbnail', 'text.txt', target));
      assert.deepEqual([code, err], [4, 'skydrive: the service has no small picture of "text.txt"\n']);
      await assert.rejects(readFile(target));
      assert.deepEqual(place.emulator.requests.violations, []);
    });
  });

describe('permissions', () => {
  it('tell who may do what, and by which link', async () => {
    await using place = await emulated({ strict: true }, 'graph');
    const skydrive = new Skydrive(place, 'kernel');
    await place.emulator.admin.put({ path: '/a/file.txt' }, 'text');
    const { link } = JSON.parse(await skydrive.run('--json', 'link', 'a/file.txt')) as { link: string };
    const all = JSON.parse(await skydrive.run('--json', 'permissions', 'a/file.txt')) as {
      roles: string[];
      link?: string;
    }[];
    assert.deepEqual(
      all.map((one) => [one.roles, one.link]).sort(),
      [
        [['owner'], undefined],
        [['read'], link],
      ].sort(),
    );
    assert.deepEqual(place.emulator.requests.violations, []);
  });
});

describe('versions', () => {
  it('are listed, downloaded and restored on the graph dialect', async () => {
    await using place = await emulated({ strict: true }, 'graph');
    const skydrive = new Skydrive(place, 'kernel');
    const { admin } = place.emulator;
    for (const text of ['one', 'and two', 'three, the last']) await admin.put({ path: '/a/file.txt' }, text);
    const { id } = admin.item({ path: '/a/file.txt' });
    const list = JSON.parse(await skydrive.run('--json', 'versions', 'a/file.txt')) as { id: string; size: number }[];
    assert.deepEqual(
      list.map(({ size }) => size),
      [15, 7, 3],
    );
    const [present, , oldest] = list.map((version) => version.id) as [string, string, string];
    assert.equal(await skydrive.run('versions', '--get', oldest, 'a/file.txt'), 'one');
    assert.equal(await skydrive.run('versions', '--get', present, 'a/file.txt'), 'three, the last');
    const target = join(place.folder, 'old.txt');
    await skydrive.run('versions', '--get', oldest, 'a/file.txt', target);
    assert.equal(await readFile(target, 'utf8'), 'one');
    await skydrive.run('versions', '--restore', oldest, 'a/file.txt');
    assert.equal((await admin.read({ path: '/a/file.txt' })).toString(), 'one');
    assert.equal(admin.item({ path: '/a/file.txt' }).id, id);
    const unknown = await failed(skydrive.run('versions', '--restore', '9.0', 'a/file.txt'));
    assert.match(unknown.err, /^skydrive: "a\/file.txt" has no version 9.0; it has 4.0, 3.0, 2.0, 1.0\n$/);
    const both = await failed(skydrive.run('versions', '--restore', '1.0', '--get', '1.0', 'a/file.txt'));
    assert.equal(both.code, 2);
    assert.match((await failed(skydrive.run('versions', 'a/file.txt', target))).err, /TARGET is where --get puts/);
    assert.deepEqual(place.emulator.requests.violations, []);
  });

  it('are none of the live dialect', async () => {
    await using place = await emulated({ strict: true });
    await place.emulator.admin.put({ path: '/file.txt' }, 'text');
    const { err } = await failed(new Skydrive(place, 'kernel').run('versions', 'file.txt'));
    assert.match(err, /^skydrive: this drive does not tell of earlier contents\n$/);
  });

  it('what is restored is soon seen in a mount', { skip: mountObstacle() ?? false, timeout: 60_000 }, async () => {
    await using place = await emulated({ strict: true }, 'graph', ['feed_interval: 300ms']);
    await using skydrive = new Skydrive(place, 'kernel');
    await skydrive.mount();
    const path = join(skydrive.mountpoint, 'file.txt');
    for (const text of ['the first', 'the second']) {
      await writeFile(path, text);
      await skydrive.sync();
    }
    await skydrive.run('versions', '--restore', '1.0', 'file.txt');
    while ((await readFile(path, 'utf8')) !== 'the first') await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
