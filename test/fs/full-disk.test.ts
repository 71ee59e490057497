// The disk of the cache is full: writers hear of it, nothing that was acknowledged is lost, and it goes on afterwards.
// Needs a small file system of its own, which only root can mount.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { FsError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import { openFileSystem } from '../../src/open-file-system.ts';
import { O_CREAT, O_TRUNC, O_WRONLY } from '../suites/posix/calls.ts';
import { FileSystemCalls } from '../support/file-system-calls.ts';
import { liveLike, MemoryDrive } from '../support/memory-drive.ts';
import { tempDir } from '../support/temp-dir.ts';

const canMount = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

const smallDisk = async () => {
  const folder = await tempDir();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', folder.path]);
  return {
    path: folder.path,
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', [folder.path]);
      await folder[Symbol.asyncDispose]();
    },
  };
};

const open = (folder: string, drive: MemoryDrive) => {
  const opened = openFileSystem({
    ...{ drive, folder, clock: systemClock, log: silentLog, cacheSize: 1e9, settleMs: 5, listingAgeMs: 1e9 },
    settings: { uid: 0, gid: 0, umask: 0o022, durability: 'local', remotePatienceMs: 60_000, readOnly: false },
  });
  return { opened, calls: new FileSystemCalls(opened.fs) };
};

const write = async (calls: FileSystemCalls, path: string, data: Buffer): Promise<void> => {
  const fd = await calls.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  let failure: unknown;
  try {
    await calls.write(fd, data, 0);
  } catch (error) {
    failure = error;
  }
  await calls.close(fd);
  if (failure !== undefined) throw failure;
};

test('a full disk', { skip: canMount() ? false : 'only root can mount a small disk' }, async (t) => {
  await using disk = await smallDisk();
  const drive = new MemoryDrive({ features: liveLike });
  let { opened, calls } = open(disk.path, drive);
  const kept = new Map<string, Buffer>();
  const isFull = (error: unknown): boolean => error instanceof FsError && error.code === 'ENOSPC';

  await t.test('writers hear ENOSPC while nothing can be sent', async () => {
    drive.before = async ({ intent }, signal) => {
      if (intent === 'upload')
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    };
    let failure: unknown;
    for (let index = 0; index < 100 && failure === undefined; index += 1) {
      const data = Buffer.alloc(150_000, index);
      try {
        await write(calls, `/file ${index}`, data);
        kept.set(`/file ${index}`, data);
      } catch (error) {
        failure = error;
      }
    }
    assert.ok(isFull(failure), String(failure));
    assert.ok(kept.size > 5);
  });

  await t.test('what was acknowledged is there, also after a restart', async () => {
    await opened.close();
    ({ opened, calls } = open(disk.path, drive));
    for (const [path, data] of kept) {
      const fd = await calls.open(path, 0);
      assert.ok((await calls.read(fd, 0, 1e6)).equals(data), path);
      await calls.close(fd);
    }
  });

  await t.test('names can still be given up, which makes room', async () => {
    // The first ones are being sent, and give up their bytes only afterwards.
    const last = [...kept.keys()].at(-1) ?? '';
    await calls.unlink(last);
    kept.delete(last);
    await write(calls, '/small', Buffer.from('small'));
    kept.set('/small', Buffer.from('small'));
  });

  await t.test('once it can be sent, all of it is, and cached bytes make room for new ones', async () => {
    drive.before = undefined;
    await opened.close();
    ({ opened, calls } = open(disk.path, drive));
    await opened.sync(undefined, AbortSignal.timeout(20_000));
    for (const [path, data] of kept) assert.ok(Buffer.from(drive.store.at(path.slice(1)).bytes).equals(data), path);
    await write(calls, '/new', Buffer.alloc(3_000_000, 'n'));
    await opened.sync(undefined, AbortSignal.timeout(20_000));
    assert.equal(drive.store.at('new').bytes.length, 3_000_000);
    for (const [path, data] of kept) {
      const fd = await calls.open(path, 0);
      assert.ok((await calls.read(fd, 0, 1e6)).equals(data), path);
      await calls.close(fd);
    }
  });
  await opened.close();
});
