// A mount whose server goes away, in both ways: nobody listens any more, and nobody answers any more.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { tempDir } from '../support/temp-dir.ts';
import { contentOf, type Mounting, makeMounting, mountable } from './mounting.ts';

interface Status {
  readonly outage?: { readonly reason: string };
  readonly unsent: readonly unknown[];
}

const statusOf = async ({ run, mountpoint }: Mounting): Promise<Status> =>
  JSON.parse((await run('--json', 'status', mountpoint)).out) as Status;

/** Milliseconds that the work takes. */
const timed = async (act: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await act();
  return performance.now() - start;
};

/** The folders and files that everything below is done with; the drive has them, the mount knows them. */
const prepare = async (mounting: Mounting): Promise<void> => {
  const { mountpoint } = mounting;
  await mounting.mount();
  await mkdir(join(mountpoint, 'folder'));
  for (const name of ['one', 'two', 'three']) await writeFile(join(mountpoint, 'folder', name), name);
  assert.equal((await mounting.run('sync', mountpoint)).code, 0);
  await readdir(join(mountpoint, 'folder'));
};

/** Everything that can be done without a server. */
const work = async (mountpoint: string): Promise<void> => {
  const at = (...names: string[]): string => join(mountpoint, ...names);
  assert.deepEqual((await readdir(at('folder'))).sort(), ['one', 'three', 'two']);
  assert.equal(await readFile(at('folder', 'one'), 'utf8'), 'one');
  await mkdir(at('made'));
  await writeFile(at('made', 'new'), 'new');
  await writeFile(at('folder', 'one'), 'changed');
  await rename(at('folder', 'two'), at('made', 'moved'));
  await unlink(at('folder', 'three'));
  assert.deepEqual((await readdir(at('made'))).sort(), ['moved', 'new']);
  await assert.rejects(stat(at('folder', 'three')), { code: 'ENOENT' });
};

const paths = async (emulator: Mounting['emulator']): Promise<string[]> =>
  emulator.admin
    .tree()
    .map(({ path }) => path)
    .filter((path) => /^\/(folder|made)/.test(path))
    .sort();

describe('a mount whose server is out of reach', mountable, () => {
  it('works at the speed of this disk when nobody answers, and sends all of it when somebody does', async () => {
    // Every use of a folder asks for it again.
    await using mounting = await makeMounting({}, ['listing_age: 0s']);
    const { mountpoint, emulator } = mounting;
    await prepare(mounting);
    emulator.admin.addFault({ action: { do: 'stall' } });
    await readdir(mountpoint);
    for (let n = 0; (await statusOf(mounting)).outage === undefined; n += 1) {
      assert.ok(n < 100, 'the outage is noticed within 10 seconds');
      await delay(100);
    }
    const ms = await timed(() => work(mountpoint));
    assert.ok(ms < 1500, `all that took ${ms} ms`);
    const { out } = await mounting.run('status', mountpoint);
    assert.match(out, /service: +out of reach for .*: it does not answer/);
    emulator.admin.clearFaults();
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    assert.deepEqual(await paths(emulator), ['/folder', '/folder/one', '/made', '/made/moved', '/made/new']);
    assert.equal(await contentOf(emulator, '/folder/one'), 'changed');
  });

  it('is mounted hardly later than else when nobody answers, and then works', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, emulator } = mounting;
    await prepare(mounting);
    assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
    const usualMs = await timed(() => mounting.mount());
    assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
    emulator.admin.addFault({ action: { do: 'stall' } });
    const mountMs = await timed(() => mounting.mount());
    assert.ok(mountMs < usualMs + 3000, `mounting took ${mountMs} ms, else ${usualMs} ms`);
    const ms = await timed(() => work(mountpoint));
    assert.ok(ms < 1500, `all that took ${ms} ms`);
    emulator.admin.clearFaults();
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    assert.equal((await paths(emulator)).length, 5);
  });

  it('finds the server again by itself when it listens again', async () => {
    await using folder = await tempDir();
    await using mounting = await makeMounting({ dataDir: folder.path }, ['listing_age: 0s']);
    const { mountpoint, emulator } = mounting;
    await prepare(mounting);
    const { port } = new URL(emulator.url);
    await emulator.close();
    const ms = await timed(() => work(mountpoint));
    assert.ok(ms < 3000, `all that took ${ms} ms`);
    const { unsent } = await statusOf(mounting);
    assert.ok(unsent.length >= 4);
    await using again = await startEmulator({ port: Number(port), dataDir: folder.path, autoApprove: true });
    const backMs = await timed(async () => {
      while ((await statusOf(mounting)).unsent.length > 0) await delay(50);
    });
    assert.ok(backMs < 8000, `${backMs} ms until everything was sent`);
    assert.equal(await contentOf(again, '/made/new'), 'new');
  });

  it('says at once that it knows nothing, where it does', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, emulator, user } = mounting;
    await mounting.mount();
    assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
    await rm(join(user.home, '.cache'), { recursive: true });
    emulator.admin.addFault({ action: { do: 'stall' } });
    await mounting.mount();
    const ms = await timed(async () => {
      await assert.rejects(writeFile(join(mountpoint, 'new'), 'x'), { code: 'ENETUNREACH' });
      await assert.rejects(readdir(mountpoint), { code: 'ENETUNREACH' });
      await assert.rejects(mkdir(join(mountpoint, 'folder')), { code: 'ENETUNREACH' });
    });
    assert.ok(ms < 1000, `that took ${ms} ms`);
  });

  for (const isNoticed of [true, false])
    it(`is unmounted soon, and tells what is left, ${isNoticed ? 'after' : 'before'} the outage is noticed`, async () => {
      await using mounting = await makeMounting();
      const { mountpoint, emulator } = mounting;
      await prepare(mounting);
      await emulator.close();
      await work(mountpoint);
      while (isNoticed && (await statusOf(mounting)).outage === undefined) await delay(50);
      const ms = await timed(async () => {
        const { code, err } = await mounting.run('unmount', mountpoint);
        assert.equal(code, 0);
        assert.match(err, /changes are not on the drive yet, kept on this disk and sent after the next mount/);
      });
      assert.ok(ms < 30_000, `unmounting took ${ms} ms`);
    });
});
