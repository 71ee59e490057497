// What programs do to names, and what the drive is like in the end.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Call } from '../support/memory-drive.ts';
import { Bench } from '../support/opened.ts';
import { breakDrive } from '../support/queue-steps.ts';

describe('the names of the tree are those of the drive in the end', () => {
  const scripts: Record<string, (bench: Bench) => Promise<void>> = {
    'a file in a new folder': async (b) => {
      await b.calls.mkdir('/f');
      await b.write('/f/x', 'x');
    },
    'a new folder that is left and removed again at once': async (b) => {
      await b.calls.mkdir('/tmp');
      await b.write('/tmp/x', 'x');
      await b.calls.rename('/tmp/x', '/x');
      await b.calls.rmdir('/tmp');
    },
    'a folder in a folder that is removed': async (b) => {
      await b.calls.mkdir('/tmp');
      await b.calls.mkdir('/tmp/in');
      await b.write('/tmp/in/x', 'x');
      await b.calls.rename('/tmp/in', '/out');
      await b.calls.rmdir('/tmp');
    },
    'a known file through a folder that is removed': async (b) => {
      b.memory.store.put('known', 'k');
      await b.list();
      await b.calls.mkdir('/tmp');
      await b.calls.rename('/known', '/tmp/x');
      await b.calls.rename('/tmp/x', '/y');
      await b.calls.rmdir('/tmp');
    },
    'a known file into a folder that is removed with it': async (b) => {
      b.memory.store.put('known', 'k');
      await b.list();
      await b.calls.mkdir('/tmp');
      await b.calls.rename('/known', '/tmp/x');
      await b.calls.unlink('/tmp/x');
      await b.calls.rmdir('/tmp');
    },
    'a save over a temporary file': async (b) => {
      b.memory.store.put('doc', 'old');
      await b.list();
      await b.write('/doc.tmp', 'new');
      await b.calls.rename('/doc.tmp', '/doc');
    },
    'a name that is given up and taken': async (b) => {
      b.memory.store.put('a', 'old');
      await b.list();
      await b.calls.unlink('/a');
      await b.write('/A', 'new');
    },
    'a chain of names': async (b) => {
      for (const name of ['a', 'b', 'c']) b.memory.store.put(name, name);
      await b.list();
      await b.calls.rename('/c', '/d');
      await b.calls.rename('/b', '/c');
      await b.calls.rename('/a', '/b');
      await b.write('/a', 'new');
    },
    'two files that exchange their names': async (b) => {
      b.memory.store.put('a', 'a');
      b.memory.store.put('f/b', 'b');
      await b.list();
      await b.calls.rename('/a', '/f/b', 'exchange');
    },
    'two files with new content that exchange their names, of which one is removed at once': async (b) => {
      b.memory.store.put('a', 'a');
      b.memory.store.put('b', 'b');
      await b.list();
      await b.write('/a', 'new a');
      await b.write('/b', 'new b');
      await b.calls.rename('/a', '/b', 'exchange');
      await b.calls.unlink('/b');
    },
    'two new files that exchange their names': async (b) => {
      await b.write('/a', 'a');
      await b.write('/b', 'b');
      await b.calls.rename('/a', '/b', 'exchange');
    },
    'a file that changes into a folder of its name': async (b) => {
      b.memory.store.put('a', 'a');
      await b.list();
      await b.calls.unlink('/a');
      await b.calls.mkdir('/a');
      await b.write('/a/x', 'x');
    },
    'a case that changes': async (b) => {
      b.memory.store.put('readme', 'r');
      await b.list();
      await b.calls.rename('/readme', '/README');
    },
    'a folder that moves while it fills': async (b) => {
      await b.calls.mkdir('/f');
      await b.write('/f/x', 'x');
      await b.calls.mkdir('/g');
      await b.calls.rename('/f', '/g/f');
      await b.write('/g/f/y', 'y');
      await b.calls.rename('/g/f/x', '/g/z');
    },
  };
  for (const [name, script] of Object.entries(scripts)) {
    for (const [state, isBroken] of [
      ['', false],
      [', while the drive takes no changes', true],
    ] as const) {
      test(`${name}${state}`, async () => {
        await using bench = await Bench.open();
        await bench.list();
        await bench.reopen({ listingAgeMs: 0 });
        const asks: Call['intent'][] = ['children', 'page', 'root', 'get', 'read'];
        const { mend } = breakDrive(bench, 'offline', ({ intent }) => isBroken && !asks.includes(intent));
        await script(bench);
        const expected = await bench.shown();
        mend();
        assert.deepEqual(await bench.sync(), []);
        assert.deepEqual(bench.tree(), expected);
        assert.deepEqual(await bench.shown(), expected);
        assert.deepEqual(bench.troubles, []);
      });
    }
  }
});
