// After a build in a clone: `npx skydrive` finds the built program, as it does where the package is installed.
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const { bin } = JSON.parse(readFileSync('package.json', 'utf8'));
const folder = join('node_modules', '.bin');
mkdirSync(folder, { recursive: true });
for (const [name, script] of Object.entries(bin)) {
  chmodSync(script, 0o755);
  rmSync(join(folder, name), { force: true });
  symlinkSync(relative(folder, script), join(folder, name));
}
