// What is told to the kernel, in which order, and that nobody waits for it. Golden bytes by fuse.h.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeLog, silentLog } from '../../../src/base/log.ts';
import {
  expireEntryBytes,
  invalidateAttributesBytes,
  invalidateEntryBytes,
  invalidateNodeBytes,
  Notifier,
} from '../../../src/fuse/kernel/notifier.ts';
import { hex, node } from './support/golden.ts';

type Done = (error: NodeJS.ErrnoException | null) => void;

/** A device whose writes are over when the test says so. */
const slowDevice = () => {
  const written: Buffer[] = [];
  const pending: Done[] = [];
  const write = (message: Buffer, done: Done): void => {
    written.push(message);
    pending.push(done);
  };
  const finish = (code?: string): void => {
    pending.shift()?.(code === undefined ? null : Object.assign(new Error(code), { code }));
  };
  const finishAll = (): void => {
    while (pending.length > 0) finish();
  };
  return { written, pending, write, finish, finishAll };
};

describe('notifications', () => {
  it('of a name: FUSE_NOTIFY_INVAL_ENTRY', () => {
    const expected = hex(`
      24000000 03000000 0000000000000000   # length 36, code 3, unique 0
      0500000000000000 03000000 00000000   # parent, namelen, flags
      61d18200                             # the name and a NUL
    `);
    assert.deepEqual(invalidateEntryBytes(node(5), 'aт'), expected);
  });

  it('of a name that is new: the same, FUSE_EXPIRE_ONLY', () => {
    const expected = hex(`
      22000000 03000000 0000000000000000
      0500000000000000 01000000 01000000   # parent, namelen, flags
      6100
    `);
    assert.deepEqual(expireEntryBytes(node(5), 'a'), expected);
  });

  it('of a node: FUSE_NOTIFY_INVAL_INODE from the first byte to the last', () => {
    const expected = hex(`
      28000000 02000000 0000000000000000
      0500000000000000 0000000000000000 0000000000000000   # ino, off, len
    `);
    assert.deepEqual(invalidateNodeBytes(node(5)), expected);
  });

  it('of the attributes of a node: FUSE_NOTIFY_INVAL_INODE from an offset below 0', () => {
    const expected = hex(`
      28000000 02000000 0000000000000000
      0500000000000000 ffffffffffffffff 0000000000000000   # ino, off, len
    `);
    assert.deepEqual(invalidateAttributesBytes(node(5)), expected);
  });
});

describe('Notifier', () => {
  it('writes one at a time, in order', () => {
    const device = slowDevice();
    const notifier = new Notifier(device.write, silentLog);
    notifier.invalidateEntry(node(1), 'a');
    notifier.invalidateNode(node(2));
    notifier.invalidateEntry(node(1), 'b');
    assert.equal(device.pending.length, 1);
    device.finishAll();
    assert.deepEqual(device.written, [
      invalidateEntryBytes(node(1), 'a'),
      invalidateNodeBytes(node(2)),
      invalidateEntryBytes(node(1), 'b'),
    ]);
  });

  it('says once what is said twice before its turn, but again what is being said', () => {
    const device = slowDevice();
    const notifier = new Notifier(device.write, silentLog);
    notifier.invalidateNode(node(1));
    for (let count = 0; count < 3; count += 1) {
      notifier.invalidateNode(node(1));
      notifier.invalidateEntry(node(1), 'a');
    }
    device.finishAll();
    assert.deepEqual(device.written, [
      invalidateNodeBytes(node(1)),
      invalidateNodeBytes(node(1)),
      invalidateEntryBytes(node(1), 'a'),
    ]);
  });

  it('goes on after a failure, and is silent about names that the kernel does not know', () => {
    const lines: string[] = [];
    const device = slowDevice();
    const notifier = new Notifier(
      device.write,
      makeLog('debug', (line) => lines.push(line)),
    );
    for (const id of [1, 2, 3]) notifier.invalidateNode(node(id));
    device.finish('ENOENT');
    assert.deepEqual(lines, []);
    device.finish('EINVAL');
    assert.equal(lines.length, 1);
    device.finish();
    assert.equal(device.written.length, 3);
  });

  it('forgets the oldest of too many, and says so once', () => {
    const lines: string[] = [];
    const device = slowDevice();
    const notifier = new Notifier(
      device.write,
      makeLog('warn', (line) => lines.push(line)),
    );
    for (let id = 1; id <= 100_010; id += 1) notifier.invalidateNode(node(id));
    assert.equal(lines.length, 1);
    device.finish();
    assert.deepEqual(device.written[1], invalidateNodeBytes(node(11)));
  });

  it('stops when the message that is being written is through, and is silent from then on', async () => {
    const device = slowDevice();
    const notifier = new Notifier(device.write, silentLog);
    notifier.invalidateNode(node(1));
    notifier.invalidateNode(node(2));
    let stopped = false;
    const stopping = notifier.stop().then(() => {
      stopped = true;
    });
    const again = notifier.stop();
    await Promise.resolve();
    assert.equal(stopped, false);
    device.finish();
    await stopping;
    notifier.invalidateNode(node(3));
    assert.equal(device.written.length, 1);
    await again;
  });
});
