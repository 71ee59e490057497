// The part of the drive suite that is about contents: uploads, simple and in fragments, and reading back.
import assert from 'node:assert/strict';
import type { Drive, Upload } from '../../src/drive/drive.ts';
import type { DriveTests } from './drive-steps.ts';
import { collect, fails, list, names, put, replace, textBody, textOf } from './drive-steps.ts';

/** Bytes that differ at every position a mistake could shift them to. */
const pattern = (size: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let at = 0; at < size; at++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    bytes[at] = state >> 16;
  }
  return bytes;
};

async function* inPieces(bytes: Buffer, pieceSize: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
}

/** Larger than what goes in one request; too much for a test where the drive's limit is not set low for it. */
const largeSize = (drive: Drive): number => {
  const size = drive.features.simpleUploadLimit * 3 + 12345;
  assert.ok(size < 2 ** 24, 'the drive under test must be given a simpleUploadLimit of a few MiB at most');
  return size;
};

const large = (target: Upload['target'], bytes: Buffer, offsets: number[]): Upload => ({
  target,
  size: bytes.length,
  modified: 1_700_000_000_000,
  body: (offset) => {
    offsets.push(offset);
    return inPieces(bytes.subarray(offset), 100_003);
  },
});

/** The body of `upload`, breaking after `limit` bytes of its first run. */
const breaking = (upload: Upload, limit: number, error: Error): Upload => ({
  ...upload,
  body: async function* (offset) {
    let sent = offset;
    for await (const piece of upload.body(offset)) {
      if (sent + piece.length > limit) throw error;
      sent += piece.length;
      yield piece;
    }
  },
});

export const uploadTests: DriveTests = {
  'a new file holds its bytes, and is listed the same as it was answered': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file.txt', 'some text');
    assert.deepEqual([file.name, file.kind, file.size, file.parentId], ['file.txt', 'file', 9, folder.id]);
    assert.deepEqual(await list(drive, folder.id), [file]);
    assert.deepEqual(await drive.get(file.id), file);
    assert.equal(await textOf(drive, file), 'some text');
    if (drive.features.storesTimes) assert.equal(file.modified, 1_700_000_000_000);
  },
  'an empty file': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'empty', '');
    assert.equal(file.size, 0);
    assert.equal(await textOf(drive, file), '');
    const filled = await replace(drive, file, 'x');
    assert.equal(await textOf(drive, filled), 'x');
    const emptied = await replace(drive, filled, '');
    assert.deepEqual([emptied.id, emptied.size], [file.id, 0]);
  },
  'a range gives exactly its bytes': async ({ drive, folder }) => {
    const bytes = pattern(300_000, 1);
    const file = await drive.upload(large({ parentId: folder.id, name: 'file' }, bytes, []));
    for (const [start, end] of [
      [0, 1],
      [0, 300_000],
      [1, 299_999],
      [65_535, 65_537],
      [299_999, 300_000],
      [5, 5],
    ] as const) {
      assert.deepEqual(await collect(drive.read(file, { start, end })), bytes.subarray(start, end));
    }
  },
  'new content keeps the id, and the old version can no longer be read': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'one');
    assert.equal(await textOf(drive, file), 'one');
    const replaced = await replace(drive, file, 'number two');
    assert.equal(replaced.id, file.id);
    assert.equal(replaced.name, 'file');
    assert.notEqual(replaced.version, file.version);
    assert.notEqual(replaced.contentVersion, file.contentVersion);
    assert.deepEqual(await list(drive, folder.id), [replaced]);
    assert.equal(await textOf(drive, replaced), 'number two');
    await fails(collect(drive.read(file, { start: 0, end: 3 })), 'changed');
  },
  'content that another client replaced can no longer be read': async ({ drive, another, folder }) => {
    const file = await put(drive, folder, 'file', 'ours');
    await replace(another, file, 'theirs, longer');
    await fails(collect(drive.read(file, { start: 0, end: 4 })), 'changed');
    await drive.remove(file.id);
    await fails(collect(drive.read(file, { start: 0, end: 4 })), 'missing');
  },
  'a new file whose name is taken exists, and the old one stays': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'File', 'old');
    await fails(put(drive, folder, 'File', 'newer'), 'exists');
    await fails(put(drive, folder, 'fILE', 'newer'), 'exists');
    await drive.makeFolder(folder.id, 'sub');
    await fails(put(drive, folder, 'sub', 'newer'), 'exists');
    assert.equal(await textOf(drive, file), 'old');
    assert.deepEqual(await names(drive, folder.id), ['File', 'sub']);
  },
  'an upload to what is missing is missing': async ({ drive, folder }) => {
    const gone = await drive.makeFolder(folder.id, 'gone');
    const file = await put(drive, folder, 'file', 'x');
    await drive.remove(gone.id);
    await drive.remove(file.id);
    await fails(put(drive, gone, 'new', 'x'), 'missing');
    await fails(replace(drive, file, 'new'), 'missing');
    assert.deepEqual(await names(drive, folder.id), []);
  },
  'new content goes to the version it was made from, or not at all': async ({ drive, another, folder }) => {
    const file = await put(drive, folder, 'file', 'base');
    const theirs = await replace(another, file, 'their text');
    await fails(replace(drive, file, 'our longer text', file.version), 'changed');
    assert.equal(await textOf(drive, theirs), 'their text');
    const ours = await replace(drive, file, 'our longer text', theirs.version);
    assert.equal(await textOf(drive, ours), 'our longer text');
  },
  'what an upload answers is the base of the next': async ({ drive, folder }) => {
    let file = await put(drive, folder, 'file', 'x');
    for (const text of ['xx', 'xxx', 'xxxx']) file = await replace(drive, file, text, file.version);
    assert.equal(await textOf(drive, file), 'xxxx');
  },
  'a large file goes in fragments, as a new item and as new content': async ({ drive, folder }) => {
    const [one, two] = [pattern(largeSize(drive), 1), pattern(largeSize(drive) + 1, 2)];
    const sessions: string[] = [];
    const sent: number[] = [];
    const upload: Upload = {
      ...large({ parentId: folder.id, name: 'large ü&.bin' }, one, []),
      onSession: async (session) => void sessions.push(session),
      onProgress: (bytes) => void sent.push(bytes),
    };
    const file = await drive.upload(upload);
    assert.deepEqual(await collect(drive.read(file, { start: 0, end: file.size })), one);
    assert.deepEqual(await list(drive, folder.id), [file]);
    assert.ok(sessions.length > 0);
    assert.equal(sent.at(-1), one.length);
    assert.deepEqual(
      sent,
      [...sent].sort((a, b) => a - b),
    );
    const replaced = await drive.upload(large({ itemId: file.id, ifVersion: file.version }, two, []));
    assert.deepEqual([replaced.id, replaced.name], [file.id, file.name]);
    assert.deepEqual(await collect(drive.read(replaced, { start: 0, end: replaced.size })), two);
    await fails(drive.upload(large({ parentId: folder.id, name: 'large ü&.bin' }, one, [])), 'exists');
  },
  'a large upload that broke goes on where it was': async ({ drive, folder }) => {
    const bytes = pattern(largeSize(drive), 3);
    const offsets: number[] = [];
    let session: string | undefined;
    const onSession = async (state: string): Promise<void> => {
      session = state;
    };
    const upload = large({ parentId: folder.id, name: 'large.bin' }, bytes, offsets);
    const error = new Error('the disk went away');
    await assert.rejects(drive.upload({ ...breaking(upload, bytes.length - 50_000, error), onSession }), error);
    assert.deepEqual(await names(drive, folder.id), []);
    assert.ok(session !== undefined);
    const file = await drive.upload({ ...upload, session, onSession });
    assert.ok((offsets.at(-1) ?? 0) > 0, `went on at ${offsets}`);
    assert.deepEqual(await collect(drive.read(file, { start: 0, end: file.size })), bytes);
  },
  'a large upload whose session is unknown starts over': async ({ drive, folder }) => {
    const bytes = pattern(largeSize(drive), 4);
    for (const session of ['nonsense', '{"id": 1}', '']) {
      const file = await drive.upload({
        ...large({ parentId: folder.id, name: `x${session.length}` }, bytes, []),
        session,
      });
      assert.deepEqual(await collect(drive.read(file, { start: 0, end: file.size })), bytes);
    }
  },
  'a body that throws leaves everything as it was': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'old');
    const error = new Error('the disk went away');
    const bytes = pattern(50_000, 5);
    for (const target of [{ itemId: file.id }, { parentId: folder.id, name: 'new' }]) {
      const upload = large(target, bytes, []);
      await assert.rejects(
        drive.upload(breaking({ ...upload, body: () => inPieces(bytes, 999) }, 20_000, error)),
        error,
      );
    }
    assert.deepEqual(await list(drive, folder.id), [file]);
    assert.equal(await textOf(drive, file), 'old');
  },
  'a body of another length than announced leaves everything as it was': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'old');
    for (const size of [3, 5, 0]) {
      for (const target of [{ itemId: file.id }, { parentId: folder.id, name: 'new' }]) {
        await fails(drive.upload({ target, size, modified: 0, body: textBody('four') }), 'refused');
      }
    }
    assert.deepEqual(await list(drive, folder.id), [file]);
    assert.equal(await textOf(drive, file), 'old');
  },
  'an upload aborted on its way leaves everything as it was': async ({ drive, folder }) => {
    const file = await put(drive, folder, 'file', 'old');
    const stop = new AbortController();
    const reason = new Error('enough');
    const upload: Upload = {
      ...{ target: { itemId: file.id }, size: 200_000, modified: 0 },
      body: async function* () {
        yield pattern(100_000, 6);
        stop.abort(reason);
        yield pattern(100_000, 7);
      },
    };
    await assert.rejects(drive.upload(upload, stop.signal), reason);
    assert.equal(await textOf(drive, await drive.get(file.id)), 'old');
  },
  'a file larger than the drive takes is too large, before a byte is sent': async ({ drive, folder }) => {
    const upload: Upload = {
      ...{ target: { parentId: folder.id, name: 'file' }, size: drive.features.maxFileSize + 1, modified: 0 },
      body: () => assert.fail('the body was asked for'),
    };
    await fails(drive.upload(upload), 'too-large');
  },
};
