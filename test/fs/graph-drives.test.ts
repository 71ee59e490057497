// Drives that are not the account's own personal one, and what may be in a drive beside files and folders.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { GraphBench } from '../support/graph-bench.ts';

const until = async (test: () => Promise<boolean>): Promise<void> => {
  const start = performance.now();
  while (!(await test().catch(() => false))) {
    if (performance.now() - start > 15_000) throw new Error('it does not happen');
    await delay(20);
  }
};

const text = async ({ emulator }: GraphBench, path: string, account?: string): Promise<string> =>
  Buffer.from(await emulator.admin.read({ path, ...(account === undefined ? {} : { account }) })).toString();

describe('drives of the graph dialect', () => {
  it('follow a shortcut to a folder that somebody shares', async () => {
    await using bench = await GraphBench.start({ fs: { listingAgeMs: 200 } });
    const { admin, graph } = bench.emulator;
    const { uid: me } = admin.accounts()[0] ?? { uid: '' };
    const { uid: ann } = admin.addAccount('Ann Other');
    await admin.put({ account: ann, path: '/Plans/deep/plan.txt' }, 'her plan');
    graph.share('/Plans', [me], { write: true, account: ann });
    graph.addShortcut('Her plans', { account: ann, path: '/Plans' });
    await bench.mount();
    await bench.following();
    assert.equal(await bench.read('/Her plans/deep/plan.txt'), 'her plan');
    await bench.write('/Her plans/ours.txt', 'ours');
    await bench.write('/Her plans/deep/plan.txt', 'our plan');
    await bench.sync();
    assert.equal(await text(bench, '/Plans/ours.txt', ann), 'ours');
    assert.equal(await text(bench, '/Plans/deep/plan.txt', ann), 'our plan');
    await admin.put({ account: ann, path: '/Plans/later.txt' }, 'later');
    await until(async () => (await bench.read('/Her plans/later.txt')) === 'later');
    admin.remove({ account: ann, path: '/Plans/ours.txt' });
    await until(async () => !Object.hasOwn(await bench.find('/Her plans'), '/Her plans/ours.txt'));
    // The whole drive told again does not know what is behind the shortcut either.
    graph.resync();
    await delay(500);
    await bench.following();
    assert.equal(await bench.read('/Her plans/later.txt'), 'later');
    assert.deepEqual(bench.emulator.requests.violations, []);
  });

  for (const driveType of ['business', 'documentLibrary'] as const)
    it(`of type ${driveType} are followed`, async () => {
      await using bench = await GraphBench.open({ emulator: { driveType, seedTree: 60 } });
      const { admin } = bench.emulator;
      await bench.following();
      assert.deepEqual(await bench.find(), bench.held());
      await bench.calls.mkdir('/made', 0o755);
      const setDescription = (path: string): Promise<void> =>
        bench.calls.setxattr(path, 'user.skydrive.description', Buffer.from('about it'));
      for (const path of ['/', '/made']) await assert.rejects(setDescription(path), { code: 'EOPNOTSUPP' });
      await bench.write('/made/a', 'a');
      await bench.calls.rename('/made/a', '/b');
      await bench.write('/b', 'longer');
      await bench.sync();
      await admin.put({ path: '/made/theirs' }, 'theirs');
      admin.rename({ path: '/b' }, 'c');
      await until(async () => (await bench.read('/c')) === 'longer' && (await bench.read('/made/theirs')) === 'theirs');
      admin.remove({ path: '/made' });
      await until(async () => !Object.hasOwn(await bench.find(), '/made/'));
      assert.deepEqual(await bench.find(), bench.held());
    });

  it('are chosen by drive_id', async () => {
    let library = '';
    await using bench = await GraphBench.start({
      driveId: ({ admin, graph }) => {
        library = admin.addAccount('Library').uid;
        graph.setDriveType('documentLibrary', { account: library });
        return graph.driveId({ account: library });
      },
    });
    await bench.mount();
    await bench.following();
    await bench.write('/here.txt', 'in the library');
    await bench.sync();
    assert.equal(await text(bench, '/here.txt', library), 'in the library');
    await bench.emulator.admin.put({ account: library, path: '/theirs.txt' }, 'theirs');
    await until(async () => (await bench.read('/theirs.txt')) === 'theirs');
  });

  it('are not broken by a vault or a notebook', async () => {
    await using bench = await GraphBench.start();
    const { admin, graph } = bench.emulator;
    graph.addVault('Personal Vault');
    admin.mkdir({ path: '/Notes' }, 'notebook');
    await admin.put({ path: '/file' }, 'file');
    await bench.mount();
    await bench.following();
    const found = await bench.find();
    assert.ok(Object.hasOwn(found, '/file'));
    graph.resync();
    await admin.put({ path: '/more' }, 'more');
    await until(async () => Object.hasOwn(await bench.find(), '/more'));
  });
});
