// Requests as the kernel sent them and replies as fuse.h lays them out, both in hexadecimal, with the file system's side of
// the exchange in between. A `#` starts a comment; spaces and line ends mean nothing.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { silentLog } from '../../../../src/base/log.ts';
import type { Entry, FileSystem, HandleId, NodeId } from '../../../../src/fs/file-system.ts';
import type { Passthrough } from '../../../../src/fuse/kernel/passthrough.ts';
import { ProtocolServer } from '../../../../src/fuse/kernel/protocol-server.ts';

export const node = (id: number): NodeId => id as NodeId;
export const handle = (id: number): HandleId => id as HandleId;

export const hex = (text: string): Buffer => {
  const digits = text.replaceAll(/#.*$/gm, '').replaceAll(/\s/g, '');
  assert.match(digits, /^([0-9a-f]{2})*$/, text);
  return Buffer.from(digits, 'hex');
};

/** Linux 6.18 opens a connection. */
export const initRequest = hex(`
  68000000 1a000000 0200000000000000   # length 104, opcode 26, unique 2
  0000000000000000 00000000 00000000 00000000 0000 0000
  07000000 2d000000                    # 7.45
  00000200 fbffff73 fd050000           # read-ahead 128 KiB, flags, flags2
  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
`);

export const entry: Entry = {
  attributes: {
    node: node(5),
    kind: 'file',
    size: 0x1122334455,
    blocks: 8,
    mode: 0o4751,
    links: 1,
    uid: 1000,
    gid: 1001,
    atime: { seconds: 1, nanoseconds: 2 },
    mtime: { seconds: -1, nanoseconds: 999_999_999 },
    ctime: { seconds: 123_456_789, nanoseconds: 0 },
  },
  validMs: 1500,
};

/** struct fuse_attr. */
export const attributesHex = `
  0500000000000000 5544332211000000 0800000000000000   # ino, size, blocks
  0100000000000000 ffffffffffffffff 15cd5b0700000000   # atime, mtime, ctime
  02000000 ffc99a3b 00000000                           # their nanoseconds
  e9890000 01000000 e8030000 e9030000                  # mode 0104751, nlink, uid, gid
  00000000 00100000 00000000                           # rdev, blksize, flags
`;

/** struct fuse_entry_out. */
export const entryHex = `
  0500000000000000 0000000000000000   # nodeid, generation
  0100000000000000 0100000000000000   # entry_valid, attr_valid
  0065cd1d 0065cd1d                   # their nanoseconds: half a second
  ${attributesHex}
`;

type Asked = readonly unknown[];

/** Answers to the methods of the port, by name: a value, or a function of what was asked. */
export type Script = Readonly<Record<string, unknown>>;

/** A file system that answers by a script and remembers what it was asked: name and arguments, signals left out. */
export const scripted = (script: Script): { readonly fs: FileSystem; readonly asked: Asked[] } => {
  const asked: Asked[] = [];
  const get = (_: object, name: string): unknown => {
    assert.ok(name in script, `the file system was asked for ${name}`);
    return (...args: readonly unknown[]): unknown => {
      asked.push([name, ...args.filter((one) => !(one instanceof AbortSignal))]);
      const answer = script[name];
      return typeof answer === 'function' ? answer(...args) : answer;
    };
  };
  return { fs: new Proxy({}, { get }) as FileSystem, asked };
};

/** A server that has been greeted, and the replies it sent since. */
export const startedServer = async (
  fs: FileSystem,
  passthrough?: Passthrough,
): Promise<{ server: ProtocolServer; replies: Buffer[] }> => {
  const replies: Buffer[] = [];
  const send = (head: Uint8Array, tail: Uint8Array | undefined): void => {
    replies.push(Buffer.concat([head, tail ?? Buffer.alloc(0)]));
  };
  const options = { send, log: silentLog, trace: false, ...(passthrough === undefined ? {} : { passthrough }) };
  const server = new ProtocolServer(fs, options);
  void server.receive(Buffer.from(initRequest));
  await server.started;
  replies.length = 0;
  return { server, replies };
};

/** All that is due now is done. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface Exchange {
  readonly request: Buffer;
  readonly script: Script;
  /** Every question that the file system was asked. */
  readonly asks: readonly Asked[];
  /** Empty if there must be none. */
  readonly reply: Buffer;
}

export const golden = (title: string, { request, script, asks, reply }: Exchange): void => {
  it(title, async () => {
    const { fs, asked } = scripted(script);
    const { server, replies } = await startedServer(fs);
    assert.equal(request.readUInt32LE(0), request.length, 'the request says its own length');
    void server.receive(Buffer.from(request));
    await settled();
    assert.deepEqual(asked, asks);
    const [only] = replies;
    assert.equal(only?.toString('hex') ?? '', reply.toString('hex'));
    assert.ok(replies.length <= 1, 'one reply at most');
    if (only) assert.equal(only.readUInt32LE(0), only.length, 'the reply says its own length');
  });
};
