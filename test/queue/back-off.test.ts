// How long a change waits after an attempt that failed, and what makes the wait shorter.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FsError } from '../../src/base/errors.ts';
import { DriveError } from '../../src/drive/drive-error.ts';
import { withLimits } from '../../src/drive/with-limits.ts';
import { Bench } from '../support/opened.ts';
import { breakDrive, until } from '../support/queue-steps.ts';

describe('a time that the service asks for', () => {
  for (const retryAfterMs of [9_999_999_000, Date.parse('Fri, 31 Dec 9999 23:59:59 GMT') - Date.now()])
    test(`is kept to, however long: ${retryAfterMs} ms`, async () => {
      await using bench = await Bench.open({ wrap: (drive) => withLimits(drive) });
      await bench.list();
      let asked = 0;
      bench.memory.before = ({ intent }) => {
        if (intent === 'upload') asked += 1;
        if (intent === 'upload') throw new DriveError('busy', 'not now', { status: 429, retryAfterMs });
      };
      await bench.write('/a', 'a');
      await delay(300);
      assert.equal(asked, 1);
      assert.match(bench.opened.unsent()[0]?.trouble ?? '', /not now; .* asks to wait for \d+d/);
    });
});

test('what keeps a change here is told without the name of a class', async () => {
  await using bench = await Bench.open();
  await bench.list();
  bench.memory.before = ({ intent }) => {
    if (intent === 'upload') throw new FsError('EIO', 'the disk fails');
  };
  await bench.write('/a', 'a');
  assert.equal((await bench.sync())[0]?.parked, 'the disk fails');
});

test('a change that failed, and is another by now, goes at once when somebody waits for it', async () => {
  await using bench = await Bench.open({ fs: { settleMs: 300 } });
  for (const name of ['a', 'x']) bench.memory.store.put(name, name);
  await bench.list();
  const { mend } = breakDrive(bench);
  await bench.calls.rename('/a', '/b');
  await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
  await bench.calls.rename('/b', '/c');
  // It has settled then, and waits on for this one, which waits for its name.
  await delay(200);
  await bench.calls.rename('/x', '/a');
  await delay(200);
  mend();
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { a: 'x', c: 'a' });
});
