// The library as its users have it: every example of docs/library.md is run as a program of its own, and prints what the page says. And
// the pages that are written from the sources are up to date.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type Emulated, emulated } from './support/emulated.ts';
import { mountObstacle } from './support/mounted.ts';
import { missingTools } from './support/tools.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

interface Example {
  readonly title: string;
  readonly needsMount: boolean;
  readonly code: string;
  readonly output: string;
}

const examplesIn = (markdown: string): readonly Example[] =>
  [
    ...markdown.matchAll(/^## (.*)\n(?:(?!^## )[\s\S])*?^```js( mount)?\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gm),
  ].map(([, title = '', mark, code = '', output = '']) => ({ title, needsMount: mark !== undefined, code, output }));

const page = await readFile(join(root, 'docs', 'library.md'), 'utf8');
const examples = examplesIn(page);

describe('docs/library.md', () => {
  let place: Emulated;
  let folder: string;
  before(async () => {
    place = await emulated();
    await place.emulator.admin.put({ path: '/hello.txt' }, 'Hello, world!');
    folder = await mkdtemp(join(place.folder, 'program-'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(root, join(folder, 'node_modules', 'skydrive-fs'));
    await mkdir(join(folder, 'drive'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await place[Symbol.asyncDispose]();
  });

  it('has an example for each chapter but the last', () => {
    const chapters = page.match(/^## /gm)?.length ?? 0;
    assert.equal(examples.length, chapters - 1);
  });

  for (const { title, needsMount, code, output } of examples)
    it(title, { skip: (needsMount ? mountObstacle() : undefined) ?? false }, async () => {
      const path = join(folder, 'example.mjs');
      await writeFile(path, code);
      const env = { ...process.env, SKYDRIVE_CONFIG: place.configFile, HOME: place.folder };
      const { stdout, stderr } = await run(process.execPath, [path], { cwd: folder, env, timeout: 60_000 });
      assert.deepEqual([stdout.trimEnd(), stderr], [output.trimEnd(), '']);
    });
});

describe('pages that are written from the sources', () => {
  it('docs/api.md is up to date: if not, run node scripts/api-pages.mjs', async () => {
    const { stdout } = await run(process.execPath, [join(root, 'scripts', 'api-pages.mjs'), '--print']);
    assert.equal(await readFile(join(root, 'docs', 'api.md'), 'utf8'), stdout);
  });

  it('the man page is rendered without a warning', { skip: missingTools('man', 'groff') ?? false }, async () => {
    const path = join(root, 'dist', 'man', 'skydrive.1');
    await run(process.execPath, [join(root, 'scripts', 'man-page.mjs'), path]);
    const { stderr } = await run('groff', ['-ww', '-Tutf8', '-man', path]);
    assert.equal(stderr, '');
    const shown = await run('man', ['--warnings', '-l', path], {
      env: { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8' },
    });
    assert.equal(shown.stderr, '');
    for (const text of ['SYNOPSIS', 'skydrive put --continue', 'EXIT STATUS'])
      assert.ok(shown.stdout.includes(text), text);
  });
});
