import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ContentStore, TooManyBytes } from '../../src/emulator/content-store.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { LiveClient } from './live-client.ts';

const withFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'content-store-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

test('bytes go in and come out, whole or in part', async () => {
  await withFolder(async (folder) => {
    const store = new ContentStore(folder);
    const hashes = await store.receive(pieces('hello ', 'world'));
    assert.equal(hashes.size, 11);
    const text = async (start?: number, end?: number) => {
      let all = '';
      for await (const chunk of store.read(hashes.sha256, start, end)) all += chunk.toString();
      return all;
    };
    assert.deepEqual(
      [await text(), await text(6), await text(2, 5), await text(3, 3)],
      ['hello world', 'world', 'llo', ''],
    );
  });
});

test('too many bytes, or a source that fails, leave nothing', async () => {
  await withFolder(async (folder) => {
    const store = new ContentStore(folder);
    await assert.rejects(store.receive(pieces('hello', 'world'), 7), TooManyBytes);
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      throw new Error('the line is dead');
    }
    await assert.rejects(store.receive(failing()), /the line is dead/);
    assert.deepEqual(readdirSync(join(folder, 'incoming')), []);
    assert.deepEqual(readdirSync(join(folder, 'blobs')), []);
  });
});

test('after a restart, bytes that belong to nothing are gone, those of every drive stay', async () => {
  await withFolder(async (dataDir) => {
    const first = await startEmulator({ dataDir, quota: 100 });
    const account = first.admin.accounts()[1]?.uid;
    await first.admin.put({ account, path: '/theirs' }, 'theirs');
    const refused = await new LiveClient(first).call('PUT', 'me/skydrive/files/a', { chunks: ['x'.repeat(200)] });
    assert.equal(refused.status, 507);
    await first.close();
    const store = new ContentStore(dataDir);
    const orphan = (await store.receive(pieces('orphan'))).sha256;
    await using second = await startEmulator({ dataDir, historyBytes: 0 });
    assert.equal(existsSync(store.path(orphan)), false);
    assert.equal(
      readdirSync(join(dataDir, 'blobs')).flatMap((name) => readdirSync(join(dataDir, 'blobs', name))).length,
      1,
    );
    await second.admin.put({ path: '/mine' }, 'one');
    await second.admin.put({ path: '/mine' }, 'two');
    assert.equal((await second.admin.read({ account, path: '/theirs' })).toString(), 'theirs');
  });
});
