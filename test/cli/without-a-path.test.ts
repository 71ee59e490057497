// export, retry and check where no path is named: all mounts, and what is kept of the account in the settings without one.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '../support/temp-dir.ts';
import { ended } from './command.ts';
import { type Mounting, makeMounting, mountable } from './mounting.ts';

interface Two extends AsyncDisposable {
  /** Mounted. */
  readonly one: Mounting;
  /** Was mounted. */
  readonly other: Mounting;
}

/** Two accounts, each with a file that was not sent. */
const makeTwo = async (): Promise<Two> => {
  const one = await makeMounting({ uploadLimit: 10 });
  const other = await makeMounting({ uploadLimit: 10 });
  await other.mount();
  await writeFile(join(other.mountpoint, 'theirs.txt'), 'of the other account');
  assert.equal((await other.run('sync', other.mountpoint)).code, 1);
  assert.equal((await other.run('unmount', '--now', other.mountpoint)).code, 0);
  await one.mount();
  await writeFile(join(one.mountpoint, 'ours.txt'), 'of the one account');
  assert.equal((await one.run('sync', one.mountpoint)).code, 1);
  return {
    ...{ one, other },
    [Symbol.asyncDispose]: async () => {
      await one[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
};

const only = async (folder: string): Promise<string> => {
  const [name = '', ...others] = await readdir(folder);
  assert.deepEqual(others, []);
  return name;
};

const paths = (lines: string): string[] => lines.trim().split('\n');

const nobody = 65_534;
const rootObstacle = process.getuid?.() === 0 ? false : 'only root can become another user';

describe("other users' mounts", mountable, () => {
  it('are not asked, since they do not answer', { skip: rootObstacle }, async () => {
    await using mounting = await makeMounting();
    await using home = await tempDir();
    await mounting.mount();
    await chmod(home.path, 0o777);
    const env = { PATH: process.env['PATH'], HOME: home.path };
    for (const args of [['check'], ['retry'], ['export', join(home.path, 'out')], ['check', '--repair']]) {
      const [program = '', ...entry] = mounting.user.command;
      const { code, err } = await ended(
        spawn(program, [...entry, ...args], { env, uid: nobody, gid: nobody, cwd: '/' }),
      );
      assert.equal(code, 2, err);
      assert.match(err, /^skydrive: nothing is kept in /);
    }
    const named = [...mounting.user.command, 'check', mounting.mountpoint];
    const [program = '', ...args] = named;
    const refused = await ended(spawn(program, args, { env, uid: nobody, gid: nobody, cwd: '/' }));
    assert.match(refused.err, /the mount belongs to another user/);
  });
});

describe('what is kept without a mount, where another drive is mounted', mountable, () => {
  it('is exported, tried again and checked with what is in the mounts', async () => {
    await using two = await makeTwo();
    const { one, other } = two;
    const out = join(other.user.home, 'out');
    const exported = await other.run('export', out);
    assert.equal(exported.code, 0, exported.err);
    assert.equal(await readFile(join(out, 'ours.txt'), 'utf8'), 'of the one account');
    assert.equal(await readFile(join(out, 'theirs.txt'), 'utf8'), 'of the other account');
    const retried = await other.run('retry');
    assert.deepEqual(paths(retried.out).sort(), [join(one.mountpoint, 'ours.txt'), '/theirs.txt'].sort(), retried.err);
    const cache = join(other.user.home, '.cache', 'skydrive');
    const stray = join(cache, await only(cache), 'content', '01', '25601');
    await mkdir(dirname(stray), { recursive: true });
    await writeFile(stray, 'of nobody');
    const checked = await other.run('check');
    assert.equal(checked.code, 1, checked.err);
    assert.ok(checked.out.includes(stray), checked.out);
  });

  it('is found by its path on the drive, too', async () => {
    await using two = await makeTwo();
    const { other } = two;
    const none = await other.run('discard', '--yes', '/ours.txt');
    assert.equal(none.code, 4, none.err);
    const out = join(other.user.home, 'out');
    assert.equal((await other.run('export', '/theirs.txt', out)).code, 0);
    assert.equal(await readFile(join(out, 'theirs.txt'), 'utf8'), 'of the other account');
    const discarded = await other.run('discard', '--yes', '/theirs.txt');
    assert.deepEqual([discarded.code, discarded.out], [0, '/theirs.txt\n'], discarded.err);
    await rm(join(other.user.home, '.cache'), { recursive: true });
    const nowhere = await other.run('discard', '--yes', '/theirs.txt');
    assert.equal(nowhere.code, 4);
    assert.match(nowhere.err, /is in no SkyDrive that is mounted here/);
  });

  it('is not looked at twice where its own mount is among them', async () => {
    await using two = await makeTwo();
    const { one, other } = two;
    await other.mount();
    const retried = await other.run('retry');
    assert.equal(retried.code, 0, retried.err);
    const found = paths(retried.out).filter((path) => path.endsWith('/theirs.txt'));
    assert.deepEqual(found, [join(other.mountpoint, 'theirs.txt')]);
    assert.equal((await one.run('check')).code, 0);
  });

  it('does not keep what is mounted from being exported, where the settings cannot be read', async () => {
    await using two = await makeTwo();
    const { other } = two;
    await writeFile(join(other.user.home, '.lcrc'), 'skydrive: {cache_sise: 1}\n', { mode: 0o600 });
    const out = join(other.user.home, 'out');
    const exported = await other.run('export', out);
    assert.equal(exported.code, 2);
    assert.match(exported.err, /cache_sise/);
    assert.equal(await readFile(join(out, 'ours.txt'), 'utf8'), 'of the one account');
    const empty = await other.run('export', join(two.one.mountpoint, 'nothing'), out);
    assert.equal(empty.code, 0, empty.err);
  });

  it('is nothing, and no folder is made, where nothing was ever mounted', async () => {
    await using two = await makeTwo();
    const user = await makeMounting();
    await using _ = user;
    const cache = join(user.user.home, '.cache');
    await rm(cache, { recursive: true, force: true });
    for (const command of [['check'], ['retry'], ['export', join(user.user.home, 'out')]]) {
      const { code, err } = await user.run(...command);
      assert.deepEqual([code, err], [0, ''], `${command}`);
    }
    await assert.rejects(stat(cache), { code: 'ENOENT' });
    assert.equal((await two.one.run('status')).code, 0);
  });
});
