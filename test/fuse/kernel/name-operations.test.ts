// Golden bytes of the operations on names. Requests: Linux 6.18.
import { describe } from 'node:test';
import { entry, entryHex, golden, handle, hex } from './support/golden.ts';

const caller = { uid: 1000, gid: 1001, pid: 0x76a9 };
const from = '0100000000000000 e8030000 e9030000 a9760000 0000 0000';

describe('making', () => {
  golden('mkdir', {
    request: hex(`
      32000000 09000000 0600000000000000 ${from}
      e9010000 12000000   # mode 0751, umask
      6400                # "d"
    `),
    script: { mkdir: entry },
    asks: [['mkdir', { parent: 1, name: 'd' }, 0o751, caller]],
    reply: hex(`90000000 00000000 0600000000000000 ${entryHex}`),
  });
  golden('mknod of a file', {
    request: hex(`
      3a000000 08000000 0a00000000000000 ${from}
      a0810000 00000000 12000000 00000000   # mode 0100640, rdev, umask
      6e00
    `),
    script: { mknod: entry },
    asks: [['mknod', { parent: 1, name: 'n' }, 0o640, caller]],
    reply: hex(`90000000 00000000 0a00000000000000 ${entryHex}`),
  });
  golden('mknod of a pipe: EPERM, and nobody is asked', {
    request: hex(`
      3a000000 08000000 0a00000000000000 ${from}
      a0110000 00000000 12000000 00000000   # mode 010640
      6e00
    `),
    script: {},
    asks: [],
    reply: hex('10000000 ffffffff 0a00000000000000'),
  });
  golden('symlink', {
    request: hex(`
      34000000 06000000 1200000000000000 ${from}
      7300 746f2fd182d0b0d0bc00   # "s", its target
    `),
    script: { symlink: entry },
    asks: [['symlink', { parent: 1, name: 's' }, 'to/там', caller]],
    reply: hex(`90000000 00000000 1200000000000000 ${entryHex}`),
  });
  golden('link', {
    request: hex(`
      32000000 0d000000 7400000000000000 ${from}
      0600000000000000   # oldnodeid
      6c00
    `),
    script: { link: entry },
    asks: [['link', 6, { parent: 1, name: 'l' }]],
    reply: hex(`90000000 00000000 7400000000000000 ${entryHex}`),
  });
  const create = hex(`
    3a000000 23000000 1800000000000000 ${from}
    42820000 84810000 12000000 00000000   # flags, mode 0100604, umask, open_flags
    6600
  `);
  const created = ['create', { parent: 1, name: 'f' }, 0o604, 0x8242, caller];
  golden('create', {
    request: create,
    script: { create: { entry, file: { handle: handle(3), keepCache: false } } },
    asks: [created],
    reply: hex(`a0000000 00000000 1800000000000000 ${entryHex} 0300000000000000 00000000 00000000`),
  });
  golden('create of a file whose cache may stay', {
    request: create,
    script: { create: { entry, file: { handle: handle(3), keepCache: true } } },
    asks: [created],
    reply: hex(`a0000000 00000000 1800000000000000 ${entryHex} 0300000000000000 02000000 00000000`),
  });
});

describe('removing', () => {
  golden('unlink', {
    request: hex(`2a000000 0a000000 9200000000000000 ${from} 6e00`),
    script: { unlink: undefined },
    asks: [['unlink', { parent: 1, name: 'n' }]],
    reply: hex('10000000 00000000 9200000000000000'),
  });
  golden('rmdir', {
    request: hex(`2a000000 0b000000 9600000000000000 ${from} 6400`),
    script: { rmdir: undefined },
    asks: [['rmdir', { parent: 1, name: 'd' }]],
    reply: hex('10000000 00000000 9600000000000000'),
  });
});

describe('moving', () => {
  golden('rename', {
    request: hex(`
      34000000 0c000000 6a00000000000000 ${from}
      0200000000000000   # newdir
      6600 6800          # "f", "h"
    `),
    script: { rename: undefined },
    asks: [['rename', { parent: 1, name: 'f' }, { parent: 2, name: 'h' }, { noReplace: false, exchange: false }]],
    reply: hex('10000000 00000000 6a00000000000000'),
  });
  const rename2 = (flags: string): Buffer =>
    hex(`
      3c000000 2d000000 6e00000000000000 ${from}
      0100000000000000 ${flags} 00000000   # newdir, flags
      6700 6e00
    `);
  const places = [
    { parent: 1, name: 'g' },
    { parent: 1, name: 'n' },
  ] as const;
  for (const [title, bits, flags] of [
    ['without flags', '00000000', { noReplace: false, exchange: false }],
    ['NOREPLACE', '01000000', { noReplace: true, exchange: false }],
    ['EXCHANGE', '02000000', { noReplace: false, exchange: true }],
  ] as const)
    golden(`rename2 ${title}`, {
      request: rename2(bits),
      script: { rename: undefined },
      asks: [['rename', ...places, flags]],
      reply: hex('10000000 00000000 6e00000000000000'),
    });
  for (const [title, bits] of [
    ['WHITEOUT', '04000000'],
    ['NOREPLACE and EXCHANGE', '03000000'],
  ] as const)
    golden(`rename2 ${title}: EINVAL, and nobody is asked`, {
      request: rename2(bits),
      script: {},
      asks: [],
      reply: hex('10000000 eaffffff 6e00000000000000'),
    });
});
