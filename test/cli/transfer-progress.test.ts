import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ProgressStream, TransferProgress } from '../../src/cli/transfer-progress.ts';
import { ManualClock } from '../support/manual-clock.ts';

const terminal = (isTTY: boolean, columns = 80) => {
  const written: string[] = [];
  const stream: ProgressStream = { isTTY, columns, write: (text) => written.push(text) };
  return { stream, written };
};

const lineBack = '\r\x1b[K';

describe('the progress of a transfer', () => {
  it('tells how far it is, its rate and the time that is left', async () => {
    const { stream, written } = terminal(true);
    const clock = new ManualClock();
    const progress = new TransferProgress(stream, clock);
    progress.begin('big.iso', 100 * 2 ** 20);
    for (const done of [10, 20]) {
      await clock.advance(1000);
      progress.reach(done * 2 ** 20 + 1);
    }
    assert.equal(written.at(-1), `${lineBack}big.iso: 20% of 100.0M, 10.0M/s, 8s left`);
    progress.clear();
    assert.equal(written.at(-1), lineBack);
    progress.clear();
    assert.equal(written.length, 3);
  });

  it('is written a few times a second at most, and fits the line', async () => {
    const { stream, written } = terminal(true, 20);
    const clock = new ManualClock();
    const progress = new TransferProgress(stream, clock);
    progress.begin('a long name of a file', undefined);
    for (let n = 0; n < 100; n += 1) {
      await clock.advance(10);
      progress.add(1000);
    }
    assert.ok(written.length <= 6, `${written.length} times`);
    for (const line of written) assert.ok(line.length <= lineBack.length + 19, line);
  });

  it('counts only what is transferred now for the rate', async () => {
    const { stream, written } = terminal(true);
    const clock = new ManualClock();
    const progress = new TransferProgress(stream, clock);
    progress.begin('big', 1000);
    progress.reach(900);
    await clock.advance(1000);
    progress.reach(950);
    assert.deepEqual(written, [`${lineBack}big: 90% of 1000.0B`, `${lineBack}big: 95% of 1000.0B, 50.0B/s, 1s left`]);
  });

  it('says nothing where nobody looks', async () => {
    const { stream, written } = terminal(false);
    const progress = new TransferProgress(stream, new ManualClock());
    progress.begin('a', 10);
    progress.reach(10);
    progress.clear();
    assert.deepEqual(written, []);
  });
});
