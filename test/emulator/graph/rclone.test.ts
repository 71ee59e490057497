// rclone's own onedrive backend against the emulator, through a proxy on this machine and a certificate of our own: a client that nobody
// here wrote.
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../../src/emulator/emulator-options.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { loopbackProxy } from '../../support/loopback-proxy.ts';
import { isMountpoint, mountObstacle } from '../../support/mounted.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { graphScopes } from './graph-client.ts';

const names = [
  'graph.microsoft.com',
  'login.microsoftonline.com',
  'my.microsoftpersonalcontent.com',
  'contoso-my.sharepoint.com',
];

const found = (program: string): boolean => spawnSync(program, ['version']).status === 0;
const obstacle = found('rclone') && found('openssl') ? undefined : 'rclone or openssl is not installed';

interface Rclone extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  run(...words: readonly string[]): Promise<string>;
}

const startRclone = async (driveType: 'personal' | 'business', options: EmulatorOptions = {}): Promise<Rclone> => {
  const home = await tempDir();
  const certificate = await makeCertificate(home.path, names);
  const emulator = await startEmulator({ ...options, tls: certificate, driveType, quirks: { hosts: 'alias' } });
  const proxy = await loopbackProxy(emulator.port, names);
  const { accessToken, refreshToken } = emulator.admin.token({ scopes: graphScopes });
  // In the past: rclone has to renew it first.
  const expiry = new Date(Date.now() - 60_000).toISOString();
  const token = { access_token: accessToken, token_type: 'Bearer', refresh_token: refreshToken, expiry };
  const config = ['[one]', 'type = onedrive', 'region = global', `token = ${JSON.stringify(token)}`];
  const file = join(home.path, 'rclone.conf');
  await writeFile(
    file,
    [...config, `drive_id = ${emulator.graph.driveId()}`, `drive_type = ${driveType}`, ''].join('\n'),
  );
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: home.path,
    HTTPS_PROXY: proxy.url,
    SSL_CERT_FILE: certificate.path,
    RCLONE_CONFIG: file,
    RCLONE_CACHE_DIR: join(home.path, 'cache'),
  };
  return {
    emulator,
    folder: home.path,
    environment,
    run: async (...words) => {
      const { stdout, stderr } = await promisify(execFile)('rclone', words, { env: environment, maxBuffer: 1e8 });
      return stdout + stderr;
    },
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await emulator.close();
      await home[Symbol.asyncDispose]();
    },
  };
};

const fill = async (folder: string): Promise<void> => {
  await mkdir(join(folder, 'sub dir', 'émpty'), { recursive: true });
  await writeFile(join(folder, 'a b#%+.txt'), 'some text');
  await writeFile(join(folder, 'sub dir', 'zero'), '');
  await writeFile(join(folder, 'sub dir', 'big.bin'), Buffer.alloc(12 * 1024 * 1024, 'x'));
};

for (const driveType of ['personal', 'business'] as const) {
  test(`rclone lists, copies both ways, moves and deletes: ${driveType}`, { skip: obstacle }, async () => {
    await using rclone = await startRclone(driveType, { seedTree: 250 });
    const source = join(rclone.folder, 'source');
    await fill(source);
    assert.equal((await rclone.run('lsf', '-R', '--files-only', 'one:Seed')).trim().split('\n').length, 250);
    await rclone.run('copy', source, 'one:put', '--create-empty-src-dirs');
    assert.match(await rclone.run('check', source, 'one:put'), /0 differences found/);
    await rclone.run('copy', 'one:put', join(rclone.folder, 'back'));
    assert.match(
      await rclone.run('check', '--download', join(rclone.folder, 'back'), 'one:put'),
      /0 differences found/,
    );
    assert.equal((await readFile(join(rclone.folder, 'back', 'a b#%+.txt'))).toString(), 'some text');
    const listed = await rclone.run('lsl', 'one:put/a b#%+.txt');
    assert.match(listed, /^\s*9 \d{4}-/);
    await rclone.run('moveto', 'one:put/a b#%+.txt', 'one:put/sub dir/moved.txt');
    await rclone.run('copyto', 'one:put/sub dir/moved.txt', 'one:put/copied.txt');
    await rclone.run('move', 'one:put/sub dir', 'one:other');
    const moved = (await rclone.run('lsf', '-R', 'one:other')).trim().split('\n').sort();
    assert.deepEqual(moved, ['big.bin', 'moved.txt', 'zero', 'émpty/']);
    await rclone.run('deletefile', 'one:other/moved.txt');
    await rclone.run('purge', 'one:put');
    assert.doesNotMatch(await rclone.run('lsf', 'one:'), /put/);
    assert.match(await rclone.run('about', 'one:'), /Total/);
    assert.match(await rclone.run('link', 'one:other/big.bin'), /^https:/);
    assert.deepEqual(
      rclone.emulator.admin.requests().filter((request) => request.status >= 500),
      [],
    );
  });
}

const mountReason = obstacle ?? mountObstacle();

test('rclone mounts the drive', { skip: mountReason }, async () => {
  await using rclone = await startRclone('personal');
  await rclone.emulator.admin.put({ path: '/there.txt' }, 'already there');
  const mountpoint = join(rclone.folder, 'mnt');
  await mkdir(mountpoint);
  const mounted = spawn(
    'rclone',
    ['mount', 'one:', mountpoint, '--vfs-cache-mode', 'writes', '--vfs-write-back', '0s'],
    {
      env: rclone.environment,
      stdio: 'ignore',
    },
  );
  const ended = new Promise<void>((resolve) => mounted.once('exit', () => resolve()));
  try {
    while (!(await isMountpoint(mountpoint)) && mounted.exitCode === null) await delay(50);
    assert.equal((await readFile(join(mountpoint, 'there.txt'))).toString(), 'already there');
    await mkdir(join(mountpoint, 'made'));
    await writeFile(join(mountpoint, 'made', 'new.txt'), 'written through the mount');
    const has = () => rclone.emulator.admin.tree().some((item) => item.path === '/made/new.txt' && item.size === 25);
    while (!has()) await delay(50);
    assert.deepEqual(await readdir(join(mountpoint, 'made')), ['new.txt']);
  } finally {
    mounted.kill('SIGTERM');
    await ended;
  }
});
