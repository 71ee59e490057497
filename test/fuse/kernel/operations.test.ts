// The table as a whole, and the golden bytes of the operations on the connection. INIT: Linux 6.18.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { operations } from '../../../src/fuse/kernel/operations.ts';
import { ProtocolServer } from '../../../src/fuse/kernel/protocol-server.ts';
import { golden, hex, initRequest, scripted, settled } from './support/golden.ts';

/** enum fuse_opcode, as far as it is served. */
const served: Readonly<Record<number, string>> = {
  1: 'lookup',
  2: 'forget',
  3: 'getattr',
  4: 'setattr',
  5: 'readlink',
  6: 'symlink',
  8: 'mknod',
  9: 'mkdir',
  10: 'unlink',
  11: 'rmdir',
  12: 'rename',
  13: 'link',
  14: 'open',
  15: 'read',
  16: 'write',
  17: 'statfs',
  18: 'release',
  20: 'fsync',
  21: 'setxattr',
  22: 'getxattr',
  23: 'listxattr',
  24: 'removexattr',
  25: 'flush',
  26: 'init',
  27: 'opendir',
  28: 'readdir',
  29: 'releasedir',
  30: 'fsyncdir',
  34: 'access',
  35: 'create',
  36: 'interrupt',
  38: 'destroy',
  42: 'batch_forget',
  43: 'fallocate',
  44: 'readdirplus',
  45: 'rename2',
  46: 'lseek',
  47: 'copy_file_range',
};

describe('the table', () => {
  it('has a row for every opcode that is served', () => {
    const rows = [...operations].map(([opcode, { name }]) => [String(opcode), name]);
    assert.deepEqual(Object.fromEntries(rows), served);
  });

  it('waits for no reply to forget, batch_forget and interrupt alone', () => {
    const silent = [...operations.values()].filter(({ answered }) => !answered).map(({ name }) => name);
    assert.deepEqual(silent.sort(), ['batch_forget', 'forget', 'interrupt']);
  });

  for (const [name, opcode] of [
    ['poll', '28'],
    ['ioctl', '27'],
    ['bmap', '25'],
    ['getlk', '1f'],
    ['tmpfile', '33'],
    ['statx', '34'],
  ] as const)
    golden(`${name} is left to the kernel: ENOSYS`, {
      request: hex(`28000000 ${opcode}000000 0800000000000000 0500000000000000 00000000 00000000 a9760000 0000 0000`),
      script: {},
      asks: [],
      reply: hex('10000000 daffffff 0800000000000000'),
    });

  golden('destroy', {
    request: hex('28000000 26000000 0800000000000000 0000000000000000 00000000 00000000 00000000 0000 0000'),
    script: {},
    asks: [],
    reply: hex('10000000 00000000 0800000000000000'),
  });
});

/** The reply to INIT, and whether the server then regards itself as started. */
const greeted = async (request: Buffer): Promise<{ reply: string; started: boolean }> => {
  const replies: string[] = [];
  const { fs } = scripted({});
  const send = (head: Uint8Array): void => {
    replies.push(Buffer.from(head).toString('hex'));
  };
  const server = new ProtocolServer(fs, { send, log: silentLog, trace: false });
  let started = false;
  server.started.then(
    () => {
      started = true;
    },
    () => {},
  );
  void server.receive(request);
  await settled();
  assert.equal(replies.length, 1);
  return { reply: replies[0] ?? '', started };
};

const offer = (major: number, minor: number, flags: number, readAhead = 0x20000): Buffer => {
  const request = Buffer.from(initRequest);
  request.writeUInt32LE(major, 40);
  request.writeUInt32LE(minor, 44);
  request.writeUInt32LE(readAhead, 48);
  request.writeUInt32LE(flags >>> 0, 52);
  return request;
};

const initReply = (minor: string, readAhead: string, flags: string, furtherFlags = '00000000'): string =>
  hex(`
    50000000 00000000 0200000000000000
    07000000 ${minor} ${readAhead} ${flags}   # 7.minor, max_readahead, flags
    4000 3000 00001000                        # max_background 64, congestion 48, max_write 1 MiB
    01000000 0001 0000 ${furtherFlags}        # time_gran 1 ns, max_pages 256, map_alignment, flags2
    00000000 00000000 00000000 00000000 00000000 00000000 00000000
  `).toString('hex');

describe('init', () => {
  it('takes from Linux 6.18 what is wanted, and not what is not', async () => {
    const { reply, started } = await greeted(Buffer.from(initRequest));
    // ASYNC_READ, ATOMIC_O_TRUNC, BIG_WRITES, DO_READDIRPLUS, ASYNC_DIO, PARALLEL_DIROPS, MAX_PAGES,
    // CACHE_SYMLINKS, EXPLICIT_INVAL_DATA, HANDLE_KILLPRIV_V2, SETXATTR_EXT, INIT_EXT: bits 0 3 5 13 15 18 22 23 25 28 29 30;
    // and DIRECT_IO_ALLOW_MMAP: bit 36.
    assert.equal(reply, initReply('27000000', '00000200', '29a0c472', '10000000'));
    assert.equal(started, true);
  });

  it('takes no flag that was not offered', async () => {
    const { reply } = await greeted(offer(7, 31, 0b101001));
    assert.equal(reply, initReply('1f000000', '00000200', '29000000'));
  });

  it('reads ahead no more than 1 MiB', async () => {
    const { reply } = await greeted(offer(7, 39, 0, 0x7fffffff));
    assert.equal(reply, initReply('27000000', '00001000', '00000000'));
  });

  it('tells a kernel of a later major version its own', async () => {
    const { reply } = await greeted(offer(8, 1, -1));
    assert.equal(reply, initReply('27000000', '00000000', '00000000'));
  });

  it('refuses kernels that are too old', async () => {
    for (const [major, minor] of [
      [7, 27],
      [6, 99],
    ] as const) {
      const { reply, started } = await greeted(offer(major, minor, -1));
      assert.equal(reply, '10000000b9ffffff0200000000000000');
      assert.equal(started, false);
    }
  });
});
