// Golden bytes of the operations on open files. Requests: Linux 6.18.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entry, golden, handle, hex, scripted, settled, startedServer } from './support/golden.ts';

const from = '0500000000000000 e8030000 e9030000 a9760000 0000 0000';

describe('open and release', () => {
  const open = (flags: string, openFlags: string): Buffer =>
    hex(`30000000 0e000000 3000000000000000 ${from} ${flags} ${openFlags}`);
  golden('open', {
    request: open('02840000', '00000000'),
    script: { open: { handle: handle(0x123456789), keepCache: false } },
    asks: [['open', 5, 0x8402]],
    reply: hex('20000000 00000000 3000000000000000 8967452301000000 00000000 00000000'),
  });
  golden('open of a file whose cache may stay', {
    request: open('00800000', '00000000'),
    script: { open: { handle: handle(1), keepCache: true } },
    asks: [['open', 5, 0x8000]],
    reply: hex('20000000 00000000 3000000000000000 0100000000000000 02000000 00000000'),
  });
  golden('open of a file of which somebody reads an older version', {
    request: open('00800000', '00000000'),
    script: { open: { handle: handle(1), keepCache: true, direct: true } },
    asks: [['open', 5, 0x8000]],
    reply: hex('20000000 00000000 3000000000000000 0100000000000000 01000000 00000000'),
  });
  golden('open that truncates, by somebody who may not keep the set-user-id bit', {
    request: open('01820000', '01000000'),
    script: { getattr: entry, setattr: entry, open: { handle: handle(1), keepCache: false } },
    asks: [
      ['getattr', 5],
      ['setattr', 5, { mode: 0o751 }],
      ['open', 5, 0x8201],
    ],
    reply: hex('20000000 00000000 3000000000000000 0100000000000000 00000000 00000000'),
  });
  golden('flush', {
    request: hex(`
      40000000 19000000 2200000000000000 ${from}
      0100000000000000 00000000 00000000 4c48390e8a2872ef   # fh, lock_owner
    `),
    script: { flush: undefined },
    asks: [['flush', 1]],
    reply: hex('10000000 00000000 2200000000000000'),
  });
  golden('release', {
    request: hex(`
      40000000 12000000 2400000000000000 0500000000000000 00000000 00000000 00000000 0000 0000
      0100000000000000 02800000 00000000 0000000000000000   # fh, flags, release_flags, lock_owner
    `),
    script: { release: undefined },
    asks: [['release', 1]],
    reply: hex('10000000 00000000 2400000000000000'),
  });
  golden('fsync', {
    request: hex(`
      38000000 14000000 1e00000000000000 ${from}
      0100000000000000 00000000 00000000   # fh, fsync_flags
    `),
    script: { fsync: undefined },
    asks: [['fsync', 1]],
    reply: hex('10000000 00000000 1e00000000000000'),
  });
});

describe('content', () => {
  const read = hex(`
    50000000 0f000000 3c00000000000000 ${from}
    0300000000000000 0000000002000000 00100000 00000000   # fh, offset 8 GiB, size, read_flags
    0000000000000000 02840000 00000000                    # lock_owner, flags
  `);
  golden('read', {
    request: read,
    script: { read: Buffer.from('hello') },
    asks: [['read', 3, 2 ** 33, 4096]],
    reply: hex('15000000 00000000 3c00000000000000 68656c6c6f'),
  });
  golden('read at the end', {
    request: read,
    script: { read: new Uint8Array(0) },
    asks: [['read', 3, 2 ** 33, 4096]],
    reply: hex('10000000 00000000 3c00000000000000'),
  });
  const write = (flags: string): Buffer =>
    hex(`
      55000000 10000000 1c00000000000000 ${from}
      0100000000000000 0300000000000000 05000000 ${flags}   # fh, offset, size, write_flags
      0000000000000000 02800000 00000000                    # lock_owner, flags
      68656c6c6f
    `);
  golden('write', {
    request: write('00000000'),
    script: { write: 5 },
    asks: [['write', 1, 3, Buffer.from('hello'), 'program']],
    reply: hex('18000000 00000000 1c00000000000000 05000000 00000000'),
  });
  golden('write by somebody who may not keep the set-user-id bit', {
    request: write('04000000'),
    script: { getattr: entry, setattr: entry, write: 5 },
    asks: [
      ['getattr', 5],
      ['setattr', 5, { mode: 0o751 }],
      ['write', 1, 3, Buffer.from('hello'), 'program'],
    ],
    reply: hex('18000000 00000000 1c00000000000000 05000000 00000000'),
  });
  golden('write into a file without such a bit changes no mode', {
    request: write('04000000'),
    script: { getattr: { ...entry, attributes: { ...entry.attributes, mode: 0o2644 } }, write: 5 },
    asks: [
      ['getattr', 5],
      ['write', 1, 3, Buffer.from('hello'), 'program'],
    ],
    reply: hex('18000000 00000000 1c00000000000000 05000000 00000000'),
  });

  golden('a page that is sent back', {
    request: write('01000000'),
    script: { write: 5 },
    asks: [['write', 1, 3, Buffer.from('hello'), 'page']],
    reply: hex('18000000 00000000 1c00000000000000 05000000 00000000'),
  });

  it("a write's memory is its own until it is done; that of others is free at once", async () => {
    let finish = (): void => {};
    const pending = new Promise<number>((resolve) => {
      finish = () => resolve(5);
    });
    const { fs } = scripted({ write: () => pending, read: Buffer.from('x') });
    const { server, replies } = await startedServer(fs);
    assert.equal(server.receive(read), undefined);
    const kept = server.receive(write('00000000'));
    let over = false;
    const watched = kept?.then(() => {
      over = true;
    });
    await settled();
    assert.equal(over, false);
    finish();
    await watched;
    assert.equal(replies.length, 2);
  });
});

describe('ranges', () => {
  const lseek = (whence: string): Buffer =>
    hex(`
      40000000 2e000000 4200000000000000 ${from}
      0300000000000000 0200000000000000 ${whence} 00000000   # fh, offset, whence
    `);
  for (const [whence, bits] of [
    ['data', '03000000'],
    ['hole', '04000000'],
  ] as const)
    golden(`lseek to ${whence}`, {
      request: lseek(bits),
      script: { lseek: 0x100000009 },
      asks: [['lseek', 3, 2, whence]],
      reply: hex('18000000 00000000 4200000000000000 0900000001000000'),
    });
  golden('lseek to something else: EINVAL, and nobody is asked', {
    request: lseek('02000000'),
    script: {},
    asks: [],
    reply: hex('10000000 eaffffff 4200000000000000'),
  });
  golden('fallocate', {
    request: hex(`
      48000000 2b000000 4600000000000000 ${from}
      0300000000000000 0010000000000000 0020000000000000 01000000 00000000   # fh, offset, length, mode
    `),
    script: { fallocate: undefined },
    asks: [['fallocate', 3, 1, 4096, 8192]],
    reply: hex('10000000 00000000 4600000000000000'),
  });
  const copy = (length: string): Buffer =>
    hex(`
      60000000 2f000000 5000000000000000 ${from}
      0300000000000000 0100000000000000                    # fh_in, off_in
      0600000000000000 0400000000000000 0200000000000000   # nodeid_out, fh_out, off_out
      ${length} 0000000000000000                           # len, flags
    `);
  golden('copy_file_range', {
    request: copy('0500000000000000'),
    script: { copyFileRange: 4 },
    asks: [['copyFileRange', { handle: 3, offset: 1 }, { handle: 4, offset: 2 }, 5]],
    reply: hex('18000000 00000000 5000000000000000 04000000 00000000'),
  });
  golden('copy_file_range of more than a reply could count', {
    request: copy('ffffffffffffff7f'),
    script: { copyFileRange: 0x7ffff000 },
    asks: [['copyFileRange', { handle: 3, offset: 1 }, { handle: 4, offset: 2 }, 0x7ffff000]],
    reply: hex('18000000 00000000 5000000000000000 00f0ff7f 00000000'),
  });
});
