// Mounts whose server is gone: every call on them fails with ENOTCONN until somebody detaches them.
import { MountError } from './driver.ts';
import { mountAt } from './mount-table.ts';
import { runProgram } from './run-program.ts';

const deadStatus = 9;
const answerLimitMs = 3000;

/** Runs in a process of its own: who asks a mount whose server hangs may never come back. */
const probe = `import('node:fs').then((fs) => fs.statfs(process.argv[1], (e) => process.exit(e?.code === 'ENOTCONN' ? ${deadStatus} : 0)))`;

/** True if the server of the mount at `path` is gone. A server that is slow or hangs is not gone. */
export const isDead = async (path: string): Promise<boolean> => {
  const argv = ['-e', probe, path];
  const { status } = await runProgram(process.execPath, argv, { limitMs: answerLimitMs, env: { NODE_OPTIONS: '' } });
  return status === deadStatus;
};

/**
 * Takes the mount at `path` out of the tree, also if it is in use: who uses it keeps it until done. In a process of its own,
 * because the kernel may first write back pages through the server, which may be us.
 */
export const detach = async (path: string): Promise<void> => {
  const asRoot = process.geteuid?.() === 0;
  const [program, ...argv] = asRoot ? ['umount', '-l', '--', path] : ['fusermount3', '-u', '-z', '--', path];
  const before = await mountAt(path);
  if (!before || program === undefined) return;
  const { status, complaint, missing } = await runProgram(program, argv);
  if (status === 0 || (await mountAt(path))?.device !== before.device) return;
  if (missing) throw new MountError(`cannot unmount ${path}: the program ${program} was not found`);
  throw new MountError(`cannot unmount ${path}: ${complaint || `${program} failed`}`);
};
