// skydrive check on a mount that runs, and on what is kept of it without one.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { killed, makeMounting, mountable } from './mounting.ts';

describe('skydrive check', mountable, () => {
  it('finds nothing while all is well, what others did with --remote, and mends what is not', async () => {
    await using mounting = await makeMounting({}, ['listing_age: 1h']);
    const { mountpoint, emulator, user } = mounting;
    await mounting.mount();
    await mkdir(join(mountpoint, 'folder'));
    await writeFile(join(mountpoint, 'folder', 'a.txt'), 'text');
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    const well = await mounting.run('check', '--remote', mountpoint);
    assert.deepEqual([well.code, well.out], [0, 'everything agrees\n'], well.err);
    await emulator.admin.put({ path: '/folder/b.txt' }, 'theirs');
    const others = await mounting.run('check', '--remote');
    assert.equal(others.code, 1);
    assert.match(others.out, /^b\.txt is in \/folder on the drive, and not known here$/m);
    const early = await mounting.run('check', '--repair', mountpoint);
    assert.equal(early.code, 2);
    assert.match(early.err, /run "skydrive unmount .*" first/);
    assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
    const [account = ''] = await readdir(join(user.home, '.cache', 'skydrive'));
    const content = join(user.home, '.cache', 'skydrive', account, 'content');
    const [folder = ''] = await readdir(content);
    await writeFile(join(content, folder, `${Number.parseInt(folder, 16) + 25_600}`), 'of nobody');
    assert.equal((await mounting.run('check')).code, 1);
    const repaired = await mounting.run('check', '--repair');
    assert.equal(repaired.code, 0, repaired.out + repaired.err);
    assert.match(repaired.out, /is of no content that is known: mended$/m);
    const found = join(user.home, '.cache', 'skydrive', account, 'lost+found');
    const [name = ''] = await readdir(found);
    assert.equal(await readFile(join(found, name), 'utf8'), 'of nobody');
    assert.equal((await mounting.run('check', '--remote', '--repair')).code, 0);
    await mounting.mount();
    assert.deepEqual((await readdir(join(mountpoint, 'folder'))).sort(), ['a.txt', 'b.txt']);
  });

  it('looks at what a killed process left, and so does export', async () => {
    await using mounting = await makeMounting({}, ['settle: 1h']);
    const { mountpoint, user } = mounting;
    const { pid } = await mounting.mount();
    await writeFile(join(mountpoint, 'a.txt'), 'not sent');
    await killed(pid);
    const { code, out, err } = await mounting.run('check', mountpoint);
    assert.deepEqual([code, out], [0, 'everything agrees\n'], err);
    assert.equal((await mounting.run('check', '--repair')).code, 0);
    const exported = await mounting.run('export', join(user.home, 'out'));
    assert.equal(exported.code, 0, exported.err);
    assert.equal(await readFile(join(user.home, 'out', 'a.txt'), 'utf8'), 'not sent');
  });

  it('says that nothing is kept here, where nothing is', async () => {
    await using mounting = await makeMounting();
    await rm(join(mounting.user.home, '.cache'), { recursive: true, force: true });
    const { code, err } = await mounting.run('check');
    assert.equal(code, 2);
    assert.match(err, /nothing is kept in /);
  });

  it('names metadata that are damaged, and puts them aside; what was not sent is in lost+found then', async () => {
    await using mounting = await makeMounting({}, ['settle: 1h']);
    const { mountpoint, user } = mounting;
    await mounting.mount();
    await writeFile(join(mountpoint, 'unsent.txt'), 'only here');
    assert.equal((await mounting.run('unmount', '--now', mountpoint)).code, 0);
    const cache = join(user.home, '.cache', 'skydrive');
    const folder = join(cache, (await readdir(cache))[0] ?? '');
    const metadata = join(folder, 'metadata.mdb');
    await truncate(metadata, Math.floor((await stat(metadata)).size / 2));
    const found = await mounting.run('check');
    assert.equal(found.code, 1);
    assert.match(found.out, /metadata\.mdb: .*SIGBUS.*skydrive check --repair/);
    const refused = await mounting.run('mount', mountpoint);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /metadata\.mdb: .*SIGBUS.* not sent are unharmed.*skydrive check --repair/);
    const told = await mounting.run('mount', '--foreground', mountpoint);
    assert.equal(told.code, 1);
    assert.match(told.err, /metadata\.mdb: .*SIGBUS.*skydrive check --repair/);
    const exported = await mounting.run('export', join(user.home, 'out'));
    assert.equal(exported.code, 1);
    assert.match(exported.err, /metadata\.mdb: .*SIGBUS.*skydrive check --repair/);
    const repaired = await mounting.run('check', '--repair');
    assert.equal(repaired.code, 0, repaired.err);
    const aside = (await readdir(folder)).find((name) => name.startsWith('metadata.mdb.damaged-')) ?? '';
    assert.ok(aside !== '' && repaired.out.includes(aside), repaired.out);
    await mounting.mount();
    const lost = join(folder, 'lost+found');
    assert.deepEqual(await Promise.all((await readdir(lost)).map((name) => readFile(join(lost, name), 'utf8'))), [
      'only here',
    ]);
    await writeFile(join(mountpoint, 'more.txt'), 'x');
    assert.equal((await mounting.run('sync')).code, 0);
    assert.equal((await mounting.run('check', '--remote')).code, 0);
  });
});
