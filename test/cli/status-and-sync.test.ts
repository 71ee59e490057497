import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { contentOf, makeMounting, mountable } from './mounting.ts';

describe('skydrive status', mountable, () => {
  it('shows a mount, found from any path inside of it', async () => {
    await using mounting = await makeMounting({}, ['settle: 1h']);
    const { mountpoint, emulator } = mounting;
    const { pid } = await mounting.mount();
    await writeFile(join(mountpoint, 'a.txt'), 'x');
    const { code, out } = await mounting.run('--json', 'status', join(mountpoint, 'not', 'there'));
    assert.equal(code, 0);
    const status = JSON.parse(out) as Record<string, unknown>;
    assert.equal(status['state'], 'serving');
    assert.equal(status['mountpoint'], mountpoint);
    assert.equal(status['pid'], pid);
    assert.equal(status['driver'], 'kernel');
    assert.equal(status['apiUrl'], `${emulator.url}/v5.0`);
    assert.deepEqual(
      (status['unsent'] as { path: string }[]).map(({ path }) => path),
      ['/a.txt'],
    );
    const text = await mounting.run('status', mountpoint);
    assert.match(text.out, /to send: 1 change\n {2}\/a\.txt \(put-content\): waiting/);
  });

  it('without an argument lists them all', async () => {
    await using mounting = await makeMounting();
    await mounting.mount();
    const { out } = await mounting.run('--json', 'status');
    const found = JSON.parse(out) as { mountpoint: string }[];
    assert.ok(found.some(({ mountpoint }) => mountpoint === mounting.mountpoint));
  });

  it('finds nothing where nothing is mounted', async () => {
    await using mounting = await makeMounting();
    const { code, err } = await mounting.run('status', mounting.mountpoint);
    assert.equal(code, 4);
    assert.match(err, /no SkyDrive is mounted on/);
  });
});

describe('skydrive sync', mountable, () => {
  it('names what cannot be sent, with code 1', async () => {
    await using mounting = await makeMounting({ quota: 100_000 });
    const { mountpoint, emulator } = mounting;
    await mounting.mount();
    await mkdir(join(mountpoint, 'folder'));
    await writeFile(join(mountpoint, 'folder', 'fits.txt'), 'x');
    assert.equal((await mounting.run('sync', join(mountpoint, 'folder'))).code, 0);
    emulator.admin.set({ uploadLimit: 10 });
    await writeFile(join(mountpoint, 'folder', 'large.txt'), 'x'.repeat(1000));
    const { code, err } = await mounting.run('sync', mountpoint);
    assert.equal(code, 1);
    assert.match(
      err,
      /1 change cannot be sent to the drive:\n .*drive\/folder\/large\.txt \(put-content\): cannot be sent: /,
    );
  });

  it('does not take a path that is in no mount, or that is not there', async () => {
    await using mounting = await makeMounting();
    assert.equal((await mounting.run('sync', mounting.mountpoint)).code, 4);
    await mounting.mount();
    const missing = await mounting.run('sync', join(mounting.mountpoint, 'missing'));
    assert.equal(missing.code, 4, missing.err);
  });

  it('says that nobody is signed in any more, with code 3, and goes on once somebody is', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, emulator, user } = mounting;
    await mounting.mount();
    await writeFile(join(mountpoint, 'before.txt'), 'x');
    assert.equal((await mounting.run('sync')).code, 0);
    emulator.admin.revokeTokens({ access: true });
    await writeFile(join(mountpoint, 'a.txt'), 'x');
    const { code, err } = await mounting.run('sync');
    assert.equal(code, 3, err);
    assert.match(err, /skydrive auth/);
    assert.match((await mounting.run('status', mountpoint)).out, /a\.txt \(put-content\): .*skydrive auth/);
    await user.signIn();
    assert.equal((await mounting.run('sync')).code, 0);
    assert.equal(await contentOf(emulator, '/a.txt'), 'x');
    emulator.admin.revokeTokens({ access: true });
    await writeFile(join(mountpoint, 'b.txt'), 'x');
    const left = await mounting.run('unmount', '--timeout', '10m', mountpoint);
    assert.equal(left.code, 0, left.err);
    assert.match(left.err, /1 change is not on the drive yet.*b\.txt.*skydrive auth/s);
  });

  it('says so as well where nobody was signed in when it was mounted, and nothing is tried then', async () => {
    await using mounting = await makeMounting({}, ['settle: 1h']);
    const { mountpoint, emulator, user } = mounting;
    await mounting.mount();
    await writeFile(join(mountpoint, 'a.txt'), 'x');
    assert.equal((await mounting.run('unmount', '--now', mountpoint)).code, 0);
    emulator.admin.revokeTokens({ access: true });
    await mounting.mount();
    const { code, err } = await mounting.run('sync', mountpoint);
    assert.equal(code, 3, err);
    const { out } = await mounting.run('status', mountpoint);
    assert.match(out, /held: .*skydrive auth/);
    assert.match(out, /a\.txt \(put-content\): waiting/);
    const left = await mounting.run('unmount', '--timeout', '10m', mountpoint);
    assert.equal(left.code, 0, left.err);
    assert.match(left.err, /a\.txt.*skydrive auth/s);
    await mounting.mount();
    await user.signIn();
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    assert.equal(await contentOf(emulator, '/a.txt'), 'x');
  });
});
