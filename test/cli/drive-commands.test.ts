import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeMounting } from './mounting.ts';

describe('skydrive quota', () => {
  it('prints the lines of the ancestor, or JSON', async () => {
    await using mounting = await makeMounting({ quota: 25 * 2 ** 30 });
    assert.deepEqual(await mounting.run('quota'), { code: 0, out: 'free: 25.0G\nquota: 25.0G\n', err: '' });
    const { out } = await mounting.run('--json', 'quota');
    assert.equal((JSON.parse(out) as { quota: number }).quota, 25 * 2 ** 30);
  });

  it('says that the service cannot be reached with code 5, and that nobody is signed in with code 3', async () => {
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
});

describe('skydrive ls', () => {
  it('lists by code point, one line each', async () => {
    await using mounting = await makeMounting();
    const { admin } = mounting.emulator;
    for (const name of ['b.txt', 'a.txt', 'Ü.txt', '\u{1F600}.txt', '\uFF21.txt'])
      await admin.put({ path: `/Letters/${name}` }, 'x');
    const { code, out, err } = await mounting.run('ls', 'Letters');
    assert.deepEqual([code, err], [0, '']);
    assert.equal(out, '- a.txt\n- b.txt\n- Ü.txt\n- \uFF21.txt\n- \u{1F600}.txt\n');
    const json = JSON.parse((await mounting.run('--json', 'ls', '/Letters/')).out) as { name: string; kind: string }[];
    assert.deepEqual([json[0]?.name, json[0]?.kind], ['a.txt', 'file']);
  });

  it('takes ids, and prints nothing for an empty folder', async () => {
    await using mounting = await makeMounting();
    const { admin } = mounting.emulator;
    await admin.put({ path: '/Full/a.txt' }, 'x');
    const folder = admin.tree().find(({ name }) => name === 'Full');
    assert.equal((await mounting.run('ls', folder?.id ?? '')).out, '- a.txt\n');
    assert.match((await mounting.run('ls', 'me/skydrive')).out, /^- Full$/m);
    assert.match((await mounting.run('ls')).out, /^- Full$/m);
  });

  it('says what is not there with code 4', async () => {
    await using mounting = await makeMounting();
    const { code, out, err } = await mounting.run('ls', 'No/Such');
    assert.deepEqual([code, out], [4, '']);
    assert.equal(err, 'skydrive: there is no "No" in "/" on the drive\n');
  });
});
