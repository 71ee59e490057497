// Golden bytes of the operations on open folders. Requests: Linux 6.18.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DirectoryEntry, NodeKind } from '../../../src/fs/file-system.ts';
import { MemoryFileSystem } from '../../support/memory-file-system.ts';
import {
  entry,
  entryHex,
  golden,
  handle,
  hex,
  node,
  type Script,
  scripted,
  settled,
  startedServer,
} from './support/golden.ts';

const from = '0700000000000000 e8030000 e9030000 a9760000 0000 0000';

describe('open folders', () => {
  golden('opendir', {
    request: hex(`30000000 1b000000 7600000000000000 ${from} 00880100 00000000`),
    script: { opendir: handle(5) },
    asks: [['opendir', 7]],
    reply: hex('20000000 00000000 7600000000000000 0500000000000000 00000000 00000000'),
  });
  golden('releasedir', {
    request: hex(`
      40000000 1d000000 7e00000000000000 0700000000000000 00000000 00000000 00000000 0000 0000
      0500000000000000 00880100 00000000 0000000000000000
    `),
    script: { releasedir: undefined },
    asks: [['releasedir', 5]],
    reply: hex('10000000 00000000 7e00000000000000'),
  });
  golden('fsyncdir', {
    request: hex(`38000000 1e000000 8a00000000000000 ${from} 0700000000000000 00000000 00000000`),
    script: { fsyncdir: undefined },
    asks: [['fsyncdir', 7]],
    reply: hex('10000000 00000000 8a00000000000000'),
  });
});

const listing = (opcode: '1c' | '2c', offset: string, size: string): Buffer =>
  hex(`
    50000000 ${opcode}000000 7a00000000000000 ${from}
    0500000000000000 ${offset} ${size} 00000000   # fh, offset, size, read_flags
    0000000000000000 00880100 00000000
  `);

const listed: readonly DirectoryEntry[] = [
  { name: 'та', node: node(5), kind: 'file', next: 1 },
  { name: 'folder99', node: node(6), kind: 'folder', next: 0x100000000 },
  { name: 'l', node: node(8), kind: 'symlink', next: 0x100000001 },
];

/** A folder that holds `listed`, below the root. */
const script: Script = {
  parentOf: node(1),
  readdir: (_: unknown, after: number, limit: number) => listed.filter(({ next }) => next > after).slice(0, limit),
  entry: (id: number) => (id === 5 ? entry : undefined),
};

/** struct fuse_dirent: ino, off, namelen, type, name. */
const dot = '0700000000000000 0100000000000000 01000000 04000000 2e00000000000000';
const dotDot = '0100000000000000 0200000000000000 02000000 04000000 2e2e000000000000';
const first = '0500000000000000 0300000000000000 04000000 08000000 d182d0b000000000';
const second = '0600000000000000 0200000001000000 08000000 04000000 666f6c6465723939';
const third = '0800000000000000 0300000001000000 01000000 0a000000 6c00000000000000';

/** struct fuse_entry_out of an entry that counts nothing. */
const none = '00'.repeat(128);

describe('readdir', () => {
  golden('from the start', {
    request: listing('1c', '0000000000000000', '00800000'),
    script,
    asks: [
      ['parentOf', 7],
      ['readdir', 5, 0, 1022],
    ],
    reply: hex(`b0000000 00000000 7a00000000000000 ${dot} ${dotDot} ${first} ${second} ${third}`),
  });
  golden('goes on behind an entry', {
    request: listing('1c', '0300000000000000', '00100000'),
    script,
    asks: [
      ['parentOf', 7],
      ['readdir', 5, 1, 128],
    ],
    reply: hex(`50000000 00000000 7a00000000000000 ${second} ${third}`),
  });
  golden('ends', {
    request: listing('1c', '0300000001000000', '00100000'),
    script,
    asks: [
      ['parentOf', 7],
      ['readdir', 5, 0x100000001, 128],
    ],
    reply: hex('10000000 00000000 7a00000000000000'),
  });
  golden('stops where the next entry does not fit', {
    request: listing('1c', '0000000000000000', '7f000000'),
    script,
    asks: [
      ['parentOf', 7],
      ['readdir', 5, 0, 1],
    ],
    reply: hex(`70000000 00000000 7a00000000000000 ${dot} ${dotDot} ${first}`),
  });
  golden('stops between the dots', {
    request: listing('1c', '0000000000000000', '20000000'),
    script,
    asks: [['parentOf', 7]],
    reply: hex(`30000000 00000000 7a00000000000000 ${dot}`),
  });
});

describe('readdirplus', () => {
  golden('from the start: the dots count nothing, and what is gone is listed without a node', {
    request: listing('2c', '0000000000000000', '00800000'),
    script,
    asks: [
      ['parentOf', 7],
      ['readdir', 5, 0, 202],
      ['entry', 5],
      ['entry', 6],
      ['entry', 8],
    ],
    reply: hex(`
      30030000 00000000 7a00000000000000
      ${none} ${dot} ${none} ${dotDot} ${entryHex} ${first} ${none} ${second} ${none} ${third}
    `),
  });
  golden('no entry is asked for that does not fit', {
    request: listing('2c', '0200000000000000', '3f010000'),
    script,
    asks: [
      ['parentOf', 7],
      ['readdir', 5, 0, 1],
      ['entry', 5],
    ],
    reply: hex(`b0000000 00000000 7a00000000000000 ${entryHex} ${first}`),
  });

  it('counts each node once however small the replies are', async () => {
    const fs = new MemoryFileSystem();
    const signal = new AbortController().signal;
    const caller = { uid: 0, gid: 0, pid: 1 };
    const names = Array.from({ length: 50 }, (_, index) => `${'n'.repeat(index * 5)}${index}`);
    for (const name of names) {
      const made = await fs.mknod({ parent: node(1), name }, 0o644, caller, signal);
      fs.forget(made.attributes.node, 1);
    }
    const { server, replies } = await startedServer(fs);
    const opened = await fs.opendir(node(1), signal);
    const seen: string[] = [];
    for (let offset = 0, more = true; more; ) {
      const request = listing('2c', '0000000000000000', 'b0010000');
      request.writeUInt32LE(1, 16);
      request.writeUInt32LE(opened, 40);
      request.writeUInt32LE(offset, 48);
      void server.receive(request);
      await settled();
      const found = entriesOf(replies.pop() ?? Buffer.alloc(0));
      more = found.length > 0;
      offset = found.at(-1)?.offset ?? 0;
      seen.push(...found.map(({ name }) => name));
    }
    assert.deepEqual(seen.sort(), ['.', '..', ...names].sort());
    assert.equal(fs.references, names.length);
  });
});

const entriesOf = (reply: Buffer): readonly { readonly name: string; readonly offset: number }[] => {
  const found = [];
  for (let at = 16; at < reply.length; ) {
    const length = reply.readUInt32LE(at + 144);
    found.push({ name: reply.toString('utf8', at + 152, at + 152 + length), offset: reply.readUInt32LE(at + 136) });
    at += (152 + length + 7) & ~7;
  }
  return found;
};

describe('entry types', () => {
  const kinds: readonly NodeKind[] = ['file', 'folder', 'symlink'];
  it('each kind has its own', async () => {
    const entries = kinds.map((kind, index) => ({ name: 'x', node: node(index + 2), kind, next: index + 1 }));
    const { fs } = scripted({ ...script, readdir: entries });
    const { server, replies } = await startedServer(fs);
    void server.receive(listing('1c', '0200000000000000', '00100000'));
    await settled();
    assert.deepEqual(
      kinds.map((_, index) => replies[0]?.readUInt32LE(16 + index * 32 + 20)),
      [8, 4, 10],
    );
  });
});
