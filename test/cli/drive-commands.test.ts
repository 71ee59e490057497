// What the commands on the drive do beside the ancestor's table: JSON, faults that the ancestor had, trouble with the service.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeMounting } from './mounting.ts';

describe('commands on the drive', () => {
  it('print JSON with --json', async () => {
    await using mounting = await makeMounting({ quota: 25 * 2 ** 30 });
    await mounting.emulator.admin.put({ path: '/Letters/a.txt' }, 'x');
    const json = async (...args: readonly string[]): Promise<unknown> => {
      const { code, out, err } = await mounting.run('--json', ...args);
      assert.deepEqual([code, err], [0, ''], args.join(' '));
      return JSON.parse(out);
    };
    assert.equal(((await json('quota')) as { quota: number }).quota, 25 * 2 ** 30);
    const [file] = (await json('ls', '/Letters/')) as { name: string; kind: string; id: string }[];
    assert.deepEqual([file?.name, file?.kind], ['a.txt', 'file']);
    assert.equal(((await json('info', 'Letters/a.txt')) as { id: string }).id, file?.id);
    assert.deepEqual(await json('-k', 'name', 'ls', '-o', 'Letters'), ['a.txt']);
    assert.equal(((await json('mkdir', 'new')) as { name: string }).name, 'new');
    assert.deepEqual(await json('rm', file?.id ?? ''), { removed: [{ id: file?.id, name: 'a.txt' }] });
    assert.deepEqual(await json('ls', 'Letters'), []);
  });

  it('say that the service cannot be reached with code 5, and that nobody is signed in with code 3', async () => {
    await using mounting = await makeMounting();
    await mounting.user.use(mounting.emulator);
    const signedOut = await mounting.run('quota');
    assert.equal(signedOut.code, 3, signedOut.err);
    assert.match(signedOut.err, /skydrive auth/);
    await mounting.user.signIn();
    await mounting.emulator.close();
    const offline = await mounting.run('quota');
    assert.equal(offline.code, 5, offline.err);
    assert.equal(offline.err.trim().split('\n').length, 1, offline.err);
  });

  it('take ids of an account whose number has zeros in front', async () => {
    await using mounting = await makeMounting({ uid: 'bee3874468ef5b6' });
    await mounting.emulator.admin.put({ path: '/Letters/a.txt' }, 'x');
    const { out: id } = await mounting.run('-k', 'id', 'info', 'Letters');
    assert.match(id, /^folder\.0bee3874468ef5b6\.BEE3874468EF5B6!\d+\n$/);
    assert.equal((await mounting.run('ls', id.trim())).out, '- a.txt\n');
  });

  it('remove all that can be removed, and name the rest', async () => {
    await using mounting = await makeMounting();
    for (const name of ['a', 'b']) await mounting.emulator.admin.put({ path: `/Letters/${name}` }, 'x');
    const { code, out, err } = await mounting.run('rm', 'Letters/a', 'Letters/none', '/', 'Letters/b');
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^skydrive: there is no "none" in "Letters".*\nskydrive: .*the root cannot be removed.*\n$/);
    assert.equal((await mounting.run('ls', 'Letters')).out, '');
  });

  it('reach both of two items with one name', async () => {
    await using mounting = await makeMounting({ allowDuplicates: true });
    const { admin } = mounting.emulator;
    for (const name of ['twice.txt', 'once.txt']) await admin.put({ path: `/Letters/${name}` }, 'x');
    assert.equal((await mounting.run('info_set', 'Letters/once.txt', '{"name": "twice.txt"}')).code, 0);
    const { out } = await mounting.run('-k', 'id', 'ls', '-o', 'Letters');
    const ids = [...out.matchAll(/^- (\S+)$/gm)].map(([, id]) => id ?? '');
    assert.equal(ids.length, 2, out);
    const refused = await mounting.run('rm', 'Letters/twice.txt');
    assert.equal(refused.code, 1);
    for (const id of ids) assert.ok(refused.err.includes(id), refused.err);
    assert.match(
      (await mounting.run('tree', 'Letters')).out,
      /^ {2}twice\.txt: file\n {2}twice\.txt \(file\..*\): file$/m,
    );
    assert.equal((await mounting.run('rm', ids[0] ?? '')).code, 0);
    assert.equal((await mounting.run('-k', 'id', 'ls', '-o', 'Letters')).out, `- ${ids[1]}\n`);
  });

  it('log what they do with -v and --debug, and no secret', async () => {
    await using mounting = await makeMounting();
    await mounting.emulator.admin.put({ path: '/a.txt' }, 'content of the file');
    const { out, err } = await mounting.run('--debug', 'get', 'a.txt');
    assert.equal(out, 'content of the file');
    assert.match(err, /debug drive: read .*: done/);
    const lcrc = await readFile(join(mounting.user.home, '.lcrc'), 'utf8');
    const secrets = [...lcrc.matchAll(/(?:access_token|refresh_token): (\S+)/g)].map(([, value = '']) =>
      value.replaceAll(/['"]/g, ''),
    );
    assert.equal(secrets.length, 2, lcrc);
    for (const secret of [...secrets, 'content of the file']) assert.ok(!err.includes(secret), err);
  });

  it('list a folder of 30,000', async () => {
    await using mounting = await makeMounting();
    const { admin } = mounting.emulator;
    admin.mkdir({ path: '/Many' });
    for (let n = 0; n < 30_000; n += 1) admin.mkdir({ path: `/Many/${String(n).padStart(5, '0')}` });
    const { code, out, err } = await mounting.run('ls', 'Many');
    assert.deepEqual([code, err], [0, '']);
    const lines = out.trimEnd().split('\n');
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [30_000, "- '00000'", "- '29999'"]);
  });
});
