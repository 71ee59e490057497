// The server between requests and replies: who is interrupted, what is refused, what is traced.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FsError } from '../../../src/base/errors.ts';
import { type Log, makeLog, silentLog } from '../../../src/base/log.ts';
import { MountError } from '../../../src/fuse/driver.ts';
import { operations } from '../../../src/fuse/kernel/operations.ts';
import { ProtocolServer } from '../../../src/fuse/kernel/protocol-server.ts';
import { entry, hex, initRequest, scripted, settled, startedServer } from './support/golden.ts';

const message = (opcode: number, unique: number, body: Uint8Array = Buffer.alloc(0)): Buffer => {
  const header = hex('00000000 00000000 0000000000000000 0500000000000000 00000000 00000000 01000000 0000 0000');
  header.writeUInt32LE(40 + body.length, 0);
  header.writeUInt32LE(opcode, 4);
  header.writeUInt32LE(unique, 8);
  return Buffer.concat([header, body]);
};

const getattr = (unique: number): Buffer => message(3, unique, Buffer.alloc(16));
/** FUSE_INTERRUPT: its own number is the request's, plus 1. */
const interrupt = (unique: number): Buffer =>
  message(36, unique + 1, hex(`${unique.toString(16).padStart(2, '0')}00000000000000`));

const errnoOf = (reply: Buffer | undefined): number | undefined => reply?.readInt32LE(4);

const waiting = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('interrupts', () => {
  const script = { getattr: (_: unknown, signal: AbortSignal) => waiting(signal) };

  it('end the request they name with EINTR, and no other', async () => {
    const { server, replies } = await startedServer(scripted(script).fs);
    void server.receive(getattr(0x10));
    void server.receive(getattr(0x12));
    await settled();
    assert.equal(replies.length, 0);
    void server.receive(interrupt(0x12));
    await settled();
    assert.equal(replies.length, 1);
    assert.equal(replies[0]?.readUInt32LE(8), 0x12);
    assert.equal(errnoOf(replies[0]), -4);
  });

  it('may come before their request', async () => {
    const { server, replies } = await startedServer(scripted(script).fs);
    void server.receive(interrupt(0x10));
    void server.receive(getattr(0x10));
    await settled();
    assert.equal(errnoOf(replies[0]), -4);
  });

  it('do not reach the requests that come afterwards, whoever served the one that was interrupted', async () => {
    const signals: AbortSignal[] = [];
    const remembering = (_: unknown, signal: AbortSignal): Promise<never> => {
      signals.push(signal);
      return waiting(signal);
    };
    const { server, replies } = await startedServer(scripted({ getattr: remembering }).fs);
    void server.receive(getattr(0x10));
    void server.receive(interrupt(0x10));
    await settled();
    void server.receive(getattr(0x12));
    await settled();
    assert.equal(replies.length, 1);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false],
    );
  });

  it('do not reach what goes on after the reply of another request', async () => {
    const kept: AbortSignal[] = [];
    const leaving = (_: unknown, signal: AbortSignal): Promise<unknown> => {
      signal.addEventListener('abort', () => {});
      kept.push(signal);
      return kept.length === 1 ? Promise.resolve(entry) : waiting(signal);
    };
    const { server } = await startedServer(scripted({ getattr: leaving }).fs);
    void server.receive(getattr(0x10));
    await settled();
    void server.receive(getattr(0x12));
    void server.receive(interrupt(0x12));
    await settled();
    assert.deepEqual(
      kept.map(({ aborted }) => aborted),
      [false, true],
    );
  });

  it('may come after the reply', async () => {
    const { server, replies } = await startedServer(scripted({ getattr: entry }).fs);
    void server.receive(getattr(0x10));
    await settled();
    void server.receive(interrupt(0x10));
    void server.receive(getattr(0x12));
    await settled();
    assert.deepEqual(replies.map(errnoOf), [0, 0]);
  });

  it('are not answered', async () => {
    const { server, replies } = await startedServer(scripted({}).fs);
    void server.receive(interrupt(0x10));
    await settled();
    assert.equal(replies.length, 0);
  });

  it('that find nothing are not remembered for ever', async () => {
    const { server, replies } = await startedServer(
      scripted({ getattr: (_: unknown, signal: AbortSignal) => ({ ...entry, validMs: signal.aborted ? 1 : 2 }) }).fs,
    );
    const first = 0x10;
    void server.receive(interrupt(first));
    for (let count = 0; count < 1000; count += 1)
      void server.receive(message(36, 1, hex('ffff000000000000'.replace('ffff', (0x1000 + count).toString(16)))));
    void server.receive(getattr(first));
    await settled();
    assert.equal(replies[0]?.readUInt32LE(24), 2_000_000);
  });

  it('reach all of them when the mount ends', async () => {
    const { server, replies } = await startedServer(scripted(script).fs);
    void server.receive(getattr(0x10));
    void server.receive(getattr(0x12));
    server.interruptAll();
    await settled();
    assert.deepEqual(replies.map(errnoOf), [-4, -4]);
  });

  it('a request that succeeds all the same has succeeded', async () => {
    let finish = (): void => {};
    const pending = new Promise((resolve) => {
      finish = () => resolve(entry);
    });
    const { server, replies } = await startedServer(scripted({ getattr: () => pending }).fs);
    void server.receive(getattr(0x10));
    void server.receive(interrupt(0x10));
    finish();
    await settled();
    assert.deepEqual(replies.map(errnoOf), [0]);
  });
});

describe('broken requests', () => {
  it('without a whole header are dropped', async () => {
    const { server, replies } = await startedServer(scripted({}).fs);
    for (let size = 0; size < 40; size += 1) assert.equal(server.receive(Buffer.alloc(size, 1)), undefined);
    await settled();
    assert.equal(replies.length, 0);
  });

  for (const [opcode, { name, answered }] of operations)
    it(`${name}, cut at every byte and full of ones: one reply, or none if it has none`, async () => {
      const get = (_: object, asked: string) => () => (asked === 'read' ? Buffer.from('x') : entry);
      const anything = new Proxy({}, { get });
      const { server, replies } = await startedServer(anything as never);
      for (let size = 0; size <= 120; size += 1) {
        void server.receive(message(opcode, 0x10, Buffer.alloc(size, 1)));
        await settled();
        assert.equal(replies.length, answered ? 1 : 0, `${size} bytes`);
        replies.length = 0;
      }
    });

  it('that say they are longer than they are, or shorter than a header', async () => {
    const { server, replies } = await startedServer(scripted({ getattr: entry }).fs);
    const long = getattr(0x10);
    long.writeUInt32LE(4000, 0);
    void server.receive(long);
    const short = getattr(0x12);
    short.writeUInt32LE(8, 0);
    void server.receive(short);
    await settled();
    assert.deepEqual(replies.map((reply) => [reply.readUInt32LE(8), errnoOf(reply)]).sort(), [
      [0x10, 0],
      [0x12, -5],
    ]);
  });

  it('extensions at the end are not read as a name', async () => {
    const { fs, asked } = scripted({ lookup: entry });
    const { server } = await startedServer(fs);
    const request = message(1, 0x10, hex('6100 0000000000000000'));
    request.writeUInt16LE(1, 36);
    void server.receive(request);
    await settled();
    assert.deepEqual(asked, [['lookup', 5, 'a']]);
    const endless = message(1, 0x12, hex('6161 0000000000000000'));
    endless.writeUInt16LE(1, 36);
    void server.receive(endless);
    await settled();
    assert.equal(asked.length, 1);
  });

  it('before INIT are refused', async () => {
    const replies: Buffer[] = [];
    const server = new ProtocolServer(scripted({}).fs, {
      send: (head) => replies.push(Buffer.from(head)),
      log: silentLog,
      trace: false,
    });
    void server.receive(getattr(0x10));
    await settled();
    assert.deepEqual(replies.map(errnoOf), [-5]);
  });
});

describe('failures', () => {
  const failing = (error: unknown) => ({
    getattr: () => {
      throw error;
    },
  });

  it('become an errno', async () => {
    const { server, replies } = await startedServer(scripted(failing(new FsError('EACCES', 'no'))).fs);
    void server.receive(getattr(0x10));
    await settled();
    assert.equal(replies[0]?.toString('hex'), '10000000f3ffffff1000000000000000');
  });

  it('of an answer that cannot be encoded are EIO', async () => {
    const { server, replies } = await startedServer(scripted({ getattr: undefined }).fs);
    void server.receive(getattr(0x10));
    await settled();
    assert.deepEqual(replies.map(errnoOf), [-5]);
  });

  it('never say ENOSYS, which would switch the operation off', async () => {
    const { server, replies } = await startedServer(scripted(failing(new FsError('ENOSYS', 'no'))).fs);
    void server.receive(getattr(0x10));
    await settled();
    assert.deepEqual(replies.map(errnoOf), [-95]);
  });

  it('of INIT end the start with a MountError', async () => {
    const server = new ProtocolServer(scripted({}).fs, { send: () => {}, log: silentLog, trace: false });
    const request = Buffer.from(initRequest);
    request.writeUInt32LE(6, 40);
    void server.receive(request);
    await assert.rejects(server.started, MountError);
  });
});

describe('the trace', () => {
  const traced = async (trace: boolean, log: Log): Promise<void> => {
    const server = new ProtocolServer(scripted({ getattr: entry }).fs, { send: () => {}, log, trace });
    void server.receive(Buffer.from(initRequest));
    await server.started;
    void server.receive(getattr(0x10));
    void server.receive(message(40, 0x12));
    await settled();
  };

  it('is a line for every request', async () => {
    const lines: string[] = [];
    await traced(
      true,
      makeLog('debug', (line) => lines.push(line)),
    );
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? '', /debug fuse init node 0: ok in [\d.]+ ms$/);
    assert.match(lines[1] ?? '', /fuse getattr node 5: ok in [\d.]+ ms$/);
    assert.match(lines[2] ?? '', /fuse opcode 40 node 5: errno 38$/);
  });

  it('is off otherwise', async () => {
    const lines: string[] = [];
    await traced(
      false,
      makeLog('debug', (line) => lines.push(line)),
    );
    assert.deepEqual(lines, []);
  });
});
