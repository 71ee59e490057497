// The live service's times have whole seconds: saves of equal length within one look the same to whoever has not made them,
// such as the next process.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LiveOnEmulator, liveOnEmulator } from '../support/live-on-emulator.ts';
import { Bench } from '../support/opened.ts';

const second = '2026-11-26T12:00:00+0000';

/** A file has been saved twice within a second, and nobody but this process can tell. */
const savedTwice = async ({ drive, emulator }: LiveOnEmulator): Promise<Bench> => {
  const set = { updated_time: second, client_updated_time: second };
  emulator.admin.addFault({ match: { kind: ['get', 'list'] }, action: { do: 'lie', set } });
  const bench = await Bench.open({ wrap: () => drive, fs: { settleMs: 60_000 } });
  for (const text of ['aaaa', 'bbbb']) {
    await bench.write('/f', text);
    assert.deepEqual(await bench.sync(), []);
  }
  return bench;
};

describe('after saves of equal length within one second, by the next process', () => {
  const cases: Record<string, readonly [(bench: Bench) => Promise<unknown>, Record<string, string>]> = {
    'another save replaces the file': [(b) => b.write('/f', 'cccc'), { '/f': 'cccc' }],
    'another save, long sent in parts': [(b) => b.write('/f', 'c'.repeat(3000)), { '/f': 'c'.repeat(3000) }],
    'a removal removes it': [(b) => b.calls.unlink('/f'), {}],
    'a name is given': [(b) => b.calls.rename('/f', '/g'), { '/g': 'bbbb' }],
  };
  for (const [name, [act, expected]] of Object.entries(cases))
    test(name, async () => {
      const limits = { simpleUploadLimit: 1000, fragmentSize: 1000 };
      await using live = await liveOnEmulator({ drive: limits });
      const { admin } = live.emulator;
      await using bench = await savedTwice(live);
      await act(bench);
      await bench.reopen({ drive: live.another() });
      assert.deepEqual(await bench.sync(), []);
      const texts: Record<string, string> = {};
      for (const { path, sha256 } of admin.tree())
        if (sha256 !== undefined) texts[path] = (await admin.readContent(sha256)).toString();
      assert.deepEqual(texts, expected);
      assert.deepEqual(bench.troubles, []);
    });

  test('what is cached is not fetched again, and no check calls it another version', async () => {
    await using live = await liveOnEmulator();
    await using bench = await savedTwice(live);
    await bench.reopen({ drive: live.another(), listingAgeMs: 0 });
    assert.deepEqual(await bench.opened.check({ remote: true }, new AbortController().signal), []);
    const asked = await live.asked(async () => assert.equal((await bench.shown())['f'], 'bbbb'));
    assert.ok(!asked.includes('content'), `${asked}`);
  });
});
