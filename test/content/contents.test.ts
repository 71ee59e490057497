// The cache as a whole: its budget, what may leave it, and what a restart finds.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { FsError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import type { ContentFile } from '../../src/content/content-file.ts';
import type { ContentRecord } from '../../src/content/content-record.ts';
import { Contents } from '../../src/content/contents.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { MemoryDrive } from '../support/memory-drive.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const never = new AbortController().signal;
const size = 10_000;

class Cache implements AsyncDisposable {
  readonly memory = new MemoryDrive();
  readonly folder: TempDir;
  readonly budget: number;
  store: Store;
  contents: Contents;

  constructor(folder: TempDir, budget: number) {
    this.folder = folder;
    this.budget = budget;
    this.store = openStore(folder.path);
    this.contents = this.#make();
  }

  #make(): Contents {
    return new Contents(this.store, {
      ...{ folder: join(this.folder.path, 'content'), budget: this.budget, drive: this.memory, clock: systemClock },
      ...{
        log: silentLog,
        becameDirty: () => {},
        versionGone: async () => false,
        damaged: () => {},
        isPinned: () => false,
      },
    });
  }

  async restart(): Promise<void> {
    await this.contents.closeAll();
    await this.store.close();
    this.store = openStore(this.folder.path);
    this.contents = this.#make();
  }

  /** A file of the drive, opened. */
  of(name: string): ContentFile {
    const item = this.memory.store.find(name) ?? this.memory.store.put(name, Buffer.alloc(size, name));
    return this.contents.open(this.contents.create(1, this.memory.store.toItem(item)));
  }

  async read(name: string): Promise<ContentFile> {
    const file = this.of(name);
    await file.read(0, size, never);
    this.contents.close(file);
    return file;
  }

  records(): Map<number, ContentRecord> {
    const table = this.store.table<number, ContentRecord>('contents');
    return new Map([...table.all()].map(({ key, value }) => [key, value]));
  }

  files(): string[] {
    const folder = join(this.folder.path, 'content');
    const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return all.filter((name) => statSync(join(folder, name)).isFile());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.contents.closeAll();
    await this.store.close();
    await this.folder[Symbol.asyncDispose]();
  }
}

const cache = async (budget: number): Promise<Cache> => new Cache(await tempDir(), budget);

test('the budget is held at every moment, least recently used first', async () => {
  await using c = await cache(3.5 * size);
  const a = await c.read('a');
  const b = await c.read('b');
  await c.read('c');
  c.contents.close(c.contents.open(a.id));
  await c.read('d');
  assert.ok(c.contents.bytes <= 3.5 * size, `${c.contents.bytes}`);
  assert.equal(c.contents.record(b.id), undefined, 'the one not used for longest has gone');
  assert.notEqual(c.contents.record(a.id), undefined);
  assert.equal(c.files().length, 3);
});

test('never what is open, never what is unsent', async () => {
  await using c = await cache(size);
  const open = c.of('open');
  await open.read(0, size, never);
  const unsent = c.contents.open(c.contents.create(2));
  unsent.write(0, Buffer.alloc(size, 1));
  c.contents.close(unsent);
  await c.read('a');
  await c.read('b');
  assert.equal(c.contents.record(unsent.id)?.dirty, true);
  assert.deepEqual(Buffer.from(await open.read(0, size, never)), Buffer.alloc(size, 'open'));
  assert.equal(c.memory.count('read'), 3);
  c.contents.close(open);
});

test('what files take is counted, whatever is done to them', async () => {
  await using c = await cache(1e9);
  const file = c.contents.open(c.contents.create(1));
  const steps: [() => void, number][] = [
    [() => file.write(0, Buffer.alloc(1000)), 1000],
    [() => file.write(500, Buffer.alloc(1000)), 1500],
    [() => file.truncate(200), 200],
    [() => file.truncate(1 << 30), 200],
    [() => file.write(5000, Buffer.alloc(100)), 300],
    [() => file.truncate(0), 0],
    [() => file.write(0, Buffer.alloc(50)), 50],
  ];
  for (const [step, bytes] of steps) {
    step();
    assert.equal(c.contents.bytes, bytes);
  }
  c.contents.close(file);
  assert.equal(c.contents.bytes, 50);
  await c.restart();
  assert.equal(c.contents.bytes, 50);
  const again = c.contents.open(file.id);
  again.confirm(c.memory.store.toItem(c.memory.store.put('x', Buffer.alloc(50))));
  c.contents.close(again);
  assert.equal(c.contents.bytes, 50);
  c.contents.retire(file.id);
  assert.equal(c.contents.bytes, 0);
  assert.deepEqual(c.files(), []);
});

test('ten turns of read, write, send and drop leave the counter at zero', async () => {
  await using c = await cache(1e9);
  for (let turn = 0; turn < 10; turn += 1) {
    const file = c.of('a');
    await file.read(0, size / 2, never);
    file.write(100, Buffer.alloc(50));
    c.contents.close(file);
    const sending = c.contents.open(file.id);
    await sending.ensure(0, size, never);
    sending.confirm(c.memory.store.itemAt('a'));
    c.contents.retire(file.id);
    c.contents.close(sending);
  }
  assert.equal(c.contents.bytes, 0);
  assert.equal(c.records().size, 0);
});

test('a retirement in a transaction that is undone has not happened', async () => {
  await using c = await cache(1e9);
  const unsent = c.contents.open(c.contents.create(1));
  unsent.write(0, Buffer.from('precious'));
  c.contents.close(unsent);
  const undone = (): void =>
    c.store.transact(() => {
      c.contents.retire(unsent.id);
      throw new Error('no space');
    });
  assert.throws(undone);
  const again = c.contents.open(unsent.id);
  assert.equal(Buffer.from(await again.read(0, 100, never)).toString(), 'precious');
  assert.throws(undone);
  c.contents.close(again);
  const third = c.contents.open(unsent.id);
  assert.equal(Buffer.from(await third.read(0, 100, never)).toString(), 'precious');
  c.contents.close(third);
  assert.equal(c.contents.bytes, 8);
});

test('a record whose saving was undone is saved at the next chance', async () => {
  await using c = await cache(1e9);
  const file = c.contents.open(c.contents.create(1));
  file.write(0, Buffer.from('precious'));
  const save = (): void =>
    c.store.transact(() => {
      c.contents.save(file);
      throw new Error('no space');
    });
  assert.throws(save);
  c.contents.close(file);
  assert.equal(c.records().get(file.id)?.size, 8);
});

test('a smaller budget holds from the start', async () => {
  await using c = await cache(2.5 * size);
  await c.read('a');
  await c.read('b');
  const smaller = new Contents(c.store, {
    ...{ folder: join(c.folder.path, 'content'), budget: 1.5 * size, drive: c.memory, clock: systemClock },
    ...{
      log: silentLog,
      becameDirty: () => {},
      versionGone: async () => false,
      damaged: () => {},
      isPinned: () => false,
    },
  });
  assert.equal(smaller.bytes, size);
});

test('files that no record knows are removed at the start, all others are kept', async () => {
  await using c = await cache(1e9);
  const kept = await c.read('a');
  c.contents.retire(c.contents.create(1));
  const stray = join(c.folder.path, 'content', '02', '2');
  mkdirSync(join(stray, '..'), { recursive: true });
  writeFileSync(stray, 'x');
  const unknown = join(c.folder.path, 'content', '0f', '9999');
  mkdirSync(join(unknown, '..'), { recursive: true });
  writeFileSync(unknown, 'of metadata that were lost');
  await c.restart();
  assert.ok(!existsSync(stray) && !existsSync(unknown));
  const [lost = ''] = readdirSync(join(c.folder.path, 'lost+found'));
  assert.equal(readFileSync(join(c.folder.path, 'lost+found', lost), 'utf8'), 'of metadata that were lost');
  assert.equal(c.files().length, 1);
  const again = c.contents.open(kept.id);
  await again.read(0, size, never);
  assert.equal(c.memory.count('read'), 1);
  c.contents.close(again);
});

test('after a power cut, cached bytes that were on their way to the disk are fetched again; unsent ones are told', async () => {
  await using c = await cache(1e9);
  const clean = await c.read('a');
  const unsent = c.contents.open(c.contents.create(1));
  unsent.write(0, Buffer.from('x'));
  c.contents.close(unsent);
  const table = c.store.table<number, ContentRecord>('contents');
  for (const [id, record] of c.records()) table.put(id, { ...record, unsyncedIn: 'another boot' });
  const after = new Contents(c.store, {
    ...{ folder: join(c.folder.path, 'content'), budget: 1e9, drive: c.memory, clock: systemClock, log: silentLog },
    ...{ becameDirty: () => {}, versionGone: async () => false, damaged: () => {}, isPinned: () => false },
  });
  assert.equal(after.record(clean.id), undefined);
  const record = after.record(unsent.id);
  assert.ok(record !== undefined && after.isSuspect(record));
});

test('closing makes all of it safe: nothing is suspect after a clean end', async () => {
  await using c = await cache(1e9);
  await c.read('a');
  const unsent = c.contents.open(c.contents.create(1));
  unsent.write(0, Buffer.from('x'));
  c.contents.close(unsent);
  await c.restart();
  assert.deepEqual(
    [...c.records().values()].map(({ unsyncedIn }) => unsyncedIn),
    [undefined, undefined],
  );
});

test('unsent bytes that are gone from the disk are an error, cached ones are fetched again', async () => {
  await using c = await cache(1e9);
  const clean = await c.read('a');
  const unsent = c.contents.open(c.contents.create(1));
  unsent.write(0, Buffer.from('x'));
  c.contents.close(unsent);
  for (const name of c.files()) writeFileSync(join(c.folder.path, 'content', name), '');
  assert.throws(
    () => c.contents.open(unsent.id),
    (error) => error instanceof FsError && error.code === 'EIO',
  );
  const file = c.contents.open(clean.id);
  assert.deepEqual(Buffer.from(await file.read(0, size, never)), Buffer.alloc(size, 'a'));
  c.contents.close(file);
});

test('so it is with what cannot be opened', async () => {
  await using c = await cache(1e9);
  const clean = await c.read('a');
  const unsent = c.contents.open(c.contents.create(1));
  unsent.write(0, Buffer.from('x'));
  c.contents.close(unsent);
  // Mode bits do not keep root from anything; what leads to itself does.
  for (const path of c.files().map((name) => join(c.folder.path, 'content', name))) {
    rmSync(path);
    symlinkSync(path, path);
  }
  assert.throws(
    () => c.contents.open(unsent.id),
    (error) => error instanceof FsError && error.code === 'EIO' && /^unsent bytes/.test(error.message),
  );
  const file = c.contents.open(clean.id);
  assert.deepEqual(Buffer.from(await file.read(0, size, never)), Buffer.alloc(size, 'a'));
  c.contents.close(file);
  await c.restart();
  const again = c.contents.open(clean.id);
  assert.ok(again.isComplete);
  c.contents.close(again);
});
