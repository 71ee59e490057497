// The random walks of the POSIX suite, longer and with other seeds: `node scripts/random-walks.mjs FOLDER SECONDS [SEED]`.
// What fails prints its title, which holds the seed. Needs a build.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Ground } from '../dist/test/suites/posix/ground.js';
import { fileWalk, treeWalk } from '../dist/test/suites/posix/walk-cases.js';
import { mountCalls } from '../dist/test/support/mount-calls.js';

const [folder, seconds, first = String(Date.now() % 1_000_000)] = process.argv.slice(2);
if (folder === undefined || !(Number(seconds) > 0)) {
  process.stderr.write('usage: node scripts/random-walks.mjs FOLDER SECONDS [SEED]\n');
  process.exit(2);
}
const end = Date.now() + Number(seconds) * 1000;
let failed = 0;
let done = 0;
for (let seed = Number(first); Date.now() < end; seed += 1) {
  const walk = seed % 2 === 0 ? fileWalk(seed, 1000) : treeWalk(seed, 1500);
  const ground = join(folder, `walk-${seed}`);
  await mkdir(ground);
  try {
    await walk.run(new Ground(mountCalls, ground));
    await rm(ground, { recursive: true });
  } catch (error) {
    failed += 1;
    process.stderr.write(`${walk.title}: ${error.message}\n`);
  }
  done += 1;
}
process.stdout.write(`${done} walks from seed ${first}, ${failed} failed\n`);
process.exitCode = failed > 0 || done === 0 ? 1 : 0;
