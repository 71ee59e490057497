// Runs the compiled tests: all of them, or those below the folders (or in the files) named on the command line, in the
// spelling of the sources: `node scripts/run-tests.mjs test/mounts`. Each file is a process of its own; one more of them runs than
// there are cores, and three at least, since many wait for time. What was skipped, what took longest and what failed comes last.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** Begun first, the slowest before the others, so that nobody waits for one of them alone in the end. */
const long = [
  'test/mounts/kernel.posix.test.ts',
  'test/mounts/tools.test.ts',
  'test/fs/graph-quirks.test.ts',
  'test/mounts/native.posix.test.ts',
  'test/cli/offline.test.ts',
  'test/cli/ancestor-table.test.ts',
  'test/crash/crash.test.ts',
  'test/cli/transfers.test.ts',
  'test/mounts/graph-feed.test.ts',
  'test/cli/mount-command.test.ts',
  'test/fs/random-walk.test.ts',
  'test/cli/unmount-command.test.ts',
  'test/mounts/native-driver.test.ts',
  'test/mounts/two-mounts.test.ts',
  'test/fs/unheard-walk.test.ts',
];

/** What may mount. */
const mounting = /^test\/(mounts|cli|browser|(model|traces)\/mounted|readme|library)/;

const testFiles = (path) => {
  const folder = join('dist', path);
  if (path.endsWith('.ts')) return statSync(folder.replace(/ts$/, 'js')) && [path];
  const found = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.test.js'));
  return found.map((name) => join(path, name.replace(/js$/, 'ts'))).sort();
};

const chosen = process.argv.slice(2);
const files = (chosen.length > 0 ? chosen : ['test']).flatMap(testFiles);
if (files.length === 0) {
  process.stderr.write(`no test files found for ${chosen.join(' ')}\n`);
  process.exit(1);
}

// Commands look at all mounts of their user. With a table of mounts of its own, which begins without any drive, a file sees nobody
// else's; where it cannot have one, those that mount wait for each other.
const apart = spawnSync('unshare', ['--mount', 'true']).status === 0;
const alone = 'umount --lazy --all --types fuse.skydrive; exec "$@"';
// Calls that wait for a mount take a thread each, and the emulator that the mount waits for needs some too, in the same process.
const env = { ...process.env, UV_THREADPOOL_SIZE: '16' };
const say = (line) => process.stdout.write(`${line}\n`);
const running = new Set();

const run = async (file) => {
  const began = performance.now();
  const node = [
    process.execPath,
    '--enable-source-maps',
    '--test-reporter=spec',
    join('dist', file.replace(/ts$/, 'js')),
  ];
  const [program, ...words] = apart ? ['unshare', '--mount', 'sh', '-c', alone, 'sh', ...node] : node;
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      if (files.length === 1) process.stdout.write(piece);
    });
  const code = await new Promise((resolve) => child.on('close', resolve));
  running.delete(child);
  return { file, code, text, seconds: (performance.now() - began) / 1000 };
};

/** `ℹ pass 5` and the like, with which the reporter closes. */
const summary = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)\n/gm;

const counted = (results, word) =>
  results
    .flatMap(({ text }) => [...text.matchAll(summary)])
    .reduce((sum, [, name, count]) => (name === word ? sum + Number(count) : sum), 0);

const tell = (result) => {
  const { file, code, text, seconds } = result;
  if (files.length > 1) say(text.replaceAll(summary, '').trimEnd());
  say(`${code === 0 ? 'passed' : 'FAILED'} ${file}: ${counted([result], 'tests')} tests in ${seconds.toFixed(1)} s\n`);
};

const runAll = async () => {
  const rank = (file) => (long.includes(file) ? long.indexOf(file) : long.length);
  const waiting = files.toSorted((one, other) => rank(one) - rank(other));
  const results = [];
  let mounted = 0;
  const lane = async () => {
    for (;;) {
      const index = waiting.findIndex((one) => apart || mounted === 0 || !mounting.test(one));
      if (index < 0) return;
      const [file] = waiting.splice(index, 1);
      const weight = mounting.test(file) ? 1 : 0;
      mounted += weight;
      const result = await run(file);
      mounted -= weight;
      results.push(result);
      tell(result);
    }
  };
  await Promise.all(Array.from({ length: Math.max(3, availableParallelism() + 1) }, lane));
  return results;
};

const tellSkipped = (results) => {
  const reasons = results.flatMap(({ text }) => [...text.matchAll(/^ *﹣ .* # (.*)$/gm)].map(([, reason]) => reason));
  for (const reason of new Set(reasons)) say(`skipped ${reasons.filter((one) => one === reason).length}: ${reason}`);
};

const tellSlowest = (results) => {
  const slowest = results.toSorted((one, other) => other.seconds - one.seconds).slice(0, 15);
  for (const { file, seconds } of slowest) say(`${seconds.toFixed(1).padStart(6)} s  ${file}`);
};

/** What the reporter says of failures in its end; of a file that did not get there, all. */
const tellFailed = (failed) => {
  for (const { file, text } of failed) {
    say(`\nFAILED ${file}`);
    say(text.slice(Math.max(0, text.lastIndexOf('✖ failing tests:'))).trimEnd());
  }
};

process.on('SIGTERM', () => {
  for (const child of running) child.kill();
  process.exit(143);
});

const main = async () => {
  const results = await runAll();
  const failed = results.filter(({ code }) => code !== 0);
  process.exitCode = failed.length === 0 ? 0 : 1;
  if (files.length === 1) return;
  tellSkipped(results);
  tellSlowest(results);
  tellFailed(failed);
  const counts = ['tests', 'pass', 'fail', 'cancelled', 'skipped'].map((word) => `${word} ${counted(results, word)}`);
  say(`\nℹ ${counts.join(', ')} in ${(performance.now() / 1000).toFixed(0)} s, ${failed.length} files failed`);
};

await main();
