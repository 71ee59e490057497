// A file whose content is being sent is renamed over another: until it takes over that one's item, its own is where it was.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { slowly } from '../support/failing-drive.ts';
import type { Call } from '../support/memory-drive.ts';
import { Bench, toldSoon } from '../support/opened.ts';
import { hold, until } from '../support/queue-steps.ts';

test('its first name is another file’s, which is not taken for a new content of the one that was there', async () => {
  await using bench = await Bench.open({ fs: { settleMs: 5 } });
  const { id } = bench.memory.store.put('log.1', 'older');
  await bench.list();
  const { arrived, letGo } = hold(bench, 'upload');
  await bench.write('/log', 'first');
  await arrived;
  await bench.calls.rename('/log', '/log.1');
  await bench.write('/log.new', 'second');
  await bench.calls.rename('/log.new', '/log');
  letGo();
  assert.deepEqual(await bench.sync(), []);
  const tree = { log: 'second', 'log.1': 'first' };
  assert.deepEqual(bench.tree(), tree);
  assert.deepEqual(await bench.shown(), tree);
  assert.equal(bench.memory.store.at('log.1').id, id);
});

describe('it stays where it was renamed to, whatever is told of its folder meanwhile', () => {
  const asking: readonly Call['intent'][] = ['changes', 'children'];
  for (const [service, options] of Object.entries(toldSoon))
    for (const how of ['over the other', 'after the other was removed'])
      test(`${how}, ${service}`, async () => {
        await using bench = await Bench.open(options);
        bench.memory.store.put('other', 'other');
        bench.memory.store.makeFolder('folder');
        await bench.list();
        await bench.write('/folder/doc', 'one');
        assert.deepEqual(await bench.sync(), []);
        const { arrived, letGo } = hold(bench, 'upload');
        await bench.write('/folder/doc', 'two!');
        await arrived;
        if (how !== 'over the other') await bench.calls.unlink('/other');
        await bench.calls.rename('/folder/doc', '/other');
        bench.memory.store.changed(bench.memory.store.at('folder/doc'));
        const before = bench.memory.calls.length;
        const asked = () => bench.memory.calls.slice(before).filter(({ intent }) => asking.includes(intent));
        await until(async () => (await bench.list('/folder')).length + asked().length >= 3);
        const tree = { 'folder/': '', other: 'two!' };
        assert.deepEqual(await bench.shown(), tree);
        assert.deepEqual(await bench.opened.check({ remote: false }, AbortSignal.timeout(60_000)), []);
        letGo();
        assert.deepEqual(await bench.sync(), []);
        assert.deepEqual(bench.tree(), tree);
        assert.deepEqual(await bench.shown(), tree);
      });
});

test('it is put aside in turn: what is written under its name is no new content of the item that it had', async () => {
  let letGo = (): void => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await using bench = await Bench.open({ fs: { settleMs: 300 }, wrap: (drive) => slowly(drive, () => gate) });
  const { id } = bench.memory.store.put('doc', 'old');
  bench.memory.store.makeFolder('d');
  await bench.list();
  await bench.write('/d/new', 'put aside');
  await until(() => bench.memory.store.find('d/new') !== undefined);
  await bench.calls.rename('/d/new', '/doc');
  await bench.calls.rename('/doc', '/doc~');
  letGo();
  await until(() => bench.opened.unsent().every(({ running }) => !running));
  await bench.write('/doc', 'new');
  assert.deepEqual(await bench.sync(), []);
  assert.deepEqual(bench.tree(), { 'd/': '', doc: 'new', 'doc~': 'put aside' });
  assert.deepEqual(await bench.shown(), bench.tree());
  assert.equal(bench.memory.store.at('doc').id, id);
});
