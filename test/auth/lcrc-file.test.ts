// ~/.lcrc as the ancestor and people write it, and what must not happen to it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { ConfigFileError } from '../../src/auth/config-file-error.ts';
import { LcrcFile } from '../../src/auth/lcrc-file.ts';
import type { Log } from '../../src/base/log.ts';
import { silentLog } from '../../src/base/log.ts';

const ancestors = `auth:
  access_expires: 2013-03-03 14:11:12.699137
  access_token: EwBo+/=
  code: 12345678-1234-1234-1234-123456789abc
  refresh_token: M.R3_BAY.old
client:
  id: 0000000048000001
  secret: gndrjIOLWYLkOPl0QhWIliQcg-MG1SRN
request:
  adapter_settings: {pool_maxsize: 50}
  base_headers: {Accept-Encoding: null}
  extra_keywords:
    timeout: [20.0, 10.0]
`;

const folder = async (t: TestContext): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'lcrc-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
};

const file = async (t: TestContext, text: string, mode = 0o600): Promise<LcrcFile> => {
  const path = join(await folder(t), '.lcrc');
  await writeFile(path, text);
  await chmod(path, mode);
  return new LcrcFile(path);
};

const textOf = (lcrc: LcrcFile): Promise<string> => readFile(lcrc.path, 'utf8');

const fails = async (promise: Promise<unknown>): Promise<ConfigFileError> => {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ConfigFileError, String(error));
    return error;
  }
  return assert.fail('nothing failed');
};

describe('reading ~/.lcrc', () => {
  it('takes all values as they are written: ids are not numbers, dates are understood', async (t) => {
    const lcrc = await (await file(t, ancestors)).read();
    assert.equal(lcrc.clientId, '0000000048000001');
    assert.equal(lcrc.clientSecret, 'gndrjIOLWYLkOPl0QhWIliQcg-MG1SRN');
    assert.equal(lcrc.accessToken, 'EwBo+/=');
    assert.equal(lcrc.refreshToken, 'M.R3_BAY.old');
    assert.equal(lcrc.code, '12345678-1234-1234-1234-123456789abc');
    assert.equal(lcrc.accessExpires, Date.UTC(2013, 2, 3, 14, 11, 12, 699));
  });

  it('takes ids in any dress', async (t) => {
    for (const id of ['0000000012345671', "'0000000012345671'", '"0000000012345671"', '!!str 0000000012345671']) {
      assert.equal((await (await file(t, `client:\n  id: ${id} # mine\n`)).read()).clientId, '0000000012345671');
    }
    const others = 'client: {id: 00000000620A3E4A}\nskydrive:\n  umask: 0022\n  dialect: live\n  account:\n  ro: no\n';
    const lcrc = await (await file(t, others)).read();
    assert.equal(lcrc.clientId, '00000000620A3E4A');
    assert.deepEqual(lcrc.settings.entries, [
      { key: 'umask', text: '0022', line: 3 },
      { key: 'dialect', text: 'live', line: 4 },
      { key: 'ro', text: 'no', line: 6 },
    ]);
  });

  it('has no value where there is null, nothing, or something else than text', async (t) => {
    const lcrc = await (
      await file(t, 'client:\n  id: null\n  secret: ~\nauth:\n  code:\n  access_token: [a]\n')
    ).read();
    assert.deepEqual([lcrc.clientId, lcrc.clientSecret, lcrc.code, lcrc.accessToken], Array(4).fill(undefined));
    assert.equal((await (await file(t, "client:\n  id: 'null'\n")).read()).clientId, 'null');
  });

  it('notices an id that was eaten, says where, and what it probably was', async (t) => {
    for (const [eaten, guess] of [
      ['2739129', '0000000012345671'],
      ['48000001', '0000000048000001'],
    ] as const) {
      const error = await fails((await file(t, `# mine\nclient:\n  id: ${eaten}\n`)).read());
      assert.deepEqual([error.trouble, error.line], ['value', 3]);
      assert.match(error.message, /\.lcrc:3: client\.id is \d+/);
      assert.ok(error.message.includes(`'${guess}'`), error.message);
    }
  });

  it('says what is wrong with a file that cannot be used', async (t) => {
    const path = await folder(t);
    const missing = await fails(new LcrcFile(join(path, 'none')).read());
    assert.equal(missing.trouble, 'missing');
    assert.match(missing.message, /none: there is no such file.*skydrive auth/);
    assert.match((await fails(new LcrcFile(path).read())).message, /is a folder/);
    assert.equal((await fails(new LcrcFile(join(path, 'none', 'x', '..')).read())).trouble, 'missing');
    for (const [broken, line, reason] of [
      ['', undefined, /empty/],
      ['# nothing\n', undefined, /empty/],
      ['client:\n\tid: x\n', 2, /tab/],
      ['client:\n  id: x\nauth: [\n', 4, /Mend that line/],
      ['just text\n', 1, /mapping/],
      ['- a\n', 1, /mapping/],
      ['a: 1\n---\nb: 1\n', undefined, /more than one document/],
    ] as const) {
      const error = await fails((await file(t, broken)).read());
      assert.equal(error.trouble, 'broken', broken);
      assert.match(error.message, reason);
      if (line !== undefined) assert.equal(error.line, line, broken);
    }
  });

  it('warns once when everybody can read it', async (t) => {
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (message) => warnings.push(message) };
    const { path } = await file(t, ancestors, 0o644);
    const lcrc = new LcrcFile(path, { log });
    await lcrc.read();
    await lcrc.read();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /chmod 600/);
    await new LcrcFile((await file(t, ancestors, 0o640)).path, { log }).read();
    assert.equal(warnings.length, 1);
  });
});

describe('changing ~/.lcrc', () => {
  const change = { accessToken: 'new', refreshToken: "M.'2'", accessExpires: Date.UTC(2026, 0, 2, 3, 4, 5, 6) };

  it('changes values where they are, and nothing else', async (t) => {
    const lcrc = await file(t, `# my file\n${ancestors}# the end\n`);
    await lcrc.update(async () => change);
    assert.equal(
      await textOf(lcrc),
      `# my file\n${ancestors}# the end\n`
        .replace('2013-03-03 14:11:12.699137', '2026-01-02 03:04:05.006000')
        .replace('EwBo+/=', "'new'")
        .replace('M.R3_BAY.old', "'M.''2'''"),
    );
    const read = await lcrc.read();
    assert.deepEqual([read.accessToken, read.refreshToken, read.accessExpires], Object.values(change));
  });

  it('writes values that do not show so that every reader of YAML gets them back', async (t) => {
    const values = ['\u0085x', 'a\u2028b', '\u007f', '\ufeffx', 'tab\there', 'two\nlines', '😀', '', ' x ', "it's: #1"];
    for (const refreshToken of values) {
      const lcrc = await file(t, ancestors);
      await lcrc.update(async () => ({ refreshToken }));
      assert.equal((await lcrc.read()).refreshToken, refreshToken);
      const line = (await textOf(lcrc)).split('\n').find((row) => row.includes('refresh_token')) ?? '';
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\ufeff]/);
    }
  });

  it('adds what is missing, in the layout that is there', async (t) => {
    const lcrc = await file(t, "client:\n    id: '00000000620A3E4A'   # keep\nauth:\n    code: x");
    await lcrc.update(async () => ({ ...change, code: null, settings: { account: '0012' } }));
    const written = await textOf(lcrc);
    assert.ok(written.startsWith("client:\n    id: '00000000620A3E4A'   # keep\nauth:\n    "), written);
    const read = await lcrc.read();
    assert.deepEqual([read.accessToken, read.refreshToken, read.code], ['new', "M.'2'", undefined]);
    assert.deepEqual(
      read.settings.entries.map(({ key, text: value }) => [key, value]),
      [['account', '0012']],
    );
  });

  it('copes with layouts that cannot be changed in place', async (t) => {
    for (const layout of [
      'auth: {}\nclient: {id: 00000000620A3E4A}\nother: {a: [1, 0x2]}\n',
      'auth:\nclient: {id: 00000000620A3E4A}\nother: {a: [1, 0x2]}\n',
      'auth: {code: x}\nclient: {id: 00000000620A3E4A}\nother: {a: [1, 0x2]}\n',
      'auth:\n  access_token: |\n    old\nclient: {id: 00000000620A3E4A}\nother: {a: [1, 0x2]}\n',
      '{auth: {access_token: old}, client: {id: 00000000620A3E4A}, other: {a: [1, 0x2]}}\n',
      'auth:\n  access_token:\n  refresh_token: # none\nclient: {id: 00000000620A3E4A}\nother: {a: [1, 0x2]}\n',
    ]) {
      const lcrc = await file(t, layout);
      await lcrc.update(async () => change);
      const read = await lcrc.read();
      assert.deepEqual(
        [read.accessToken, read.refreshToken, read.clientId],
        ['new', "M.'2'", '00000000620A3E4A'],
        layout,
      );
      assert.match(await textOf(lcrc), /a: \[1, 0x2\]|a:\n.*- 1\n.*- 0x2/);
    }
  });

  it('keeps mode and link, and leaves no other file behind', async (t) => {
    const target = await file(t, ancestors, 0o640);
    const link = join(await folder(t), 'link');
    await symlink(target.path, link);
    await new LcrcFile(link).update(async () => change);
    assert.ok((await lstat(link)).isSymbolicLink());
    assert.equal((await stat(target.path)).mode & 0o777, 0o640);
    assert.equal((await target.read()).accessToken, 'new');
    assert.deepEqual(await readdir(join(target.path, '..')), ['.lcrc']);
  });

  it('takes a file with new secrets away from the eyes of everybody', async (t) => {
    const open = await file(t, ancestors, 0o644);
    await open.update(async () => ({ settings: { account: 'a' } }));
    assert.equal((await stat(open.path)).mode & 0o777, 0o644);
    await open.update(async () => ({ accessToken: 'new' }));
    assert.equal((await stat(open.path)).mode & 0o777, 0o640);
  });

  it('leaves the file to its owner when root writes it', {
    skip: process.getuid?.() !== 0 && 'only root can write for others',
  }, async (t) => {
    const theirs = await file(t, ancestors, 0o600);
    await chown(theirs.path, 65_534, 65_534);
    await theirs.update(async () => ({ accessToken: 'new' }));
    const { uid, gid, mode } = await stat(theirs.path);
    assert.deepEqual([uid, gid, mode & 0o777], [65_534, 65_534, 0o600]);
  });

  it('makes the file, for its owner alone', async (t) => {
    const path = join(await folder(t), 'new');
    const old = process.umask(0);
    t.after(() => process.umask(old));
    await new LcrcFile(path).update(async () => ({ clientId: '0000000012345671', ...change }));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await new LcrcFile(path).read()).clientId, '0000000012345671');
  });

  it('leaves the file alone when there is nothing to change, and when it cannot be written', async (t) => {
    const lcrc = await file(t, ancestors);
    const before = await stat(lcrc.path);
    await lcrc.update(async () => undefined);
    await lcrc.update(async () => ({ accessToken: 'EwBo+/=' }));
    assert.equal((await stat(lcrc.path)).ino, before.ino);
    const gone = join(await folder(t), 'no', 'folder', '.lcrc');
    assert.equal((await fails(new LcrcFile(gone).update(async () => change))).trouble, 'unreadable');
  });

  it('loses no update of another writer that does not know the lock', async (t) => {
    const lcrc = await file(t, ancestors);
    await lcrc.update(async () => {
      await writeFile(lcrc.path, ancestors.replace('secret: ', 'secret: other-'));
      return change;
    });
    const read = await lcrc.read();
    assert.deepEqual([read.accessToken, read.clientSecret?.slice(0, 6)], ['new', 'other-']);
  });

  it('loses no update of other processes, and takes over the lock of a dead one', async (t) => {
    const lcrc = await file(t, 'client:\n  id: 00000000620A3E4A\n');
    await writeFile(`${lcrc.path}.lock`, `999999999 ${(await import('node:os')).hostname()}\n`);
    const module = new URL('../../src/auth/lcrc-file.js', import.meta.url).href;
    const script = `const { LcrcFile } = await import(${JSON.stringify(module)});
      const file = new LcrcFile(process.argv[1]);
      for (let n = 0; n < 10; n++) await file.update(async () => ({ settings: { [process.argv[2] + n]: 'x' } }));`;
    const run = (name: string): Promise<number | null> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script, lcrc.path, name], {
          stdio: 'inherit',
        });
        child.on('exit', resolve);
      });
    assert.deepEqual(await Promise.all([run('a'), run('b'), run('c')]), [0, 0, 0]);
    assert.equal((await lcrc.read()).settings.entries.length, 30);
    assert.deepEqual(await readdir(join(lcrc.path, '..')), ['.lcrc']);
  });

  it('does not wait for somebody who was killed before the lock named its holder, or while breaking one', async (t) => {
    const lcrc = await file(t, 'client:\n  id: 00000000620A3E4A\n');
    const [lock, seconds] = [`${lcrc.path}.lock`, Date.now() / 1000];
    await writeFile(lock, '');
    await utimes(lock, seconds - 10, seconds - 10);
    await writeFile(`${lock}.break`, '');
    // The clock was put back since.
    await utimes(`${lock}.break`, seconds + 1000, seconds + 1000);
    const began = performance.now();
    await lcrc.update(async () => change);
    assert.ok(performance.now() - began < 60_000, 'it was waited for');
    assert.deepEqual(await readdir(join(lcrc.path, '..')), ['.lcrc']);
  });

  it('is not stopped by a folder in its place', async (t) => {
    const path = join(await folder(t), 'dir');
    await mkdir(path);
    assert.match((await fails(new LcrcFile(path).update(async () => change))).message, /is a folder/);
  });
});
