// Golden bytes of the operations on nodes. Requests: Linux 6.18.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Timestamp } from '../../../src/fs/file-system.ts';
import {
  attributesHex,
  entry,
  entryHex,
  golden,
  hex,
  node,
  scripted,
  settled,
  startedServer,
} from './support/golden.ts';

/** struct fuse_attr_out in a reply to request 0x20. */
const attributesReply = hex(`
  78000000 00000000 2000000000000000
  0100000000000000 0065cd1d 00000000   # attr_valid, its nanoseconds
  ${attributesHex}
`);

describe('lookup', () => {
  const request = hex(`
    2a000000 01000000 0400000000000000   # length 42, opcode 1, unique 4
    0100000000000000 e8030000 e9030000 a9760000 0000 0000   # node 1, uid, gid, pid
    6400                                 # "d"
  `);
  golden('a name that is there', {
    request,
    script: { lookup: entry },
    asks: [['lookup', 1, 'd']],
    reply: hex(`90000000 00000000 0400000000000000 ${entryHex}`),
  });
  golden('a name that is not there', {
    request,
    script: { lookup: undefined },
    asks: [['lookup', 1, 'd']],
    reply: hex('10000000 feffffff 0400000000000000'),
  });
  golden('a name that is not UTF-8: EILSEQ, and nobody is asked', {
    request: hex(`
      2b000000 01000000 0400000000000000
      0100000000000000 00000000 00000000 a9760000 0000 0000
      fffe00
    `),
    script: {},
    asks: [],
    reply: hex('10000000 acffffff 0400000000000000'),
  });
  golden('a name that is UTF-8', {
    request: hex(`
      2d000000 01000000 0400000000000000
      0100000000000000 00000000 00000000 a9760000 0000 0000
      d182d0b000
    `),
    script: { lookup: undefined },
    asks: [['lookup', 1, 'та']],
    reply: hex('10000000 feffffff 0400000000000000'),
  });
  for (const [title, name] of [
    ['..', '2e2e00'],
    ['a slash', '612f6200'],
  ])
    golden(`${title} is no name: EINVAL`, {
      request: hex(`
        ${title === '..' ? '2b' : '2c'}000000 01000000 0400000000000000
        0100000000000000 00000000 00000000 a9760000 0000 0000
        ${name}
      `),
      script: {},
      asks: [],
      reply: hex('10000000 eaffffff 0400000000000000'),
    });
});

describe('forget', () => {
  golden('one node', {
    request: hex(`
      30000000 02000000 9800000000000000
      0500000000000000 00000000 00000000 00000000 0000 0000
      0200000000000000   # nlookup
    `),
    script: { forget: undefined },
    asks: [['forget', 5, 2]],
    reply: hex(''),
  });
  golden('many nodes', {
    request: hex(`
      60000000 2a000000 9800000000000000
      0000000000000000 00000000 00000000 00000000 0000 0000
      03000000 00000000                   # count
      0600000000000000 0200000000000000   # nodeid, nlookup
      0500000000000000 0300000000000000
      0200000000000000 0300000000000000
    `),
    script: { forget: undefined },
    asks: [
      ['forget', 6, 2],
      ['forget', 5, 3],
      ['forget', 2, 3],
    ],
    reply: hex(''),
  });
});

describe('attributes', () => {
  golden('getattr', {
    request: hex(`
      38000000 03000000 2000000000000000
      0500000000000000 00000000 00000000 a9760000 0000 0000
      00000000 00000000 0000000000000000   # getattr_flags, fh
    `),
    script: { getattr: entry },
    asks: [['getattr', 5, undefined]],
    reply: attributesReply,
  });

  golden('getattr while an open file is read', {
    request: hex(`
      38000000 03000000 2000000000000000
      0500000000000000 00000000 00000000 a9760000 0000 0000
      01000000 00000000 0700000000000000   # getattr_flags: FUSE_GETATTR_FH, fh
    `),
    script: { getattr: entry },
    asks: [['getattr', 5, 7]],
    reply: attributesReply,
  });

  const setattr = (valid: string): Buffer =>
    hex(`
      80000000 04000000 2000000000000000
      0500000000000000 00000000 00000000 a9760000 0000 0000
      ${valid} 00000000
      0100000000000000 0900000000000000 4c48390e8a2872ef   # fh, size, lock_owner
      feffffffffffffff d202964900000000 0000000000000000   # atime -2, mtime 1234567890, ctime
      0065cd1d 80b2e60e 00000000                           # their nanoseconds
      c9890000 00000000 e8030000 e9030000 00000000         # mode 0104711, uid, gid
    `);
  golden('setattr of a size, by a program that has the file open', {
    request: setattr('48020000'),
    script: { setattr: entry },
    asks: [['setattr', 5, { size: 9 }]],
    reply: attributesReply,
  });
  golden('setattr of a mode', {
    request: setattr('01000000'),
    script: { setattr: entry },
    asks: [['setattr', 5, { mode: 0o4711 }]],
    reply: attributesReply,
  });
  golden('setattr of both times', {
    request: setattr('30000000'),
    script: { setattr: entry },
    asks: [
      [
        'setattr',
        5,
        {
          atime: { seconds: -2, nanoseconds: 500_000_000 },
          mtime: { seconds: 1_234_567_890, nanoseconds: 250_000_000 },
        },
      ],
    ],
    reply: attributesReply,
  });
  golden('setattr of an owner drops the set-user-id bit', {
    request: setattr('06000000'),
    script: { getattr: entry, setattr: entry },
    asks: [
      ['getattr', 5],
      ['setattr', 5, { uid: 1000, gid: 1001, mode: 0o751 }],
    ],
    reply: attributesReply,
  });
  golden('setattr of a size by somebody who may not keep the bit', {
    request: setattr('08080000'),
    script: { getattr: entry, setattr: entry },
    asks: [
      ['getattr', 5],
      ['setattr', 5, { size: 9, mode: 0o751 }],
    ],
    reply: attributesReply,
  });

  it('setattr to the present takes our clock', async () => {
    const { fs, asked } = scripted({ setattr: entry });
    const { server } = await startedServer(fs);
    const before = Math.floor(Date.now() / 1000);
    void server.receive(setattr('b0010000'));
    await settled();
    const changes = asked[0]?.[2] as { readonly atime: Timestamp; readonly mtime: Timestamp };
    assert.ok(changes.atime.seconds >= before && changes.mtime.seconds >= before);
  });

  golden('access', {
    request: hex(`
      30000000 22000000 8e00000000000000
      0600000000000000 e8030000 e9030000 a9760000 0000 0000
      04000000 00000000   # mask R_OK
    `),
    script: { access: undefined },
    asks: [['access', 6, 4, { uid: 1000, gid: 1001, pid: 0x76a9 }]],
    reply: hex('10000000 00000000 8e00000000000000'),
  });
});

describe('readlink and statfs', () => {
  golden('readlink', {
    request: hex(`
      28000000 05000000 1400000000000000
      0400000000000000 00000000 00000000 a9760000 0000 0000
    `),
    script: { readlink: 'to/та' },
    asks: [['readlink', 4]],
    reply: hex('17000000 00000000 1400000000000000 746f2fd182d0b0'),
  });
  golden('statfs', {
    request: hex(`
      28000000 11000000 9000000000000000
      0100000000000000 00000000 00000000 a9760000 0000 0000
    `),
    script: { statfs: { blockSize: 4096, blocks: 1000, blocksFree: 300, nodes: 70, nodesFree: 60, nameLength: 255 } },
    asks: [['statfs']],
    reply: hex(`
      60000000 00000000 9000000000000000
      e803000000000000 2c01000000000000 2c01000000000000   # blocks, bfree, bavail
      4600000000000000 3c00000000000000                    # files, ffree
      00100000 ff000000 00100000 00000000                  # bsize, namelen, frsize
      00000000 00000000 00000000 00000000 00000000 00000000
    `),
  });
});

describe('nodes of other kinds', () => {
  for (const [kind, mode] of [
    ['folder', 'e9410000'],
    ['symlink', 'e9a10000'],
  ] as const)
    golden(`a ${kind}`, {
      request: hex(`
        38000000 03000000 2000000000000000
        0500000000000000 00000000 00000000 a9760000 0000 0000
        00000000 00000000 0000000000000000
      `),
      script: { getattr: { ...entry, attributes: { ...entry.attributes, node: node(5), kind, mode: 0o751 } } },
      asks: [['getattr', 5, undefined]],
      reply: hex(attributesReply.toString('hex').replace('e9890000', mode)),
    });
});
