// From settings to a drive: signing in, tokens that end, and the ways a configuration can be of no use.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { ConfigFileError } from '../../src/auth/config-file-error.ts';
import { LcrcFile } from '../../src/auth/lcrc-file.ts';
import { makeLog } from '../../src/base/log.ts';
import { openDrive, openSignIn, renewSignIn } from '../../src/drive/open-drive.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { fails, put, textOf } from '../suites/drive-steps.ts';
import { tempDir } from '../support/temp-dir.ts';

const secret = 'hush-client-secret';

const signedIn = async () => {
  const emulator = await startEmulator({ strict: true, autoApprove: true });
  const folder = await tempDir();
  const configFile = join(folder.path, '.lcrc');
  await writeFile(configFile, `client:\n  id: 0000000012345678\n  secret: ${secret}\n`, { mode: 0o600 });
  const settings = { dialect: 'live', configFile, apiUrl: `${emulator.url}/v5.0`, loginUrl: emulator.url };
  const lines: string[] = [];
  const log = makeLog('debug', (line) => lines.push(line));
  const signIn = async (who?: string): Promise<void> => {
    const opened = await openSignIn(settings, { log });
    const { url } = await opened.session.begin();
    const hint = who === undefined ? '' : `&login_hint=${who}`;
    const answer = await fetch(`${url}${hint}`, { redirect: 'manual' });
    await opened.session.complete(answer.headers.get('location') ?? '');
    opened.close();
  };
  await signIn();
  const opened = await openDrive(settings, { log });
  return {
    ...{ emulator, settings, lines, signIn, drive: opened.drive, configFile },
    [Symbol.asyncDispose]: async () => {
      opened.close();
      await emulator.close();
      await folder[Symbol.asyncDispose]();
    },
  };
};

describe('a drive that was opened from settings', () => {
  it('works after signing in the ancestor’s way', async () => {
    await using place = await signedIn();
    const file = await put(place.drive, await place.drive.root(), 'file', 'text');
    assert.equal(await textOf(place.drive, file), 'text');
    assert.deepEqual(place.emulator.requests.violations, []);
  });

  it('renews its token once for all that wait, and stores it at once', async () => {
    await using place = await signedIn();
    const { drive, emulator, configFile } = place;
    await drive.root();
    const before = await readFile(configFile, 'utf8');
    emulator.admin.expireTokens();
    emulator.admin.resetRequests();
    await Promise.all(Array.from({ length: 10 }, () => drive.root()));
    const kinds = Object.entries(emulator.admin.counters().byKind);
    assert.deepEqual(
      kinds.filter(([kind]) => kind !== 'get').map(([, count]) => count),
      [1],
      inspect(kinds),
    );
    assert.notEqual(await readFile(configFile, 'utf8'), before);
  });

  it('renews its token when asked to, although it is good', async () => {
    await using place = await signedIn();
    const before = await new LcrcFile(place.configFile).read();
    await renewSignIn(place.settings);
    const after = await new LcrcFile(place.configFile).read();
    assert.notEqual(after.accessToken, before.accessToken);
    assert.equal(after.account, place.emulator.admin.accounts()[0]?.uid);
    place.emulator.admin.revokeTokens({ access: true });
    await assert.rejects(renewSignIn(place.settings), /skydrive auth/);
  });

  it('does nothing to the drive of another account that somebody signs in to meanwhile', async () => {
    await using place = await signedIn();
    const { drive, emulator } = place;
    const { id } = await drive.account();
    const root = await drive.root();
    await place.signIn('linus@example.com');
    emulator.admin.expireTokens();
    assert.match(
      (await fails(put(drive, root, 'file', 'text'), 'signed-out')).message,
      new RegExp(`not of ${id}.*skydrive auth`),
    );
    const theirs = await openDrive(place.settings);
    const names: string[] = [];
    for await (const page of theirs.drive.children((await theirs.drive.root()).id))
      names.push(...page.map(({ name }) => name));
    theirs.close();
    assert.ok(names.length > 0 && !names.includes('file'), String(names));
    await place.signIn();
    assert.equal((await put(drive, root, 'file', 'text')).name, 'file');
  });

  it('says how to sign in again when the sign-in is over, and works after that without a restart', async () => {
    await using place = await signedIn();
    const { drive, emulator } = place;
    await drive.root();
    emulator.admin.revokeTokens({ access: true });
    assert.match((await fails(drive.root(), 'signed-out')).message, /skydrive auth/);
    await place.signIn();
    await drive.root();
  });

  it('calls a second 401 signed out, after one renewal', async () => {
    await using place = await signedIn();
    const { drive, emulator } = place;
    await drive.root();
    const refusal = { do: 'answer', status: 401, code: 'request_token_expired' } as const;
    emulator.admin.addFault({ match: { kind: 'get' }, action: refusal });
    emulator.admin.resetRequests();
    assert.match((await fails(drive.root(), 'signed-out')).message, /skydrive auth/);
    assert.equal(emulator.admin.counters().byKind['get'], 2);
  });

  it('writes no secret into its log or its errors', async () => {
    await using place = await signedIn();
    const { drive, emulator, lines, configFile } = place;
    const file = await put(drive, await drive.root(), 'file', 'text');
    await textOf(drive, file);
    const tokens = [...(await readFile(configFile, 'utf8')).matchAll(/_token: '(.*)'/g)].map((match) => match[1] ?? '');
    assert.equal(tokens.length, 2);
    emulator.admin.revokeTokens({ access: true });
    const refused = await fails(drive.root(), 'signed-out');
    await emulator.admin.down();
    const lost = await drive.makeFolder(file.id, 'x', AbortSignal.timeout(300)).catch((error: unknown) => error);
    const all = [...lines, inspect(refused, { depth: 10 }), inspect(lost, { depth: 10 })].join('\n');
    for (const hidden of [...tokens, secret]) assert.ok(!all.includes(hidden));
  });

  it('cannot be opened from a configuration that is of no use', async () => {
    await using folder = await tempDir();
    const settings = {
      dialect: 'live',
      configFile: join(folder.path, 'none'),
      apiUrl: 'http://x/v5.0',
      loginUrl: 'http://x',
    };
    await assert.rejects(openDrive(settings), ConfigFileError);
    await writeFile(settings.configFile, 'auth: {code: x}\n');
    await assert.rejects(openDrive(settings), /client\.id is missing/);
    await assert.rejects(openDrive({ ...settings, dialect: 'latin' }), /latin/);
  });
});
