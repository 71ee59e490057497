// The kernel driver on real mounts, as far as it owes more than every driver does (suites/driver-suite.ts): the kernel is
// told of changes, the helper's way of mounting works for root too, and ending is possible at any time.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmod, chown, mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { drivers, exported, isMountpoint, type Mounted, mounted, mountObstacle } from '../../support/mounted.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { type RemoteQuestion, remoteService } from './support/remote-service.ts';

const driver = drivers.kernel;
const run = promisify(execFile);
const remote = exported('test/fuse/kernel/support/remote-service', remoteService.name);

interface Asked {
  readonly lookup: number;
  readonly read: number;
  readonly getattr: number;
  readonly references: number;
}

const askedOf = async (mount: Mounted): Promise<Asked> => (await mount.ask()) as Asked;

const change = async (mount: Mounted, question: RemoteQuestion): Promise<void> => {
  await mount.ask(question);
};

/** Notifications overtake nothing, but nobody waits for them either. */
const eventually = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + 20_000; Date.now() < end; ) if (await holds()) return;
  assert.fail(`never came true: ${what}`);
};

const rootObstacle = process.getuid?.() === 0 ? undefined : 'only root mounts without a helper';

const failureOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );

describe('the kernel driver tells the kernel', { skip: mountObstacle() ?? false, timeout: 120_000 }, () => {
  it('nothing while nothing changes: names and attributes are asked for once', async () => {
    await using mount = await mounted({ driver, service: remote });
    const file = join(mount.mountpoint, 'file');
    await writeFile(file, 'content');
    await readFile(file);
    await stat(file);
    const before = await askedOf(mount);
    for (let count = 0; count < 10; count += 1) await stat(file);
    assert.deepEqual(await askedOf(mount), before);
  });

  it('that content changed', async () => {
    await using mount = await mounted({ driver, service: remote });
    const file = join(mount.mountpoint, 'file');
    await writeFile(file, 'old');
    assert.equal(await readFile(file, 'utf8'), 'old');
    const reader = await open(file);
    await change(mount, { change: 'content', name: 'file', content: 'new and longer' });
    await eventually('the size', async () => (await stat(file)).size === 14);
    await eventually('the content', async () => (await readFile(file, 'utf8')) === 'new and longer');
    const { buffer, bytesRead } = await reader.read(Buffer.alloc(100), 0, 100, 0);
    assert.equal(buffer.toString('utf8', 0, bytesRead), 'new and longer');
    await reader.close();
  });

  it('that a name is gone, and lets go of the node', async () => {
    await using mount = await mounted({ driver, service: remote });
    const file = join(mount.mountpoint, 'file');
    await writeFile(file, 'content');
    await stat(file);
    await change(mount, { change: 'remove', name: 'file' });
    await eventually('ENOENT', async () => (await failureOf(stat(file))) === 'ENOENT');
    await eventually('no reference', async () => (await askedOf(mount)).references === 0);
  });

  it('that a name leads elsewhere, and another exists now', async () => {
    await using mount = await mounted({ driver, service: remote });
    const [here, there] = [join(mount.mountpoint, 'here'), join(mount.mountpoint, 'there')];
    await writeFile(here, 'content');
    assert.equal(await failureOf(stat(there)), 'ENOENT');
    const { ino } = await stat(here);
    await change(mount, { change: 'rename', name: 'here', to: 'there' });
    await eventually('the new name', async () => (await failureOf(stat(there))) === undefined);
    await eventually('the old name', async () => (await failureOf(stat(here))) === 'ENOENT');
    assert.equal((await stat(there)).ino, ino);
  });

  it('that a folder exists now, and programs that are in it already keep their path', async () => {
    await using mount = await mounted({ driver, service: remote });
    const folder = join(mount.mountpoint, 'folder');
    await mkdir(folder);
    const marker = join(mount.mountpoint, 'marker');
    await writeFile(marker, 'old');
    const program = spawn('sh', ['-c', 'read word; exec /bin/pwd'], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await change(mount, { change: 'appear', name: 'folder' });
    // Told afterwards: once it is seen, the kernel has heard of the folder.
    await change(mount, { change: 'content', name: 'marker', content: 'new and longer' });
    await eventually('the size', async () => (await stat(marker)).size === 14);
    program.stdin.end('\n');
    assert.equal(await text(program.stdout), `${folder}\n`);
  });

  it('of thousands of changes, without ever standing in the way of programs in the same folder', async () => {
    await using mount = await mounted({ driver, service: remote });
    const place = (name: string): string => join(mount.mountpoint, name);
    await writeFile(place('file'), 'x'.repeat(100_000));
    const flood = async (): Promise<void> => {
      for (let round = 0; round < 10; round += 1) await change(mount, { change: 'flood', name: 'file', count: 1000 });
    };
    const work = async (who: string): Promise<void> => {
      for (let count = 0; count < 100; count += 1) {
        await writeFile(place(`${who}-${count}`), 'own');
        await rename(place(`${who}-${count}`), place(`${who}-moved`));
        assert.equal((await readFile(place('file'))).length, 100_000);
        await readdir(mount.mountpoint);
      }
    };
    await Promise.all([flood(), work('first'), work('second')]);
    await mount.stop();
  });
});

describe('the kernel driver drops set-id bits', {
  skip: mountObstacle() ?? rootObstacle ?? false,
  timeout: 120_000,
}, () => {
  const nobody = 65_534;
  const changes: Readonly<Record<string, string>> = {
    'a write': 'echo more >> "$0"',
    'a truncation': 'truncate -s 1 "$0"',
    'an open that truncates': ': > "$0"',
  };
  for (const [title, script] of Object.entries(changes))
    it(`at ${title} by somebody else`, async () => {
      await using folder = await tempDir();
      await chmod(folder.path, 0o755);
      const mountpoint = join(folder.path, 'mnt');
      await using mount = await mounted({ driver, mountpoint, mount: { allowOther: true } });
      const file = join(mount.mountpoint, 'file');
      await writeFile(file, 'content');
      await chmod(file, 0o6777);
      await run('sh', ['-c', script, file], { uid: nobody, gid: nobody });
      assert.equal((await stat(file)).mode & 0o7777, 0o777);
    });

  it('at a change of owner, but not at a write by root', async () => {
    await using mount = await mounted({ driver });
    const file = join(mount.mountpoint, 'file');
    await writeFile(file, 'content');
    await chmod(file, 0o6755);
    await writeFile(file, 'changed');
    assert.equal((await stat(file)).mode & 0o7777, 0o6755);
    await chown(file, nobody, nobody);
    assert.equal((await stat(file)).mode & 0o7777, 0o755);
  });
});

describe('the kernel driver, ending', { skip: mountObstacle() ?? false, timeout: 120_000 }, () => {
  it('unmounts by itself when its process is killed (auto_unmount)', async () => {
    await using mount = await mounted({ driver, mount: { autoUnmount: true } });
    await writeFile(join(mount.mountpoint, 'file'), 'content');
    await mount.kill();
    await eventually('unmounted', async () => !(await isMountpoint(mount.mountpoint)));
  });

  it('unmounts in order with auto_unmount too', async () => {
    await using mount = await mounted({ driver, mount: { autoUnmount: true, source: 'a,b\\c' } });
    const { stdout } = await run('findmnt', ['-n', '-o', 'SOURCE,FSTYPE', mount.mountpoint]);
    assert.match(stdout, /^a,b\\c\s+fuse\.skydrive\n$/);
    await mount.stop();
    assert.equal(await isMountpoint(mount.mountpoint), false);
  });

  it('keeps no process from ending', async () => {
    await using mount = await mounted({ driver, service: remote });
    await writeFile(join(mount.mountpoint, 'file'), 'content');
    await assert.rejects(change(mount, { change: 'exit', name: '' }), /the server ended/);
    assert.equal(await failureOf(stat(join(mount.mountpoint, 'other'))), 'ENOTCONN');
  });

  it('leaves alone what somebody else mounted at its place', { skip: rootObstacle ?? false }, async () => {
    await using folder = await tempDir();
    const order = { driver, mountpoint: folder.path, makeMountpoint: false };
    await using mount = await mounted(order);
    await run('mount', ['-t', 'tmpfs', 'tmpfs', folder.path]);
    try {
      await mount.stop();
      assert.equal(await isMountpoint(folder.path), true);
      assert.deepEqual(await readdir(folder.path), []);
    } finally {
      await run('umount', [folder.path]);
    }
  });

  it('raises the read-ahead', { skip: rootObstacle ?? false }, async () => {
    await using mount = await mounted({ driver });
    const { stdout } = await run('findmnt', ['-n', '-o', 'MAJ:MIN', mount.mountpoint]);
    assert.equal(await readFile(`/sys/class/bdi/${stdout.trim()}/read_ahead_kb`, 'utf8'), '1024\n');
  });

  it('says that others are not allowed where they are not', { skip: rootObstacle ?? false }, async (test) => {
    const settings = await readFile('/etc/fuse.conf', 'utf8').catch(() => '');
    if (/^user_allow_other/m.test(settings)) return test.skip('/etc/fuse.conf allows others here');
    if (((await stat('/dev/fuse')).mode & 0o006) !== 0o006) return test.skip('/dev/fuse is for root alone here');
    const nobody = 65_534;
    await using folder = await tempDir();
    await chown(folder.path, nobody, nobody);
    const order = { driver, mountpoint: folder.path, makeMountpoint: false, uid: nobody, gid: nobody };
    await assert.rejects(
      mounted({ ...order, mount: { allowOther: true } }),
      /MountError: allow_other is not permitted: .*user_allow_other.*\/etc\/fuse\.conf/,
    );
  });
});
