// Two real mounts of one drive, and random work on both: in the end both show what the drive holds, and nothing that was acknowledged
// is missing. `WALK_SEED` for one that failed; longer ones by the script itself.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const seed = process.env['WALK_SEED'] ?? String(Math.floor(Math.random() * 1e6));

for (const dialect of ['graph', 'live'])
  test(`two mounts of one drive, ${dialect}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    // The emulator is in that process, and must not wait for its files while the walk waits for a mount.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '16' };
    const words = ['scripts/two-mounts.mjs', dialect, seed, '120', '1', '5'];
    const { stdout } = await promisify(execFile)(process.execPath, words, { env }).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${(error as { stdout?: string }).stdout ?? ''}`, { cause: error });
    });
    assert.match(stdout, /both show what the drive holds; \d+ acknowledged contents, none lost/);
  });
