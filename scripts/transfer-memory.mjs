// Puts a large file on an emulated drive and gets it back, and tells how much memory the command took at most: `node
// scripts/transfer-memory.mjs 2G [MOST]`, after a build. Ends with 1 if that is more than MOST (200M), or if other bytes came back.
// Needs twice the size on the disk of the temporary folder, and Linux.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { formatSize, parseSize } from '../dist/src/base/quantity.js';

const [size, most] = [process.argv[2] ?? '2G', process.argv[3] ?? '200M'].map(parseSize);
const entry = join(import.meta.dirname, '..', 'dist', 'src', 'cli', 'skydrive.cjs');
const folder = mkdtempSync(join(tmpdir(), 'skydrive-memory-'));

const say = (text) => process.stdout.write(`${text}\n`);

const startEmulator = async () => {
  const args = [entry, '--json', 'emulator', '--auto-approve', '--until-stdin-closes'];
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder },
  });
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) };
  throw new Error('the emulator does not start');
};

/** Most memory that a process has had so far, bytes. */
const peakOf = (pid) => {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
};

const skydrive = async (...args) => {
  const env = { ...process.env, HOME: folder };
  const child = spawn(process.execPath, [entry, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    out += piece;
  });
  const closed = once(child, 'close');
  let peak = 0;
  while (child.exitCode === null) {
    peak = Math.max(peak, peakOf(child.pid));
    await delay(20);
  }
  await closed;
  return { code: child.exitCode, out, peak };
};

const signIn = async ({ api_url: apiUrl, login_url: loginUrl }) => {
  const lines = [
    ...['client:', "  id: '0000000048000001'", '  secret: any', 'skydrive:', '  dialect: live'],
    ...[`  api_url: ${apiUrl}`, `  login_url: ${loginUrl}`, ''],
  ];
  writeFileSync(join(folder, '.lcrc'), lines.join('\n'), { mode: 0o600 });
  const { out } = await skydrive('auth', '--no-browser');
  const answer = await fetch(/^URL to visit: (\S+)$/m.exec(out)?.[1] ?? '', { redirect: 'manual' });
  return await skydrive('auth', answer.headers.get('location') ?? '');
};

const hashOf = async (name) => {
  const hash = createHash('sha1');
  for await (const piece of createReadStream(join(folder, name))) hash.update(piece);
  return hash.digest('hex');
};

const emulator = await startEmulator();
try {
  const idle = await signIn(emulator);
  writeFileSync(join(folder, 'big'), 'begins with something that is not zero');
  await truncate(join(folder, 'big'), size);
  const put = await skydrive('put', 'big');
  const get = await skydrive('get', 'big', 'back');
  say(`auth ${formatSize(idle.peak)}; put of ${formatSize(size)} ${formatSize(put.peak)}; get ${formatSize(get.peak)}`);
  const same = put.code === 0 && get.code === 0 && (await hashOf('big')) === (await hashOf('back'));
  if (!same) say(`it did not come back as it was: put ended with ${put.code}, get with ${get.code}`);
  process.exitCode = same && Math.max(put.peak, get.peak) <= most ? 0 : 1;
} finally {
  emulator.child.stdin.end();
  await once(emulator.child, 'close');
  rmSync(folder, { recursive: true });
}
