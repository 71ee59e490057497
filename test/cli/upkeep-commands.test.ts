// retry, export, discard, queue and resolve, as people use them, on a mount and without one.
import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { contentOf, killed, makeMounting, mountable } from './mounting.ts';

const json = <T>(out: string): T => JSON.parse(out) as T;

describe('what cannot be sent', mountable, () => {
  it('is exported, discarded, and tried again', async () => {
    await using mounting = await makeMounting({ uploadLimit: 10 });
    const { mountpoint, emulator, user } = mounting;
    await mounting.mount();
    await writeFile(join(mountpoint, 'large.txt'), 'x'.repeat(1000));
    await writeFile(join(mountpoint, 'other.txt'), 'y'.repeat(1000));
    assert.equal((await mounting.run('sync', mountpoint)).code, 1);
    const inside = await mounting.run('export', join(mountpoint, 'copy'));
    assert.equal(inside.code, 2);
    assert.match(inside.err, /name a folder outside of it/);
    const out = join(user.home, 'out');
    const exported = await mounting.run('export', join(mountpoint, 'large.txt'), out);
    assert.equal(exported.code, 0, exported.err);
    assert.equal(await readFile(join(out, 'large.txt'), 'utf8'), 'x'.repeat(1000));
    await assert.rejects(stat(join(out, 'other.txt')), { code: 'ENOENT' });
    const careless = await mounting.run('discard', join(mountpoint, 'other.txt'));
    assert.equal(careless.code, 2);
    assert.match(careless.err, /say --yes/);
    const discarded = await mounting.run('discard', '--yes', join(mountpoint, 'other.txt'));
    assert.equal(discarded.code, 0, discarded.err);
    await assert.rejects(stat(join(mountpoint, 'other.txt')), { code: 'ENOENT' });
    emulator.admin.set({ uploadLimit: 1_000_000 });
    const retried = await mounting.run('--json', 'retry', mountpoint);
    assert.deepEqual(json(retried.out), { retried: [join(mountpoint, 'large.txt')] });
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    assert.equal(await contentOf(emulator, '/large.txt'), 'x'.repeat(1000));
  });

  it('is got out without a mount', async () => {
    await using mounting = await makeMounting({ uploadLimit: 10 });
    const { mountpoint, user } = mounting;
    await mounting.mount();
    await writeFile(join(mountpoint, 'large.txt'), 'x'.repeat(1000));
    assert.equal((await mounting.run('unmount', mountpoint)).code, 0);
    const out = join(user.home, 'out');
    const { code, err } = await mounting.run('export', out);
    assert.equal(code, 0, err);
    assert.equal(await readFile(join(out, 'large.txt'), 'utf8'), 'x'.repeat(1000));
    assert.equal((await mounting.run('--json', 'discard', '/large.txt', '--yes')).code, 0);
    await mounting.mount();
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    await assert.rejects(stat(join(mountpoint, 'large.txt')), { code: 'ENOENT' });
  });
});

describe('skydrive export', mountable, () => {
  it('says what it could not do on one line each, whatever names hold', async () => {
    await using mounting = await makeMounting({}, ['settle: 1h']);
    const { mountpoint, user } = mounting;
    await mounting.mount();
    const folder = join(mountpoint, 'new\nline');
    await mkdir(folder);
    await writeFile(join(folder, 'a.txt'), 'not sent');
    await writeFile(join(mountpoint, 'b.txt'), 'not sent');
    const out = await user.folder('out');
    await writeFile(join(out, 'new\nline'), 'in the way');
    const { code, err } = await mounting.run('export', out);
    assert.equal(code, 1);
    const way = `${out}/new\\x0aline is not a folder`;
    assert.equal(err, `skydrive: warning: /new\\x0aline/a.txt is not exported: ${way}\n`);
    assert.equal(await readFile(join(out, 'b.txt'), 'utf8'), 'not sent');
  });
});

describe('what a dead mount keeps', mountable, () => {
  it('is not mistaken for what is kept of the account in the settings', async () => {
    await using one = await makeMounting({}, ['settle: 1h']);
    await using other = await makeMounting({}, ['settle: 1h']);
    await other.mount();
    await writeFile(join(other.mountpoint, 'draft.txt'), 'of the other');
    assert.equal((await other.run('unmount', '--now', other.mountpoint)).code, 0);
    const { pid } = await one.mount();
    const draft = join(one.mountpoint, 'draft.txt');
    await writeFile(draft, 'of the one');
    const { account } = json<{ account: string }>((await one.run('--json', 'status', one.mountpoint)).out);
    await killed(pid);
    const out = join(other.user.home, 'out');
    const commands = [
      ...[
        ['discard', '--yes', draft],
        ['export', draft, out],
        ['export', out],
        ['retry', draft],
      ],
      ...[
        ['resolve', '--keep', 'both', draft],
        ['queue', 'release', one.mountpoint],
        ['queue', 'revert'],
      ],
      ...[
        ['queue', 'revert', one.mountpoint],
        ['check', one.mountpoint],
        ['check', '--repair'],
      ],
    ];
    for (const command of commands) {
      const { code, err } = await other.run(...command);
      assert.equal(code, 2, `${command}: ${err}`);
      assert.ok(err.includes(`is of account ${account}`) && err.includes('--config'), err);
    }
    await assert.rejects(stat(out), { code: 'ENOENT' });
    const own = await one.run('--json', 'discard', '--yes', draft);
    assert.deepEqual(json<{ discarded: unknown }>(own.out).discarded, ['/draft.txt'], own.err);
    assert.equal((await one.run('unmount', one.mountpoint)).code, 0);
    assert.equal((await other.run('export', out)).code, 0);
    assert.equal(await readFile(join(out, 'draft.txt'), 'utf8'), 'of the other');
  });
});

describe('skydrive queue', mountable, () => {
  it('holds, shows that it does, takes back and goes on', async () => {
    await using mounting = await makeMounting();
    const { mountpoint, emulator } = mounting;
    await mounting.mount();
    await writeFile(join(mountpoint, 'a.txt'), 'old');
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    assert.equal((await mounting.run('queue', 'hold')).code, 0);
    await writeFile(join(mountpoint, 'a.txt'), 'new');
    const status = await mounting.run('status', mountpoint);
    assert.match(status.out, /queue: +held: .*skydrive queue release/);
    assert.equal((await mounting.run('sync', mountpoint)).code, 1);
    const reverted = await mounting.run('queue', 'revert', mountpoint);
    assert.equal(reverted.code, 0);
    const folder = /what only this disk had is in (.*)$/m.exec(reverted.err)?.[1] ?? '';
    assert.equal(await readFile(join(folder, 'a.txt'), 'utf8'), 'new');
    assert.equal(await readFile(join(mountpoint, 'a.txt'), 'utf8'), 'old');
    await writeFile(join(mountpoint, 'b.txt'), 'goes on');
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    assert.equal(await contentOf(emulator, '/b.txt'), 'goes on');
  });

  it('is that of the account in the settings, and no other, where no mount is named', async () => {
    await using one = await makeMounting({}, ['settle: 1h']);
    await using other = await makeMounting({}, ['settle: 1h']);
    for (const mounting of [one, other]) {
      await mounting.mount();
      await writeFile(join(mounting.mountpoint, 'draft.txt'), 'not sent');
    }
    assert.equal((await other.run('unmount', '--now', other.mountpoint)).code, 0);
    const repaired = await other.run('check', '--repair');
    assert.deepEqual([repaired.code, repaired.out.trim()], [0, 'everything agrees'], repaired.err);
    const reverted = json<{ taken: unknown }[]>((await other.run('--json', 'queue', 'revert')).out);
    assert.deepEqual(
      reverted.map(({ taken }) => taken),
      [['/draft.txt']],
    );
    assert.equal(await readFile(join(one.mountpoint, 'draft.txt'), 'utf8'), 'not sent');
    assert.equal((await other.run('queue', 'hold')).code, 0);
    assert.doesNotMatch((await one.run('status', one.mountpoint)).out, /held/);
    const refused = await one.run('check', '--repair');
    assert.equal(refused.code, 2);
    assert.ok(refused.err.includes(one.mountpoint), refused.err);
  });

  it('is that of a whole mount, and of none where none is', async () => {
    await using mounting = await makeMounting({}, ['settle: 1h']);
    const { mountpoint, user } = mounting;
    await mounting.mount();
    const folder = join(mountpoint, 'folder');
    await mkdir(folder);
    await writeFile(join(mountpoint, 'a.txt'), 'not sent');
    for (const action of ['revert', 'hold', 'release']) {
      const { code, err } = await mounting.run('queue', action, folder);
      assert.equal(code, 1, err);
      assert.ok(err.includes(`belongs to the whole mount: name ${mountpoint}`), err);
    }
    assert.equal((await mounting.run('queue', 'revert', user.home)).code, 4);
    assert.equal(await readFile(join(mountpoint, 'a.txt'), 'utf8'), 'not sent');
    assert.equal((await mounting.run('unmount', '--now', mountpoint)).code, 0);
    for (const path of [folder, mountpoint, '/a.txt']) {
      const { code, err } = await mounting.run('queue', 'revert', path);
      assert.equal(code, 4, err);
      assert.match(err, /no SkyDrive is mounted on /);
    }
    const out = join(user.home, 'out');
    assert.equal((await mounting.run('export', out)).code, 0);
    assert.equal(await readFile(join(out, 'a.txt'), 'utf8'), 'not sent');
    const whole = await mounting.run('queue', 'revert');
    assert.equal(whole.code, 0, whole.err);
    assert.match((await mounting.run('export', out)).out, /everything is on the drive/);
  });
});

describe('skydrive resolve', mountable, () => {
  it('ends a conflict that status shows', async () => {
    await using mounting = await makeMounting({}, ['listing_age: 1h']);
    const { mountpoint, emulator } = mounting;
    await mounting.mount();
    await writeFile(join(mountpoint, 'a.txt'), 'old');
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    await emulator.admin.put({ path: '/a.txt' }, 'theirs');
    await writeFile(join(mountpoint, 'a.txt'), 'mine');
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    const { out } = await mounting.run('status', mountpoint);
    assert.match(out, /conflict: \/a \(conflict .*\)\.txt beside \/a\.txt/);
    assert.equal((await mounting.run('resolve', join(mountpoint, 'a.txt'))).code, 2);
    const resolved = await mounting.run('resolve', '--keep', 'mine', join(mountpoint, 'a.txt'));
    assert.equal(resolved.code, 0, resolved.err);
    assert.equal((await mounting.run('sync', mountpoint)).code, 0);
    assert.equal(await contentOf(emulator, '/a.txt'), 'mine');
    assert.equal(await readFile(join(mountpoint, 'a.txt'), 'utf8'), 'mine');
  });
});
