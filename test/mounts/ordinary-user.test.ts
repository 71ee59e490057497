// An ordinary user mounts, works and unmounts, with both drivers and with the command: the helper of fuse3 does what takes root.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, chownSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { drivers, isMountpoint, mounted, mountObstacle } from '../support/mounted.ts';
import { tempDir } from '../support/temp-dir.ts';

/** `nobody` and its group, on Debian and elsewhere. */
const user = { uid: 65_534, gid: 65_534 } as const;
const command = join(import.meta.dirname, '..', '..', 'src', 'cli', 'skydrive.cjs');

const isOpenToOthers = (path: string): boolean =>
  (statSync(path).mode & 0o001) !== 0 && (dirname(path) === path || isOpenToOthers(dirname(path)));

const obstacle = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'only root can start a process as another user: all other tests ran as one';
  if ((statSync('/dev/fuse').mode & 0o006) !== 0o006) return '/dev/fuse is for root alone here: chmod 666 /dev/fuse';
  if (!isOpenToOthers(import.meta.dirname)) return 'the project is in a folder that other users cannot enter';
  accessSync(command, constants.R_OK);
  return undefined;
};

const run = async (file: string, args: readonly string[], home: string): Promise<string> => {
  const env = { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: undefined };
  const { stdout } = await promisify(execFile)(file, args, { ...user, env, cwd: home, timeout: 60_000 });
  return stdout;
};

const work = 'mkdir a && echo text > a/file && mv a/file a/renamed && cp a/renamed b && rm -r a && cat b && ls';

describe('an ordinary user', { skip: mountObstacle() ?? obstacle() ?? false, timeout: 180_000 }, () => {
  for (const [name, driver] of Object.entries(drivers))
    it(`mounts and unmounts with the driver ${name}`, async () => {
      await using folder = await tempDir();
      const mountpoint = join(folder.path, 'mnt');
      mkdirSync(mountpoint);
      for (const path of [folder.path, mountpoint]) chownSync(path, user.uid, user.gid);
      await using mount = await mounted({ driver, mountpoint, makeMountpoint: false, ...user });
      assert.equal(await run('sh', ['-c', `cd "$0" && ${work}`, mountpoint], '/'), 'text\nb\n');
      await mount.stop();
      assert.equal(await isMountpoint(mountpoint), false);
    });

  it('has a mounted drive by one command, and ends it', async () => {
    await using folder = await tempDir();
    chownSync(folder.path, user.uid, user.gid);
    const mountpoint = join(folder.path, 'drive');
    await run(process.execPath, [command, 'demo', mountpoint], folder.path);
    try {
      assert.equal(
        await run('sh', ['-c', `mkdir "$0/w" && cd "$0/w" && ${work}`, mountpoint], folder.path),
        'text\nb\n',
      );
    } finally {
      await run(process.execPath, [command, 'unmount', mountpoint], folder.path);
    }
    assert.equal(await isMountpoint(mountpoint), false);
  });
});
