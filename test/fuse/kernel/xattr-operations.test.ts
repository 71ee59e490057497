// Golden bytes of the operations on extended attributes. Requests: Linux 6.18; the short SETXATTR by fuse.h.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLog } from '../../../src/base/log.ts';
import { ProtocolServer } from '../../../src/fuse/kernel/protocol-server.ts';
import { golden, hex, initRequest, scripted, settled } from './support/golden.ts';

const from = '0500000000000000 e8030000 e9030000 a9760000 0000 0000';
const name = '757365722ed0bad0bbd18ed18700';

describe('setting', () => {
  golden('setxattr', {
    request: hex(`
      4b000000 15000000 5a00000000000000 ${from}
      05000000 01000000 00000000 00000000   # size, flags XATTR_CREATE, setxattr_flags
      ${name} 76616c7565
    `),
    script: { setxattr: undefined },
    asks: [['setxattr', 5, 'user.ключ', new Uint8Array(Buffer.from('value')), 1]],
    reply: hex('10000000 00000000 5a00000000000000'),
  });

  it('setxattr with 8 bytes in front of the name, as kernels before 5.12 send it', async () => {
    const { fs, asked } = scripted({ setxattr: undefined });
    const replies: string[] = [];
    const server = new ProtocolServer(fs, {
      send: (head) => replies.push(Buffer.from(head).toString('hex')),
      log: silentLog,
      trace: false,
    });
    const init = Buffer.from(initRequest);
    init.writeUInt32LE(0x13fffffb, 52);
    void server.receive(init);
    await settled();
    void server.receive(
      hex(`
        43000000 15000000 5a00000000000000 ${from}
        05000000 02000000   # size, flags XATTR_REPLACE
        ${name} 76616c7565
      `),
    );
    await settled();
    assert.deepEqual(asked, [['setxattr', 5, 'user.ключ', new Uint8Array(Buffer.from('value')), 2]]);
    assert.equal(replies[1], '10000000000000005a00000000000000');
  });

  golden('removexattr', {
    request: hex(`36000000 18000000 6400000000000000 ${from} ${name}`),
    script: { removexattr: undefined },
    asks: [['removexattr', 5, 'user.ключ']],
    reply: hex('10000000 00000000 6400000000000000'),
  });
});

describe('getting', () => {
  const getxattr = (size: string): Buffer => hex(`3e000000 16000000 5c00000000000000 ${from} ${size} 00000000 ${name}`);
  const script = { getxattr: Buffer.from('value') };
  const asks = [['getxattr', 5, 'user.ключ']];
  golden('its size', {
    request: getxattr('00000000'),
    script,
    asks,
    reply: hex('18000000 00000000 5c00000000000000 05000000 00000000'),
  });
  golden('its value', {
    request: getxattr('05000000'),
    script,
    asks,
    reply: hex('15000000 00000000 5c00000000000000 76616c7565'),
  });
  golden('its value into too small a buffer: ERANGE', {
    request: getxattr('04000000'),
    script,
    asks,
    reply: hex('10000000 deffffff 5c00000000000000'),
  });
});

describe('listing', () => {
  const listxattr = (size: string): Buffer => hex(`30000000 17000000 6000000000000000 ${from} ${size} 00000000`);
  const script = { listxattr: ['user.a', 'user.ключ'] };
  const asks = [['listxattr', 5]];
  golden('their size', {
    request: listxattr('00000000'),
    script,
    asks,
    reply: hex('18000000 00000000 6000000000000000 15000000 00000000'),
  });
  golden('the names', {
    request: listxattr('00010000'),
    script,
    asks,
    reply: hex(`25000000 00000000 6000000000000000 757365722e6100 ${name}`),
  });
  golden('no names', {
    request: listxattr('00010000'),
    script: { listxattr: [] },
    asks,
    reply: hex('10000000 00000000 6000000000000000'),
  });
  golden('the names into too small a buffer: ERANGE', {
    request: listxattr('14000000'),
    script,
    asks,
    reply: hex('10000000 deffffff 6000000000000000'),
  });
});
