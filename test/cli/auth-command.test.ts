import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
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

  it('mends a file that is empty, or whose id an earlier program has eaten', async () => {
    await using user = await makeUser();
    for (const broken of ['', 'client: {id: 2739129}\nauth: {code: null}\n']) {
      await writeFile(join(user.home, '.lcrc'), broken, { mode: 0o600 });
      const asked = await user.run(['auth']);
      assert.equal(asked.code, 2);
      assert.match(asked.err, /empty.*skydrive auth --client-id|it probably was '0000000012345671'/);
      const named = await user.run(['auth', '--client-id', '0000000012345671'], { input: '\n' });
      assert.deepEqual([named.code, named.err], [0, '']);
      assert.match(await readFile(join(user.home, '.lcrc'), 'utf8'), /id: '0000000012345671'/);
    }
  });

  const graph = (emulator: Emulator): NodeJS.ProcessEnv => ({
    SKYDRIVE_DIALECT: 'graph',
    SKYDRIVE_API_URL: `${emulator.url}/v1.0`,
    SKYDRIVE_LOGIN_URL: `${emulator.url}/common/oauth2/v2.0`,
  });

  it('with nobody to paste and no browser, says how to go on, and goes on then', async () => {
    await using emulator = await startEmulator({ autoApprove: true });
    await using user = await makeUser();
    await user.use(emulator);
    const environment = { ...graph(emulator), BROWSER: '/no/such/browser' };
    const asked = await user.run(['auth'], { environment });
    assert.equal(asked.code, 3);
    assert.match(asked.err, /no browser could be started.*\nskydrive: there is nobody to paste the URL here.*\n$/);
    const url = /^URL to visit: (\S+)$/m.exec(asked.out)?.[1] ?? '';
    const back = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
    const denied = back.replace(/code=[^&]*/, 'error=access_denied');
    assert.equal((await user.run(['auth', denied], { environment })).code, 1);
    const { code, out } = await user.run(['--json', 'auth', back], { environment });
    const account = emulator.admin.accounts()[0];
    assert.deepEqual([code, JSON.parse(out)], [0, { signedIn: true, account: account?.uid, name: 'Sam Example' }]);
  });

  it('takes the pasted URL although it waits for the browser too, and ends on Ctrl-C with nothing changed', async () => {
    await using emulator = await startEmulator({ autoApprove: true });
    await using user = await makeUser();
    await user.use(emulator);
    const begun = async () => {
      const child = user.start(['auth'], { environment: graph(emulator) });
      let said = '';
      for await (const piece of child.stdout ?? []) {
        said += piece;
        if (said.includes('last redirect: ')) break;
      }
      return { child, url: /^URL to visit: (\S+)$/m.exec(said)?.[1] ?? '' };
    };
    const first = await begun();
    const stopped = once(first.child, 'close');
    first.child.kill('SIGINT');
    const said = first.child.stderr === null ? '' : await text(first.child.stderr);
    assert.deepEqual(await stopped, [null, 'SIGINT']);
    assert.match(said, /the sign-in was broken off, and nothing has changed/);
    const file = await readFile(join(user.home, '.lcrc'), 'utf8');
    assert.doesNotMatch(file, /token/);
    const second = await begun();
    const back = (await fetch(second.url, { redirect: 'manual' })).headers.get('location');
    const ended = once(second.child, 'exit');
    second.child.stdin?.write(`${back}\n`);
    assert.deepEqual(await ended, [0, null]);
    assert.match(await readFile(join(user.home, '.lcrc'), 'utf8'), /refresh_token: '/);
  });

  it('says what is wrong with the service or the place, and changes nothing', async () => {
    await using emulator = await startEmulator();
    await using user = await makeUser();
    await user.use(emulator);
    const before = await readFile(join(user.home, '.lcrc'), 'utf8');
    const code = 'https://x/?code=hush-hush';
    const nobody = { SKYDRIVE_LOGIN_URL: 'http://127.0.0.1:9' };
    const html = { SKYDRIVE_LOGIN_URL: `${emulator.url}/nowhere` };
    const busy = { ...graph(emulator), SKYDRIVE_REDIRECT_URI: `http://127.0.0.1:${emulator.port}/x` };
    const cases: [string[], NodeJS.ProcessEnv, number, RegExp][] = [
      [['auth', code], nobody, 5, /cannot be used now.*ECONNREFUSED/],
      [['auth', code], html, 5, /answered 404 and nothing that a program can use/],
      [['auth'], busy, 1, /another program uses that port/],
      [['auth', '--device-code'], {}, 2, /dialect "live" has no device codes/],
      [['auth', 'nonsense'], {}, 1, /that is no address/],
      [['--config', user.home, 'auth'], {}, 2, /is a folder/],
      [['--config', '/proc/no/lcrc', 'auth', '--client-id', 'x'], {}, 2, /cannot be written/],
      [['auth'], { HOME: '' }, 2, /set HOME/],
      [['auth'], { SKYDRIVE_REDIRECT_URI: 'localhost' }, 2, /SKYDRIVE_REDIRECT_URI.*https:\/\//],
    ];
    const check = async ([args, environment, expected, words]: (typeof cases)[number]): Promise<void> => {
      const outcome = await user.run(args, { environment });
      assert.equal(outcome.code, expected, `${args}: ${outcome.err}`);
      assert.match(outcome.err, words);
      assert.match(outcome.err, /^skydrive: .*\n$/, 'one sentence');
      assert.doesNotMatch(outcome.err + outcome.out, /hush/);
    };
    await Promise.all(cases.map(check));
    assert.equal(await readFile(join(user.home, '.lcrc'), 'utf8'), before);
  });
});
