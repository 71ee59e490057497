// What others change on the drive is soon visible in a mount, although the kernel keeps names and attributes for minutes; and what is
// put through one dialect is there in the other. On real mounts of both drivers.
import assert from 'node:assert/strict';
import { appendFile, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Emulated, emulated } from '../support/emulated.ts';
import { mountObstacle } from '../support/mounted.ts';
import { Skydrive } from '../support/skydrive.ts';

const intervalMs = 500;
/** libfuse 2 cannot be told of changes: it believes what it knows for a second. */
const driverMs = { kernel: 0, 'fuse-native': 1000 } as const;
/** Requests, and a machine that has other things to do. */
const slackMs = 1500;

const graph = (): Promise<Emulated> =>
  emulated({ strict: true, seedTree: 40 }, 'graph', [`feed_interval: ${intervalMs}ms`]);

/** Milliseconds until `test` holds; looks as a program would that polls a file it knows. */
const until = async (test: () => Promise<boolean>): Promise<number> => {
  const start = performance.now();
  while (!(await test().catch(() => false))) {
    if (performance.now() - start > 20_000) throw new Error('it is not visible after 20 s');
    await delay(10);
  }
  return performance.now() - start;
};

const isGone = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );

/** What `skydrive status` says of the change feed. */
const follows = async (skydrive: Skydrive): Promise<boolean> =>
  (JSON.parse(await skydrive.run('--json', 'status', skydrive.mountpoint)) as { feed?: { state: string } }).feed
    ?.state === 'following';

for (const driver of ['kernel', 'fuse-native'] as const)
  describe(`the change feed on ${driver}`, { skip: mountObstacle() ?? false, timeout: 120_000 }, () => {
    it('makes changes of others visible within two intervals', async (context) => {
      await using place = await graph();
      const { admin } = place.emulator;
      for (const name of ['changed', 'renamed', 'moved', 'removed', 'open'])
        await admin.put({ path: `/f/${name}` }, name);
      await using skydrive = new Skydrive(place, driver);
      await skydrive.mount();
      await until(() => follows(skydrive));
      const at = (...names: string[]): string => join(skydrive.mountpoint, ...names);
      // Now the kernel knows all of it.
      for (const name of await readdir(at('f'))) await readFile(at('f', name));
      const numbers = { renamed: (await stat(at('f/renamed'))).ino, moved: (await stat(at('f/moved'))).ino };
      await using file = await open(at('f/open'));
      await admin.put({ path: '/f/changed' }, 'changed by somebody else');
      await admin.put({ path: '/f/open' }, 'another version');
      admin.rename({ path: '/f/renamed' }, 'other name');
      admin.move({ path: '/f/moved' }, '/');
      admin.remove({ path: '/f/removed' });
      await admin.put({ path: '/f/new/deep' }, 'new');
      const took = await Promise.all([
        until(async () => (await readFile(at('f/changed'), 'utf8')) === 'changed by somebody else'),
        until(async () => (await stat(at('f/other name'))).ino === numbers.renamed),
        until(async () => (await stat(at('moved'))).ino === numbers.moved),
        ...['f/renamed', 'f/moved', 'f/removed'].map((name) => until(() => isGone(at(name)))),
        until(async () => (await readFile(at('f/new/deep'), 'utf8')) === 'new'),
        until(async () => (await readdir(at('f'))).includes('new')),
      ]);
      context.diagnostic(`visible after ${took.map(Math.round).join(', ')} ms`);
      const limit = 2 * intervalMs + driverMs[driver] + slackMs;
      for (const ms of took) assert.ok(ms < limit, `${took.map(Math.round)} ms, at most ${limit}`);
      assert.equal(await file.readFile('utf8'), 'open', 'an open file keeps its version');
      const { id } = admin.removed().find(({ name }) => name === 'removed') ?? { id: '' };
      admin.restore(id);
      await until(async () => (await readFile(at('f/removed'), 'utf8')) === 'removed');
      place.emulator.graph.resync();
      admin.remove({ path: '/f/changed' });
      await until(() => isGone(at('f/changed')));
      await writeFile(at('f/ours'), 'ours');
      await skydrive.sync();
      assert.equal((await admin.read({ path: '/f/ours' })).toString(), 'ours');
      assert.deepEqual(place.emulator.requests.violations, []);
    });

    it('begins with the root: whoever looks into it waits for one listing at most', async () => {
      await using place = await emulated({ strict: true, seedTree: 40, latencyMs: 300 }, 'graph');
      await using skydrive = new Skydrive(place, driver);
      await skydrive.mount();
      await readdir(skydrive.mountpoint);
      await until(() => follows(skydrive));
      const [whose, root, ...others] = place.emulator.admin.requests();
      assert.deepEqual([whose?.kind, root?.kind].sort(), ['drive', 'get']);
      const [first, second] = [whose, root].map((one) => ({
        begins: one?.atMs ?? 0,
        ends: (one?.atMs ?? 0) + (one?.ms ?? 0),
      }));
      assert.ok((second?.begins ?? 0) < (first?.ends ?? 0), 'both are asked at once');
      assert.deepEqual(others.map(({ kind }) => kind).slice(0, 2), ['list', 'delta']);
      assert.equal(others.filter(({ kind }) => kind === 'list').length, 1);
    });

    it('knows the tree at once after a remount, and asks for nothing but what changed', async () => {
      await using place = await graph();
      await using skydrive = new Skydrive(place, driver);
      await skydrive.mount();
      await until(() => follows(skydrive));
      await skydrive.unmount();
      await place.emulator.admin.put({ path: '/meanwhile' }, 'new');
      place.emulator.admin.resetRequests();
      await skydrive.mount();
      assert.ok((await readdir(skydrive.mountpoint)).length > 0);
      await until(async () => (await readdir(skydrive.mountpoint)).includes('meanwhile'));
      const { byKind } = place.emulator.admin.counters();
      assert.deepEqual(Object.keys(byKind), ['delta']);
    });

    for (const named of [false, true])
      it(`asks once in all after a remount, whatever is walked${named ? ', also of a drive that is named' : ''}`, async () => {
        await using place = await emulated({ strict: true, seedTree: 200 }, 'graph', ['feed_interval: 60s']);
        if (named) await appendFile(place.configFile, `  drive_id: ${place.emulator.graph.driveId()}\n`);
        await using skydrive = new Skydrive(place, driver);
        await skydrive.mount();
        await until(() => follows(skydrive));
        await skydrive.unmount();
        place.emulator.admin.resetRequests();
        await skydrive.mount();
        const paths = await readdir(skydrive.mountpoint, { recursive: true });
        assert.equal(paths.length, place.emulator.admin.tree().length);
        for (const path of paths) await stat(join(skydrive.mountpoint, path));
        await until(async () => place.emulator.requests.list().length > 0);
        await skydrive.unmount();
        assert.deepEqual(
          place.emulator.requests.list().map(({ kind }) => kind),
          ['delta'],
        );
      });
  });

describe('both dialects of one drive', { skip: mountObstacle() ?? false, timeout: 120_000 }, () => {
  it('what is put through live is seen through graph', async () => {
    await using place = await emulated({ strict: true, seedTree: 20 });
    await using live = new Skydrive(place, 'kernel');
    await live.mount();
    await writeFile(join(live.mountpoint, 'through live.txt'), 'text');
    await live.sync();
    await live.unmount();
    const { accessToken, refreshToken } = place.emulator.admin.token();
    const { url } = place.emulator;
    const lines = [
      "client: {id: '0000000012345678'}",
      `auth: {access_token: '${accessToken}', refresh_token: '${refreshToken}'}`,
      `skydrive: {dialect: graph, api_url: '${url}/v1.0', login_url: '${url}/common/oauth2/v2.0', cache_dir: '${place.cacheDir}'}`,
    ];
    await writeFile(place.configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
    await live.mount();
    assert.equal(await readFile(join(live.mountpoint, 'through live.txt'), 'utf8'), 'text');
    const names = (await readdir(live.mountpoint, { recursive: true })).sort();
    assert.deepEqual(
      names,
      place.emulator.admin
        .tree()
        .map(({ path }) => path.slice(1))
        .sort(),
    );
  });
});
