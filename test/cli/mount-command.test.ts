import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { makeUser } from './command.ts';
import { contentOf, gone, killed, makeMounting, mountable } from './mounting.ts';

const run = promisify(execFile);

describe('skydrive mount', mountable, () => {
  it('returns when the mount answers; what is saved reaches the drive and is there after a remount', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, emulator } = mounting;
    const { pid, err } = await mounting.mount();
    assert.equal(err, '');
    await writeFile(join(mountpoint, 'a.txt'), 'saved');
    assert.deepEqual(await mounting.run('sync', join(mountpoint, 'a.txt')), { code: 0, out: '', err: '' });
    assert.equal(await contentOf(emulator, '/a.txt'), 'saved');
    assert.deepEqual(await mounting.run('unmount', mountpoint), { code: 0, out: '', err: '' });
    await gone(pid);
    assert.deepEqual(await readdir(mountpoint), []);
    await mounting.mount();
    assert.equal(await readFile(join(mountpoint, 'a.txt'), 'utf8'), 'saved');
  });

  it('keeps the path of a folder for a program that goes into it as the first thing', async () => {
    await using mounting = await makeMounting();
    await mounting.emulator.admin.mkdir({ path: '/Letters' });
    await mounting.mount();
    const script = 'process.chdir("Letters"); setTimeout(() => console.log(process.cwd()), 500)';
    const { stdout } = await run(process.execPath, ['-e', script], { cwd: mounting.mountpoint });
    assert.equal(stdout, `${join(mounting.mountpoint, 'Letters')}\n`);
  });

  it('serves by fuse-native as well', async () => {
    await using mounting = await makeMounting();
    await mounting.mount('--driver', 'fuse-native');
    await writeFile(join(mounting.mountpoint, 'a.txt'), 'saved');
    assert.equal((await mounting.run('unmount', mounting.mountpoint)).code, 0);
    assert.equal(await contentOf(mounting.emulator, '/a.txt'), 'saved');
  });

  it('refuses an unfit mountpoint in a sentence', async () => {
    await using mounting = await makeMounting();
    const { user } = mounting;
    await writeFile(join(user.home, 'file'), '');
    await mkdir(join(user.home, 'full', 'of'), { recursive: true });
    const cases: readonly (readonly [string, RegExp])[] = [
      ['nowhere', /nowhere does not exist; make it with mkdir/],
      ['file', /file is not a folder/],
      ['full', /full is not empty: it holds 'of'/],
    ];
    for (const [name, expected] of cases) {
      const { code, err } = await mounting.run('mount', join(user.home, name));
      assert.equal(code, 1);
      assert.match(err, expected);
      assert.equal(err.trim().split('\n').length, 1, err);
    }
  });

  it('refuses a mountpoint that is taken, and a second mount of the same account', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, user } = mounting;
    const { pid } = await mounting.mount();
    const again = await mounting.run('mount', mountpoint);
    assert.equal(again.code, 1);
    assert.match(again.err, new RegExp(`is mounted already \\(process ${pid}\\)`));
    const second = await mounting.run('mount', await user.folder('second'));
    assert.equal(second.code, 1);
    assert.ok(second.err.includes(`this account is mounted already, on ${mountpoint} (process ${pid})`), second.err);
    assert.equal((await mounting.run('status', mountpoint)).code, 0);
  });

  it('mounts again over the dead mount of a killed process, with everything that was saved', async () => {
    await using mounting = await makeMounting({}, ['settle: 1h']);
    const { mountpoint, emulator } = mounting;
    const { pid } = await mounting.mount();
    await writeFile(join(mountpoint, 'kept.txt'), 'not sent yet');
    await killed(pid);
    const status = await mounting.run('status', mountpoint);
    assert.equal(status.code, 1);
    assert.match(status.out, /is dead: the process that served it is gone/);
    await mounting.mount();
    assert.equal(await readFile(join(mountpoint, 'kept.txt'), 'utf8'), 'not sent yet');
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    assert.equal(await contentOf(emulator, '/kept.txt'), 'not sent yet');
  });

  it('mounts what is known while the server is down, and says so', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, emulator } = mounting;
    await mounting.mount();
    await writeFile(join(mountpoint, 'a.txt'), 'saved');
    assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
    await emulator.close();
    const { err } = await mounting.mount();
    assert.match(err, /^skydrive: warning: mounting what is known of account/);
    assert.deepEqual(await readFile(join(mountpoint, 'a.txt'), 'utf8'), 'saved');
  });

  it('says that it cannot while the server is down and nothing is known', async () => {
    await using mounting = await makeMounting();
    await mounting.user.use(mounting.emulator);
    const lines = await readFile(join(mounting.user.home, '.lcrc'), 'utf8');
    await writeFile(join(mounting.user.home, '.lcrc'), `${lines}auth:\n  access_token: a\n  refresh_token: b\n`);
    await mounting.emulator.close();
    const { code, err } = await mounting.run('mount', mounting.mountpoint);
    assert.equal(code, 5, err);
    assert.match(err, /nothing of it is known on this machine/);
  });

  it('needs a sign-in', async () => {
    await using user = await makeUser();
    const mountpoint = await user.folder('drive');
    const { code, err } = await user.run(['mount', mountpoint]);
    assert.equal(code, 3);
    assert.match(err, /skydrive auth/);
  });

  it('names the cache folder that cannot be made', async () => {
    await using mounting = await makeMounting();
    await writeFile(join(mounting.user.home, 'file'), '');
    const { code, err } = await mounting.run('mount', mounting.mountpoint, '-o', 'cache_dir=~/file/cache');
    assert.equal(code, 2);
    assert.match(err, /the cache folder .*file\/cache cannot be made .*-o cache_dir=FOLDER/);
  });

  it('takes the options of fuse(8)', async () => {
    await using mounting = await makeMounting();
    const { mountpoint } = mounting;
    await mounting.mount('-o', 'ro,uid=1234,gid=2345,umask=077,noauto,_netdev');
    const { uid, gid, mode } = await stat(mountpoint);
    assert.deepEqual([uid, gid, mode & 0o777], [1234, 2345, 0o700]);
    await assert.rejects(writeFile(join(mountpoint, 'a.txt'), ''), { code: 'EROFS' });
  });
});

describe('skydrive mount --foreground', mountable, () => {
  it('stays until a signal, and unmounts then', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, user, emulator } = mounting;
    const child = user.start(['--json', 'mount', '--foreground', mountpoint]);
    await once(child.stdout ?? child, 'data');
    await writeFile(join(mountpoint, 'a.txt'), 'saved');
    child.kill('SIGTERM');
    await once(child, 'close');
    assert.equal(child.exitCode, 0);
    assert.deepEqual(await readdir(mountpoint), []);
    assert.equal(await contentOf(emulator, '/a.txt'), 'saved');
  });

  it('ends when somebody else unmounts, and gives the account free', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, user } = mounting;
    const child = user.start(['--json', 'mount', '--foreground', mountpoint]);
    await once(child.stdout ?? child, 'data');
    await run('fusermount3', ['-u', mountpoint]);
    await once(child, 'close');
    assert.equal(child.exitCode, 0);
    await mounting.mount();
  });
});

describe('mount.fuse.skydrive', mountable, () => {
  it('mounts as mount(8) asks it to, with the file that the source names', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, user } = mounting;
    const helper = join(user.home, 'mount.fuse.skydrive');
    await symlink(join(import.meta.dirname, '..', '..', 'src', 'cli', 'skydrive.cjs'), helper);
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
    await run(
      process.execPath,
      [helper, join(user.home, '.lcrc'), mountpoint, '-o', `rw,noauto,cache_dir=${user.home}/c`],
      {
        env,
      },
    );
    assert.equal((await mounting.run('status', mountpoint)).code, 0);
    await assert.rejects(
      run(process.execPath, [helper, join(user.home, '.lcrc'), mountpoint, '-o', 'nonsense=1'], { env }),
      {
        code: 2,
      },
    );
  });
});
