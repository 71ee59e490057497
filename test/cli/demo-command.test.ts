import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeUser } from './command.ts';
import { gone, killed, mountable } from './mounting.ts';

describe('skydrive demo', mountable, () => {
  it('ends with a mounted drive and what to try; unmount ends all of it', async () => {
    await using user = await makeUser();
    const { code, out, err } = await user.run(['demo']);
    assert.deepEqual([code, err], [0, '']);
    const mountpoint = join(user.home, 'skydrive-demo');
    const listed = await readdir(mountpoint);
    assert.ok(listed.includes('Welcome.txt'), listed.join());
    assert.match(await readFile(join(mountpoint, 'Welcome.txt'), 'utf8'), /^Welcome/);
    assert.match(out, /^Work in it with any program:$/m);
    const config = /--config (\S+) ls/.exec(out)?.[1] ?? '';
    await writeFile(join(mountpoint, 'mine.txt'), 'mine');
    assert.equal((await user.run(['sync', mountpoint])).code, 0);
    assert.match((await user.run(['--config', config, 'ls'])).out, /^- mine\.txt$/m);
    const server = /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] ?? '';
    assert.equal((await user.run(['unmount', mountpoint])).code, 0);
    assert.deepEqual(await readdir(mountpoint), []);
    while (
      await fetch(server).then(
        () => true,
        () => false,
      )
    );
  });

  it('is taken up again after its process was killed', async () => {
    await using user = await makeUser();
    const mountpoint = join(user.home, 'a b');
    const first = JSON.parse((await user.run(['--json', 'demo', mountpoint])).out) as { pid: number; apiUrl: string };
    await writeFile(join(mountpoint, 'mine.txt'), 'mine');
    await killed(first.pid);
    while (
      await fetch(first.apiUrl).then(
        () => true,
        () => false,
      )
    );
    const second = JSON.parse((await user.run(['--json', 'demo', mountpoint])).out) as { pid: number };
    assert.equal(await readFile(join(mountpoint, 'mine.txt'), 'utf8'), 'mine');
    assert.equal((await user.run(['unmount', mountpoint])).code, 0);
    await gone(second.pid);
  });

  it('speaks to its drive through Graph too', async () => {
    await using user = await makeUser();
    const mountpoint = join(user.home, 'graph');
    const { code, out, err } = await user.run(['--json', 'demo', mountpoint, '--dialect', 'graph']);
    assert.deepEqual([code, err], [0, '']);
    assert.match((JSON.parse(out) as { apiUrl: string }).apiUrl, /\/v1\.0$/);
    assert.match(await readFile(join(mountpoint, 'Welcome.txt'), 'utf8'), /^Welcome/);
    await writeFile(join(mountpoint, 'mine.txt'), 'mine');
    assert.equal((await user.run(['sync', mountpoint])).code, 0);
    assert.equal((await user.run(['unmount', mountpoint])).code, 0);
  });

  it('says what it cannot make', async () => {
    await using user = await makeUser();
    const mountpoint = await user.run(['demo', '/proc/nothing/such']);
    assert.deepEqual([mountpoint.code, mountpoint.out], [2, '']);
    assert.match(mountpoint.err, /the folder \/proc\/nothing\/such cannot be made: .*; name a MOUNTPOINT/);
    const home = await user.run(['demo', join(user.home, 'm')], { environment: { HOME: '/proc' } });
    assert.equal(home.code, 2);
    assert.match(home.err, /set HOME to one that can be written/);
  });
});
