// What every driver owes besides POSIX: mountpoints that are unfit, servers that die, programs that must stay killable.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { getAttributeInto, setAttribute } from '../support/libc.ts';
import { exported, isMountpoint, type Mounted, type MountOrder, mounted, mountObstacle } from '../support/mounted.ts';
import type { ExportedName } from '../support/serve-file-system.ts';
import { tempDir } from '../support/temp-dir.ts';
import { missingTools } from '../support/tools.ts';

const run = promisify(execFile);

/** The user that nobody is. */
const ordinary = 65_534;
const remote = exported('test/support/memory-service', 'remoteService');
const stalling = exported('test/support/memory-service', 'stallingService');

export interface DriverSuiteOptions {
  readonly cannot?: { readonly interrupt?: string; readonly owner?: string };
}

const failsToMount = async (order: MountOrder, ...said: readonly RegExp[]): Promise<void> => {
  await assert.rejects(mounted(order), (error: Error) => {
    for (const text of said) assert.match(error.message, text);
    return true;
  });
};

const ordinaryObstacle = async (): Promise<string | undefined> => {
  if (process.getuid?.() !== 0) return 'only root can become another user';
  const { mode } = await stat('/dev/fuse');
  return (mode & 0o006) === 0o006 ? undefined : '/dev/fuse is not open to ordinary users here (its usual mode is 0666)';
};

const unfitCases = (driver: ExportedName): void => {
  it('says that the mountpoint is missing, is a file or is not empty', async () => {
    await using folder = await tempDir();
    const at = (name: string): string => join(folder.path, name);
    await writeFile(at('file'), '');
    await mkdir(at('full'));
    await writeFile(at('full/something'), '');
    await failsToMount(
      { driver, mountpoint: at('missing'), makeMountpoint: false },
      /MountError/,
      /missing/,
      /does not exist/,
    );
    await failsToMount({ driver, mountpoint: at('file'), makeMountpoint: false }, /file is not a folder/);
    await failsToMount({ driver, mountpoint: at('full') }, /full is not empty/);
    assert.deepEqual((await readdir(folder.path)).sort(), ['file', 'full']);
  });

  it('refuses a mountpoint that another server serves', async () => {
    await using first = await mounted({ driver });
    await writeFile(join(first.mountpoint, 'file'), 'first');
    await failsToMount({ driver, mountpoint: first.mountpoint, makeMountpoint: false }, /mountpoint already/);
    assert.equal(await readFile(join(first.mountpoint, 'file'), 'utf8'), 'first');
  });
};

const endingCases = (driver: ExportedName): void => {
  it('cleans up what a killed server left, and mounts there', async () => {
    await using dead = await mounted({ driver });
    await dead.kill();
    await assert.rejects(stat(dead.mountpoint), { code: 'ENOTCONN' });
    await using second = await mounted({ driver, mountpoint: dead.mountpoint, makeMountpoint: false });
    await writeFile(join(second.mountpoint, 'file'), 'alive');
    assert.equal(await readFile(join(second.mountpoint, 'file'), 'utf8'), 'alive');
  });

  it('ends when somebody else unmounts', async () => {
    await using mount = await mounted({ driver });
    await writeFile(join(mount.mountpoint, 'file'), 'content');
    await run('fusermount3', ['-u', mount.mountpoint]);
    await mount.stop();
    assert.equal(await isMountpoint(mount.mountpoint), false);
  });

  it('unmounts while a file is open', async () => {
    await using mount = await mounted({ driver });
    const file = await open(join(mount.mountpoint, 'file'), 'w');
    await file.write('content');
    await mount.stop();
    assert.equal(await isMountpoint(mount.mountpoint), false);
    // The server is gone: closing may fail, waiting it may not.
    await file.close().catch(() => {});
  });

  it('leaves a waiting program free when its server is killed', async () => {
    await using mount = await mounted({ driver, service: stalling });
    await writeFile(join(mount.mountpoint, 'file'), 'content');
    const cat = spawn('cat', [join(mount.mountpoint, 'file')], { stdio: 'ignore' });
    const exited = once(cat, 'exit');
    await once(cat, 'spawn');
    await mount.kill();
    const [status] = await exited;
    assert.notEqual(status, 0);
  });
};

const diesOf = async (
  driver: ExportedName,
  name: NodeJS.Signals,
  program: string,
  argv: string[],
): Promise<Mounted> => {
  const mount = await mounted({ driver, service: stalling });
  await writeFile(join(mount.mountpoint, 'file'), 'content');
  const waiting = spawn(program, [...argv, join(mount.mountpoint, 'file')], { stdio: 'ignore' });
  const exited = once(waiting, 'exit');
  await delay(500);
  waiting.kill(name);
  assert.deepEqual(await exited, [null, name]);
  return mount;
};

const interruptCases = (driver: ExportedName, reason: string | undefined): void => {
  for (const name of ['SIGINT', 'SIGKILL'] as const) {
    it(`lets a program that waits for bytes die of ${name}`, async () => {
      await using mount = await diesOf(driver, name, 'cat', []);
      await writeFile(join(mount.mountpoint, 'other'), 'the mount still answers');
    });

    it(`lets a program that waits for an answer die of ${name}, and tells the server`, {
      skip: reason ?? missingTools('getfattr') ?? false,
    }, async () => {
      await using mount = await diesOf(driver, name, 'getfattr', ['-n', 'user.stall']);
      assert.deepEqual(await mount.ask(), { interrupted: 1 });
    });
  }
};

const optionCases = (driver: ExportedName): void => {
  it('mounts read-only', async () => {
    await using mount = await mounted({ driver, mount: { readOnly: true } });
    await assert.rejects(writeFile(join(mount.mountpoint, 'file'), ''), { code: 'EROFS' });
    assert.deepEqual(await readdir(mount.mountpoint), []);
  });

  it('shows its source and type', async () => {
    await using mount = await mounted({ driver, mount: { source: 'skydrive:a,b c' } });
    const { stdout } = await run('findmnt', ['-n', '-o', 'SOURCE,FSTYPE', mount.mountpoint]);
    assert.match(stdout, /^skydrive:a,b c\s+fuse\.skydrive\n$/);
  });

  it('mounts on a path with spaces and letters of every kind', async () => {
    await using folder = await tempDir();
    const mountpoint = join(folder.path, 'my "sky"\\drive $HOME 你好');
    await using mount = await mounted({ driver, mountpoint });
    await writeFile(join(mount.mountpoint, 'file'), 'content');
    await mount.stop();
    assert.deepEqual(await readdir(mountpoint), []);
  });

  it('serves an ordinary user', async (test) => {
    const obstacle = await ordinaryObstacle();
    if (obstacle !== undefined) return test.skip(obstacle);
    await using folder = await tempDir();
    await chown(folder.path, ordinary, ordinary);
    const mountpoint = join(folder.path, 'mnt');
    await mkdir(mountpoint);
    await chown(mountpoint, ordinary, ordinary);
    await using mount = await mounted({ driver, mountpoint, makeMountpoint: false, uid: ordinary, gid: ordinary });
    const script = 'echo content > "$0/file" && cat "$0/file" && stat -c "%u %g" "$0/file"';
    const { stdout } = await run('sh', ['-c', script, mount.mountpoint], { uid: ordinary, gid: ordinary });
    assert.equal(stdout, `content\n${ordinary} ${ordinary}\n`);
    await assert.rejects(stat(join(mountpoint, 'file')), { code: 'EACCES' });
    await mount.stop();
    assert.equal(await isMountpoint(mountpoint), false);
  });
};

const shows = async (path: string, content: string, withinMs: number): Promise<void> => {
  const end = performance.now() + withinMs;
  while ((await readFile(path, 'utf8').catch(() => undefined)) !== content) {
    assert.ok(performance.now() < end, `${path} does not show ${content}`);
    await delay(20);
  }
};

const remoteCases = (driver: ExportedName): void => {
  it('shows what was changed elsewhere: content, size and new names', async () => {
    await using mount = await mounted({ driver, service: remote, serviceOptions: { validMs: 3_600_000 } });
    const path = join(mount.mountpoint, 'file');
    await assert.rejects(stat(path), { code: 'ENOENT' });
    await mount.ask({ name: 'file', content: 'first' });
    // The kernel is told in the background; where it cannot be told, it asks again after a second.
    await shows(path, 'first', 10_000);
    await mount.ask({ name: 'file', content: 'second, and longer' });
    await shows(path, 'second, and longer', 10_000);
    assert.equal((await stat(path)).size, 18);
  });
};

const callerCases = (driver: ExportedName, ownerReason: string | undefined): void => {
  const asOrdinary = (script: string, mountpoint: string): Promise<{ stdout: string }> =>
    run('sh', ['-c', script, mountpoint], { uid: ordinary, gid: ordinary });
  const obstacle = process.getuid?.() === 0 ? undefined : 'only root can become another user';

  it('lets other users in where allowed, and keeps them out of what is not theirs', {
    skip: obstacle ?? false,
  }, async () => {
    await using folder = await tempDir();
    await chmod(folder.path, 0o755);
    await using mount = await mounted({ driver, mountpoint: join(folder.path, 'mnt'), mount: { allowOther: true } });
    const at = (name: string): string => join(mount.mountpoint, name);
    await writeFile(at('public'), 'for all', { mode: 0o644 });
    await writeFile(at('private'), 'for root', { mode: 0o600 });
    assert.equal((await asOrdinary('cat "$0/public"', mount.mountpoint)).stdout, 'for all');
    for (const script of [
      'cat "$0/private"',
      'echo x >> "$0/public"',
      'rm -f "$0/public"',
      'mkdir "$0/new"',
      'chmod 777 "$0/public"',
    ])
      await assert.rejects(asOrdinary(script, mount.mountpoint), /denied|permitted/, script);
    assert.deepEqual((await readdir(mount.mountpoint)).sort(), ['private', 'public']);
  });

  it('what other users make is theirs', { skip: ownerReason ?? obstacle ?? false }, async () => {
    await using folder = await tempDir();
    await chmod(folder.path, 0o755);
    await using mount = await mounted({ driver, mountpoint: join(folder.path, 'mnt'), mount: { allowOther: true } });
    await chmod(mount.mountpoint, 0o1777);
    const script = 'umask 027 && mkdir "$0/d" && echo x > "$0/f" && stat -c "%u %g %a" "$0/d" "$0/f"';
    const { stdout } = await asOrdinary(script, mount.mountpoint);
    assert.equal(stdout, `${ordinary} ${ordinary} 750\n${ordinary} ${ordinary} 640\n`);
  });
};

const attributeCase = (driver: ExportedName): void => {
  it('answers ERANGE to a buffer that is too small for an attribute', async () => {
    await using mount = await mounted({ driver });
    setAttribute(mount.mountpoint, 'user.a', Buffer.from('five.'), 0);
    assert.equal(getAttributeInto(mount.mountpoint, 'user.a', 5), 5);
    assert.throws(() => getAttributeInto(mount.mountpoint, 'user.a', 4), { code: 'ERANGE' });
  });
};

export const driverSuite = (title: string, driver: ExportedName, { cannot = {} }: DriverSuiteOptions = {}): void => {
  describe(title, { skip: mountObstacle() ?? false, timeout: 300_000 }, () => {
    unfitCases(driver);
    endingCases(driver);
    interruptCases(driver, cannot.interrupt);
    optionCases(driver);
    remoteCases(driver);
    callerCases(driver, cannot.owner);
    attributeCase(driver);
  });
};
