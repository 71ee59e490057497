// kill -9, for real, at moments nobody chose: what had been acknowledged is there, and reaches the drive.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { possibleStates } from '../support/kill-steps.ts';
import { Bench } from '../support/opened.ts';

const child = fileURLToPath(new URL('../support/killed-child.js', import.meta.url));

/** Runs the child until it has taken `steps` more and a little; returns the number of the last one that it told of. */
const runAndKill = async (folder: string, from: number, steps: number, extraMs: number): Promise<number> => {
  const running = spawn(process.execPath, [child, folder, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  const reached = new Promise<void>((resolve) => {
    running.stdout.on('data', (piece: Buffer) => {
      told += piece.toString();
      if (told.split('\n').length > steps) resolve();
    });
  });
  const ended = once(running, 'close');
  await Promise.race([reached, ended]);
  await new Promise((resolve) => setTimeout(resolve, extraMs));
  running.kill('SIGKILL');
  await ended;
  return Number(told.trimEnd().split('\n').at(-1));
};

test('twice in a row, and then everything is there and on the drive', async (t) => {
  for (let round = 0; round < 3; round += 1) {
    await using bench = await Bench.open();
    await bench.opened.close();
    const steps = [20 + Math.floor(Math.random() * 60), 1 + Math.floor(Math.random() * 30)] as const;
    const pauses = [Math.random() * 30, Math.random() * 30] as const;
    t.diagnostic(`steps ${steps}, pauses ${pauses}`);
    const first = await runAndKill(bench.folder, 0, steps[0], pauses[0]);
    // The next life has names of its own.
    const start = (Math.floor(first / 5) + 2) * 5;
    const second = await runAndKill(bench.folder, start, steps[1], pauses[1]);
    await bench.reopenClosed();
    assert.deepEqual(await bench.opened.check({ remote: false }, new AbortController().signal), []);
    const shown = await bench.shown();
    const possible = possibleStates(
      [
        { start: 0, count: first },
        { start, count: second },
      ],
      shown,
    );
    const found = possible.find((state) => JSON.stringify(state) === JSON.stringify(shown));
    assert.deepEqual(shown, found ?? possible[0], `killed after ${first} and ${second} steps`);
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), shown);
    assert.deepEqual(await bench.opened.check({ remote: true }, new AbortController().signal), []);
    assert.deepEqual(bench.troubles, []);
  }
});
