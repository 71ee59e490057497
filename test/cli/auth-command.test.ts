import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startEmulator } from '../../src/emulator/emulator.ts';
import { makeUser } from './command.ts';

describe('skydrive auth', () => {
  it('asks in the words of the ancestor, and ends silently when nothing is pasted', async () => {
    await using emulator = await startEmulator({ autoApprove: true });
    await using user = await makeUser();
    await user.use(emulator);
    const { code, out, err } = await user.run(['auth'], { input: '\n' });
    assert.equal(code, 0);
    assert.equal(err, '');
    const [before, url, after] = out.split(/^URL to visit: (.*)$/m);
    assert.equal(
      before,
      'Visit the following URL in any web browser (firefox, chrome, safari, etc),\n' +
        '  authorize there, confirm access permissions, and paste URL of an empty page\n' +
        `  (starting with "${emulator.url}/oauth20_desktop.srf") you will get redirected to in the end.\n` +
        'Alternatively, use the returned (after redirects) URL with "skydrive auth <URL>" command.\n\n',
    );
    assert.equal(new URL(url ?? '').searchParams.get('client_id'), '0000000048000001');
    assert.equal(after, '\n\nURL after last redirect: ');
  });

  it('takes the last URL, stores the tokens, and remembers the account', async () => {
    await using emulator = await startEmulator({ autoApprove: true });
    await using user = await makeUser();
    await user.use(emulator);
    const { code, out, err } = await user.signIn();
    assert.deepEqual([code, out, err], [0, 'API authorization was completed successfully.\n', '']);
    const file = await readFile(join(user.home, '.lcrc'), 'utf8');
    assert.match(file, /refresh_token: /);
    assert.match(file, /id: '0000000048000001'/);
    assert.ok(file.includes(emulator.admin.accounts()[0]?.uid ?? 'an account'));
    assert.equal((await stat(join(user.home, '.lcrc'))).mode & 0o777, 0o600);
  });

  it('takes the URL at the prompt too', async () => {
    await using emulator = await startEmulator({ autoApprove: true });
    await using user = await makeUser();
    await user.use(emulator);
    const { code, err } = await user.run(['auth'], { input: `${emulator.url}/oauth20_desktop.srf?code=wrong\n` });
    assert.equal(code, 3);
    assert.match(err, /^skydrive: the sign-in was refused \(invalid_grant/);
  });

  it('says what the service said when consent was denied', async () => {
    await using emulator = await startEmulator();
    await using user = await makeUser();
    await user.use(emulator);
    const denied = `${emulator.url}/oauth20_desktop.srf#error=access_denied&error_description=The%20user%20has%20denied`;
    const { code, err } = await user.run(['auth', denied]);
    assert.equal(code, 1);
    assert.match(err, /access_denied: The user has denied/);
    assert.equal(err.split('\n').length, 2, 'one sentence');
  });

  it('without a file says how to name the app, and writes the file when it is named', async () => {
    await using user = await makeUser();
    const missing = await user.run(['auth']);
    assert.equal(missing.code, 2);
    assert.match(missing.err, /\.lcrc.*--client-id ID/);
    const named = await user.run(['auth', '--client-id', '0000000012345671', '--client-secret', 's3cret']);
    assert.match(named.out, /client_id=0000000012345671/);
    const file = await readFile(join(user.home, '.lcrc'), 'utf8');
    assert.match(file, /id: '0000000012345671'/);
    assert.equal((await stat(join(user.home, '.lcrc'))).mode & 0o777, 0o600);
  });
});
