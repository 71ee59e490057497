// Two real mounts of one drive, each with caches of its own, on which random things are done at the same time; one of them may
// be killed now and then, and the network may fail. In the end both show what the drive holds, and the drive's history holds every
// content that was acknowledged:
// `UV_THREADPOOL_SIZE=16 node scripts/two-mounts.mjs [graph|live] [SEED] [STEPS] [KILLS] [FAULTS]`, these in per cent of the steps
// (calls that wait for a mount must not keep the emulator, which is in this process, from its files). Needs root and a build; takes
// about a second for ten steps.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startEmulator } from '../dist/src/emulator/emulator.js';
import { strike } from '../dist/test/model/emulator-trouble.js';
import { troubles } from '../dist/test/model/world.js';
import { signedIn } from '../dist/test/support/emulated.js';
import { randomFrom } from '../dist/test/support/random.js';

const [dialect = 'graph', ...numbers] = process.argv.slice(2);
const usual = [Date.now() % 1e6, 400, 2, 0];
const [seed, steps, kills, faults] = usual.map((number, index) => Number(numbers[index] ?? number));
if (
  !['graph', 'live'].includes(dialect) ||
  [seed, steps, kills, faults].some((number) => !Number.isInteger(number) || number < 0)
) {
  process.stderr.write('usage: node scripts/two-mounts.mjs [graph|live] [SEED] [STEPS] [KILLS] [FAULTS]\n');
  process.exit(2);
}

const random = randomFrom(seed);
const one = (list) => list[random(list.length)];

const base = await mkdtemp(join(tmpdir(), 'two-mounts-'));
const emulator = await startEmulator({ latencyMs: 3 });
const { admin } = emulator;
const main = resolve('dist/src/cli/main.js');
const openClient = async (name) => {
  const folder = join(base, name);
  const mountpoint = join(folder, 'mnt');
  await mkdir(mountpoint, { recursive: true });
  const settings = ['feed_interval: 200ms', 'listing_age: 200ms'];
  const { configFile } = await signedIn(emulator, folder, dialect, settings);
  const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder };
  const command = (...words) =>
    promisify(execFile)(process.execPath, [main, '--config', configFile, ...words], { env });
  const client = {
    ...{ name, mountpoint, command },
    async mount() {
      client.pid = JSON.parse((await command('--json', 'mount', mountpoint)).stdout).pid;
    },
    async kill() {
      process.kill(client.pid, 'SIGKILL');
      await promisify(execFile)('umount', ['-l', mountpoint]).catch(() => {});
      await client.mount();
    },
  };
  await client.mount();
  return client;
};

const clients = [await openClient('one'), await openClient('two')];
const files = ['f', 'g', 'h'];
const folders = ['d', 'e'];
const filePath = () => (random(2) === 0 ? one(files) : `${one(folders)}/${one(files)}`);
/** Contents that were acknowledged, never two the same: nobody may lose one that he has not replaced or removed himself. */
const kept = new Map();
const inodeOf = async (client, path) => {
  const found = await stat(join(client.mountpoint, path)).catch(() => undefined);
  return found?.isFile() ? found.ino : undefined;
};
const acknowledged = async (client, path, text) =>
  kept.set(`${client.name}:${path}`, { client, text, inode: await inodeOf(client, path) });
/** What is at the path may have had another name when it was written: the other client renames, too. */
const given = async (client, path) => {
  const inode = await inodeOf(client, path);
  for (const [key, held] of [...kept])
    if (
      key === `${client.name}:${path}` ||
      key.startsWith(`${client.name}:${path}/`) ||
      (held.client === client && inode !== undefined && held.inode === inode)
    )
      kept.delete(key);
};
const act = async (client, step) => {
  const isFolder = random(5) === 0;
  const [path, other] = isFolder ? [one(folders), one(folders)] : [filePath(), filePath()];
  const at = (name) => join(client.mountpoint, name);
  const kind = random(10);
  if (isFolder && kind < 7) await mkdir(at(path));
  else if (kind < 4) {
    const text = `${client.name} ${step} ${'x'.repeat(random(5000))}`;
    await given(client, path);
    await writeFile(at(path), text);
    await acknowledged(client, path, text);
  } else if (kind < 6 || isFolder) {
    await given(client, other);
    await given(client, path);
    await rename(at(path), at(other));
  } else if (kind === 6) {
    await given(client, path);
    await unlink(at(path));
  } else if (kind === 7) await rmdir(at(one(folders)));
  else if (kind === 8) {
    await given(client, path);
    await truncate(at(path), 0);
  } else if ((await stat(at(path))).isFile()) await readFile(at(path));
};

/** The network or the service fails; mostly, an answer gets lost. */
const trouble = () =>
  strike(
    admin,
    dialect,
    random(2) === 0 ? { kind: 'lost', count: random(5) } : { kind: one(troubles), count: random(3) },
  );

const hashOf = (bytes) => createHash('sha1').update(bytes).digest('hex');
const shown = async (folder, below = '') => {
  const found = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(`${path}/`, ...(await shown(folder, path)));
    else found.push(`${path} ${hashOf(await readFile(join(folder, path)))}`);
  }
  return found.sort();
};
const onDrive = () =>
  admin
    .tree()
    .map(({ path, sha1 }) => (sha1 === undefined ? `${path}/` : `${path} ${sha1}`))
    .sort();

const killAt = new Set(Array.from({ length: kills }, () => random(steps)));
let failed = 0;
for (let step = 0; step < steps; step += 1) {
  const client = one(clients);
  if (random(100) < faults) trouble();
  await act(client, step).catch(() => {
    failed += 1;
  });
  if (random(5) === 0) await delay(random(300));
  if (killAt.has(step)) await one(clients).kill();
}
admin.clearFaults();
for (const client of clients)
  await client.command('sync', client.mountpoint).catch(({ stderr }) => process.stdout.write(stderr));
let [isEqual, differences] = [false, []];
for (const end = Date.now() + 60_000; !isEqual && Date.now() < end; await delay(200)) {
  const trees = [onDrive()];
  for (const { mountpoint } of clients) trees.push(await shown(mountpoint).catch((error) => [String(error)]));
  const [drive, ...seen] = trees;
  differences = seen.map((tree) => [
    ...tree.filter((line) => !drive.includes(line)),
    ...drive.filter((line) => !tree.includes(line)).map((line) => `only on the drive: ${line}`),
  ]);
  isEqual = differences.every((lines) => lines.length === 0);
}
const everHeld = new Set(admin.history().map(({ content }) => content?.sha1));
// What could not be sent is where it was written.
for (const { mountpoint } of clients)
  for (const line of await shown(mountpoint).catch(() => [])) everHeld.add(line.split(' ').at(-1));
const lost = [...kept].filter(([, { text }]) => !everHeld.has(hashOf(text)));
for (const { command, mountpoint } of clients) await command('unmount', '--now', mountpoint).catch(() => {});
await emulator.close();
await rm(base, { recursive: true, force: true });
process.stdout.write(
  `${dialect}, seed ${seed}: ${steps} steps (${failed} refused), ${kills} kills, ${faults} % faults: ${isEqual ? 'both show what the drive holds' : 'THEY DIFFER'}; ` +
    `${kept.size} acknowledged contents, ${lost.length} LOST\n`.replace(', 0 LOST', ', none lost'),
);
for (const [index, lines] of differences.entries())
  for (const line of lines) process.stdout.write(`  ${clients[index].name}: ${line}\n`);
for (const [key, { text }] of lost) process.stdout.write(`  lost: ${key} ${text.slice(0, 20)}\n`);
process.exit(isEqual && lost.length === 0 ? 0 : 1);
