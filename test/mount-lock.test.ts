import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LockedError, mountedOn, takeLock } from '../src/mount-lock.ts';
import { tempDir } from './support/temp-dir.ts';

test('a second lock is refused with the mountpoint and process of the first, until it is released', async () => {
  await using dir = await tempDir();
  const folder = join(dir.path, 'account');
  const lock = takeLock(folder, '/mnt/first');
  assert.throws(
    () => takeLock(folder, '/mnt/second'),
    (error: unknown) =>
      error instanceof LockedError && error.message.includes('/mnt/first') && error.message.includes(`${process.pid}`),
  );
  lock.release();
  takeLock(folder, '/mnt/second').release();
  assert.deepEqual(readdirSync(folder), []);
});

test('the lock of a command names no mountpoint', async () => {
  await using dir = await tempDir();
  const lock = takeLock(dir.path);
  assert.equal(mountedOn(dir.path), undefined);
  for (const mountpoint of ['/mnt', undefined])
    assert.throws(
      () => takeLock(dir.path, mountpoint),
      new LockedError(
        `another command works on what is kept of this account (process ${process.pid}): try again when it has ended`,
      ),
    );
  lock.release();
  const mount = takeLock(dir.path, '/mnt');
  assert.equal(mountedOn(dir.path), '/mnt');
  mount.release();
  assert.equal(mountedOn(dir.path), undefined);
});

test('the lock of a killed process is taken over, even if its number is in use again', async () => {
  await using dir = await tempDir();
  const path = join(dir.path, 'mount.lock');
  takeLock(dir.path, '/mnt/first');
  const holder = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;

  writeFileSync(path, JSON.stringify({ ...holder, started: '1' }));
  takeLock(dir.path, '/mnt/second').release();
  assert.ok(!existsSync(path));

  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  writeFileSync(path, JSON.stringify({ ...holder, pid: child.pid }));
  takeLock(dir.path, '/mnt/third').release();

  writeFileSync(path, JSON.stringify({ ...holder, boot: 'an earlier one' }));
  takeLock(dir.path, '/mnt/fourth').release();

  writeFileSync(path, 'cut of');
  takeLock(dir.path, '/mnt/fifth').release();
});

test('release leaves a lock alone that is not its own any more', async () => {
  await using dir = await tempDir();
  const path = join(dir.path, 'mount.lock');
  const lock = takeLock(dir.path, '/mnt/first');
  writeFileSync(path, '{"another":"holder"}');
  lock.release();
  assert.ok(existsSync(path));
});

test('a lock that cannot be read is refused with a way out', async () => {
  await using dir = await tempDir();
  const path = join(dir.path, 'mount.lock');
  // Mode bits do not keep root from anything; what leads to itself does.
  symlinkSync(path, path);
  assert.throws(
    () => takeLock(dir.path, '/mnt'),
    (error: unknown) => error instanceof LockedError && error.message.includes(`remove ${path}`),
  );
  assert.deepEqual(readdirSync(dir.path), ['mount.lock']);
  rmSync(path);
  takeLock(dir.path, '/mnt').release();
});
