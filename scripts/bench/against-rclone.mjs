// Our mount beside rclone's (Debian's, its onedrive backend), on the same emulator, over the same proxy and certificate, in one
// run. Needs root, rclone, openssl and a build: `node scripts/bench/against-rclone.mjs
// [milliseconds a request, default 50] [find] [tree] [saves] [resume]`.
// Prints a Markdown table for docs/, with the date and the machine. Takes about six minutes.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startEmulator } from '../../dist/src/emulator/emulator.js';
import { makeCertificate } from '../../dist/test/support/certificate.js';
import { loopbackProxy } from '../../dist/test/support/loopback-proxy.js';
import { isMountpoint } from '../../dist/test/support/mounted.js';

const [latency = '50', ...chosen] = process.argv.slice(2);
const latencyMs = Number(latency);
const scopes = ['Files.ReadWrite.All', 'User.Read', 'offline_access'];
const names = ['graph.microsoft.com', 'login.microsoftonline.com', 'my.microsoftpersonalcontent.com', 'localhost'];
const main = resolve('dist/src/cli/main.js');
const megabyte = 2 ** 20;
const base = mkdtempSync(join(tmpdir(), 'against-rclone-'));
const certificate = await makeCertificate(base, names);
const run = promisify(execFile);
const now = () => performance.now();
const seconds = (ms) => `${(ms / 1000).toPrecision(3)} s`;
const note = (text) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

/** A shell command in a folder; never in this process, which serves the drive. */
const shell = (script, options = {}) => run('sh', ['-euc', script], { maxBuffer: 1e8, ...options });
const timed = async (work) => {
  const start = now();
  await work();
  return now() - start;
};

/** Resolves when `test` holds. */
const until = async (what, test, limitMs = 180_000) => {
  for (const end = now() + limitMs; !(await test()); await delay(20))
    if (now() > end) throw new Error(`waited too long until ${what}`);
};

/** An emulator of its own, reached as the service is. */
const openDrive = async (folder, options) => {
  mkdirSync(folder, { recursive: true });
  const emulator = await startEmulator({ latencyMs, tls: certificate, quirks: { hosts: 'alias' }, ...options });
  const proxy = await loopbackProxy(emulator.port, names);
  const env = { PATH: process.env.PATH, HOME: folder, HTTPS_PROXY: proxy.url };
  const { admin } = emulator;
  return {
    ...{ emulator, admin, folder, env },
    requests: () => admin.requests().length,
    files: (below) => admin.tree().filter(({ path, sha1 }) => path.startsWith(`${below}/`) && sha1 !== undefined),
    has: (path) => admin.tree().find((item) => item.path === path),
    close: async () => {
      await proxy[Symbol.asyncDispose]();
      await emulator.close();
    },
  };
};

/** No request for a while: nothing is under way. */
const quiet = async (drive, ms = 1_500) => {
  for (let seen = -1, since = now(); now() - since < ms; await delay(50)) {
    if (drive.requests() === seen) continue;
    seen = drive.requests();
    since = now();
  }
};

const ours = {
  name: 'skydrive',
  async mount(drive) {
    const config = join(drive.folder, 'lcrc');
    const { accessToken, refreshToken } = drive.admin.token({ scopes });
    const expires = new Date(Date.now() + 3_000_000).toISOString().replace('T', ' ').replace('Z', '000');
    writeFileSync(
      config,
      [
        "client: {id: '00000000-0000-0000-0000-000000000001'}",
        `auth: {access_token: '${accessToken}', refresh_token: '${refreshToken}', access_expires: ${expires}}`,
        'skydrive:',
        '  dialect: graph',
        `  cache_dir: ${join(drive.folder, 'cache')}`,
      ].join('\n'),
      { mode: 0o600 },
    );
    const mountpoint = join(drive.folder, 'mnt');
    mkdirSync(mountpoint, { recursive: true });
    const env = { ...drive.env, NODE_EXTRA_CA_CERTS: certificate.path };
    const command = (...words) => run(process.execPath, [main, '--config', config, ...words], { env });
    const { stdout } = await command('--json', 'mount', mountpoint);
    const { pid } = JSON.parse(stdout);
    return {
      mountpoint,
      unmount: () => command('unmount', mountpoint),
      kill: async () => {
        process.kill(pid, 'SIGKILL');
        await shell(
          `while kill -0 ${pid} 2>/dev/null; do sleep 0.05; done; umount -l '${mountpoint}' 2>/dev/null || true`,
        );
      },
    };
  },
};

const rclone = {
  name: 'rclone',
  async mount(drive) {
    const config = join(drive.folder, 'rclone.conf');
    const { accessToken, refreshToken } = drive.admin.token({ scopes });
    const expiry = new Date(Date.now() + 3_000_000).toISOString();
    const token = { access_token: accessToken, token_type: 'Bearer', refresh_token: refreshToken, expiry };
    const place = [`drive_id = ${drive.emulator.graph.driveId()}`, 'drive_type = personal', ''];
    writeFileSync(
      config,
      ['[one]', 'type = onedrive', 'region = global', `token = ${JSON.stringify(token)}`, ...place].join('\n'),
    );
    const mountpoint = join(drive.folder, 'mnt');
    mkdirSync(mountpoint, { recursive: true });
    const cache = join(drive.folder, 'cache');
    const env = { ...drive.env, SSL_CERT_FILE: certificate.path, RCLONE_CONFIG: config, RCLONE_CACHE_DIR: cache };
    const child = spawn('rclone', ['mount', 'one:', mountpoint, '--vfs-cache-mode', 'full'], { env, stdio: 'ignore' });
    const ended = new Promise((done) => child.once('exit', done));
    await until('rclone has mounted', () => isMountpoint(mountpoint));
    const end = async (signal) => {
      child.kill(signal);
      await ended;
      await shell(`umount -l '${mountpoint}' 2>/dev/null || true`);
    };
    return { mountpoint, unmount: () => end('SIGTERM'), kill: () => end('SIGKILL') };
  },
};

/** 640 files in 65 folders, 0.5 to 59 KB. */
const makeTree = (folder) => {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < 640; index += 1) {
    const at = join(folder, `folder ${index % 64}`);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, `file ${index}.txt`), Buffer.alloc(500 + ((index * 7919) % 58_500), 65 + (index % 26)));
  }
};
const source = join(base, 'source', 'tree');
makeTree(source);

const cases = {
  async find(tool, told) {
    const drive = await openDrive(join(base, `${tool.name}-find`), { seedTree: 2_000 });
    const mount = await tool.mount(drive);
    const first = await timed(() => shell(`ls '${mount.mountpoint}'`));
    told('first `ls` of the root', seconds(first));
    let found = '';
    const find = await timed(async () => {
      found = (await shell(`find '${mount.mountpoint}' -type f | wc -l`)).stdout.trim();
    });
    told(
      'cold `find` of 2,000 files in 100 folders, after that',
      `${seconds(find)}${found === '2000' ? '' : ` (${found} files!)`}`,
    );
    await quiet(drive);
    told('its requests, with those of the mount and the `ls`', String(drive.requests()));
    drive.admin.resetRequests();
    told('`find` again', seconds(await timed(() => shell(`find '${mount.mountpoint}' -type f`))));
    await mount.unmount();
    await drive.close();
  },

  async tree(tool, told) {
    const drive = await openDrive(join(base, `${tool.name}-tree`), {});
    const mount = await tool.mount(drive);
    await shell(`ls '${mount.mountpoint}'`);
    await quiet(drive);
    drive.admin.resetRequests();
    const start = now();
    told(
      '`cp -r` of 640 files in 65 folders: prompt after',
      seconds(await timed(() => shell(`cp -r '${source}' '${mount.mountpoint}/'`))),
    );
    await until('the tree is on the drive', () => drive.files('/tree').length === 640);
    told('`cp -r`: on the drive after', seconds(now() - start));
    await quiet(drive);
    told('`cp -r`: requests', String(drive.requests()));
    drive.admin.resetRequests();
    const begin = now();
    told('`rm -r` of it: prompt after', seconds(await timed(() => shell(`rm -r '${mount.mountpoint}/tree'`))));
    await until('the tree is gone', () => drive.has('/tree') === undefined);
    told('`rm -r`: gone from the drive after', seconds(now() - begin));
    await quiet(drive);
    told('`rm -r`: requests', String(drive.requests()));
    await mount.unmount();
    await drive.close();
  },

  async saves(tool, told) {
    const drive = await openDrive(join(base, `${tool.name}-saves`), {});
    for (const name of ['doc', 'rename', 'later', 'backup', 'conflict'])
      await drive.admin.put({ path: `/${name}.txt` }, 'first\n');
    const mount = await tool.mount(drive);
    const at = (name) => join(mount.mountpoint, name);
    const textOf = async (path) => (drive.has(path) === undefined ? '' : String(await drive.admin.read({ path })));
    const arrived = (path, text) => until(`${path} is ${text}`, async () => (await textOf(path)) === text, 60_000);
    const idOf = (path) => drive.admin.item({ path }).id;
    await shell(`cat '${mount.mountpoint}'/*.txt`);
    const before = drive.admin.history().length;
    await shell(`for i in 1 2 3 4 5 6 7 8 9 10; do echo save $i > '${at('doc.txt')}'; sleep 0.5; done`);
    await arrived('/doc.txt', 'save 10\n');
    await quiet(drive, 3_000);
    told('uploads of ten saves in 5 s', String(drive.admin.history().length - before));

    const sameItem = async (label, name, script, text) => {
      const id = idOf(`/${name}.txt`);
      await shell(script);
      await arrived(`/${name}.txt`, text);
      await quiet(drive, 3_000);
      told(label, idOf(`/${name}.txt`) === id ? 'same item' : 'another item: links, versions and comments are lost');
    };
    const rename = (name, pause) =>
      `echo new > '${at(`.${name}.tmp`)}'; sleep ${pause}; mv '${at(`.${name}.tmp`)}' '${at(`${name}.txt`)}'`;
    await sameItem('save by rename', 'rename', rename('rename', 0), 'new\n');
    await sameItem('save by rename, the temporary file long there', 'later', rename('later', 8), 'new\n');
    const backup = at('backup.txt');
    await sameItem(
      'save by backup (`mv a a~; write a; rm a~`)',
      'backup',
      `mv '${backup}' '${backup}~'; echo new > '${backup}'; rm '${backup}~'`,
      'new\n',
    );

    const writing = shell(`exec 3>> '${at('conflict.txt')}'; sleep 1; echo ours >&3; exec 3>&-`);
    await delay(400);
    await drive.admin.put({ path: '/conflict.txt' }, 'theirs\n');
    await writing;
    await delay(8_000);
    await quiet(drive, 3_000);
    const texts = [];
    for (const { path } of drive.files('')) texts.push(await textOf(path));
    const [isOurs, isTheirs] = ['ours', 'theirs'].map((word) => texts.some((text) => text.includes(word)));
    told(
      'edited here and elsewhere at the same time',
      isOurs && isTheirs ? 'both contents are there' : isOurs ? 'theirs is lost' : 'ours is lost',
    );

    const { quota, available } = drive.admin.quota();
    drive.admin.setQuota(quota - available + 5 * megabyte);
    await delay(2_000);
    await shell(`stat -f '${mount.mountpoint}'`);
    const failed = await shell(`dd if=/dev/zero of='${at('large.bin')}' bs=1M count=9`).then(
      () => 'succeeds',
      ({ stderr }) => (/No space left/.test(stderr) ? 'ENOSPC' : stderr.trim().split('\n')[0]),
    );
    told('9 MB written with 5 MB free', failed);
    await shell(`rm -f '${at('large.bin')}'`).catch(() => {});
    await mount.kill();
    await drive.close();
  },

  async resume(tool, told) {
    const drive = await openDrive(join(base, `${tool.name}-resume`), {});
    const size = 200 * megabyte;
    let mount = await tool.mount(drive);
    await shell(`ls '${mount.mountpoint}'`);
    // So slow that there is a moment to hit.
    drive.admin.set({ bandwidth: 40 });
    const received = () =>
      drive.admin.requests().reduce((sum, { method, bytesIn }) => sum + (method === 'PUT' ? bytesIn : 0), 0);
    await shell(`head -c ${size} /dev/urandom > '${join(mount.mountpoint, 'large.bin')}'`);
    await until('three quarters are sent', () => received() >= size * 0.75);
    await mount.kill();
    await delay(500);
    mount = await tool.mount(drive);
    await shell(`ls '${mount.mountpoint}'`);
    await until('the file is there', () => drive.has('/large.bin')?.size === size);
    await quiet(drive, 500);
    const again = received() - size;
    told('upload of 200 MiB, killed at 75 %: sent again', `${Math.max(0, again / megabyte).toFixed(1)} MiB`);
    await mount.unmount();
    await drive.close();
  },
};

const rows = new Map();
for (const tool of [rclone, ours]) {
  for (const [name, work] of Object.entries(cases)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    note(`${tool.name}: ${name}`);
    const told = (label, value) => {
      note(`  ${label}: ${value}`);
      rows.set(label, { ...rows.get(label), [tool.name]: value });
    };
    await work(tool, told).catch((error) => told(`(${name} ended early)`, error.message.split('\n')[0]));
  }
}
const version = execFileSync('rclone', ['version'], { encoding: 'utf8' }).split('\n')[0];
const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`;
process.stdout.write(
  [
    `${new Date().toISOString().slice(0, 10)}, ${machine}, Node ${process.version}, ${version}; ${latencyMs} ms a request, one run.`,
    '',
    '| | skydrive | rclone |',
    '| --- | --- | --- |',
    ...[...rows].map(([label, row]) => `| ${label} | ${row.skydrive ?? '–'} | ${row.rclone ?? '–'} |`),
    '',
  ].join('\n'),
);
rmSync(base, { recursive: true, force: true });
