// A document is saved by way of a backup while its former content is being sent, or before it is known whether that arrived.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failingDrive, flakyNetwork, slowly } from '../support/failing-drive.ts';
import { Bench } from '../support/opened.ts';
import { hold, until } from '../support/queue-steps.ts';

const second = 'second, and longer';

const ways: Readonly<Record<string, readonly [(bench: Bench) => Promise<unknown>, Readonly<Record<string, string>>]>> =
  {
    'a backup that is kept': [
      async (b) => {
        await b.calls.rename('/doc', '/doc~');
        await b.write('/doc', second);
      },
      { doc: second, 'doc~': 'first' },
    ],
    'a backup that is removed': [
      async (b) => {
        await b.calls.rename('/doc', '/doc~');
        await b.write('/doc', second);
        await b.calls.unlink('/doc~');
      },
      { doc: second },
    ],
    'a backup, twice': [
      async (b) => {
        for (const text of ['between', second]) {
          await b.calls.rename('/doc', '/doc~');
          await b.write('/doc', text);
        }
      },
      { doc: second, 'doc~': 'between' },
    ],
    'a backup, and a temporary file that takes the name': [
      async (b) => {
        await b.write('/t', second);
        await b.calls.rename('/doc', '/doc~');
        await b.calls.rename('/t', '/doc');
      },
      { doc: second, 'doc~': 'first' },
    ],
    'a backup, and a description': [
      async (b) => {
        await b.calls.rename('/doc', '/doc~');
        await b.write('/doc', second);
        await b.calls.setxattr('/doc', 'user.skydrive.description', Buffer.from('about it'));
      },
      { doc: second, 'doc~': 'first' },
    ],
  };

const check = async (bench: Bench, id: string, expected: Readonly<Record<string, string>>): Promise<void> => {
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), expected);
  assert.deepEqual(await bench.shown(), expected);
  assert.equal(bench.memory.store.at('doc').id, id);
  assert.deepEqual(bench.opened.conflicts(), []);
  assert.deepEqual(bench.troubles, []);
  await bench.reopen({ listingAgeMs: 0 });
  assert.deepEqual(await bench.shown(), expected);
};

for (const [name, [act, expected]] of Object.entries(ways)) {
  describe(`${name}`, () => {
    for (const settleMs of [5, 500])
      test(`while the former content is being sent, settling for ${settleMs} ms`, async () => {
        await using bench = await Bench.open({ fs: { settleMs } });
        const { id } = bench.memory.store.put('doc', 'old');
        await bench.list();
        const { arrived, letGo } = hold(bench, 'upload');
        await bench.write('/doc', 'first');
        await arrived;
        await act(bench);
        bench.memory.before = undefined;
        letGo();
        await check(bench, id, expected);
      });

    test('while the answer to the former content is on its way', async () => {
      let letGo = (): void => {};
      let gate: Promise<void> | undefined = new Promise((resolve) => {
        letGo = resolve;
      });
      await using bench = await Bench.open({ wrap: (drive) => slowly(drive, () => gate) });
      const { id } = bench.memory.store.put('doc', 'old');
      await bench.list();
      await bench.write('/doc', 'first');
      await until(() => bench.tree()['doc'] === 'first');
      await act(bench);
      gate = undefined;
      letGo();
      await check(bench, id, expected);
    });

    test('while the former content is being sent, and a restart before anything else is', async () => {
      await using bench = await Bench.open({ fs: { settleMs: 500 } });
      const { id } = bench.memory.store.put('doc', 'old');
      await bench.list();
      const { arrived, letGo } = hold(bench, 'upload');
      await bench.write('/doc', 'first');
      await arrived;
      await act(bench);
      letGo();
      await until(() => bench.tree()['doc'] === 'first');
      await bench.reopen({ settleMs: 5 });
      bench.memory.before = undefined;
      await check(bench, id, expected);
    });

    for (const isRestarted of [false, true])
      test(`before it is known that the former content arrived${isRestarted ? ', and a restart' : ''}`, async () => {
        const network = flakyNetwork();
        await using bench = await Bench.open({ wrap: (drive) => failingDrive(drive, network.plan) });
        const { id } = bench.memory.store.put('doc', 'old');
        await bench.list();
        network.state = 'lose-reply';
        await bench.write('/doc', 'first');
        await until(() => bench.opened.unsent()[0]?.trouble !== undefined);
        network.state = 'none';
        await act(bench);
        if (isRestarted) await bench.reopen();
        network.state = 'works';
        await check(bench, id, expected);
      });
  });
}
