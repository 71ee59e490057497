// What has come from the drive as a whole is compared with what the drive says of it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { QuickXorHash } from '../../src/base/quick-xor-hash.ts';
import type { Drive } from '../../src/drive/drive.ts';
import { Bench } from '../support/opened.ts';
import { until } from '../support/queue-steps.ts';

const text = 'the bytes that the drive has, all of them';

const hashOf = (name: string, bytes: string): string => {
  const hashing = name === 'quickxor' ? new QuickXorHash() : createHash(name);
  hashing.update(Buffer.from(bytes));
  return `${name}:${hashing.digest().toString('hex')}`;
};

/** A way from the drive on which the first `times` answers are damaged. */
const damaging = (drive: Drive, times: number): Drive => {
  let left = times;
  return new Proxy(drive, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (key !== 'read') return typeof value === 'function' ? value.bind(target) : value;
      const read: Drive['read'] = async function* (item, range, signal) {
        left -= 1;
        for await (const piece of target.read(item, range, signal))
          yield left < 0 ? piece : piece.map((byte) => byte ^ 1);
      };
      return read;
    },
  });
};

const openWith = async (hash: string | undefined, damaged: number): Promise<Bench> => {
  const bench = await Bench.open({ wrap: (drive) => damaging(drive, damaged) });
  const stored = bench.memory.store.put('doc', text);
  if (hash !== undefined) stored.hash = hash;
  await bench.list();
  return bench;
};

describe('a content that has come as a whole', () => {
  for (const name of ['sha1', 'sha256', 'quickxor'])
    test(`is fetched again if it was damaged on the way, as ${name} tells`, async () => {
      await using bench = await openWith(hashOf(name, text), 1);
      await bench.read('/doc');
      await until(() => bench.troubles.length > 0);
      assert.match(bench.troubles[0] ?? '', /"doc" came with other bytes/);
      assert.equal(await bench.read('/doc'), text);
      assert.equal(await bench.read('/doc'), text);
      assert.equal(bench.memory.count('read'), 2);
      await bench.reopen();
      assert.equal(await bench.read('/doc'), text);
      assert.equal(bench.memory.count('read'), 2);
    });

  test('is believed if the same comes again: then it is the hash that is wrong', async () => {
    await using bench = await openWith(hashOf('sha1', 'something else'), 0);
    assert.equal(await bench.read('/doc'), text);
    await until(() => bench.troubles.length === 1);
    assert.equal(await bench.read('/doc'), text);
    await until(() => bench.troubles.length === 2);
    assert.match(bench.troubles[1] ?? '', /not believed/);
    assert.equal(await bench.read('/doc'), text);
    assert.equal(bench.memory.count('read'), 2);
  });

  test('is not looked at where the drive tells nothing, or in a way that nobody knows', async () => {
    for (const hash of [undefined, 'crc32:12345678']) {
      await using bench = await openWith(hash, 0);
      assert.equal(await bench.read('/doc'), text);
      assert.equal(await bench.read('/doc'), text);
      assert.equal(bench.memory.count('read'), 1);
      assert.deepEqual(bench.troubles, []);
    }
  });

  test('whoever has it open while it is found to be damaged reads on, and what is written then is not lost', async () => {
    await using bench = await openWith(hashOf('sha1', text), 1);
    const fd = await bench.calls.open('/doc', 2);
    await bench.calls.read(fd, 0, 100);
    await until(() => bench.troubles.length > 0);
    assert.equal((await bench.calls.read(fd, 0, 100)).length, text.length);
    await bench.calls.write(fd, Buffer.from('THE'), 0);
    await bench.calls.close(fd);
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), { doc: `THE${text.slice(3)}` });
  });
});
