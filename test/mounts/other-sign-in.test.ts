// Somebody puts the tokens of another account into the configuration by hand. On a graph mount nobody is asked at first whose sign-in
// it is, since requests name the drive; nothing that belongs to one account may get to the other for that.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { emulated } from '../support/emulated.ts';
import { mountObstacle } from '../support/mounted.ts';
import { Skydrive } from '../support/skydrive.ts';

const scopes = ['Files.ReadWrite.All', 'User.Read', 'offline_access'];

it('a drive that was mounted before, with the sign-in of another account', {
  skip: mountObstacle() ?? false,
  timeout: 120_000,
}, async () => {
  await using place = await emulated({ strict: true }, 'graph', ['feed_interval: 300ms']);
  const { admin } = place.emulator;
  await admin.put({ path: '/of the first' }, 'first');
  await using skydrive = new Skydrive(place, 'kernel');
  await skydrive.mount();
  assert.equal(await readFile(join(skydrive.mountpoint, 'of the first'), 'utf8'), 'first');
  await skydrive.unmount();

  const { uid } = admin.addAccount('Ann Other');
  await admin.put({ account: uid, path: '/of the other' }, 'other');
  const { accessToken, refreshToken } = admin.token({ account: uid, scopes });
  const text = await readFile(place.configFile, 'utf8');
  const auth = `auth: {access_token: '${accessToken}', refresh_token: '${refreshToken}'}`;
  await writeFile(place.configFile, text.replace(/^auth:\n( .*\n)+|^auth: .*\n/m, `${auth}\n`), { mode: 0o600 });

  await skydrive.mount();
  await writeFile(join(skydrive.mountpoint, 'written'), 'belongs to the first');
  const held = async (): Promise<string> => {
    const status = JSON.parse(await skydrive.run('--json', 'status', skydrive.mountpoint));
    return (status.holds as { kind: string; reason: string }[]).map(({ kind }) => kind).join();
  };
  while (!(await held()).includes('account')) await delay(50);
  assert.deepEqual(
    [...admin.tree({ account: uid })].map(({ path }) => path).filter((path) => /written|first/.test(path)),
    [],
  );
  assert.equal(
    admin.tree().find(({ path }) => path === '/written'),
    undefined,
  );
  await skydrive.run('unmount', '--now', skydrive.mountpoint).catch(() => {});

  await skydrive.mount();
  assert.ok((await readdir(skydrive.mountpoint)).includes('of the other'));
  assert.equal(await readFile(join(skydrive.mountpoint, 'of the other'), 'utf8'), 'other');
  assert.ok(!(await readdir(skydrive.mountpoint)).includes('written'));
});

it('where the service refuses to say whose sign-in it is, nothing is sent with it', {
  skip: mountObstacle() ?? false,
  timeout: 120_000,
}, async () => {
  await using place = await emulated({}, 'live', ['settle: 1h']);
  const { admin } = place.emulator;
  await using skydrive = new Skydrive(place, 'kernel');
  await skydrive.mount();
  await writeFile(join(skydrive.mountpoint, 'written'), 'belongs to the first');
  await skydrive.run('unmount', '--now', skydrive.mountpoint);

  const { uid } = admin.addAccount('Ann Other');
  const { accessToken, refreshToken } = admin.token({ account: uid, scopes: ['wl.skydrive_update'] });
  const text = await readFile(place.configFile, 'utf8');
  const auth = `auth: {access_token: '${accessToken}', refresh_token: '${refreshToken}'}`;
  await writeFile(place.configFile, text.replace(/^auth: .*\n|^auth:\n( .*\n)+/m, `${auth}\n`), { mode: 0o600 });
  admin.addFault({ match: { kind: 'me' }, action: { do: 'answer', status: 403, code: 'denied' } });
  await skydrive.mount();
  await delay(2_000);
  const { holds, unsent } = JSON.parse(await skydrive.run('--json', 'status', skydrive.mountpoint));
  assert.deepEqual(
    holds.map(({ kind }: { kind: string }) => kind),
    ['unconfirmed'],
  );
  assert.deepEqual(unsent, [{ path: '/written', what: 'put-content', running: false }], 'nothing was tried');
  assert.equal(
    admin.tree({ account: uid }).find(({ path }) => path === '/written'),
    undefined,
  );
});
