// A large drive through the graph dialect: the first listing of all of it in the background, what the mount answers meanwhile, memory,
// and a restart. Needs /dev/fuse and a build: `npx tsc && node scripts/bench/scale.mjs [items] [driver]`. Prints one JSON object.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { opendir, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const items = Number(process.argv[2] ?? 100_000);
const driver = process.argv[3] ?? 'kernel';
const main = resolve('dist/src/cli/main.js');
const base = mkdtempSync(join(tmpdir(), 'skydrive-scale-'));
const mountpoint = join(base, 'mnt');
const config = join(base, 'lcrc');
const rounded = (value) => Number(value.toPrecision(3));
const percentile = (values, share) =>
  rounded([...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0);

const startEmulator = async () => {
  const options = ['--json', 'emulator', '--seed-tree', String(items), '--until-stdin-closes'];
  const child = spawn(process.execPath, [main, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) };
  throw new Error('the emulator did not start');
};

const emulator = await startEmulator();
const admin = async (call, method = 'GET') => (await fetch(new URL(`/admin/${call}`, emulator.url), { method })).json();
const { access_token, refresh_token } = await admin('token', 'POST');
writeFileSync(
  config,
  `client:\n  id: '0000000012345678'\nauth:\n  access_token: '${access_token}'\n  refresh_token: '${refresh_token}'\n` +
    `skydrive:\n  dialect: graph\n  api_url: '${emulator.url}/v1.0'\n  login_url: '${emulator.url}/common/oauth2/v2.0'\n` +
    `  cache_dir: '${join(base, 'cache')}'\n`,
  { mode: 0o600 },
);
mkdirSync(mountpoint);

/** Never waits in this process's only thread, or it would measure itself. */
const run = async (...command) => (await promisify(execFile)(...command, { maxBuffer: 2 ** 30 })).stdout;
const skydrive = (...options) => run(process.execPath, [main, '--config', config, ...options]);
const status = async () => JSON.parse(await skydrive('--json', 'status', mountpoint));
const megabytes = (pid, key) =>
  Math.round(Number(new RegExp(`${key}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
const memory = (pid) => ({
  resident: megabytes(pid, 'VmRSS'),
  private: megabytes(pid, 'RssAnon'),
  peak: megabytes(pid, 'VmHWM'),
});

/** How long the mount takes to answer something that it need not ask anybody for, again and again until `until`. */
const watch = async (until) => {
  const took = [];
  while (!until()) {
    const start = performance.now();
    await (await opendir(mountpoint)).close();
    took.push(performance.now() - start);
    await delay(5);
  }
  return {
    answers: took.length,
    half: percentile(took, 0.5),
    most: percentile(took, 0.99),
    longest: rounded(Math.max(...took)),
  };
};

/** Stats of items all over the drive while it is being told. */
const statsMeanwhile = async (until) => {
  const took = [];
  while (!until()) {
    const folders = (await readdir(mountpoint)).filter((name) => !name.includes('.'));
    const folder = join(mountpoint, folders[Math.floor(Math.random() * folders.length)] ?? '');
    const start = performance.now();
    const names = await readdir(folder);
    await stat(join(folder, names[0] ?? ''));
    took.push(performance.now() - start);
    await delay(200);
  }
  return { answers: took.length, half: percentile(took, 0.5), longest: rounded(Math.max(...took)) };
};

const result = { items, driver };
try {
  const beforeMount = performance.now();
  await skydrive('mount', mountpoint, '--driver', driver);
  result.mountMs = rounded(performance.now() - beforeMount);
  const { pid } = await status();
  const beforeList = performance.now();
  const names = await readdir(mountpoint);
  result.firstList = { ms: rounded(performance.now() - beforeList), names: names.length };
  let isKnown = false;
  const started = performance.now();
  const [answers, stats] = await Promise.all([
    watch(() => isKnown),
    statsMeanwhile(() => isKnown),
    (async () => {
      while ((await status()).feed?.state !== 'following') await delay(1000);
      isKnown = true;
    })(),
  ]);
  result.listed = { seconds: rounded((performance.now() - started) / 1000), opendirMs: answers, statMs: stats };
  result.nodes = (await status()).nodes;
  result.memoryAfterListing = memory(pid);
  result.requests = (await admin('counters')).by_kind ?? (await admin('counters'));
  await delay(10_000);
  result.memoryAtRest = memory(pid);
  const beforeFind = performance.now();
  result.found = (await run('find', [mountpoint])).split('\n').length - 1;
  result.findSeconds = rounded((performance.now() - beforeFind) / 1000);
  result.memoryAfterFind = memory(pid);
  await skydrive('unmount', mountpoint);
  const beforeAgain = performance.now();
  await skydrive('mount', mountpoint, '--driver', driver);
  result.mountAgainMs = rounded(performance.now() - beforeAgain);
  const beforeListAgain = performance.now();
  await readdir(mountpoint);
  result.listAgainMs = rounded(performance.now() - beforeListAgain);
  result.memoryAgain = memory((await status()).pid);
} finally {
  try {
    await skydrive('unmount', '--now', mountpoint);
  } catch {}
  emulator.child.stdin.end();
  await new Promise((done) => emulator.child.on('exit', done));
  rmSync(base, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
