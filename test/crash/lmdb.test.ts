// kill -9, for real, at each of lmdb's own writes and flushes, which no seam in this process sees: strace sends the signal at
// the n-th system call on its file.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { possibleStates } from '../support/kill-steps.ts';
import { Bench } from '../support/opened.ts';

const child = fileURLToPath(new URL('../support/killed-child.js', import.meta.url));
const calls = 'pwrite64,pwritev,pwritev2,write,writev,fdatasync,fsync,msync,ftruncate,sync_file_range';
const obstacle = spawnSync('strace', ['-e', 'trace=none', 'true']).status === 0 ? false : 'strace cannot trace here';
/** The first ones are the first move of what was gathered; the last is in the second move. */
const ends = 4;

/** Returns how many steps the child told of before the n-th call on the file ended it. */
const runUntil = async (folder: string, nth: number): Promise<number> => {
  const inject = `inject=${calls}:signal=SIGKILL:when=${nth}`;
  const traced = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject];
  const words = [...traced, '-P', join(folder, 'metadata.mdb'), process.execPath, child, folder, '0'];
  const running = spawn('strace', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  running.stdout.on('data', (piece: Buffer) => {
    told += piece.toString();
  });
  // Steps go on for as long as nobody ends them: should the signal fail to come, this does.
  const timer = setTimeout(() => running.kill('SIGTERM'), 30_000);
  const [code, signal] = await once(running, 'close');
  clearTimeout(timer);
  assert.ok(signal === 'SIGKILL' || code === 137, `ended with ${code ?? signal}, not by the signal`);
  return Number(told.trimEnd().split('\n').at(-1));
};

test('an end at each write and flush of lmdb', { skip: obstacle }, async (t) => {
  const told: number[] = [];
  for (let nth = 1; nth <= ends; nth += 1) {
    await using bench = await Bench.open();
    await bench.opened.close();
    const count = await runUntil(bench.folder, nth);
    told.push(count);
    await bench.reopenClosed();
    const shown = await bench.shown();
    const possible = possibleStates([{ start: 0, count }], shown);
    const found = possible.find((state) => JSON.stringify(state) === JSON.stringify(shown));
    assert.deepEqual(shown, found ?? possible[0], `killed at call ${nth}, after ${count} steps`);
    assert.deepEqual(await bench.sync(), []);
    assert.deepEqual(bench.tree(), shown);
    assert.deepEqual(bench.troubles, []);
  }
  t.diagnostic(`steps before each end: ${told}`);
  assert.ok(
    told.some((count) => count > 10),
    'no end was late enough',
  );
});
