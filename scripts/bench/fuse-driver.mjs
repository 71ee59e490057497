// Measures the kernel driver over the file system in memory, which a child process serves: what the driver and the kernel
// take, without a drive. Beside each figure stands the same on a folder of the local disk. Needs root (to drop the kernel's
// caches) and a build: `npx tsc && node scripts/bench/fuse-driver.mjs [seconds of idling]`.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { drivers, mounted } from '../../dist/test/support/mounted.js';

const idleSeconds = Number(process.argv[2] ?? 60);
const megabyte = 1 << 20;
const fileSize = 512 * megabyte;
const entries = 5000;

const timed = (work) => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

const best = (count, work) => Math.min(...Array.from({ length: count }, () => work()));
const dropCaches = (what) => writeFileSync('/proc/sys/vm/drop_caches', String(what));

const withFile = (path, flags, work) => {
  const fd = openSync(path, flags);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
};

const list = (folder) => timed(() => execFileSync('ls', ['-l', folder], { maxBuffer: 64 * megabyte }));

const listing = (root) => {
  const folder = join(root, 'many');
  mkdirSync(folder);
  const made = timed(() => {
    for (let index = 0; index < entries; index += 1) writeFileSync(join(folder, `file-${index}.txt`), '');
  });
  const cold = best(3, () => {
    dropCaches(2);
    return list(folder);
  });
  list(folder);
  return {
    'create, µs a file': (made * 1000) / entries,
    'ls -l cold, ms': cold,
    'ls -l warm, ms': best(3, () => list(folder)),
  };
};

const sequential = (root, blockSize, size) => {
  const path = join(root, `sequential-${blockSize}`);
  const block = Buffer.alloc(blockSize, 7);
  const rate = (ms) => size / 1e6 / (ms / 1000);
  const count = size / blockSize;
  const write = () =>
    timed(() =>
      withFile(path, 'w', (fd) => {
        for (let index = 0; index < count; index += 1) writeSync(fd, block);
      }),
    );
  const read = () => {
    dropCaches(1);
    return timed(() =>
      withFile(path, 'r', (fd) => {
        while (readSync(fd, block) > 0);
      }),
    );
  };
  const written = rate(best(3, write));
  const result = { [`write ${blockSize}, MB/s`]: written, [`read ${blockSize}, MB/s`]: rate(best(3, read)) };
  rmSync(path);
  return result;
};

/** Each file is asked for once, with the folder known and the file not: one request on the mount. */
const uncachedStat = (root) => {
  const paths = Array.from({ length: entries }, (_, index) => join(root, 'many', `file-${index}.txt`));
  const round = () => {
    dropCaches(2);
    statSync(join(root, 'many'));
    return timed(() => {
      for (const path of paths) statSync(path);
    });
  };
  return { 'stat, µs': (best(5, round) * 1000) / entries };
};

/** Seconds of processor time so far. */
const processorTime = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / Number(execFileSync('getconf', ['CLK_TCK']));
};

const idle = async (pid) => {
  // V8 tidies up for some seconds after the work; that is not what idling costs.
  await delay(20_000);
  const before = processorTime(pid);
  await delay(idleSeconds * 1000);
  return { [`idle ${idleSeconds} s, % of a core`]: ((processorTime(pid) - before) / idleSeconds) * 100 };
};

const measure = (root) => ({
  ...listing(root),
  ...uncachedStat(root),
  ...sequential(root, megabyte, fileSize),
  ...sequential(root, 4096, 32 * megabyte),
});

const onMount = async () => {
  const mount = await mounted({ driver: drivers.kernel, serviceOptions: { validMs: 600_000 } });
  try {
    return { ...measure(mount.mountpoint), ...(await idle(mount.pid)) };
  } finally {
    await mount[Symbol.asyncDispose]();
  }
};

const local = mkdtempSync(join(tmpdir(), 'skydrive-bench-'));
const figures = { mount: await onMount(), 'local disk': measure(local) };
rmSync(local, { recursive: true });
const round = (value) => (value === undefined ? '' : Number(value.toPrecision(4)));
for (const name of Object.keys(figures.mount)) {
  process.stdout.write(
    `${name.padEnd(28)} mount ${round(figures.mount[name])}\tlocal ${round(figures['local disk'][name])}\n`,
  );
}
