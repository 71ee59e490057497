// The disk of the cache is full: writers hear of it, nothing that was acknowledged is lost, and it goes on afterwards.
// Needs a small file system of its own, which only root can mount.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
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
      // Whatever a test that failed left open.
      execFileSync('umount', ['-l', folder.path]);
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

/** As another program may, without regard to what others need. */
const takeLastByte = (path: string): void => {
  const fd = openSync(path, 'w');
  try {
    for (const size of [65_536, 4096, 1]) {
      try {
        for (;;) writeSync(fd, Buffer.alloc(size));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      }
    }
  } finally {
    closeSync(fd);
  }
};

const hang = async (_: unknown, signal?: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));

/** A name that an earlier rename has taken away. */
const assertMissing = (error: unknown): void =>
  assert.ok(error instanceof FsError && error.code === 'ENOENT', String(error));

const needsRoot = canMount() ? false : 'only root can mount a small disk';

test('a full disk', { skip: needsRoot }, async (t) => {
  await using disk = await smallDisk();
  const drive = new MemoryDrive({ features: liveLike });
  let { opened, calls } = open(disk.path, drive);
  const kept = new Map<string, Buffer>();
  const isFull = (error: unknown): boolean => error instanceof FsError && error.code === 'ENOSPC';

  await t.test('writers hear ENOSPC while nothing can be sent', async () => {
    drive.before = (call, signal) => (call.intent === 'upload' ? hang(call, signal) : undefined);
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

test('a disk of which others take the last byte', { skip: needsRoot }, async (t) => {
  await using disk = await smallDisk();
  const drive = new MemoryDrive({ features: liveLike });
  drive.before = (call, signal) =>
    call.intent === 'root' || call.intent === 'children' ? undefined : hang(call, signal);
  let { opened, calls } = open(disk.path, drive);
  const others = join(disk.path, 'of somebody else');
  /** What was acknowledged, by path. */
  const kept = new Map<string, string>();
  let [done, refused] = [0, 0];
  const change = async (work: () => Promise<unknown>, note: () => void): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof FsError && error.code === 'ENOSPC')) throw error;
      refused += 1;
      return;
    }
    note();
    done += 1;
  };
  const save = async (path: string, text: string): Promise<void> => {
    // A save that fails may leave the old content, a part of the new one, or none.
    kept.delete(path);
    await change(
      () => write(calls, path, Buffer.from(text)),
      () => kept.set(path, text),
    );
  };
  const rename = (from: string, to: string): Promise<void> =>
    change(
      () => calls.rename(from, to),
      () => {
        const text = kept.get(from);
        kept.delete(from);
        if (text === undefined) kept.delete(to);
        else kept.set(to, text);
      },
    );
  const holdsAll = async (): Promise<void> => {
    for (const [path, text] of kept) {
      const fd = await calls.open(path, 0);
      assert.ok((await calls.read(fd, 0, 1e6)).equals(Buffer.from(text)), path);
      await calls.close(fd);
    }
  };

  for (let index = 0; index < 10; index += 1) await save(`/before ${index}`, `${index}`.repeat(30_000));
  assert.deepEqual([done, refused], [10, 0]);
  takeLastByte(others);
  for (let index = 0; index < 200; index += 1) {
    await save(`/new ${index}`, `${index}`.repeat(2_000));
    await rename(`/before ${index % 10}`, `/before ${(index + 1) % 10}`).catch(assertMissing);
    // Now and then a little becomes free, and is taken again.
    if (index % 40 === 39) {
      rmSync(others);
      await save(`/meanwhile ${index}`, 'm'.repeat(100));
      takeLastByte(others);
    }
  }
  t.diagnostic(`${done} changes acknowledged, ${refused} refused`);
  assert.ok(done > 10 && refused > 100, `${done} changes acknowledged, ${refused} refused`);
  await holdsAll();
  await opened.close();
  rmSync(others);
  ({ opened, calls } = open(disk.path, drive));
  await holdsAll();
  drive.before = undefined;
  const parked = await opened.sync(undefined, AbortSignal.timeout(60_000));
  // What there was no room for waits for somebody to decide; nothing that was acknowledged does.
  assert.deepEqual(
    parked.filter(({ path }) => kept.has(path)),
    [],
  );
  for (const [path, text] of kept)
    assert.equal(Buffer.from(drive.store.at(path.slice(1)).bytes).toString(), text, path);
  await opened.close();
});
