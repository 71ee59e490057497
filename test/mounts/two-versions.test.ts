// A file that somebody else replaces while programs here have it open: who has begun to read goes on in the version he began with,
// who opens it afterwards reads the new one, and nobody a mixture.
import assert from 'node:assert/strict';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { emulated } from '../support/emulated.ts';
import { withMapping } from '../support/libc.ts';
import { mountObstacle } from '../support/mounted.ts';
import { Skydrive } from '../support/skydrive.ts';

/** What a buffer holds: letters and how many of them follow each other. */
const runs = (bytes: Buffer): string => {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length && bytes[end] === bytes[at]) end += 1;
    found.push(`${String.fromCharCode(bytes[at] ?? 0)}${end - at}`);
    at = end;
  }
  return found.join(' ');
};

const readAt = async (file: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for (let at = offset; at < offset + length; ) {
    const { bytesRead, buffer } = await file.read(
      Buffer.alloc(Math.min(65536, offset + length - at)),
      0,
      undefined,
      at,
    );
    if (bytesRead === 0) break;
    pieces.push(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return Buffer.concat(pieces);
};

const size = async (path: string): Promise<number> => (await stat(path)).size;

const lengths = {
  'as long as the old one': [900_000, 900_000],
  shorter: [900_000, 300_001],
  longer: [300_001, 900_000],
  'shorter, and large': [4_000_000, 3_000_000],
  'longer, and large': [3_000_000, 4_000_000],
  'as long, and open to write': [100_000, 100_000],
} as const;

describe('two versions of a file open at once', { skip: mountObstacle() ?? false, timeout: 60_000 }, () => {
  it('on fuse-native', { skip: 'fuse-native has no way to keep one of two open files out of the page cache' });

  it('are read by those who opened them', async (context) => {
    await using place = await emulated({ strict: true }, 'graph', ['feed_interval: 200ms']);
    const { admin } = place.emulator;
    for (const [name, [before]] of Object.entries(lengths)) await admin.put({ path: `/${name}` }, 'a'.repeat(before));
    await using skydrive = new Skydrive(place, 'kernel');
    await skydrive.mount();
    const at = (name: string): string => join(skydrive.mountpoint, name);
    const olds: FileHandle[] = [];
    const first: number[] = [];
    for (const [name, [before]] of Object.entries(lengths)) {
      assert.equal(runs(await readFile(at(name))), `a${before}`, 'all of it is here');
      const old = await open(at(name), name.includes('write') ? 'r+' : 'r');
      assert.equal(runs(await readAt(old, 0, 4096)), 'a4096');
      olds.push(old);
      first.push((await stat(at(name))).mtimeMs);
    }
    // Times of change may have whole seconds.
    await delay(1100);
    for (const [name, [, after]] of Object.entries(lengths)) await admin.put({ path: `/${name}` }, 'b'.repeat(after));
    for (const [index, [name, [before, after]]] of Object.entries(lengths).entries()) {
      context.diagnostic(name);
      const path = at(name);
      while ((await stat(path)).mtimeMs === first[index]) await delay(20);
      const old = olds[index] as FileHandle;
      const fresh = await open(path, 'r+');
      const mapping = (file: FileHandle, length: number): string => {
        let seen = '';
        withMapping(file.fd, length, (bytes) => {
          seen = runs(bytes);
          return bytes;
        });
        return seen;
      };
      assert.equal(runs(await readAt(fresh, 0, 100_000)), 'b100000');
      assert.equal(runs(await readAt(old, 200_000, 100_000)), before > 200_000 ? 'a100000' : '');
      assert.equal(runs(await readAt(fresh, 0, 9_000_000)), `b${after}`);
      assert.equal(await size(path), after);
      assert.equal(runs(await readAt(old, 0, 9_000_000)), `a${before}`);
      assert.equal(runs(await readFile(path)), `b${after}`);
      assert.equal(await size(path), after);
      assert.equal(mapping(fresh, after), `b${after}`);
      if (!name.includes('write')) assert.deepEqual([(await old.stat()).size, (await old.stat()).nlink], [before, 0]);
      await old.close();
      assert.equal(runs(await readFile(path)), `b${after}`);
      await fresh.close();
      assert.equal(runs(await readFile(path)), `b${after}`);
      assert.equal(await size(path), after);
    }
  });
});
