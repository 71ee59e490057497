// Homes, files and disks that are not as they should be: a sentence, an exit code, and nothing lost.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ended } from './command.ts';
import { gone, makeMounting, mountable } from './mounting.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

describe('poor places', () => {
  it('a configuration that is a folder, or of somebody else, is named with what to do', async () => {
    await using mounting = await makeMounting();
    const { user } = mounting;
    const path = join(user.home, 'config');
    await mkdir(path);
    const folder = await user.run(['--config', path, 'ls']);
    assert.equal(folder.code, 2);
    assert.match(folder.err, /config: is a folder\. Name a file with --config/);
  });

  it("somebody else's configuration is not read", { skip: !isRoot && 'takes another user' }, async () => {
    await using mounting = await makeMounting();
    const { user } = mounting;
    await chmod(user.home, 0o755);
    const [program = '', ...before] = user.command;
    const env = { PATH: process.env['PATH'], HOME: '/' };
    const child = spawn(program, [...before, '--config', join(user.home, '.lcrc'), 'ls'], { uid: 65_534, env });
    const { code, err } = await ended(child);
    assert.equal(code, 2, err);
    assert.match(err, /\.lcrc: may not be read\. Make it yours/);
  });

  it('without a home, with one that cannot be written, or without a terminal, work is done that needs none', async () => {
    await using mounting = await makeMounting();
    const { user } = mounting;
    const config = join(user.home, '.lcrc');
    await writeFile(join(user.home, 'a.txt'), 'x');
    for (const environment of [{ HOME: '' }, { HOME: '/proc' }]) {
      const settings = { ...environment, SKYDRIVE_CONFIG: config };
      assert.equal(
        (
          await user.run(['put', '--continue', 'a.txt'], {
            environment: { ...settings, SKYDRIVE_CACHE_DIR: '/proc/c' },
          })
        ).code,
        0,
      );
      assert.deepEqual(
        await user.run(['get', 'a.txt'], { environment: { ...settings, SKYDRIVE_CACHE_DIR: '/proc/c' } }),
        {
          ...{ code: 0, out: 'x', err: '' },
        },
      );
    }
  });

  it('a disk that is full ends a get with a sentence, and leaves what was there', {
    skip: !isRoot && 'takes a mount',
  }, async () => {
    await using mounting = await makeMounting();
    const { user, emulator } = mounting;
    const disk = await user.folder('disk');
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk]);
    try {
      await writeFile(join(disk, 'big'), 'old');
      await emulator.admin.put({ path: '/big' }, randomBytes(3_000_000));
      const { code, err } = await user.run(['get', 'big', 'disk/big']);
      assert.deepEqual([code, err], [1, 'skydrive: disk/big cannot be written: the disk is full\n']);
      assert.deepEqual(await readdir(disk), ['big']);
      assert.equal(await readFile(join(disk, 'big'), 'utf8'), 'old');
    } finally {
      await run('umount', [disk]);
    }
  });

  it('a disk of the cache that is full is named by mount, and by what works on the folder', {
    skip: mountable.skip || (!isRoot && 'takes a mount'),
  }, async () => {
    await using mounting = await makeMounting({}, ['cache_dir: ~/disk']);
    const { user, mountpoint } = mounting;
    const disk = await user.folder('disk');
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk]);
    try {
      for (const left of [0, 4096, 8192, 16_384, 65_536]) {
        await writeFile(join(disk, 'others'), Buffer.alloc(2 ** 20 - left));
        const { code, err } = await mounting.run('mount', mountpoint);
        assert.equal(code, 1, err);
        assert.match(
          err,
          /^skydrive: nothing can be written in the cache folder \S+disk: the disk is full; .*cache_dir/,
        );
        await rm(join(disk, 'others'));
        assert.deepEqual(await readdir(disk), [], 'nothing is left behind');
      }
      await mounting.mount();
      assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
      const { bavail, bsize } = await statfs(disk);
      await writeFile(join(disk, 'others'), Buffer.alloc(bavail * bsize));
      const { code, err } = await mounting.run('check');
      assert.equal(code, 1);
      assert.match(err, /nothing can be written in the cache folder \S+disk\/live-\S+: the disk is full/);
      const [account = ''] = (await readdir(disk)).filter((name) => name.startsWith('live-'));
      assert.deepEqual(
        (await readdir(join(disk, account))).filter((name) => name.startsWith('mount.lock')),
        [],
      );
    } finally {
      await run('umount', [disk]);
    }
  });

  it('a cache that cannot be written is named by mount, and by what works on the folder', {
    skip: mountable.skip || (!isRoot && 'takes a mount'),
  }, async () => {
    await using mounting = await makeMounting({}, ['cache_dir: ~/disk']);
    const { user, mountpoint } = mounting;
    const disk = await user.folder('disk');
    await run('mount', ['-t', 'tmpfs', 'none', disk]);
    try {
      const { pid } = await mounting.mount();
      assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
      await gone(pid);
      await run('mount', ['-o', 'remount,ro', disk]);
      for (const command of [['mount', mountpoint], ['check'], ['check', '--repair']]) {
        const { code, err } = await mounting.run(...command);
        assert.equal(code, 1);
        assert.match(
          err,
          /^skydrive: nothing can be written in the cache folder \S+: the disk is read-only; make it writable, or/,
        );
      }
    } finally {
      await run('umount', [disk]);
    }
  });

  it('metadata that may not be written are not taken for damaged, and stay where they are', {
    skip: mountable.skip || (!isRoot && 'takes a mount'),
  }, async () => {
    await using mounting = await makeMounting();
    const { mountpoint } = mounting;
    const { log } = await mounting.mount();
    assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
    for (const name of ['metadata.mdb', 'metadata.mdb-lock', 'changes.log']) {
      const path = join(dirname(log), name);
      await run('mount', ['--bind', path, path]);
      await run('mount', ['-o', 'remount,ro,bind', path]);
      try {
        for (const command of [['mount', mountpoint], ['check'], ['check', '--repair'], ['retry']]) {
          const { code, err } = await mounting.run(...command);
          assert.deepEqual([code, err], [1, `skydrive: ${path} cannot be read and written: the disk is read-only\n`]);
        }
      } finally {
        await run('umount', [path]);
      }
    }
    await mounting.mount();
  });

  it('a log that cannot be opened keeps nobody from mounting', { skip: mountable.skip }, async () => {
    await using mounting = await makeMounting();
    const { mountpoint } = mounting;
    const { log } = await mounting.mount();
    assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
    await rm(log);
    await mkdir(log);
    const { err } = await mounting.mount();
    assert.match(err, /^skydrive: warning: nothing of this mount is logged: .*skydrive\.log/);
  });

  it('a folder that cannot be written ends a get with a sentence', { skip: !isRoot && 'takes a mount' }, async () => {
    await using mounting = await makeMounting();
    const { user, emulator } = mounting;
    const disk = await user.folder('disk');
    await emulator.admin.put({ path: '/a.txt' }, 'x');
    await run('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', disk]);
    try {
      const { code, err } = await user.run(['get', 'a.txt', 'disk/a.txt']);
      assert.deepEqual([code, err], [1, 'skydrive: disk/a.txt cannot be written: the disk is read-only\n']);
    } finally {
      await run('umount', [disk]);
    }
  });

  it('memory stays as it is, however large a file is', async () => {
    const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'transfer-memory.mjs');
    const { stdout } = await run(process.execPath, [script, '150M', '200M'], { timeout: 300_000 });
    assert.match(stdout, /^auth .*; put of 150\.0M .*; get /);
  });
});
