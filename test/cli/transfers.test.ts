// `get` and `put`: files on both sides, what is refused, and what an interruption, a broken connection or a full disk leaves behind.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ended, type Outcome } from './command.ts';
import { contentOf, type Mounting, makeMounting } from './mounting.ts';

const done: Outcome = { code: 0, out: '', err: '' };

/** Until the service has seen so many requests of a kind. */
const asked = async ({ emulator }: Mounting, kind: string, count = 1): Promise<void> => {
  while (emulator.requests.list().filter((request) => request.kind === kind).length < count) await delay(10);
};

const requestsOf = ({ emulator }: Mounting, kind: string): number =>
  emulator.requests.list().filter((request) => request.kind === kind).length;

describe('skydrive put and get', () => {
  it('bring contents there and back, whatever names and locale', async () => {
    await using mounting = await makeMounting();
    const { user } = mounting;
    const environment = { LC_ALL: 'C', LANG: '' };
    const names = ['你好 a.txt', 'e\u0301.txt', 'שלום.txt', '🙂.bin', '-dash', "it's", 'a:b?.txt'];
    const contents = new Map(names.map((name, index) => [name, randomBytes([0, 1, 300_000][index % 3] ?? 0)]));
    for (const [name, bytes] of contents) await writeFile(join(user.home, name), bytes);
    assert.deepEqual(await user.run(['put', '--', ...names, 'Documents'], { environment }), done);
    const { out } = await user.run(['ls', 'Documents'], { environment });
    for (const name of names.slice(0, 4)) assert.ok(out.includes(name), out);
    assert.deepEqual(
      await user.run(['get', '--', ...names.map((name) => `Documents/${name}`), 'back'], { environment }),
      done,
    );
    for (const [name, bytes] of contents) assert.deepEqual(await readFile(join(user.home, 'back', name)), bytes, name);
  });

  it('put keeps the item that it replaces, and leaves it with -n', async () => {
    await using mounting = await makeMounting();
    const { user, run, emulator } = mounting;
    await writeFile(join(user.home, 'a.txt'), 'first');
    assert.deepEqual(await run('put', 'a.txt'), done);
    const before = emulator.admin.item({ path: '/a.txt' });
    await writeFile(join(user.home, 'a.txt'), 'second');
    const refused = await run('put', '-n', 'a.txt');
    assert.deepEqual([refused.code, refused.err], [1, 'skydrive: there is a "a.txt" in "/" already\n']);
    assert.equal(await contentOf(emulator, '/a.txt'), 'first');
    assert.deepEqual(await run('put', 'a.txt'), done);
    assert.equal(await contentOf(emulator, '/a.txt'), 'second');
    assert.equal(emulator.admin.item({ path: '/a.txt' }).id, before.id);
  });

  it('get prints a content or a range of it', async () => {
    await using mounting = await makeMounting();
    const { run, emulator } = mounting;
    await emulator.admin.put({ path: '/a.txt' }, 'hello, world');
    assert.deepEqual(await run('get', 'a.txt'), { ...done, out: 'hello, world' });
    assert.deepEqual(await run('get', '-b', '1-3', 'a.txt'), { ...done, out: 'ell' });
    assert.deepEqual(await run('get', '-b', '7-', 'a.txt'), { ...done, out: 'world' });
    assert.deepEqual(await run('get', '-b', '-5', 'a.txt'), { ...done, out: 'world' });
    assert.deepEqual(await run('get', '-b', '7-999', 'a.txt'), { ...done, out: 'world' });
    const behind = await run('get', '-b', '12-', 'a.txt', 'part');
    assert.deepEqual([behind.code, behind.out], [1, '']);
    assert.match(behind.err, /range 12- has none of the 12 bytes/);
    assert.equal((await run('get', '-b', '3-1', 'a.txt')).code, 2);
  });

  it('-r takes folders with all that is in them, both ways, and goes on after a failure', async () => {
    await using mounting = await makeMounting();
    const { user, run, emulator } = mounting;
    const tree = join(user.home, 'tree');
    await mkdir(join(tree, 'sub', 'empty'), { recursive: true });
    await writeFile(join(tree, 'a.txt'), 'a');
    await writeFile(join(tree, 'sub', 'b.txt'), 'b');
    await writeFile(join(tree, 'sub', 'B.txt'), 'B');
    await symlink('..', join(tree, 'sub', 'loop'));
    const put = await run('put', '-r', 'tree', 'Documents');
    assert.equal(put.code, 1);
    assert.match(put.err, /b\.txt has a name that differs from another only in case/i);
    assert.match(put.err, /loop is no regular file, or a link to a folder: left out/);
    assert.equal(await contentOf(emulator, '/Documents/tree/a.txt'), 'a');
    await rm(join(tree, 'sub', 'b.txt'));
    await writeFile(join(tree, 'a.txt'), 'changed');
    assert.equal((await run('put', '-r', 'tree', 'Documents')).code, 0);
    assert.equal(await contentOf(emulator, '/Documents/tree/a.txt'), 'changed');
    assert.deepEqual(await run('get', '-r', 'Documents/tree', 'new/place/'), done);
    const found = await readdir(join(user.home, 'new', 'place', 'tree'), { recursive: true });
    assert.deepEqual(found.sort(), ['a.txt', 'sub', 'sub/B.txt', 'sub/empty']);
    assert.match((await run('get', 'Documents/tree')).err, /"tree" is a folder: -r gets it/);
    assert.match((await run('put', 'tree')).err, /tree is a folder: -r puts it/);
  });

  it('no name of a server leads out of the folder', async () => {
    await using mounting = await makeMounting();
    const { user, run, emulator } = mounting;
    for (const name of ['a', 'b', 'c', 'd']) await emulator.admin.put({ path: `/Evil/${name}` }, name);
    emulator.admin.addFault({
      match: { kind: 'list', path: '!' },
      action: { do: 'names', names: ['../out', '..', 'same', 'same'] },
    });
    assert.equal((await run('get', '-r', 'Evil', 'inside/')).code, 0);
    assert.deepEqual((await readdir(user.home)).sort(), ['.lcrc', 'drive', 'inside']);
    const names = await readdir(join(user.home, 'inside', 'Evil'));
    assert.equal(names.length, 4, names.join(' '));
  });

  it('are refused where something else is due, in one sentence and without a loss', async () => {
    await using mounting = await makeMounting();
    const { user, run, emulator } = mounting;
    await emulator.admin.put({ path: '/Folder/a.txt' }, 'theirs');
    await writeFile(join(user.home, 'Folder'), 'mine');
    await writeFile(join(user.home, 'a.txt'), 'mine');
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['put', 'none.txt'], 4, /none\.txt cannot be read: there is no such file/],
      [['put', '/dev/null'], 1, /no regular file/],
      [['put', 'Folder'], 1, /"Folder" in "\/" is a folder/],
      [['put', 'a.txt', 'Folder/a.txt'], 1, /"a\.txt" is a file, and a folder is wanted/],
      [['put', 'a.txt', 'None'], 4, /there is no "None"/],
      [['get', 'Folder/a.txt', 'a.txt/b'], 1, /no folder/],
      [['get', 'Folder/a.txt', '/dev/full'], 1, /\/dev\/full cannot be written: the disk is full/],
      [['get', 'Folder/a.txt', '/proc/none/b'], 4, /cannot be written/],
      [['get', 'None'], 4, /there is no "None"/],
      [['get', '-r', '-b', '0-1', 'Folder', 'x'], 1, /-b is for files/],
    ];
    for (const [args, code, message] of cases) {
      const outcome = await run(...args);
      assert.equal(outcome.code, code, `${args.join(' ')}: ${outcome.err}`);
      assert.match(outcome.err, message);
      assert.equal(outcome.err.trim().split('\n').length, 1, outcome.err);
    }
    assert.equal(await contentOf(emulator, '/Folder/a.txt'), 'theirs');
    assert.equal(await readFile(join(user.home, 'a.txt'), 'utf8'), 'mine');
    assert.deepEqual((await readdir(user.home)).sort(), ['.lcrc', 'Folder', 'a.txt', 'drive']);
  });

  it('a drive that is full takes nothing, and keeps what it has', async () => {
    await using mounting = await makeMounting({ quota: 100_000 });
    const { user, run, emulator } = mounting;
    await emulator.admin.put({ path: '/big' }, 'old');
    await writeFile(join(user.home, 'big'), randomBytes(200_000));
    for (const more of [[], ['--bits']]) {
      const { code, err } = await run('put', ...more, 'big');
      assert.deepEqual([code, err], [1, 'skydrive: big does not fit: the drive is full\n']);
    }
    assert.equal(await contentOf(emulator, '/big'), 'old');
  });

  it('a name that is no UTF-8 is said to be none', async () => {
    await using mounting = await makeMounting();
    const { user } = mounting;
    const args = [
      '-c',
      'mkdir t; echo x > "t/$(printf "a\\377")"; "$@" put "t/$(printf "a\\377")"; "$@" put -r t; ls t',
      'sh',
    ];
    const env = { PATH: process.env['PATH'], HOME: user.home };
    const { stdout, stderr } = await promisify(execFile)('sh', [...args, ...user.command], { env, cwd: user.home });
    assert.equal(stderr.match(/is no UTF-8/g)?.length, 2, stderr);
    assert.notEqual(stdout, '');
  });
});

describe('skydrive put and get, when it does not go smoothly', () => {
  const big = randomBytes(3_000_000);

  it('an interrupted get leaves nothing, or with --continue what the next one goes on from', async () => {
    await using mounting = await makeMounting();
    const { user, run, emulator } = mounting;
    await emulator.admin.put({ path: '/big' }, big);
    for (const more of [[], ['--continue']]) {
      emulator.admin.set({ bandwidth: 1 });
      emulator.admin.resetRequests();
      const child = user.start(['get', ...more, 'big', 'big']);
      const folder = async (): Promise<readonly string[]> =>
        (await readdir(user.home)).filter((name) => name.startsWith('.sky'));
      while ((await folder()).length === 0) await delay(10);
      await delay(700);
      child.kill('SIGINT');
      assert.equal((await ended(child)).code, 130);
      assert.equal((await folder()).length, more.length);
      assert.ok(!(await readdir(user.home)).includes('big'));
    }
    emulator.admin.set({ bandwidth: 0 });
    emulator.admin.resetRequests();
    assert.deepEqual(await run('get', '--continue', 'big', 'big'), done);
    assert.deepEqual(await readFile(join(user.home, 'big')), big);
    const from = emulator.requests.list().find(({ kind }) => kind === 'download');
    assert.ok((from?.bytesOut ?? 0) < big.length, `${from?.bytesOut} bytes`);
    assert.deepEqual(
      (await readdir(user.home)).filter((name) => name.startsWith('.sky')),
      [],
    );
  });

  it('what came of another version is no beginning of this one', async () => {
    await using mounting = await makeMounting();
    const { user, run, emulator } = mounting;
    await emulator.admin.put({ path: '/big' }, big);
    emulator.admin.set({ bandwidth: 1 });
    const child = user.start(['get', '--continue', 'big', 'big']);
    await asked(mounting, 'content');
    await delay(1500);
    child.kill('SIGTERM');
    assert.equal((await ended(child)).code, 143);
    const other = randomBytes(2_000_000);
    await emulator.admin.put({ path: '/big' }, other);
    emulator.admin.set({ bandwidth: 0 });
    assert.deepEqual(await run('get', '--continue', 'big', 'big'), done);
    assert.deepEqual(await readFile(join(user.home, 'big')), other);
    assert.deepEqual(
      (await readdir(user.home)).filter((name) => name.startsWith('.sky')),
      [],
    );
  });

  it('an interrupted put leaves nothing on the drive, and --continue sends the rest', async () => {
    await using mounting = await makeMounting();
    const { user, run, emulator } = mounting;
    await writeFile(join(user.home, 'big'), big);
    const bits = ['put', '--bits', '--bits-frag-bytes', '200000', '--continue', 'big'];
    emulator.admin.set({ latencyMs: 200 });
    const child = user.start(bits);
    await asked(mounting, 'bits-fragment', 4);
    child.kill('SIGINT');
    assert.equal((await ended(child)).code, 130);
    assert.doesNotMatch((await run('ls')).out, /big/);
    emulator.admin.set({ latencyMs: 0 });
    emulator.admin.resetRequests();
    assert.deepEqual(await run(...bits), done);
    assert.ok(requestsOf(mounting, 'bits-fragment') < 15, `${requestsOf(mounting, 'bits-fragment')} fragments`);
    assert.deepEqual(Buffer.from(await emulator.admin.read({ path: '/big' })), big);
    assert.deepEqual(await readdir(join(user.home, '.cache', 'skydrive', 'uploads')), []);
  });

  it('broken connections are gone on from, and lost answers are looked for', async () => {
    await using mounting = await makeMounting();
    const { user, run, emulator } = mounting;
    await writeFile(join(user.home, 'big'), big);
    emulator.admin.addFault({ match: { kind: 'bits-fragment' }, action: { do: 'reset' }, skip: 3, count: 2 });
    assert.deepEqual(await run('put', '--bits', '--bits-frag-bytes', '500000', 'big'), done);
    emulator.admin.addFault({ match: { kind: 'put' }, action: { do: 'lose-reply' }, count: 1 });
    await writeFile(join(user.home, 'small'), 'small');
    assert.deepEqual(await run('put', 'small'), done);
    assert.equal((await run('ls')).out.match(/small/g)?.length, 1);
    emulator.admin.addFault({
      match: { kind: 'download' },
      action: { do: 'reset', in: 'reply', afterBytes: 1_000_000 },
      count: 4,
    });
    assert.deepEqual(await run('get', 'big', 'back'), done);
    assert.deepEqual(await readFile(join(user.home, 'back')), big);
  });

  it('a put does not overwrite what changed on the drive meanwhile', async () => {
    await using mounting = await makeMounting();
    const { user, emulator } = mounting;
    await writeFile(join(user.home, 'big'), big);
    await emulator.admin.put({ path: '/big' }, 'old');
    emulator.admin.set({ latencyMs: 100 });
    const child = user.start(['put', '--bits', '--bits-frag-bytes', '200000', 'big']);
    await asked(mounting, 'bits-fragment', 3);
    await emulator.admin.put({ path: '/big' }, 'theirs, and newer');
    const { code, err } = await ended(child);
    assert.equal(code, 1);
    assert.match(err, /"big" was changed on the drive meanwhile; that was left as it is/);
    assert.equal(await contentOf(emulator, '/big'), 'theirs, and newer');
  });

  it('a reader that has seen enough ends a get quietly', async () => {
    await using mounting = await makeMounting();
    await mounting.emulator.admin.put({ path: '/big' }, big);
    const child = mounting.user.start(['get', 'big']);
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { code, err } = await ended(child, { out: false });
    assert.deepEqual([code, err], [0, '']);
  });

  it('a service that is away is told of with code 5, a sign-in that ended with code 3', async () => {
    await using mounting = await makeMounting();
    const { user, run, emulator } = mounting;
    await writeFile(join(user.home, 'a.txt'), 'x');
    emulator.admin.addFault({
      match: { kind: 'list' },
      action: { do: 'answer', status: 401, code: 'request_token_expired' },
    });
    const signedOut = await run('put', 'a.txt');
    assert.equal(signedOut.code, 3, signedOut.err);
    assert.match(signedOut.err, /Sign in again: skydrive auth/);
    await emulator.close();
    assert.equal((await run('put', 'a.txt')).code, 5);
  });
});
