import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeProgram } from '../../src/cli/program.ts';
import { makeUser } from './command.ts';

const packageFile = join(import.meta.dirname, '..', '..', '..', 'package.json');

describe('skydrive: the command line', () => {
  it('--help names every command and exit code', async () => {
    await using user = await makeUser();
    const { code, out, err } = await user.run(['--help']);
    assert.deepEqual([code, err], [0, '']);
    for (const name of ['mount', 'unmount', 'status', 'sync', 'emulator', 'demo', 'auth', 'quota', 'ls'])
      assert.match(out, new RegExp(`^  ${name}\\b`, 'm'));
    assert.doesNotMatch(out, /^ {2}serve\b/m);
    for (const exitCode of [0, 1, 2, 3, 4, 5]) assert.match(out, new RegExp(`^  ${exitCode}  \\w`, 'm'));
  });

  it('the help of each command has an example that begins like one', () => {
    for (const command of makeProgram().commands.filter((one) => one.name() !== 'serve')) {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      assert.match(help, new RegExp(`^Example:\\n {2}skydrive .*\\b${command.name()}\\b`, 'm'), command.name());
    }
  });

  it('-V prints the version', async () => {
    await using user = await makeUser();
    const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { version: string };
    assert.deepEqual(await user.run(['-V']), { code: 0, out: `${version}\n`, err: '' });
  });

  it('a wrong command line is code 2 and one hint', async () => {
    await using user = await makeUser();
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['mout', 'x'], /Did you mean mount\?/],
      [['mount'], /missing required argument 'MOUNTPOINT'/],
      [['mount', 'x', '--driver', 'other'], /Allowed choices are auto, kernel, fuse-native/],
      [['ls', '--nonsense'], /unknown option/],
      [['emulator', '--port', '70000'], /0 to 65535/],
      [['status', 'a', 'b'], /too many arguments/],
      [[], /Usage: skydrive/],
    ];
    for (const [args, expected] of cases) {
      const { code, out, err } = await user.run(args);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
      assert.match(err, expected);
    }
  });

  it('a wrong setting is code 2, one sentence that names its source, and no stack', async () => {
    await using user = await makeUser();
    const mountpoint = await user.folder('m');
    const cases: readonly (readonly [readonly string[], NodeJS.ProcessEnv, RegExp])[] = [
      [['mount', mountpoint, '-o', 'cache_size=huge'], {}, /^skydrive: -o cache_size: "huge" .*10G/],
      [['mount', mountpoint, '-o', 'cachesize=1G'], {}, /did you mean cache_size\?/],
      [['quota'], { SKYDRIVE_DIALECT: 'skype' }, /^skydrive: SKYDRIVE_DIALECT: "skype" .*live or graph/],
      [['quota'], { HOME: '' }, /set HOME, or name the file with --config FILE/],
    ];
    for (const [args, environment, expected] of cases) {
      const { code, err } = await user.run(args, { environment });
      assert.equal(code, 2, err);
      assert.match(err, expected);
      assert.equal(err.trim().split('\n').length, 1, err);
    }
  });

  it('a broken file is named with its line', async () => {
    await using user = await makeUser();
    const path = join(user.home, '.lcrc');
    const cases: readonly (readonly [string, RegExp])[] = [
      ['client:\n\tid: x\n', /\.lcrc:2: .*tab/],
      ['client:\n  id: 2739129\n', /\.lcrc:2: client\.id/],
      ['client:\n  id: "a"\nskydrive:\n  settle: 1s\n  cache_size: lots\n', /\.lcrc, line 5, cache_size: "lots"/],
      ['skydrive:\n  cache_sice: 1G\n', /line 2: there is no setting "cache_sice"; did you mean cache_size\?/],
      ['', /\.lcrc: the file is empty/],
      ['just words\n', /\.lcrc:1: /],
    ];
    for (const [content, expected] of cases) {
      await writeFile(path, content, { mode: 0o600 });
      const { code, err } = await user.run(['quota']);
      assert.equal(code, 2, err);
      assert.match(err, expected);
    }
  });

  it('--debug adds the stack of an error, and a file that others can read is warned of once', async () => {
    await using user = await makeUser();
    await writeFile(join(user.home, '.lcrc'), 'client:\n  secret: x\n');
    await chmod(join(user.home, '.lcrc'), 0o644);
    const plain = await user.run(['quota']);
    assert.equal(plain.err.match(/can be read by everybody/g)?.length, 1, plain.err);
    assert.doesNotMatch(plain.err, /^\s+at /m);
    const debug = await user.run(['--debug', 'quota']);
    assert.match(debug.err, /^\s+at /m);
  });

  it('without a sign-in says so with code 3', async () => {
    await using user = await makeUser();
    const { code, err } = await user.run(['quota']);
    assert.equal(code, 3);
    assert.match(err, /skydrive auth/);
  });

  it('a reader that goes away ends a command quietly', async () => {
    await using user = await makeUser();
    const child = user.start(['--help']);
    child.stdout?.destroy();
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
    });
    await once(child, 'close');
    assert.equal(said, '');
  });
});
