// What the README says is what the program does: its commands exist, its tables are the program's, its scripts run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { exitCodeMeanings } from '../src/cli/exit-codes.ts';
import { makeProgram } from '../src/cli/program.ts';
import { resolveSettings } from '../src/config.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const readme = await readFile(join(root, 'README.md'), 'utf8');

/** The rows of the tables below a heading, as cells. */
const rowsBelow = (heading: string): readonly (readonly string[])[] => {
  const section = readme.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));
};

const codeIn = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');

describe('README', () => {
  it('names every command, and no other', () => {
    const named = rowsBelow('Commands')
      .flatMap(([cell = '']) => codeIn(cell))
      .map((text) => text.split(' ')[0] ?? '');
    const commands = makeProgram().commands.map((command) => command.name());
    assert.deepEqual(named.sort(), commands.filter((name) => name !== 'serve').sort());
  });

  it('has the exit codes of --help', () => {
    const told = rowsBelow('Commands').filter(([code = '']) => /^\d+$/.test(code));
    const plain = told.map(([code, meaning = '']) => [Number(code), meaning.replaceAll('`', '')]);
    assert.deepEqual(
      plain,
      exitCodeMeanings.map(([code, meaning]) => [code, meaning.replaceAll('"', '')]),
    );
  });

  it('names every setting, with its default', () => {
    const rows = rowsBelow('Settings').slice(1);
    const named = rows.flatMap(([cell = '']) => codeIn(cell));
    let known: readonly string[] = [];
    const sources = { configFile: '/f', section: undefined, environment: { HOME: '/h' }, workingFolder: '/' };
    try {
      resolveSettings({ ...sources, options: ['zzzzzzzzzz'] });
    } catch (error) {
      known = /known are (.*)$/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
    }
    assert.deepEqual([...named].sort(), [...known].sort());
    const settings = resolveSettings({ ...sources, options: [] });
    for (const [key = '', value = ''] of rows) {
      const [name = '', text] = [codeIn(key)[0], codeIn(value)[0]];
      if (text === undefined || name === 'uid') continue;
      // The default in words must be what the same words give.
      assert.deepEqual(resolveSettings({ ...sources, options: [`${name}=${text}`] }), settings, name);
    }
  });

  it('names files that exist, and scripts that can be run', async () => {
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');
    assert.ok(links.length > 0);
    for (const link of links) await access(join(root, link));
    for (const script of ['scripts/demo.sh', 'scripts/test.sh', '.ci/run']) {
      await access(join(root, script), constants.X_OK);
      await run('sh', ['-n', join(root, script)]);
    }
    assert.ok(readme.includes('scripts/demo.sh') && readme.includes('scripts/test.sh'));
    assert.match(await readFile(join(root, '.ci/run'), 'utf8'), /scripts\/test\.sh/);
  });

  it('offers what package.json exports', async () => {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, string>;
      bin: Record<string, string>;
    };
    for (const path of [...Object.values(manifest.exports), ...Object.values(manifest.bin)])
      await access(join(root, path));
    assert.ok(readme.includes(`from 'skydrive-fs'`) && '.' in manifest.exports);
    for (const name of Object.keys(manifest.exports).filter((path) => path !== '.'))
      assert.ok(readme.includes(`skydrive-fs${name.slice(1)}`), name);
  });
});
