// Runs the compiled tests: all of them, or those below the folders (or in the files) named on the command line, in the
// spelling of the sources: `node scripts/run-tests.mjs test/mounts`.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const compiled = (path) => join('dist', path.replace(/\.ts$/, '.js'));

const testFiles = (path) => {
  if (!statSync(path).isDirectory()) return [path];
  const found = readdirSync(path, { recursive: true }).map((name) => join(path, name));
  return found.filter((name) => name.endsWith('.test.js')).sort();
};

const chosen = process.argv.slice(2);
const files = (chosen.length > 0 ? chosen : ['test']).map(compiled).flatMap(testFiles);
if (files.length === 0) {
  process.stderr.write(`no test files found for ${chosen.join(' ')}\n`);
  process.exit(1);
}
const runner = spawn(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', ...files], {
  stdio: 'inherit',
});
runner.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
