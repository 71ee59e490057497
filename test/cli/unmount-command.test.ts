import assert from 'node:assert/strict';
import { open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { contentOf, gone, killed, makeMounting, mountable } from './mounting.ts';

describe('skydrive unmount', mountable, () => {
  it('waits until everything is on the drive', async () => {
    await using mounting = await makeMounting({ latencyMs: 50 }, ['settle: 1h']);
    const { mountpoint, emulator } = mounting;
    await mounting.mount();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await writeFile(join(mountpoint, name), name);
    assert.deepEqual(await mounting.run('unmount', mountpoint), { code: 0, out: '', err: '' });
    for (const name of ['a', 'b', 'c', 'd', 'e']) assert.equal(await contentOf(emulator, `/${name}`), name);
  });

  it('says what is left when the time is over; it survives and is sent later', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, emulator } = mounting;
    await mounting.mount();
    // What is in the folder has to be known before something new can be made in it while the server is down.
    await readdir(mountpoint);
    await emulator.admin.down();
    await writeFile(join(mountpoint, 'late.txt'), 'later');
    const { code, err } = await mounting.run('unmount', '--timeout', '1', mountpoint);
    assert.equal(code, 0);
    assert.match(err, /^1 change is not on the drive yet, kept on this disk/);
    assert.match(err, /\/late\.txt \(put-content\)/);
    await emulator.admin.up();
    await mounting.mount();
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    assert.equal(await contentOf(emulator, '/late.txt'), 'later');
  });

  it('neither waits for a queue that is held nor keeps silent about it', async () => {
    await using mounting = await makeMounting();
    const { mountpoint } = mounting;
    await mounting.mount();
    assert.equal((await mounting.run('queue', 'hold')).code, 0);
    await writeFile(join(mountpoint, 'late.txt'), 'later');
    const { code, err } = await mounting.run('unmount', '--timeout', '10m', mountpoint);
    assert.equal(code, 0);
    assert.match(err, /late\.txt \(put-content\): .*skydrive queue release/);
  });

  it('does not wait with --now', async () => {
    await using mounting = await makeMounting({}, ['settle: 1h']);
    const { mountpoint } = mounting;
    await mounting.mount();
    await writeFile(join(mountpoint, 'late.txt'), 'later');
    const { code, err } = await mounting.run('unmount', '--now', mountpoint);
    assert.equal(code, 0);
    assert.match(err, /late\.txt/);
  });

  it('refuses while a process uses the mount, and names it; --now detaches it nevertheless', async () => {
    await using mounting = await makeMounting();
    const { mountpoint } = mounting;
    const { pid } = await mounting.mount();
    const file = await open(join(mountpoint, 'held.txt'), 'w');
    const refused = await mounting.run('unmount', mountpoint);
    assert.equal(refused.code, 1);
    assert.ok(refused.err.includes(`(${process.pid})`), refused.err);
    assert.equal((await mounting.run('status', mountpoint)).code, 0);
    assert.equal((await mounting.run('unmount', '--now', mountpoint)).code, 0);
    await file.close().catch(() => {});
    await gone(pid);
    assert.deepEqual(await readdir(mountpoint), []);
  });

  it('clears the dead mount of a killed process', async () => {
    await using mounting = await makeMounting();
    const { mountpoint } = mounting;
    const { pid } = await mounting.mount();
    await killed(pid);
    const { code, err } = await mounting.run('unmount', mountpoint);
    assert.equal(code, 0);
    assert.match(err, /^cleared the dead mount/);
    assert.deepEqual(await readdir(mountpoint), []);
  });

  it('finds nothing where nothing is mounted, and asks for the mountpoint itself', async () => {
    await using mounting = await makeMounting();
    const { mountpoint } = mounting;
    const none = await mounting.run('unmount', mountpoint);
    assert.equal(none.code, 4);
    assert.match(none.err, /no SkyDrive is mounted on/);
    await mounting.mount();
    const inside = await mounting.run('unmount', join(mountpoint, 'x'));
    assert.equal(inside.code, 1);
    assert.ok(inside.err.includes(`name ${mountpoint}`));
    const wrong = await mounting.run('unmount', '--timeout', 'soon', mountpoint);
    assert.equal(wrong.code, 2);
  });
});
