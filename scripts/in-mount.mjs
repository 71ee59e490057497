// Runs a command in a mount of its own, and ends with its status: `node scripts/in-mount.mjs DRIVER SERVICE COMMAND…`.
// DRIVER: kernel, native. SERVICE: memory, drive (the real file system over a drive in memory), live (on the emulator).
// The command finds the mountpoint in $MNT. Needs a build.
import { spawn } from 'node:child_process';
import { drivers, exported, mounted } from '../dist/test/support/mounted.js';

const services = {
  memory: exported('test/support/memory-service', 'memoryService'),
  drive: exported('test/support/drive-service', 'driveService'),
  live: exported('test/support/drive-service', 'liveService'),
};

const [driver, service, command, ...parameters] = process.argv.slice(2);
if (!drivers[driver] || !services[service] || command === undefined) {
  process.stderr.write('usage: node scripts/in-mount.mjs kernel|native memory|drive|live COMMAND…\n');
  process.exit(2);
}
const mount = await mounted({ driver: drivers[driver], service: services[service] });
const env = { ...process.env, MNT: mount.mountpoint };
const status = await new Promise((resolve) => {
  const child = spawn(command, parameters, { stdio: 'inherit', env });
  child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  child.on('error', () => resolve(127));
});
try {
  const { parked = 0 } = (await mount.stop()) ?? {};
  if (parked > 0) process.stderr.write(`${parked} changes could not be sent\n`);
  process.exitCode = parked > 0 ? 1 : status;
} finally {
  await mount[Symbol.asyncDispose]();
}
