// Measures whole mounts: the command line, the emulator, both drivers, beside a folder of the local disk, all in one run.
// Needs root (to drop the kernel's caches) and a build: `npx tsc && node scripts/bench/mount.mjs [seconds of idling]`.
// Prints one JSON object; every pair of figures comes with its ratio.
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const idleSeconds = Number(process.argv[2] ?? 60);
const megabyte = 1 << 20;
const fileMegabytes = 512;
const entries = 5_000;
const items = 20_000;
const main = resolve('dist/src/cli/main.js');
const base = mkdtempSync(join(tmpdir(), 'skydrive-bench-'));

const timed = (work) => {
  const start = performance.now();
  work();
  return performance.now() - start;
};
const best = (work, count = 3) => Math.min(...Array.from({ length: count }, work));
const dropCaches = (what) => writeFileSync('/proc/sys/vm/drop_caches', String(what));
const rounded = (value) => Number(value.toPrecision(3));
const pair = (ours, theirs) => ({ ours: rounded(ours), theirs: rounded(theirs), ratio: rounded(ours / theirs) });

const startEmulator = async (seed) => {
  const options = [
    '--json',
    'emulator',
    '--seed-tree',
    String(seed),
    '--until-stdin-closes',
    '--data',
    join(base, `drive-${seed}`),
  ];
  const child = spawn(process.execPath, [main, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) };
  throw new Error('the emulator did not start');
};

const signIn = async ({ url, api_url, login_url }, name) => {
  const { access_token, refresh_token } = await (await fetch(new URL('/admin/token', url), { method: 'POST' })).json();
  const config = join(base, `${name}.lcrc`);
  const auth = `auth:\n  access_token: '${access_token}'\n  refresh_token: '${refresh_token}'\n`;
  const own = `skydrive:\n  api_url: '${api_url}'\n  login_url: '${login_url}'\n  cache_dir: '${join(base, name)}'\n`;
  writeFileSync(config, `client:\n  id: '0000000012345678'\n  secret: bench\n${auth}${own}`, { mode: 0o600 });
  return config;
};

const skydrive = (...options) => execFileSync(process.execPath, [main, ...options], { encoding: 'utf8' });

const mount = (config, name, driver) => {
  const folder = join(base, `mnt-${name}`);
  mkdirSync(folder, { recursive: true });
  skydrive('--config', config, 'mount', folder, '--driver', driver);
  const { pid } =
    JSON.parse(skydrive('--json', 'status', folder)).at?.(0) ?? JSON.parse(skydrive('--json', 'status', folder));
  return { folder, pid, unmount: () => skydrive('unmount', folder) };
};

const list = (folder) => timed(() => execFileSync('ls', ['-l', folder], { maxBuffer: 64 * megabyte }));

const fill = (folder) => {
  mkdirSync(folder);
  for (let index = 0; index < entries; index += 1) writeFileSync(join(folder, `file-${index}.txt`), 'x');
};

/** Each file once, with nothing of it in the kernel's caches: a LOOKUP each. */
const statEach = (folder) => {
  const names = readdirSync(folder);
  dropCaches(2);
  statSync(folder);
  return (
    (timed(() => {
      for (const name of names) statSync(join(folder, name));
    }) *
      1000) /
    names.length
  );
};

const block = Buffer.alloc(megabyte, 7);
const writeFile = (folder) => {
  const path = join(folder, 'big.bin');
  rmSync(path, { force: true });
  const fd = openSync(path, 'w');
  const ms = timed(() => {
    for (let index = 0; index < fileMegabytes; index += 1) writeSync(fd, block, 0, megabyte, index * megabyte);
  });
  closeSync(fd);
  return (fileMegabytes * 1000) / ms;
};
const readFile = (folder) => {
  const fd = openSync(join(folder, 'big.bin'), 'r');
  const ms = timed(() => {
    for (let index = 0; index < fileMegabytes; index += 1) readSync(fd, block, 0, megabyte, index * megabyte);
  });
  closeSync(fd);
  return (fileMegabytes * 1000) / ms;
};

const readCold = (folder) => {
  dropCaches(1);
  return readFile(folder);
};

const cpuTicks = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
};
const residentMegabytes = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

const measure = async (undo) => {
  const local = join(base, 'local');
  mkdirSync(local);
  const small = await startEmulator(0);
  undo.push(() => small.child.stdin.end());
  const config = await signIn(small, 'small');
  const kernel = mount(config, 'kernel', 'kernel');
  undo.push(kernel.unmount);
  fill(join(local, 'many'));
  fill(join(kernel.folder, 'many'));
  skydrive('sync', kernel.folder);
  const results = {};
  const cold = (folder) => () => {
    dropCaches(2);
    return list(folder);
  };
  results['ls -l of 5,000, kernel caches dropped, ms'] = pair(
    best(cold(join(kernel.folder, 'many'))),
    best(cold(join(local, 'many'))),
  );
  results['ls -l of 5,000, warm, ms'] = pair(
    best(() => list(join(kernel.folder, 'many'))),
    best(() => list(join(local, 'many'))),
  );
  results['write 1 MiB pieces, MB/s'] = pair(
    Math.max(writeFile(kernel.folder), writeFile(kernel.folder)),
    Math.max(writeFile(local), writeFile(local)),
  );
  // The upload would take its share of the machine.
  skydrive('sync', kernel.folder);
  results['read, page cache cold, MB/s'] = pair(readCold(kernel.folder), readCold(local));
  results['read again, MB/s'] = pair(-best(() => -readFile(kernel.folder)), -best(() => -readFile(local)));
  const kernelStat = best(() => statEach(join(kernel.folder, 'many')));
  kernel.unmount();
  undo.pop();
  const native = mount(config, 'native', 'fuse-native');
  undo.push(native.unmount);
  results['stat, uncached, one thread, us (theirs: fuse-native)'] = pair(
    kernelStat,
    best(() => statEach(join(native.folder, 'many'))),
  );
  native.unmount();
  undo.pop();

  const large = await startEmulator(items);
  undo.push(() => large.child.stdin.end());
  const many = mount(await signIn(large, 'large'), 'large', 'kernel');
  undo.push(many.unmount);
  results['first find over 20,000 files, s'] = rounded(
    timed(() => execFileSync('find', [many.folder], { maxBuffer: 64 * megabyte })) / 1000,
  );
  results['resident with 20,000 files known, MB'] = rounded(residentMegabytes(many.pid));
  // V8 tidies up for a while after work.
  await delay(20_000);
  const before = cpuTicks(many.pid);
  await delay(idleSeconds * 1000);
  results[`idle CPU over ${idleSeconds} s, %`] = ((cpuTicks(many.pid) - before) / idleSeconds).toFixed(2);
  return results;
};

const steps = [() => rmSync(base, { recursive: true, force: true })];
try {
  process.stdout.write(`${JSON.stringify(await measure(steps), undefined, 2)}\n`);
} finally {
  for (const step of steps.reverse()) step();
}
